//! Arguments checked against their schema, with every problem named at once.

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{JsonType, ValidationError, Validator};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::Problem;
use crate::{ToolDefinition, ToolError};

/// How many allowed values or names an answer lists.
const LISTED: usize = 40;

/// The argument check of one tool.
pub(crate) struct Arguments {
    tool: String,
    known: Vec<String>,
    required: Vec<String>,
    example: Value,
    /// None if the schema itself is broken: then serde alone judges.
    validator: Option<Validator>,
}

impl Arguments {
    /// Of a tool whose arguments have to fit `schema`.
    pub(crate) fn new(definition: &ToolDefinition, schema: &Value, example: Value) -> Self {
        let validator = jsonschema::draft202012::new(schema)
            .inspect_err(|error| {
                tracing::error!(tool = definition.name, %error, "the input schema is not valid");
            })
            .ok();
        let known = definition.input_schema["properties"]
            .as_object()
            .map(|p| p.keys().cloned().collect())
            .unwrap_or_default();
        let required = definition.input_schema["required"].as_array().into_iter().flatten();
        let required = required.filter_map(|name| name.as_str().map(str::to_owned)).collect();
        Self { tool: definition.name.clone(), known, required, example, validator }
    }

    /// The typed arguments, or an error that lists all that is wrong with them.
    pub(crate) fn parse<T: DeserializeOwned>(&self, arguments: Value) -> Result<T, ToolError> {
        // Callers without arguments send null or nothing.
        let mut arguments = match arguments {
            Value::Null => Value::Object(Map::new()),
            other => other,
        };
        // Some models give null for what they leave out.
        if let Some(map) = arguments.as_object_mut() {
            map.retain(|name, value| !value.is_null() || self.required.contains(name));
        }
        if !arguments.is_object() {
            return Err(self.refuse(vec![Problem::new(
                "",
                "The arguments must be one JSON object, not text that contains JSON and not an array.",
            )]));
        }
        let problems: Vec<Problem> = match &self.validator {
            Some(validator) => {
                validator.iter_errors(&arguments).flat_map(|e| self.problems(&e)).collect()
            }
            None => Vec::new(),
        };
        if !problems.is_empty() {
            return Err(self.refuse(problems));
        }
        serde_json::from_value(arguments)
            .map_err(|error| self.refuse(vec![Problem::new("", error.to_string())]))
    }

    fn refuse(&self, problems: Vec<Problem>) -> ToolError {
        ToolError::fix_your_call(format!(
            "The arguments of {} are not right. Nothing was sent to Salesforce. Correct them and \
             call it again.",
            self.tool
        ))
        .with_problems(problems)
        .with_example(self.example.clone())
    }

    fn problems(&self, error: &ValidationError<'_>) -> Vec<Problem> {
        let at = dotted(error.instance_path().as_str());
        match error.kind() {
            ValidationErrorKind::Required { property } => {
                let name = property.as_str().unwrap_or_default();
                vec![Problem::new(join(&at, name), "Missing; it is required.")]
            }
            ValidationErrorKind::AdditionalProperties { unexpected } => unexpected
                .iter()
                .map(|name| {
                    let problem = Problem::new(join(&at, name), "There is no such argument.");
                    // Nested objects have their own names; the schema's own list is only the top.
                    if at.is_empty() {
                        let near = sf_schema::suggest(name, self.known.iter().map(String::as_str));
                        let all = self.known.iter().cloned().map(Value::String).collect();
                        problem.allowed(all, LISTED).did_you_mean(near)
                    } else {
                        problem
                    }
                })
                .collect(),
            kind => {
                let mut allowed = Vec::new();
                choices(kind, &mut allowed);
                if allowed.is_empty() {
                    return vec![Problem::new(at, message(kind, error))];
                }
                let message =
                    format!("{} is not one of the allowed values.", shown(error.instance()));
                vec![Problem::new(at, message).allowed(allowed, LISTED)]
            }
        }
    }
}

/// The values that would have been right, for an argument with a fixed set of them.
fn choices(kind: &ValidationErrorKind, found: &mut Vec<Value>) {
    match kind {
        ValidationErrorKind::Enum { options } => {
            found
                .extend(options.as_array().into_iter().flatten().filter(|v| !v.is_null()).cloned());
        }
        ValidationErrorKind::Constant { expected_value } => found.push((**expected_value).clone()),
        ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
            context.iter().flatten().for_each(|error| choices(error.kind(), found));
        }
        _ => {}
    }
}

fn message(kind: &ValidationErrorKind, error: &ValidationError<'_>) -> String {
    let value = shown(error.instance());
    match kind {
        ValidationErrorKind::Type { kind } => {
            format!("{value} has the wrong type; it must be {}.", type_names(kind))
        }
        ValidationErrorKind::Minimum { limit } => {
            format!("{value} is too small; at least {limit}.")
        }
        ValidationErrorKind::Maximum { limit } => format!("{value} is too large; at most {limit}."),
        ValidationErrorKind::MinItems { limit } => format!("Too few items; at least {limit}."),
        ValidationErrorKind::MaxItems { limit } => {
            let given = error.instance().as_array().map_or(0, Vec::len);
            format!("Too many items ({given}); at most {limit} in one call. Split it into several.")
        }
        ValidationErrorKind::MinLength { limit } => {
            format!("Too short; at least {limit} characters.")
        }
        ValidationErrorKind::MaxLength { limit } => {
            format!("Too long; at most {limit} characters.")
        }
        ValidationErrorKind::MinProperties { limit } => {
            format!("Too few fields; at least {limit}.")
        }
        _ => crate::text::shorten(&error.to_string(), 300),
    }
}

fn type_names(kind: &TypeKind) -> String {
    let types: Vec<JsonType> = match kind {
        TypeKind::Single(one) => vec![*one],
        TypeKind::Multiple(many) => many.iter().collect(),
    };
    let names = types.into_iter().filter_map(|t| match t {
        JsonType::Array => Some("an array"),
        JsonType::Boolean => Some("a boolean"),
        JsonType::Integer => Some("an integer"),
        JsonType::Number => Some("a number"),
        JsonType::Object => Some("an object"),
        JsonType::String => Some("a string"),
        // Null means "not given" and is no help to one who wants to give it.
        JsonType::Null => None,
    });
    names.collect::<Vec<_>>().join(" or ")
}

/// A value as an error quotes it: short.
fn shown(value: &Value) -> String {
    crate::text::shorten(&value.to_string(), 80)
}

/// `/records/2/Name` as `records[2].Name`.
fn dotted(pointer: &str) -> String {
    let mut out = String::new();
    for part in pointer.split('/').skip(1) {
        let part = part.replace("~1", "/").replace("~0", "~");
        if !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()) {
            out.push_str(&format!("[{part}]"));
        } else {
            out = join(&out, &part);
        }
    }
    out
}

fn join(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") }
}
