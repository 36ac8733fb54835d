//! What a call gives back, and whether that is all there is.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

/// A call that the model can make as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct SuggestedCall {
    /// Name of the tool.
    pub tool: String,
    /// Arguments to give it, unchanged.
    pub arguments: Map<String, Value>,
}

impl SuggestedCall {
    /// A call of `tool`; `arguments` that are not a JSON object count as none.
    #[must_use]
    pub fn new(tool: impl Into<String>, arguments: Value) -> Self {
        let arguments = match arguments {
            Value::Object(map) => map,
            _ => Map::new(),
        };
        Self { tool: tool.into(), arguments }
    }
}

/// Whether a reply holds everything that was asked for.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Completeness {
    /// Nothing is missing.
    Complete,
    /// Something is missing, and this says what and how to get it.
    Partial {
        /// Items in this reply.
        returned: u64,
        /// Items there are in all, if known.
        total: Option<u64>,
        /// What is missing and why, in a sentence.
        reason: String,
        /// The call that fetches the rest, if one call can.
        next: Option<SuggestedCall>,
    },
}

impl Completeness {
    /// True for [`Completeness::Complete`].
    #[must_use]
    pub fn is_complete(&self) -> bool {
        matches!(self, Self::Complete)
    }

    /// With something more that is missing; `returned` is told of what was complete but for that.
    #[must_use]
    pub(crate) fn lacking(self, returned: u64, why: String) -> Self {
        match self {
            Self::Complete => Self::Partial { returned, total: None, reason: why, next: None },
            Self::Partial { returned, total, reason, next } => {
                Self::Partial { returned, total, reason: format!("{reason} {why}"), next }
            }
        }
    }

    /// The call that fetches the rest.
    #[must_use]
    pub fn next(&self) -> Option<&SuggestedCall> {
        match self {
            Self::Complete => None,
            Self::Partial { next, .. } => next.as_ref(),
        }
    }

    /// The JSON shape that models see: `{"complete": true}`, or
    /// `{"complete": false, "returned", "total"?, "reason", "next"?}`.
    #[must_use]
    pub fn to_model(&self) -> Value {
        match self {
            Self::Complete => json!({ "complete": true }),
            Self::Partial { returned, total, reason, next } => {
                let mut map = Map::new();
                map.insert("complete".into(), Value::Bool(false));
                map.insert("returned".into(), json!(returned));
                if let Some(total) = total {
                    map.insert("total".into(), json!(total));
                }
                map.insert("reason".into(), Value::String(reason.clone()));
                if let Some(next) = next {
                    map.insert("next".into(), json!(next));
                }
                Value::Object(map)
            }
        }
    }

    /// JSON Schema of [`to_model`](Self::to_model).
    pub(crate) fn model_schema() -> Value {
        json!({
            "type": "object",
            "description": "Whether anything is missing from this result, and the call that fetches it.",
            "properties": {
                "complete": { "type": "boolean", "description": "True if nothing is missing." },
                "returned": { "type": "integer", "minimum": 0, "description": "Items in this result." },
                "total": { "type": "integer", "minimum": 0, "description": "Items in all." },
                "reason": { "type": "string", "description": "What is missing, and why." },
                "next": {
                    "type": "object",
                    "description": "The call to make for the rest.",
                    "properties": {
                        "tool": { "type": "string", "description": "Tool name." },
                        "arguments": { "type": "object", "description": "Its arguments, unchanged." }
                    },
                    "required": ["tool", "arguments"]
                }
            },
            "required": ["complete"]
        })
    }
}

/// Something a reply points at: a record in the browser, a file, a resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Link {
    /// Where it is.
    pub uri: String,
    /// What it is, for a person.
    pub title: String,
}

/// What a typed tool returns.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Reply<T> {
    /// The result.
    pub data: T,
    /// Whether it is all of it.
    pub completeness: Completeness,
    /// What it points at.
    pub links: Vec<Link>,
}

impl<T> Reply<T> {
    /// A reply from which nothing is missing.
    pub fn complete(data: T) -> Self {
        Self { data, completeness: Completeness::Complete, links: Vec::new() }
    }

    /// A reply with its completeness stated.
    pub fn new(data: T, completeness: Completeness) -> Self {
        Self { data, completeness, links: Vec::new() }
    }

    /// Adds a link.
    #[must_use]
    pub fn with_link(mut self, uri: impl Into<String>, title: impl Into<String>) -> Self {
        self.links.push(Link { uri: uri.into(), title: title.into() });
        self
    }
}

/// What an adapter gets: a [`Reply`] with its data as JSON.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ToolReply {
    /// The result, a JSON object.
    pub data: Value,
    /// Whether it is all of it.
    pub completeness: Completeness,
    /// What it points at.
    pub links: Vec<Link>,
}

impl ToolReply {
    /// What it costs a model to read it, in tokens, by an estimate that errs high.
    #[must_use]
    pub fn tokens(&self) -> usize {
        crate::tokens::tokens_of(&self.to_model())
    }

    /// The one JSON object that a model sees: the fields of `data`, then
    /// `completeness`, then `links` if there are any. It matches the
    /// definition's `output_schema`.
    #[must_use]
    pub fn to_model(&self) -> Value {
        let mut map = match &self.data {
            Value::Object(map) => map.clone(),
            other => Map::from_iter([("result".to_owned(), other.clone())]),
        };
        map.insert("completeness".into(), self.completeness.to_model());
        if !self.links.is_empty() {
            map.insert("links".into(), json!(self.links));
        }
        Value::Object(map)
    }
}
