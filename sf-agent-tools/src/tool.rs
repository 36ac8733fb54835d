//! The two faces of a tool: typed for its author, erased for adapters.

use std::future::Future;

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::arguments::Arguments;
use crate::{CallContext, Effect, Org, Reply, ToolDefinition, ToolError, ToolReply};

/// A tool as its author writes it.
///
/// `Args` and `Output` are structs with named fields (their schemas are
/// objects); the doc comment of each field becomes its description in the
/// schema, so write it for the model. Annotate `Args` with
/// `#[serde(deny_unknown_fields)]`, so that a misspelt argument is an error
/// and not silence.
///
/// ```
/// use schemars::JsonSchema;
/// use serde::{Deserialize, Serialize};
/// use serde_json::{Value, json};
/// use sf_agent_tools::{CallContext, Effect, Org, Reply, Tool, ToolError};
///
/// /// Counts the records of an object.
/// struct CountRecords;
///
/// #[derive(Deserialize, JsonSchema)]
/// #[serde(deny_unknown_fields)]
/// struct Args {
///     /// API name of the object.
///     object: String,
/// }
///
/// #[derive(Serialize, JsonSchema)]
/// struct Output {
///     /// How many records there are.
///     records: u64,
/// }
///
/// impl Tool for CountRecords {
///     type Args = Args;
///     type Output = Output;
///
///     fn name(&self) -> &str { "acme_count_records" }
///     fn title(&self) -> &str { "Count records" }
///     fn description(&self) -> &str { "Counts the records of one object." }
///     fn effects(&self) -> &[Effect] { &[Effect::Read] }
///     fn example(&self) -> Value { json!({ "object": "Account" }) }
///
///     async fn call(&self, _: &CallContext, org: &Org, args: Args) -> Result<Reply<Output>, ToolError> {
///         let object = org.object(&args.object).await?;
///         let query = org.parse(&format!("SELECT COUNT() FROM {}", object.name))?;
///         Ok(Reply::complete(Output { records: org.query(&query).await?.total_size }))
///     }
/// }
/// # fn main() { let _ = |org: Org| sf_agent_tools::ToolSet::salesforce(org).with(CountRecords); }
/// ```
pub trait Tool: Send + Sync + 'static {
    /// What the model passes.
    type Args: DeserializeOwned + JsonSchema + Send;
    /// What it gets back.
    type Output: Serialize + JsonSchema;

    /// Name by which it is called.
    fn name(&self) -> &str;
    /// Name for people.
    fn title(&self) -> &str;
    /// What it does and when to use it, for the model.
    fn description(&self) -> &str;
    /// All that a call may do to the org: an upsert creates and updates. The policy must allow
    /// each, a person is asked for those it wants asked, and [`Org`] refuses what is not named. By
    /// default it only reads.
    fn effects(&self) -> &[Effect] {
        &[Effect::Read]
    }
    /// True for a tool that is offered as soon as any write is allowed, whatever its effects say,
    /// since what a call of it does is known only from its arguments: [`Org`] then asks the policy
    /// and the person about what is to be written.
    fn serves_writes(&self) -> bool {
        false
    }
    /// True for a tool whose writes [`Org`] puts to the person itself, once they were checked and with
    /// every value before and after. For any other the person is asked before the call, by its
    /// arguments.
    fn shows_writes(&self) -> bool {
        self.serves_writes()
    }
    /// Whether a second call with the same arguments changes nothing more: by default, if none of the
    /// effects is a create.
    fn is_idempotent(&self) -> bool {
        !self.effects().contains(&Effect::Create)
    }
    /// Arguments that would be accepted; shown when a call's arguments are not.
    fn example(&self) -> Value;

    /// Runs the call. Arguments have been checked against the schema, and the
    /// effects against the policy. If it fails for what the known schema of the org lacks, and
    /// has written nothing through [`Org`], it is run once more when the org was asked again.
    fn call(
        &self,
        cx: &CallContext,
        org: &Org,
        args: Self::Args,
    ) -> impl Future<Output = Result<Reply<Self::Output>, ToolError>> + Send;
}

/// A tool as adapters see it. Implemented for every [`Tool`] by [`ToolSet::with`](crate::ToolSet::with).
#[async_trait]
pub trait DynTool: Send + Sync {
    /// What a model is told about it.
    fn definition(&self) -> &ToolDefinition;

    /// Checks the arguments and runs the call. The policy is the caller's
    /// business: use [`ToolSet::call`](crate::ToolSet::call).
    async fn call(
        &self,
        cx: &CallContext,
        org: &Org,
        arguments: Value,
    ) -> Result<ToolReply, ToolError>;
}

/// A typed tool with its definition and its argument check.
pub(crate) struct Erased<T> {
    tool: T,
    definition: ToolDefinition,
    arguments: Arguments,
}

impl<T: Tool> Erased<T> {
    pub(crate) fn new(tool: T) -> Self {
        let (definition, checks) = ToolDefinition::with_checks(&tool);
        let arguments = Arguments::new(&definition, &checks, tool.example());
        Self { tool, definition, arguments }
    }
}

#[async_trait]
impl<T: Tool> DynTool for Erased<T> {
    fn definition(&self) -> &ToolDefinition {
        &self.definition
    }

    async fn call(
        &self,
        cx: &CallContext,
        org: &Org,
        arguments: Value,
    ) -> Result<ToolReply, ToolError> {
        let args = self.arguments.parse::<T::Args>(arguments)?;
        let reply = self.tool.call(cx, org, args).await?;
        let data = serde_json::to_value(&reply.data).map_err(|error| {
            tracing::error!(tool = self.tool.name(), %error, "the output does not serialise");
            ToolError::ask_a_person(format!(
                "{} produced a result that cannot be shown. This is a fault of the connector, \
                 not of the call; report it.",
                self.tool.name()
            ))
        })?;
        Ok(ToolReply { data, completeness: reply.completeness, links: reply.links })
    }
}
