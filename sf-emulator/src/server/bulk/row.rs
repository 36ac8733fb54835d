//! One uploaded record as a write, and errors as `sf__Error` shows them.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::columns::Column;
use super::job::Job;
use super::spec::{Ingest, Operation};
use crate::engine::{ApiError, ErrorItem, Write, id};

/// What clears a field; an empty value leaves it alone.
const NULL: &str = "#N/A";

/// The write that a record asks for, or its `sf__Error`.
pub(super) fn write(
    job: &Job<Ingest>,
    columns: &[Column],
    record: &csv::StringRecord,
) -> Result<Write, String> {
    let mut fields = Map::new();
    let mut own_id = None;
    let mut key = None;
    for (at, (column, value)) in columns.iter().zip(record).enumerate() {
        if value.is_empty() {
            continue;
        }
        let null = value == NULL;
        match column {
            Column::Id => own_id = Some(value),
            Column::Key => key = Some(value).filter(|_| !null),
            Column::Field { name, .. } | Column::Parent { lookup: name, .. } if null => {
                fields.insert(name.clone(), Value::Null);
            }
            Column::Field { name, soap_type } => {
                fields.insert(name.clone(), typed(at, name, soap_type, value)?);
            }
            Column::Parent { relationship, object, key, .. } => {
                let parent = json!({ "attributes": { "type": object }, key: value });
                fields.insert(relationship.clone(), parent);
            }
        }
    }
    let object = job.object.clone();
    match job.task.operation {
        Operation::Insert => match own_id {
            None => Ok(Write::Create { object, fields }),
            Some(_) => {
                let message = "cannot specify Id in an insert call";
                Err(refused("INVALID_FIELD_FOR_INSERT_UPDATE", message, &["Id"]))
            }
        },
        Operation::Update => {
            Ok(Write::Update { object, id: record_id(own_id, "an update")?, fields })
        }
        Operation::Delete | Operation::HardDelete => {
            Ok(Write::Delete { object: Some(object), id: record_id(own_id, "a delete")? })
        }
        Operation::Upsert => {
            let field = job.task.external_id.clone().unwrap_or_else(|| "Id".to_owned());
            let value = match (key, own_id) {
                (Some(_), Some(_)) => {
                    let message = format!(
                        "Cannot specify both an external ID reference {field} and a salesforce id, Id"
                    );
                    return Err(refused("INVALID_FIELD", message, &[&field]));
                }
                (Some(key), None) if field == "Id" => record_id(Some(key), "an upsert")?,
                (Some(key), None) => key.to_owned(),
                (None, _) if field == "Id" => String::new(),
                (None, _) => {
                    let message = format!("{field} not specified");
                    return Err(refused("MISSING_ARGUMENT", message, &[]));
                }
            };
            Ok(Write::Upsert { object, field, value, fields, update_only: false })
        }
    }
}

fn record_id(given: Option<&str>, call: &str) -> Result<String, String> {
    let Some(given) = given else {
        let message = format!("Id not specified in {call} call");
        return Err(refused("MISSING_ARGUMENT", message, &[]));
    };
    id::normalise(given).ok_or_else(|| refused("MALFORMED_ID", format!("bad id {given}"), &["Id"]))
}

/// A value in its field's XML Schema type, the only place where the column's
/// number shows in an error.
fn typed(at: usize, name: &str, soap_type: &str, value: &str) -> Result<Value, String> {
    let typed = match soap_type {
        "xsd:boolean" => match value.to_ascii_lowercase().as_str() {
            "true" | "1" => Some(Value::Bool(true)),
            "false" | "0" => Some(Value::Bool(false)),
            _ => None,
        },
        "xsd:int" => value.parse::<i64>().ok().map(|_| Value::from(value)),
        "xsd:double" => {
            // Rust's `inf` and `NaN` are no numbers here.
            let number = value.parse::<f64>().is_ok_and(f64::is_finite);
            number.then(|| Value::from(value))
        }
        "xsd:date" => date(value).then(|| Value::from(value)),
        "xsd:dateTime" => date_time(value).map(Value::from),
        _ => Some(Value::from(value)),
    };
    typed.ok_or_else(|| {
        let message = format!(
            "Failed to deserialize field at col {at}. Due to, '{value}' is not a valid value for the type {soap_type}"
        );
        refused("INVALID_FIELD", message, &[name])
    })
}

