//! Values, and the escapes within strings.

use std::str::FromStr;

use super::{Parser, Result};
use crate::ast::{
    Currency, Date, DateLiteral, DateTime, Literal, Number, Period, Span, Time, Value,
};
use crate::error::{ParseError, ParseErrorKind};
use crate::lexer::{Token, TokenKind};
use crate::suggest;

const VALUE: &str = "a value (text in single quotes, a number, a date, TRUE, FALSE or NULL)";

impl Parser<'_> {
    pub(super) fn value(&mut self) -> Result<Literal> {
        let token = self.token;
        let text = self.text(token);
        let value = match token.kind {
            TokenKind::String => Value::String(self.string(token, false)?),
            TokenKind::Number => Value::Number(Number::trusted(text)),
            TokenKind::Date => self.checked(Date::new(text).map(Value::Date))?,
            TokenKind::DateTime => self.checked(DateTime::new(text).map(Value::DateTime))?,
            TokenKind::Time => self.checked(Time::new(text).map(Value::Time))?,
            TokenKind::Colon => {
                let variable = self.bind()?;
                return Ok(Literal { value: Value::Bind(variable), span: self.since(token.span) });
            }
            TokenKind::Word => return self.word_value(),
            _ => return Err(self.unexpected(VALUE, &[])),
        };
        self.bump();
        Ok(Literal { value, span: token.span })
    }

    /// What stands after `LIKE`.
    pub(super) fn pattern(&mut self) -> Result<Literal> {
        let token = self.token;
        match token.kind {
            TokenKind::String => {
                let value = Value::Pattern(self.string(token, true)?);
                self.bump();
                Ok(Literal { value, span: token.span })
            }
            TokenKind::Colon => self.value(),
            _ => Err(self.unexpected("a pattern in single quotes", &[])),
        }
    }

    fn word_value(&mut self) -> Result<Literal> {
        let token = self.token;
        let text = self.text(token);
        let value = if text.eq_ignore_ascii_case("TRUE") {
            Value::Boolean(true)
        } else if text.eq_ignore_ascii_case("FALSE") {
            Value::Boolean(false)
        } else if text.eq_ignore_ascii_case("NULL") {
            Value::Null
        } else if let Some(takes_number) = DateLiteral::takes_number(text) {
            return self.date_literal(takes_number);
        } else if text.len() > 3 && text.as_bytes()[3].is_ascii_digit() {
            return self.currency();
        } else {
            return Err(self.no_value());
        };
        self.bump();
        Ok(Literal { value, span: token.span })
    }

    fn date_literal(&mut self, takes_number: bool) -> Result<Literal> {
        let token = self.bump();
        let name = self.text(token);
        let n = if takes_number {
            if !self.at(TokenKind::Colon) {
                let advice =
                    format!("its number follows a colon, {}:30", name.to_ascii_uppercase());
                return Err(self.advise("`:` and a whole number", &advice));
            }
            self.bump();
            Some(self.whole_number()?)
        } else if self.at(TokenKind::Colon) {
            let advice = format!("{} takes no number", name.to_ascii_uppercase());
            return Err(self.advise("the end of the condition", &advice));
        } else {
            None
        };
        match DateLiteral::new(name, n) {
            Some(literal) => {
                Ok(Literal { value: Value::DateLiteral(literal), span: self.since(token.span) })
            }
            None => Err(self.unexpected_token(token, VALUE, &[])),
        }
    }

    /// Digits alone: no sign, no fraction, no exponent.
    pub(super) fn whole_number<N: FromStr>(&mut self) -> Result<N> {
        let digits = self.text(self.token);
        if self.at(TokenKind::Number)
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && let Ok(number) = digits.parse()
        {
            self.bump();
            return Ok(number);
        }
        let mut error = self.unexpected("a whole number", &[]);
        if self.at(TokenKind::Number) {
            // Not the arithmetic that a sign elsewhere would be.
            error.suggestion = None;
        }
        Err(error)
    }

    /// `USD5000` is lexed as a word, `USD5000.50` as a word and a number.
    fn currency(&mut self) -> Result<Literal> {
        let token = self.token;
        let next = self.second();
        let text = self.text(token);
        let fraction = next.kind == TokenKind::Number
            && next.span.start() == token.span.end()
            && self.text(next).starts_with('.');
        let span = if fraction { token.span.to(next.span) } else { token.span };
        let amount = &self.source[token.span.start() + 3..span.end()];
        let Ok(currency) = Currency::new(&text[..3], amount) else { return Err(self.no_value()) };
        self.bump();
        if fraction {
            self.bump();
        }
        Ok(Literal { value: Value::Currency(currency), span })
    }

    /// A word where a value is expected.
    fn no_value(&self) -> ParseError {
        let mut error = self.unexpected(VALUE, &[]);
        let found = self.text(self.token);
        if error.suggestion.is_none() && self.second().kind == TokenKind::Open {
            error.suggestion = suggest::function(found);
        }
        if error.suggestion.is_none() {
            let numbered = self.second().kind == TokenKind::Colon;
            error.suggestion = Some(match closest_date_literal(found, numbered) {
                Some(close) => format!("did you mean {close}?"),
                None if self.at_currency() => {
                    "an amount with its currency is three letters and digits without a space or a sign, USD5000.50; text stands in single quotes".to_owned()
                }
                None => {
                    "text stands in single quotes; a field cannot be compared with another field"
                        .to_owned()
                }
            });
        }
        error
    }

    /// Whether the next tokens look like an amount that is not quite one:
    /// `EURO5`, `USD1e3`, `USD 5`.
    fn at_currency(&self) -> bool {
        let found = self.text(self.token);
        let letters = found.bytes().take_while(u8::is_ascii_alphabetic).count();
        match found.as_bytes().get(letters) {
            Some(next) => (2..=4).contains(&letters) && next.is_ascii_digit(),
            None => letters == 3 && self.second().kind == TokenKind::Number,
        }
    }

    /// The lexer has checked the form, so this does not fail; an error is made
    /// all the same rather than a panic.
    fn checked<E>(&self, value: std::result::Result<Value, E>) -> Result<Value> {
        value.map_err(|_| self.unexpected(VALUE, &[]))
    }

    /// The meaning of a string token, or of a `LIKE` pattern, in which `\%`,
    /// `\_` and `\\` stay.
    pub(super) fn string(&self, token: Token, pattern: bool) -> Result<String> {
        let text = self.text(token);
        let inner = &text[1..text.len() - 1];
        let mut meaning = String::with_capacity(inner.len());
        let mut rest = inner;
        while let Some(at) = rest.find('\\') {
            meaning.push_str(&rest[..at]);
            let escape = &rest[at..];
            let Some((length, character)) = unescape(escape, pattern) else {
                let start = token.span.start() + 1 + (inner.len() - escape.len());
                return Err(self.bad_escape(start, escape, pattern));
            };
            match character {
                // In a pattern a backslash that is not one of `LIKE` is escaped.
                Some('\\') if pattern => meaning.push_str("\\\\"),
                Some(character) => meaning.push(character),
                None => meaning.push_str(&escape[..length]),
            }
            rest = &escape[length..];
        }
        meaning.push_str(rest);
        Ok(meaning)
    }

    fn bad_escape(&self, start: usize, escape: &str, pattern: bool) -> ParseError {
        let found: String = escape.chars().take(2).collect();
        let token = Token { kind: TokenKind::Unknown, span: Span::new(start, start + found.len()) };
        let mut error = self.fault(ParseErrorKind::InvalidEscape, token);
        error.expected = if pattern {
            r#"an escape: \n \r \t \b \f \" \' \\ \% \_ or \u with four hexadecimal digits"#
        } else {
            r#"an escape: \n \r \t \b \f \" \' \\ or \u with four hexadecimal digits"#
        }
        .to_owned();
        error.suggestion = Some(r"a backslash itself is written \\".to_owned());
        error
    }
}

