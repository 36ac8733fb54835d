//! What a model is told about a tool before it calls it.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::{Completeness, Effect, Tool};

/// What a model is told about a tool. Both schemas are JSON Schema draft
/// 2020-12 objects without references.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ToolDefinition {
    /// Name by which it is called, `[a-z0-9_]`.
    pub name: String,
    /// Name for people.
    pub title: String,
    /// What it does and when to use it, for the model.
    pub description: String,
    /// Schema of the arguments, of type object.
    pub input_schema: Value,
    /// Schema of [`ToolReply::to_model`](crate::ToolReply::to_model), of type object.
    pub output_schema: Value,
    /// All that a call may do to the org, the mildest first; never empty.
    pub effects: Vec<Effect>,
    /// The gravest of `effects`: what hints to people and clients are made of.
    pub effect: Effect,
}

impl ToolDefinition {
    /// The definition of a typed tool.
    pub fn of<T: Tool>(tool: &T) -> Self {
        let mut effects = tool.effects().to_vec();
        effects.sort_unstable();
        effects.dedup();
        let effect = effects.last().copied().unwrap_or(Effect::Read);
        if effects.is_empty() {
            effects.push(effect);
        }
        Self {
            name: tool.name().to_owned(),
            title: tool.title().to_owned(),
            description: tool.description().to_owned(),
            input_schema: schema::<T::Args>(SchemaSettings::draft2020_12().for_deserialize()),
            output_schema: with_completeness(schema::<T::Output>(
                SchemaSettings::draft2020_12().for_serialize(),
            )),
            effects,
            effect,
        }
    }
}

fn schema<T: JsonSchema>(settings: SchemaSettings) -> Value {
    let settings = settings.with(|s| {
        s.inline_subschemas = true;
        s.meta_schema = None;
    });
    let mut value = settings.into_generator().into_root_schema_for::<T>().to_value();
    if let Some(map) = value.as_object_mut() {
        // The tool's own title and description stand beside the schema.
        map.shift_remove("title");
        map.shift_remove("description");
    }
    tidy(&mut value);
    value
}

/// Drops what costs a model tokens and tells it nothing: Rust's integer widths.
fn tidy(value: &mut Value) {
    match value {
        Value::Object(map) => {
            let rust_width = map.get("format").and_then(Value::as_str).is_some_and(|f| {
                matches!(f, "uint" | "uint8" | "uint16" | "uint32" | "uint64" | "int32" | "int64")
            });
            if rust_width {
                map.shift_remove("format");
            }
            map.values_mut().for_each(tidy);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        _ => {}
    }
}

/// Adds what [`ToolReply::to_model`](crate::ToolReply::to_model) adds to the data.
fn with_completeness(value: Value) -> Value {
    let mut value = match value["type"].as_str() {
        Some("object") => value,
        // What is not an object stands under `result`.
        _ => json!({ "type": "object", "properties": { "result": value }, "required": ["result"] }),
    };
    let Some(map) = value.as_object_mut() else {
        return value;
    };
    if let Some(properties) =
        map.entry("properties").or_insert_with(|| Value::Object(Map::new())).as_object_mut()
    {
        properties.insert("completeness".into(), Completeness::model_schema());
    }
    if let Some(required) = map.entry("required").or_insert_with(|| json!([])).as_array_mut() {
        required.push(json!("completeness"));
    }
    value
}
