//! Required fields that a create lacks: a person is asked for them, where one can be.

use serde_json::{Map, Value, json};
use sf_schema::{Field, FieldType, Object, ProblemKind, WriteKind, check_write};

use super::operation::writable;
use crate::context::{Filled, Form};
use crate::prepare::Action;
use crate::{CallContext, Org, ToolError, Values};

/// Most fields of one form, and most choices of one field.
const FIELDS: usize = 12;
const CHOICES: usize = 100;

/// The one record of a create with the required fields that a person gave; as it was if nothing is
/// missing, if something else is wrong with it (which the model has to correct first), if a field
/// cannot be asked for, or if nobody can be asked.
///
/// What was given is checked with the rest of the record afterwards.
pub(super) async fn filled_in(
    cx: &CallContext,
    org: &Org,
    object: &str,
    mut records: Vec<Values>,
) -> Result<Vec<Values>, ToolError> {
    let [record] = records.as_mut_slice() else { return Ok(records) };
    let object = writable(cx, org, object, Action::Create).await?;
    let Some(missing) = missing(&object, record) else { return Ok(records) };
    let Some(schema) = schema(&missing) else { return Ok(records) };
    let names: Vec<&str> = missing.iter().map(|field| &*field.label).collect();
    let text = format!(
        "The agent is about to create a record of {} and does not know: {}.",
        object.label,
        names.join(", ")
    );
    let form = Form::new(cx, text, schema);
    match cx.unless_cancelled(async { Ok(cx.fill(form).await) }).await? {
        Filled::Values(mut values) => {
            for field in missing {
                if let Some(given) = values.shift_remove(&field.name).filter(|v| !v.is_null()) {
                    record.retain(|name, _| !name.eq_ignore_ascii_case(&field.name));
                    record.insert(field.name.clone(), given);
                }
            }
            Ok(records)
        }
        Filled::Declined => Err(ToolError::ask_a_person(format!(
            "A person was asked for {} of the new record of {} and did not want to give it. Nothing \
             was written. Ask them what to do.",
            names.join(", "),
            object.name
        ))),
        Filled::Unavailable => Ok(records),
    }
}

/// The required fields that are missing, if they are all that is wrong.
fn missing<'a>(object: &'a Object, record: &Values) -> Option<Vec<&'a Field>> {
    let wrong = check_write(object, WriteKind::Create, record);
    let errors: Vec<_> = wrong.iter().filter(|problem| problem.is_error()).collect();
    if errors.is_empty() || errors.len() > FIELDS {
        return None;
    }
    let missing = |kind| matches!(kind, ProblemKind::MissingRequired);
    errors.iter().map(|p| object.field(&p.field).filter(|_| missing(p.kind))).collect()
}

/// A form for these fields; none if one of them is of a type that a person does not type in.
fn schema(fields: &[&Field]) -> Option<Value> {
    let mut properties = Map::new();
    for field in fields {
        let mut property = property(field)?;
        property.insert("title".to_owned(), json!(field.label));
        if let Some(help) = field.help.as_deref().filter(|help| !help.trim().is_empty()) {
            property.insert("description".to_owned(), json!(crate::text::shorten(help, 300)));
        }
        properties.insert(field.name.clone(), Value::Object(property));
    }
    let required: Vec<&str> = fields.iter().map(|field| &*field.name).collect();
    Some(json!({ "type": "object", "properties": properties, "required": required }))
}

fn property(field: &Field) -> Option<Map<String, Value>> {
    let choices: Vec<&str> = field.active_values().collect();
    let property = match &field.ty {
        FieldType::Picklist if !choices.is_empty() && choices.len() <= CHOICES => {
            json!({ "type": "string", "enum": choices })
        }
        FieldType::Picklist | FieldType::Multipicklist => return None,
        FieldType::Boolean => json!({ "type": "boolean" }),
        FieldType::Int | FieldType::Long => json!({ "type": "integer" }),
        ty if ty.is_number() => json!({ "type": "number" }),
        FieldType::Email => json!({ "type": "string", "format": "email" }),
        FieldType::Date => json!({ "type": "string", "format": "date" }),
        FieldType::Datetime => json!({ "type": "string", "format": "date-time" }),
        ty if ty.is_text() && field.length > 0 => {
            json!({ "type": "string", "minLength": 1, "maxLength": field.length })
        }
        // An id says nothing to a person, and the rest is no single value.
        _ => return None,
    };
    property.as_object().cloned()
}
