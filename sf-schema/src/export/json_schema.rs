//! JSON Schema of what a create or an update takes.

use serde_json::{Map, Value, json};

use crate::{Field, FieldType, Object, WriteKind};

/// Ids in either length.
const ID: &str = "^[a-zA-Z0-9]{15}([a-zA-Z0-9]{3})?$";

/// The JSON Schema (draft 2020-12) of the values of a create, update or upsert
/// of `object`.
///
/// It has the fields that the operation can write and no others, requires what
/// a create requires, lists the values of restricted picklists, and bounds
/// texts, numbers, dates and ids as the describe does. A parent may also be
/// named by an external id, under the name of its relationship; then a required
/// reference is not required by its own name. What depends on other fields
/// (dependent picklists, lookup filters, validation rules) it cannot say.
#[must_use]
pub fn json_schema(object: &Object, kind: WriteKind<'_>) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    let mut either = Vec::new();
    for field in &object.fields {
        let is_key =
            matches!(kind, WriteKind::Upsert { key } if field.name.eq_ignore_ascii_case(key));
        let writable = match kind {
            WriteKind::Create => field.createable,
            WriteKind::Update => field.updateable,
            // The key stands in the address.
            WriteKind::Upsert { .. } => field.is_writable() && !is_key,
        };
        if !writable {
            continue;
        }
        properties.insert(field.name.clone(), property(field));
        let parent = field.relationship_name.as_ref().filter(|_| field.ty == FieldType::Reference);
        if let Some(parent) = parent {
            let by_external_id = json!({
                "description": format!("The parent of {} by one of its external ids", field.name),
                "type": "object", "minProperties": 1, "maxProperties": 2,
            });
            properties.insert(parent.clone(), by_external_id);
        }
        if kind == WriteKind::Create && field.required_on_create() {
            match parent {
                Some(parent) => either.push(json!({
                    "anyOf": [{ "required": [field.name] }, { "required": [parent] }]
                })),
                None => required.push(field.name.clone()),
            }
        }
    }
    let verb = match kind {
        WriteKind::Create => "create",
        WriteKind::Update => "update",
        WriteKind::Upsert { .. } => "upsert",
    };
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": format!("{} ({verb})", object.label),
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    if !either.is_empty() {
        schema["allOf"] = json!(either);
    }
    schema
}

fn property(field: &Field) -> Value {
    let mut schema = values(field);
    let mut description = field.label.clone();
    if let Some(help) = &field.help {
        description.push_str(": ");
        description.push_str(help);
    }
    schema.insert("title".to_owned(), json!(description));
    if field.nillable {
        let ty = schema.get_mut("type");
        if let Some(ty) = ty {
            *ty = json!([ty, "null"]);
        }
        if let Some(allowed) = schema.get_mut("enum").and_then(Value::as_array_mut) {
            allowed.push(Value::Null);
        }
    }
    Value::Object(schema)
}

fn values(field: &Field) -> Map<String, Value> {
    let schema = match &field.ty {
        FieldType::Boolean => json!({ "type": "boolean" }),
        FieldType::Int => bounds("integer", field.digits.min(18)),
        FieldType::Long => json!({ "type": "integer" }),
        FieldType::Double | FieldType::Currency | FieldType::Percent => {
            bounds("number", field.precision.saturating_sub(field.scale))
        }
        FieldType::Date => json!({ "type": "string", "format": "date" }),
        FieldType::Datetime => json!({ "type": "string", "format": "date-time" }),
        // Salesforce's times may lack the offset that the format "time" asks for.
        FieldType::Time => {
            json!({ "type": "string", "pattern": "^\\d{2}:\\d{2}(:\\d{2}(\\.\\d{1,3})?)?Z?$" })
        }
        FieldType::Id | FieldType::Reference => json!({ "type": "string", "pattern": ID }),
        FieldType::Base64 => json!({ "type": "string", "contentEncoding": "base64" }),
        FieldType::Picklist if field.restricted && !field.picklist.is_empty() => {
            json!({ "type": "string", "enum": field.active_values().collect::<Vec<_>>() })
        }
        FieldType::Picklist | FieldType::Combobox => {
            with_examples(text(field), &field.active_values().take(20).collect::<Vec<_>>())
        }
        FieldType::Multipicklist => {
            let values: Vec<&str> = field.active_values().take(20).collect();
            json!({ "type": "string", "description": "several values, joined by ;", "examples": values })
        }
        ty if ty.is_text() => text(field),
        // A type that is not known may take anything.
        _ => json!({}),
    };
    match schema {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn text(field: &Field) -> Value {
    if field.length == 0 {
        return json!({ "type": "string" });
    }
    json!({ "type": "string", "maxLength": field.length })
}

fn with_examples(mut schema: Value, examples: &[&str]) -> Value {
    if !examples.is_empty() {
        schema["examples"] = json!(examples);
    }
    schema
}

/// A number with at most this many digits before the point; more than 15 an f64 cannot count.
fn bounds(ty: &str, digits: u32) -> Value {
    if digits == 0 || digits > 15 {
        return json!({ "type": ty });
    }
    let bound = 10_i64.pow(digits);
    json!({ "type": ty, "exclusiveMinimum": -bound, "exclusiveMaximum": bound })
}
