//! A value of a file as a field's stored value.
//!
//! Rows of a real org are taken as they are: what a rule, a picklist or a length
//! would refuse today may have been written before it was there. Only a value
//! that is not of the field's type is refused.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rusqlite::types::Value as Sql;
use serde_json::Value;

use crate::engine::schema::{Field, Storage};
use crate::engine::{id, scalar};

/// `None` is null. The error says what was wanted.
pub(crate) fn stored(field: &Field, json: &Value) -> Result<Option<Sql>, String> {
    let wrong = || {
        let shown: String = json.to_string().chars().take(60).collect();
        format!("{} is of type {} and cannot be {shown}", field.name, field.ty.name())
    };
    match json {
        Value::Null => Ok(None),
        Value::Bool(flag) => match field.ty.storage() {
            Storage::Boolean => Ok(Some(Sql::Integer(i64::from(*flag)))),
            Storage::Text => Ok(Some(Sql::Text(flag.to_string()))),
            _ => Err(wrong()),
        },
        Value::Number(number) => match field.ty.storage() {
            Storage::Boolean => Err(wrong()),
            _ => from_text(field, &number.to_string()).ok_or_else(wrong),
        },
        Value::String(text) => from_text(field, text).ok_or_else(wrong),
        Value::Array(_) | Value::Object(_) => Err(wrong()),
    }
}

/// `None` if the text is none of the field's type; `Some(None)` is null.
pub(crate) fn from_text(field: &Field, text: &str) -> Option<Option<Sql>> {
    let storage = field.ty.storage();
    if text.is_empty() {
        return Some(None);
    }
    let trimmed = text.trim();
    Some(Some(match storage {
        Storage::None => return Some(None),
        Storage::Text => Sql::Text(text.to_owned()),
        // An id of another org may have any form; it becomes one of this org.
        Storage::Id => Sql::Text(id::normalise(trimmed).unwrap_or_else(|| trimmed.to_owned())),
        Storage::Boolean => match trimmed.to_ascii_lowercase().as_str() {
            "true" | "1" => Sql::Integer(1),
            "false" | "0" => Sql::Integer(0),
            _ => return None,
        },
        Storage::Integer => match trimmed.parse::<i64>() {
            Ok(number) => Sql::Integer(number),
            Err(_) => {
                let number = trimmed.parse::<f64>().ok()?;
                if number.fract() != 0.0 || number.abs() >= 1e15 {
                    return None;
                }
                #[expect(clippy::cast_possible_truncation, reason = "a whole number below 10^15")]
                Sql::Integer(number as i64)
            }
        },
        Storage::Real => {
            Sql::Real(trimmed.parse::<f64>().ok().filter(|number| number.is_finite())?)
        }
        Storage::Date => {
            let day = trimmed
                .get(..10)
                .filter(|_| trimmed.len() == 10 || scalar::datetime(trimmed).is_some());
            Sql::Text(scalar::date_text(scalar::date(day?)?))
        }
        Storage::DateTime => {
            let midnight = || scalar::datetime(&format!("{trimmed}T00:00:00Z"));
            Sql::Integer(scalar::datetime(trimmed).or_else(midnight)?)
        }
        Storage::Time => Sql::Text(scalar::time(trimmed)?),
        Storage::Blob => {
            // Query results name the place where the bytes are read.
            if trimmed.starts_with("/services/data/") {
                return Some(None);
            }
            let joined: String =
                trimmed.chars().filter(|char| !char.is_ascii_whitespace()).collect();
            Sql::Blob(STANDARD.decode(joined).ok()?)
        }
    }))
}
