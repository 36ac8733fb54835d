//! A written JSON value as a field's stored value, or what is wrong with it.
//!
//! Texts lose outer blanks, and an empty one is null; emails become lower
//! case; numbers and booleans may come as texts.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rusqlite::types::Value as Sql;
use serde_json::Value;

use super::on_field;
use crate::engine::error::shortened;
use crate::engine::schema::{Field, FieldType, Storage};
use crate::engine::{ErrorItem, id, scalar};

/// What a value in a path or a file is told; one in a JSON body is refused by
/// the parser.
const WRONG_TYPE: &str = "INVALID_TYPE_ON_FIELD_IN_RECORD";

/// `None` clears the field.
pub(super) fn from_json(field: &Field, json: &Value) -> Result<Option<Sql>, ErrorItem> {
    let misfit = || ErrorItem::misfit(field.ty.name(), json, None);
    let typed = |read: Result<Option<Sql>, ErrorItem>| {
        read.map_err(|item| if item.code == WRONG_TYPE { misfit() } else { item })
    };
    match json {
        Value::Null => Ok(None),
        Value::Object(_) | Value::Array(_) => Err(misfit()),
        Value::String(text) => typed(from_text(field, text)),
        Value::Bool(flag) => match field.ty.storage() {
            Storage::Boolean => Ok(Some(Sql::Integer(i64::from(*flag)))),
            Storage::Text => from_text(field, &flag.to_string()),
            _ => Err(misfit()),
        },
        Value::Number(number) => match field.ty.storage() {
            Storage::Integer | Storage::Real | Storage::Text => {
                typed(from_text(field, &number.to_string()))
            }
            _ => Err(misfit()),
        },
    }
}

/// The same from text, as in a path.
pub(super) fn from_text(field: &Field, text: &str) -> Result<Option<Sql>, ErrorItem> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Ok(None);
    }
    let wrong = || wrong_type(field, text);
    Ok(Some(match field.ty.storage() {
        Storage::None => return Err(wrong()),
        Storage::Blob => Sql::Blob(bytes(field, trimmed)?),
        Storage::Boolean => match trimmed.to_ascii_lowercase().as_str() {
            "true" | "1" => Sql::Integer(1),
            "false" | "0" => Sql::Integer(0),
            _ => return Err(wrong()),
        },
        Storage::Integer => {
            let number = trimmed.parse::<f64>().map_err(|_| wrong())?;
            Sql::Integer(whole(field, number, text)?)
        }
        Storage::Real => Sql::Real(real(field, trimmed.parse().map_err(|_| wrong())?, text)?),
        Storage::Date => {
            let day = trimmed
                .get(..10)
                .filter(|_| trimmed.len() == 10 || scalar::datetime(trimmed).is_some());
            Sql::Text(scalar::date_text(day.and_then(scalar::date).ok_or_else(wrong)?))
        }
        Storage::DateTime => {
            let midnight = || scalar::datetime(&format!("{trimmed}T00:00:00Z"));
            let millis = scalar::datetime(trimmed).or_else(midnight).ok_or_else(wrong)?;
            Sql::Integer(millis.div_euclid(1000) * 1000)
        }
        Storage::Time => Sql::Text(scalar::time(trimmed).ok_or_else(wrong)?),
        Storage::Id => {
            let malformed = || {
                let message = format!("{}: id value of incorrect type: {text}", field.label);
                on_field("MALFORMED_ID", message, field)
            };
            Sql::Text(id::normalise(trimmed).ok_or_else(malformed)?)
        }
        Storage::Text => Sql::Text(string(field, trimmed)?),
    }))
}

fn wrong_type(field: &Field, value: &str) -> ErrorItem {
    let message = format!("{}: value not of required type: {}", field.name, shortened(value));
    on_field(WRONG_TYPE, message, field)
}

