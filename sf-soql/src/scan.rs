//! The forms of literals, shared by the lexer and the checked constructors.

/// Digits with an optional sign, fraction and exponent: `1`, `-1.5`, `.5`,
/// `1e3`.
pub(crate) fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    is_decimal(mantissa)
        && exponent.is_none_or(|exponent| {
            all_digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))
        })
}

/// Three letters and a number without sign and exponent: `USD5000.50`.
pub(crate) fn is_currency(text: &str) -> bool {
    text.get(..3).is_some_and(|code| code.bytes().all(|byte| byte.is_ascii_alphabetic()))
        && is_decimal(&text[3..])
}

/// `YYYY-MM-DD`, a day that exists.
pub(crate) fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return false;
    }
    let (Some(year), Some(month), Some(day)) =
        (digits(&bytes[..4]), digits(&bytes[5..7]), digits(&bytes[8..]))
    else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return false,
    };
    (1..=days).contains(&day)
}

/// `YYYY-MM-DDThh:mm:ss`, an optional fraction, `Z` or `±hh:mm` or `±hhmm`.
pub(crate) fn is_date_time(text: &str) -> bool {
    if !text.is_ascii()
        || text.len() < 20
        || !text[10..].starts_with(['T', 't'])
        || !is_date(&text[..10])
    {
        return false;
    }
    let rest = &text[11..];
    if let Some(clock) = rest.strip_suffix(['Z', 'z']) {
        return is_clock(clock);
    }
    rest.rfind(['+', '-']).is_some_and(|at| is_clock(&rest[..at]) && is_offset(&rest[at + 1..]))
}

/// `hh:mm:ss`, an optional fraction, `Z`.
pub(crate) fn is_time(text: &str) -> bool {
    text.strip_suffix(['Z', 'z']).is_some_and(is_clock)
}

fn is_clock(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() < 8 || bytes[2] != b':' || bytes[5] != b':' {
        return false;
    }
    let below = |part: &[u8], limit: u32| digits(part).is_some_and(|number| number < limit);
    let fraction = &bytes[8..];
    below(&bytes[..2], 24)
        && below(&bytes[3..5], 60)
        && below(&bytes[6..8], 60)
        && (fraction.is_empty()
            || (fraction[0] == b'.'
                && fraction.len() > 1
                && fraction[1..].iter().all(u8::is_ascii_digit)))
}

fn is_offset(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (hours, minutes) = match bytes.len() {
        4 => (&bytes[..2], &bytes[2..]),
        5 if bytes[2] == b':' => (&bytes[..2], &bytes[3..]),
        _ => return false,
    };
    digits(hours).is_some_and(|hours| hours <= 14)
        && digits(minutes).is_some_and(|minutes| minutes < 60)
}

fn is_decimal(text: &str) -> bool {
    match text.split_once('.') {
        Some((whole, fraction)) => (whole.is_empty() || all_digits(whole)) && all_digits(fraction),
        None => all_digits(text),
    }
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn digits(bytes: &[u8]) -> Option<u32> {
    bytes.iter().try_fold(0, |number, byte| {
        byte.is_ascii_digit().then(|| number * 10 + u32::from(byte - b'0'))
    })
}