/// `YYYY-MM-DD`, also in front of a time.
fn date(value: &str) -> bool {
    let day = match value.get(..10) {
        Some(day) if value.len() == 10 || date_time(value).is_some() => day,
        _ => return false,
    };
    day.parse::<Date>().is_ok()
}

/// A time without an offset is in UTC; a date alone is its midnight.
fn date_time(value: &str) -> Option<String> {
    let full = match value.len() {
        10 => format!("{value}T00:00:00Z"),
        _ if value.parse::<Timestamp>().is_ok() => value.to_owned(),
        _ => format!("{value}Z"),
    };
    (full.as_bytes().get(10) == Some(&b'T') && full.parse::<Timestamp>().is_ok()).then_some(full)
}

/// `CODE:message:Field1 Field2 --`, one after the other.
pub(super) fn error_text(error: &ApiError) -> String {
    error.items.iter().map(item_text).collect()
}

fn item_text(item: &ErrorItem) -> String {
    // What a request for one record calls 404 is here a wrong reference.
    if item.code == "NOT_FOUND" && item.fields.is_none() {
        return refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", &[]);
    }
    let fields: Vec<&str> = item.fields.iter().flatten().map(String::as_str).collect();
    refused(&item.code, &item.message, &fields)
}

fn refused(code: &str, message: impl std::fmt::Display, fields: &[&str]) -> String {
    let mut text = format!("{code}:{message}:");
    for field in fields {
        text.push_str(field);
        text.push(' ');
    }
    text.push_str("--");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_in_their_type() {
        for (soap_type, value) in [
            ("xsd:boolean", "TRUE"),
            ("xsd:boolean", "0"),
            ("xsd:int", "-7"),
            ("xsd:double", "1.5E3"),
            ("xsd:date", "2026-02-28"),
            ("xsd:date", "2026-02-28T10:00:00Z"),
            ("xsd:dateTime", "2026-02-28T10:00:00.000Z"),
            ("xsd:dateTime", "2026-02-28T10:00:00-0800"),
            ("xsd:dateTime", "2026-02-28T10:00:00"),
            ("xsd:dateTime", "2026-02-28"),
            ("xsd:string", "anything"),
        ] {
            assert!(typed(0, "F", soap_type, value).is_ok(), "{soap_type} {value}");
        }
        for (soap_type, value) in [
            ("xsd:boolean", "yes"),
            ("xsd:int", "1.5"),
            ("xsd:double", "1,5"),
            ("xsd:double", "NaN"),
            ("xsd:date", "2026-02-30"),
            ("xsd:date", "28/02/2026"),
            ("xsd:dateTime", "2026-02-28 10:00"),
            ("xsd:dateTime", "soon"),
        ] {
            assert!(typed(0, "F", soap_type, value).is_err(), "{soap_type} {value}");
        }
    }

    #[test]
    fn errors_end_in_two_dashes() {
        let missing = ErrorItem::on_row("REQUIRED_FIELD_MISSING", "Required", ["Name", "Site"]);
        let bare = ErrorItem::on_row("ENTITY_IS_DELETED", "entity is deleted", [""; 0]);
        let error = ApiError {
            status: 400,
            items: vec![missing, bare],
            choices: Vec::new(),
            created: false,
        };
        assert_eq!(
            error_text(&error),
            "REQUIRED_FIELD_MISSING:Required:Name Site --ENTITY_IS_DELETED:entity is deleted:--"
        );
        assert_eq!(
            error_text(&ApiError::not_found()),
            "INVALID_CROSS_REFERENCE_KEY:invalid cross reference id:--"
        );
    }
}