/// The length of the escape that `text` starts with, and the character it
/// stands for; no character if it stays as it is.
fn unescape(text: &str, pattern: bool) -> Option<(usize, Option<char>)> {
    let character = match text.as_bytes().get(1)? {
        b'n' | b'N' => '\n',
        b'r' | b'R' => '\r',
        b't' | b'T' => '\t',
        b'b' | b'B' => '\u{8}',
        b'f' | b'F' => '\u{c}',
        b'"' => '"',
        b'\'' => '\'',
        b'\\' if !pattern => '\\',
        b'\\' | b'%' | b'_' if pattern => return Some((2, None)),
        b'u' | b'U' => return unicode(text),
        _ => return None,
    };
    Some((2, Some(character)))
}

/// `\u0041`, or a pair of surrogates.
fn unicode(text: &str) -> Option<(usize, Option<char>)> {
    let unit = |at: usize| {
        let digits = text.get(at..at + 4)?;
        let hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        if hex { u32::from_str_radix(digits, 16).ok() } else { None }
    };
    let first = unit(2)?;
    if let Some(character) = char::from_u32(first) {
        return Some((6, Some(character)));
    }
    if !text.get(6..8)?.eq_ignore_ascii_case("\\u") {
        return None;
    }
    let second = unit(8)?;
    if !(0xd800..0xdc00).contains(&first) || !(0xdc00..0xe000).contains(&second) {
        return None;
    }
    let character = char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00))?;
    Some((12, Some(character)))
}

/// The date literal that `found` is a slip of; of those with a number if one
/// follows.
fn closest_date_literal(found: &str, numbered: bool) -> Option<String> {
    if !found.contains('_') && found.len() < 5 {
        return None;
    }
    let mut names: Vec<String> = [
        "TODAY",
        "YESTERDAY",
        "TOMORROW",
        "LAST_90_DAYS",
        "NEXT_90_DAYS",
        "LAST_N_DAYS:n",
        "NEXT_N_DAYS:n",
        "N_DAYS_AGO:n",
    ]
    .map(str::to_owned)
    .to_vec();
    for period in Period::ALL.map(Period::as_str) {
        for prefix in ["LAST", "THIS", "NEXT"] {
            names.push(format!("{prefix}_{period}"));
        }
        names.push(format!("LAST_N_{period}S:n"));
        names.push(format!("NEXT_N_{period}S:n"));
        names.push(format!("N_{period}S_AGO:n"));
    }
    // `LAST_30_DAYS` is the most common slip of all.
    if let Some(days) = found
        .to_ascii_uppercase()
        .strip_prefix("LAST_")
        .and_then(|rest| rest.strip_suffix("_DAYS")?.parse::<u32>().ok())
    {
        return Some(format!("LAST_N_DAYS:{days}"));
    }
    if numbered {
        let numbered = names.iter().filter_map(|name| name.strip_suffix(":n"));
        return suggest::closest(found, numbered).map(|close| format!("{close}:n"));
    }
    let close = suggest::closest(found, names.iter().map(String::as_str))?;
    Some(close.to_owned())
}
