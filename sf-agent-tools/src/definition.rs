//! What a model is told about a tool before it calls it.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::{Completeness, Effect, Policy, Tool, ToolError};

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
    /// Whether a second call with the same arguments changes nothing more.
    pub idempotent: bool,
    /// Whether it works for whatever writes are allowed: see
    /// [`Tool::serves_writes`](crate::Tool::serves_writes).
    pub serves_writes: bool,
    /// Whether a person is asked when it is known what is written: see
    /// [`Tool::shows_writes`](crate::Tool::shows_writes).
    pub shows_writes: bool,
}

impl ToolDefinition {
    /// The definition of a typed tool.
    pub fn of<T: Tool>(tool: &T) -> Self {
        Self::with_checks(tool).0
    }

    /// The definition, and the schema by which arguments are checked: it knows bounds that a model
    /// keeps to without being told.
    pub(crate) fn with_checks<T: Tool>(tool: &T) -> (Self, Value) {
        let mut effects = tool.effects().to_vec();
        effects.sort_unstable();
        effects.dedup();
        let effect = effects.last().copied().unwrap_or(Effect::Read);
        if effects.is_empty() {
            effects.push(effect);
        }
        let checks = schema::<T::Args>(SchemaSettings::draft2020_12().for_deserialize());
        let mut input_schema = checks.clone();
        slim(&mut input_schema, true);
        // Some vendors want the key of a tool without arguments, too.
        if let Value::Object(schema) = &mut input_schema {
            schema.entry("properties").or_insert_with(|| json!({}));
        }
        let definition = Self {
            name: tool.name().to_owned(),
            title: tool.title().to_owned(),
            description: tool.description().to_owned(),
            input_schema,
            output_schema: with_completeness(schema::<T::Output>(
                SchemaSettings::draft2020_12().for_serialize(),
            )),
            effects,
            effect,
            idempotent: tool.is_idempotent(),
            serves_writes: tool.serves_writes(),
            shows_writes: tool.shows_writes(),
        };
        (definition, checks)
    }
}

impl ToolDefinition {
    /// What it costs a model to be told of it, in tokens, by an estimate that errs high: name,
    /// description and input schema, which is what frameworks put before a model.
    #[must_use]
    pub fn tokens(&self) -> usize {
        let told = json!({
            "name": self.name, "description": self.description, "input_schema": self.input_schema,
        });
        crate::tokens::tokens_of(&told)
    }

    /// Whether the policy lets it be called at all.
    pub(crate) fn is_allowed(&self, policy: &Policy) -> bool {
        if self.serves_writes {
            // What only prepares a write is there for any.
            let reads = self.effects.iter().all(|e| !e.is_write());
            let writes: &[Effect] = if reads { &WRITES } else { &self.effects };
            return writes.iter().any(|e| e.is_write() && policy.allows(*e));
        }
        self.effects.iter().all(|e| policy.allows(*e))
    }

    /// The definition as it is told under a policy: without effects that a call cannot have.
    pub(crate) fn under(&self, policy: &Policy) -> Self {
        let mut told = self.clone();
        if self.serves_writes {
            told.effects.retain(|e| policy.allows(*e));
            told.effect = told.effects.last().copied().unwrap_or(Effect::Read);
        }
        told
    }

    /// Refuses it, if the policy does.
    pub(crate) fn check(&self, policy: &Policy) -> Result<(), ToolError> {
        match self.serves_writes {
            true if self.is_allowed(policy) => Ok(()),
            true => policy.check_effects(&self.name, &WRITES),
            false => policy.check_effects(&self.name, &self.effects),
        }
    }

    /// The effects for which a person is asked before it runs.
    pub(crate) fn asked_before(&self, policy: &Policy) -> Vec<Effect> {
        // What shows writes asks when it knows what is written.
        let asks = |e: &Effect| !self.shows_writes && policy.asks_before(*e);
        self.effects.iter().copied().filter(asks).collect()
    }
}

const WRITES: [Effect; 3] = [Effect::Create, Effect::Update, Effect::Delete];

/// Leaves out what costs tokens and says what goes without saying: that an optional argument may be
/// null, which means what leaving it out means, that a text is not empty, that nested objects have
/// no other properties.
fn slim(schema: &mut Value, top: bool) {
    match schema {
        Value::Object(map) => {
            for name in ["minLength", "minItems"] {
                map.shift_remove(name);
            }
            if map.get("minimum").and_then(Value::as_u64).is_some_and(|least| least <= 1) {
                map.shift_remove("minimum");
            }
            if !top && map.get("additionalProperties").is_some_and(|more| more == false) {
                map.shift_remove("additionalProperties");
            }
            without_null(map);
            map.values_mut().for_each(|inner| slim(inner, false));
        }
        Value::Array(items) => items.iter_mut().for_each(|inner| slim(inner, false)),
        _ => {}
    }
}

fn without_null(map: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = map.get_mut("type") {
        types.retain(|name| name != "null");
        if let [one] = types.as_slice() {
            map["type"] = one.clone();
        }
    }
    if let Some(Value::Array(choices)) = map.get_mut("anyOf") {
        choices.retain(|choice| choice["type"] != "null");
        if let [Value::Object(one)] = choices.as_slice() {
            let one = one.clone();
            map.shift_remove("anyOf");
            for (name, value) in one {
                map.entry(name).or_insert(value);
            }
        }
    }
    if let Some(Value::Array(values)) = map.get_mut("enum") {
        values.retain(|value| !value.is_null());
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

/// Drops what costs a model tokens and tells it nothing: Rust's integer widths. A schema that allows
/// everything is written `{}`, since some clients take none but objects for schemas.
fn tidy(value: &mut Value) {
    match value {
        Value::Object(map) => {
            let rust_width = map.get("format").and_then(Value::as_str).is_some_and(|f| {
                matches!(f, "uint" | "uint8" | "uint16" | "uint32" | "uint64" | "int32" | "int64")
            });
            if rust_width {
                map.shift_remove("format");
            }
            let members = map.get_mut("properties").and_then(Value::as_object_mut);
            members.into_iter().flat_map(Map::values_mut).for_each(object_schema);
            map.get_mut("items").into_iter().for_each(object_schema);
            map.values_mut().for_each(tidy);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        _ => {}
    }
}

fn object_schema(schema: &mut Value) {
    if *schema == true {
        *schema = json!({});
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
