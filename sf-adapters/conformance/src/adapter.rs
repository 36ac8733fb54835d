//! What an adapter's test implements.

use async_trait::async_trait;
use serde_json::Value;
use sf_agent_tools::{CallContext, ToolSet};

/// Puts the adapter under test over a `ToolSet`.
#[async_trait]
pub trait Connect: Send + Sync {
    /// The adapter over `tools`, ready to be called, with every call made in `context`.
    async fn connect(
        &self,
        tools: ToolSet,
        context: CallContext,
    ) -> anyhow::Result<Box<dyn Adapter>>;

    /// Whether a program chooses the context of calls. An adapter where it all comes from the other
    /// side of a protocol ignores it, says false, and shows in tests of its own where it comes from.
    fn takes_context(&self) -> bool {
        true
    }
}

/// One connected adapter, seen from the framework's side.
#[async_trait]
pub trait Adapter: Send + Sync {
    /// The tools as the framework offers them to a model.
    async fn list_tools(&self) -> anyhow::Result<Vec<ListedTool>>;

    /// Calls a tool as the framework does on behalf of a model. A failed call
    /// is an [`Outcome`]; an `Err` says that the framework itself broke.
    async fn call(&self, name: &str, arguments: Value) -> anyhow::Result<Outcome>;
}

/// A tool as the framework lists it. What the framework has no notion of is
/// `None` and not checked.
#[derive(Debug, Clone)]
pub struct ListedTool {
    /// The name that a call uses.
    pub name: String,
    /// What the model reads about it.
    pub description: String,
    /// JSON Schema of the arguments.
    pub input_schema: Value,
    /// JSON Schema of the result.
    pub output_schema: Option<Value>,
    /// A name for people.
    pub title: Option<String>,
    /// What calling it does.
    pub hints: Option<Hints>,
}

/// What a framework tells its user about the effect of a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hints {
    /// It changes nothing.
    pub read_only: bool,
    /// It may replace or remove what is there.
    pub destructive: bool,
}

/// What came of a call, as the model reads it.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Whether the framework marked it as failed.
    pub is_error: bool,
    /// The JSON that the model reads; a string if the framework answered with
    /// a text of its own.
    pub json: Value,
}
