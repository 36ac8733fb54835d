//! JSON values as literals of a field's type.

use serde_json::Value as Json;
use sf_rest::Id;
use sf_schema::{Field, FieldType};
use sf_soql::ast::{Date, DateLiteral, DateTime, Number, Time, Value};

use super::conditions::shown;

/// `value` as one of `field`. What can mean one thing only is taken: a number for a text, a text of
/// digits for a number.
///
/// # Errors
/// What the field takes, in a sentence.
pub(super) fn literal(field: &Field, value: &Json) -> Result<Value, String> {
    let wrong = |wants: &str| {
        let name = if field.name.is_empty() { "It" } else { &field.name };
        Err(format!("{name} ({}) takes {wants}, not {}.", field.ty, shown(value)))
    };
    if value.is_null() {
        return Ok(Value::Null);
    }
    if value.is_array() || value.is_object() {
        return wrong("one value");
    }
    let text = match value {
        Json::String(text) => text.trim().to_owned(),
        other => other.to_string(),
    };
    match &field.ty {
        FieldType::Id | FieldType::Reference => match Id::parse(&text) {
            Ok(id) => Ok(Value::String(id.to_string())),
            Err(error) => Err(format!("{error}; find the record's id first.")),
        },
        FieldType::Boolean => match text.to_lowercase().as_str() {
            "true" => Ok(Value::Boolean(true)),
            "false" => Ok(Value::Boolean(false)),
            _ => wrong("true or false"),
        },
        ty if ty.is_number() => match Number::new(&text) {
            Ok(number) => Ok(Value::Number(number)),
            Err(_) => wrong("a number"),
        },
        FieldType::Date => match (relative(&text), Date::new(&text)) {
            (Some(literal), _) => literal.map(Value::DateLiteral),
            (None, Ok(date)) => Ok(Value::Date(date)),
            _ => wrong("a date such as 2026-03-31, or TODAY, LAST_N_DAYS:30, THIS_QUARTER"),
        },
        FieldType::Datetime => match (relative(&text), DateTime::new(&text)) {
            (Some(literal), _) => literal.map(Value::DateLiteral),
            (None, Ok(time)) => Ok(Value::DateTime(time)),
            (None, Err(_)) if Date::new(&text).is_ok() => Err(format!(
                "{} is a point in time, not a day: write {text}T00:00:00Z, or with your offset from \
                 UTC.",
                field.name
            )),
            _ => wrong("a point in time such as 2026-03-31T14:00:00Z, or TODAY, LAST_N_DAYS:30"),
        },
        FieldType::Time => match Time::new(&text) {
            Ok(time) => Ok(Value::Time(time)),
            Err(_) => wrong("a time of day such as 14:30:00.000Z"),
        },
        // As it was given: blanks can be a part of a text.
        _ => Ok(Value::String(value.as_str().map_or(text, str::to_owned))),
    }
}

/// `LAST_N_DAYS:30`; an error if it is one of those that want a number and has none, or the like.
fn relative(text: &str) -> Option<Result<DateLiteral, String>> {
    let upper = text.to_uppercase();
    let (name, number) = match upper.split_once(':') {
        Some((name, number)) => (name.trim(), Some(number.trim())),
        None => (upper.as_str(), None),
    };
    let takes = DateLiteral::takes_number(name)?;
    let literal = match number {
        None => DateLiteral::new(name, None),
        Some(number) => number.parse().ok().and_then(|n| DateLiteral::new(name, Some(n))),
    };
    Some(literal.ok_or_else(|| match takes {
        true => format!("{name} wants a number of periods: {name}:30."),
        false => format!("{name} takes no number."),
    }))
}
