//! Whether a value that is stored is the one that was sent.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use serde_json::Value;
use sf_schema::{Field, FieldType};

/// Whether the platform, given `sent`, would store `stored`: it cuts blanks at both ends of a text,
/// writes addresses of e-mail in lower case, an empty text as null, and numbers, dates and ids in
/// forms of its own.
pub(crate) fn same(field: &Field, sent: &Value, stored: &Value) -> bool {
    if is_empty(sent) || is_empty(stored) {
        return is_empty(sent) && is_empty(stored);
    }
    if field.ty.is_number() {
        return match (number(sent), number(stored)) {
            (Some(sent), Some(stored)) => {
                (sent - stored).abs() <= f64::EPSILON * sent.abs().max(stored.abs())
            }
            _ => sent == stored,
        };
    }
    let (Some(sent), Some(stored)) = (text(sent), text(stored)) else { return sent == stored };
    let (sent, stored) = (sent.trim(), stored.trim());
    match &field.ty {
        FieldType::Email => sent.eq_ignore_ascii_case(stored),
        FieldType::Date => {
            sent.parse::<Date>().ok().is_some_and(|d| stored.parse::<Date>().is_ok_and(|s| s == d))
                || sent == stored
        }
        FieldType::Datetime => match (moment(sent), moment(stored)) {
            (Some(sent), Some(stored)) => sent == stored,
            _ => sent == stored,
        },
        FieldType::Time => match (time(sent), time(stored)) {
            (Some(sent), Some(stored)) => sent == stored,
            _ => sent == stored,
        },
        FieldType::Reference | FieldType::Id => {
            let id = |text: &str| sf_rest::Id::parse(text).ok();
            sent == stored || (id(sent).is_some() && id(sent) == id(stored))
        }
        FieldType::Multipicklist => {
            let set = |text: &str| -> std::collections::BTreeSet<String> {
                text.split(';').map(|part| part.trim().to_owned()).collect()
            };
            set(sent) == set(stored)
        }
        _ => sent.replace("\r\n", "\n") == stored.replace("\r\n", "\n"),
    }
}

/// A moment as the platform or a caller writes it.
pub(crate) fn moment(text: &str) -> Option<Timestamp> {
    text.trim().parse().ok()
}

fn time(text: &str) -> Option<Time> {
    text.trim_end_matches('Z').parse().ok()
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty())
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use sf_schema::Object;

    use super::*;

    #[test]
    fn forms_of_the_same_value() {
        let cases = [
            ("string", json!(" Ito "), json!("Ito"), true),
            ("string", json!("Ito"), json!("ito"), false),
            ("string", json!(""), json!(null), true),
            ("string", json!("1"), json!("1.0"), false),
            ("textarea", json!("a\r\nb"), json!("a\nb"), true),
            ("email", json!("A@Example.com"), json!("a@example.com"), true),
            ("currency", json!(10), json!(10.0), true),
            ("currency", json!("10.50"), json!(10.5), true),
            ("double", json!(0.1), json!(0.2), false),
            ("double", json!(0), json!(null), false),
            ("boolean", json!("true"), json!(true), true),
            ("boolean", json!(false), json!(true), false),
            ("date", json!("2026-03-01"), json!("2026-03-01"), true),
            (
                "datetime",
                json!("2026-03-01T10:00:00+01:00"),
                json!("2026-03-01T09:00:00.000+0000"),
                true,
            ),
            (
                "datetime",
                json!("2026-03-01T10:00:00Z"),
                json!("2026-03-01T10:00:01.000+0000"),
                false,
            ),
            ("time", json!("09:30:00"), json!("09:30:00.000Z"), true),
            ("reference", json!("001000000000001"), json!("001000000000001AAA"), true),
            ("multipicklist", json!("b;a"), json!("a;b"), true),
            ("multipicklist", json!("a"), json!("a;b"), false),
            ("picklist", json!("Hot"), json!("hot"), false),
        ];
        for (ty, sent, stored, expected) in cases {
            let raw = json!({ "name": "X", "fields": [{ "name": "F", "type": ty }] });
            let object = Object::from_describe(&raw).unwrap();
            let field = object.field("F").unwrap();
            assert_eq!(same(field, &sent, &stored), expected, "{ty}: {sent} and {stored}");
        }
    }
}
