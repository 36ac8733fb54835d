//! The inputs of an action, checked against its declaration.

use serde_json::{Map, Value};

use crate::engine::id;
use crate::invocable::{ActionFailure, ActionParameter, InvocableAction};

/// Everything that the platform would refuse; this org's own words.
pub(super) fn check(
    action: &InvocableAction,
    given: &Map<String, Value>,
) -> Result<(), ActionFailure> {
    let refuse = |message: String| Err(ActionFailure::new("INVALID_API_INPUT", message));
    for name in given.keys() {
        if !action.inputs.iter().any(|input| input.name == *name) {
            return refuse(format!("Unrecognized input parameter: {name}"));
        }
    }
    for input in &action.inputs {
        match given.get(&input.name) {
            None | Some(Value::Null) if input.required => {
                let message = format!("Missing required input parameter: {}", input.name);
                return Err(ActionFailure::new("REQUIRED_FIELD_MISSING", message));
            }
            None | Some(Value::Null) => {}
            Some(value) if !fits(input, value) => {
                let list = if input.many { "a list of " } else { "" };
                return refuse(format!(
                    "Input parameter {} must be {list}{}",
                    input.name, input.kind
                ));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

fn fits(input: &ActionParameter, value: &Value) -> bool {
    match (input.many, value) {
        (true, Value::Array(values)) => values.iter().all(|value| is_of(&input.kind, value)),
        (true, _) => false,
        (false, value) => is_of(&input.kind, value),
    }
}

/// Whether a value is of a type, in JSON's own form or as text.
fn is_of(kind: &str, value: &Value) -> bool {
    match (kind, value) {
        ("STRING" | "TEXTAREA" | "PICKLIST" | "EMAIL" | "URL" | "PHONE", value) => {
            value.is_string()
        }
        ("BOOLEAN", Value::Bool(_)) => true,
        ("BOOLEAN", Value::String(text)) => matches!(text.as_str(), "true" | "false"),
        ("NUMBER" | "DOUBLE" | "CURRENCY" | "PERCENT" | "INTEGER" | "LONG", Value::Number(_)) => {
            true
        }
        ("NUMBER" | "DOUBLE" | "CURRENCY" | "PERCENT", Value::String(text)) => {
            text.parse::<f64>().is_ok()
        }
        ("INTEGER" | "LONG", Value::String(text)) => text.parse::<i64>().is_ok(),
        ("ID" | "REFERENCE", Value::String(text)) => id::is_id(text),
        ("DATE", Value::String(text)) => text.parse::<jiff::civil::Date>().is_ok(),
        ("DATETIME", Value::String(text)) => text.parse::<jiff::Timestamp>().is_ok(),
        ("SOBJECT", value) => value.is_object(),
        (
            "BOOLEAN" | "NUMBER" | "DOUBLE" | "CURRENCY" | "PERCENT" | "INTEGER" | "LONG" | "ID"
            | "REFERENCE" | "DATE" | "DATETIME",
            _,
        ) => false,
        // Types that Apex classes define.
        _ => true,
    }
}
