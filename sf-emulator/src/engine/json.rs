//! Writing JSON text as the platform prints it: Java's number format, `+0000`
//! datetimes.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Appends a quoted, escaped string.
pub(crate) fn string(out: &mut String, text: &str) {
    out.push('"');
    let mut plain = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0x08 => "\\b",
            0x0c => "\\f",
            0..0x20 => "",
            _ => continue,
        };
        out.push_str(&text[plain..at]);
        if escape.is_empty() {
            out.push_str(&format!("\\u{byte:04x}"));
        } else {
            out.push_str(escape);
        }
        plain = at + 1;
    }
    out.push_str(&text[plain..]);
    out.push('"');
}

/// Appends a comma unless the container has just been opened.
pub(crate) fn separate(out: &mut String) {
    if !out.ends_with(['{', '[']) {
        out.push(',');
    }
}

/// Appends `"key":`, after a comma where one is needed.
pub(crate) fn key(out: &mut String, name: &str) {
    separate(out);
    string(out, name);
    out.push(':');
}

/// Appends a double as Java's `Double.toString` prints it: `300.0`,
/// `1.2345678E7`.
pub(crate) fn double(out: &mut String, value: f64) {
    let magnitude = value.abs();
    if magnitude == 0.0 || (1e-3..1e7).contains(&magnitude) {
        // Rust's Debug prints the same digits and keeps the `.0`.
        out.push_str(&format!("{value:?}"));
        return;
    }
    let text = format!("{value:e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    out.push_str(mantissa);
    if !mantissa.contains('.') {
        out.push_str(".0");
    }
    out.push('E');
    out.push_str(exponent);
}

/// `2024-11-07T07:00:00.000+0000`, from milliseconds since 1970.
pub(crate) fn datetime(millis: i64) -> String {
    let timestamp = Timestamp::from_millisecond(millis).unwrap_or_default();
    let civil = TimeZone::UTC.to_datetime(timestamp);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}+0000",
        civil.year(),
        civil.month(),
        civil.day(),
        civil.hour(),
        civil.minute(),
        civil.second(),
        civil.millisecond(),
    )
}

/// Appends the `attributes` object of a record.
pub(crate) fn attributes(out: &mut String, object: &str, url: Option<(&str, &str)>) {
    key(out, "attributes");
    out.push_str("{\"type\":\"");
    out.push_str(object);
    out.push('"');
    if let Some((url_base, id)) = url {
        out.push_str(",\"url\":\"");
        out.push_str(url_base);
        out.push_str(id);
        out.push('"');
    }
    out.push('}');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_are_java_s() {
        for (value, expected) in [
            (300.0, "300.0"),
            (0.0, "0.0"),
            (-1.5, "-1.5"),
            (1_234_567.0, "1234567.0"),
            (12_345_678.0, "1.2345678E7"),
            (1e10, "1.0E10"),
            (0.001, "0.001"),
            (0.000_5, "5.0E-4"),
            (9_999_999.99, "9999999.99"),
            (37.775, "37.775"),
        ] {
            let mut out = String::new();
            double(&mut out, value);
            assert_eq!(out, expected);
        }
    }

    #[test]
    fn strings_are_escaped() {
        let mut out = String::new();
        string(&mut out, "a\"b\\c\nd\u{1}é'");
        assert_eq!(out, "\"a\\\"b\\\\c\\nd\\u0001é'\"");
        assert_eq!(serde_json::from_str::<String>(&out).unwrap(), "a\"b\\c\nd\u{1}é'");
    }

    #[test]
    fn datetimes_have_no_colon_in_the_offset() {
        assert_eq!(datetime(1_730_962_800_000), "2024-11-07T07:00:00.000+0000");
    }
}