fn string(field: &Field, text: &str) -> Result<String, ErrorItem> {
    let length = text.chars().count();
    if length > field.length as usize {
        let message = format!(
            "{}: data value too large: {} (max length={})",
            field.label,
            shortened(text),
            field.length
        );
        return Err(on_field("STRING_TOO_LONG", message, field));
    }
    match field.ty {
        FieldType::Email => email(field, text),
        FieldType::Picklist => choice(field, text),
        FieldType::MultiPicklist => choices(field, text),
        _ => Ok(text.to_owned()),
    }
}

fn email(field: &Field, text: &str) -> Result<String, ErrorItem> {
    let valid = text.split_once('@').is_some_and(|(local, domain)| {
        let label = |label: &str| {
            !label.is_empty() && label.chars().all(|char| char.is_alphanumeric() || char == '-')
        };
        !local.is_empty()
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !local.chars().any(|char| {
                char.is_whitespace() || char.is_control() || "()<>[]:;@\\,\"".contains(char)
            })
            && domain.contains('.')
            && domain.split('.').all(label)
    });
    if valid {
        return Ok(text.to_lowercase());
    }
    Err(on_field(
        "INVALID_EMAIL_ADDRESS",
        format!("{}: invalid email address: {text}", field.label),
        field,
    ))
}

fn choice(field: &Field, text: &str) -> Result<String, ErrorItem> {
    if field.restricted && !field.offers(text) {
        return Err(bad_choice(field, text));
    }
    Ok(text.to_owned())
}

fn choices(field: &Field, text: &str) -> Result<String, ErrorItem> {
    let mut chosen: Vec<&str> = Vec::new();
    for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
        if !chosen.contains(&part) {
            chosen.push(part);
        }
    }
    let place = |choice: &str| field.values.iter().position(|value| value == choice);
    if let Some(bad) = chosen.iter().find(|choice| field.restricted && !field.offers(choice)) {
        return Err(bad_choice(field, bad));
    }
    chosen.sort_by_key(|choice| place(choice).unwrap_or(usize::MAX));
    Ok(chosen.join(";"))
}

pub(super) fn bad_choice(field: &Field, value: &str) -> ErrorItem {
    let message = format!("{}: bad value for restricted picklist field: {value}", field.label);
    on_field("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, field)
}

fn whole(field: &Field, number: f64, text: &str) -> Result<i64, ErrorItem> {
    if number.fract() != 0.0 {
        return Err(wrong_type(field, text));
    }
    let limit = 10_f64.powi(i32::try_from(field.digits.clamp(1, 15)).unwrap_or(15));
    if !number.is_finite() || number.abs() >= limit {
        return Err(out_of_range(field, text));
    }
    #[expect(clippy::cast_possible_truncation, reason = "a whole number below 10^15 fits")]
    Ok(number as i64)
}

fn real(field: &Field, number: f64, text: &str) -> Result<f64, ErrorItem> {
    let whole_digits = i32::try_from(field.precision.saturating_sub(field.scale)).unwrap_or(18);
    if !number.is_finite() || number.abs() >= 10_f64.powi(whole_digits) {
        return Err(out_of_range(field, text));
    }
    let factor = 10_f64.powi(i32::try_from(field.scale).unwrap_or(0));
    let rounded = (number * factor).round() / factor;
    // Too large for its fraction to be scaled: it has none left to round.
    Ok(if rounded.is_finite() { rounded } else { number })
}

/// The bytes of a base64 text; line breaks in it do not count.
fn bytes(field: &Field, text: &str) -> Result<Vec<u8>, ErrorItem> {
    let joined: String = text.chars().filter(|char| !char.is_ascii_whitespace()).collect();
    STANDARD.decode(joined).map_err(|_| wrong_type(field, text))
}

fn out_of_range(field: &Field, text: &str) -> ErrorItem {
    let message = format!(
        "{}: value outside of valid range on numeric field: {}",
        field.name,
        shortened(text)
    );
    on_field("NUMBER_OUTSIDE_VALID_RANGE", message, field)
}
