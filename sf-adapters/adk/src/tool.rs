//! A `ToolSet` as an ADK toolset.

use std::sync::Arc;
use std::time::Duration;

use adk_core::{ReadonlyContext, Result, Tool, ToolContext, Toolset};
use async_trait::async_trait;
use serde_json::Value;
use sf_agent_tools::{CallContext, Effect, ToolDefinition, ToolSet};
use tokio::sync::mpsc;

use crate::confirm::OfACall;
use crate::progress::Reports;

/// How often a run is asked whether it was cancelled, since it does not tell.
const LOOK: Duration = Duration::from_millis(100);

/// The Salesforce tools, for `LlmAgentBuilder::toolset`.
#[derive(Debug, Clone)]
pub struct SalesforceTools {
    tools: ToolSet,
    context: CallContext,
}

impl SalesforceTools {
    /// The tools of `tools`.
    #[must_use]
    pub fn new(tools: ToolSet) -> Self {
        Self { tools, context: CallContext::default() }
    }

    /// With every call made in `context`: identity, cancellation, approvals.
    #[must_use]
    pub fn in_context(mut self, context: CallContext) -> Self {
        self.context = context;
        self
    }

    /// One by one, for `LlmAgentBuilder::tool`.
    #[must_use]
    pub fn tools(&self) -> Vec<Arc<dyn Tool>> {
        let own = |definition| SalesforceTool { set: self.clone(), definition };
        let all = self.tools.definitions().into_iter();
        all.map(|of| -> Arc<dyn Tool> { Arc::new(own(of)) }).collect()
    }
}

#[async_trait]
impl Toolset for SalesforceTools {
    fn name(&self) -> &str {
        "salesforce"
    }

    async fn tools(&self, _: Arc<dyn ReadonlyContext>) -> Result<Vec<Arc<dyn Tool>>> {
        Ok(Self::tools(self))
    }
}

struct SalesforceTool {
    set: SalesforceTools,
    definition: ToolDefinition,
}

#[async_trait]
impl Tool for SalesforceTool {
    fn name(&self) -> &str {
        &self.definition.name
    }

    fn description(&self) -> &str {
        &self.definition.description
    }

    fn parameters_schema(&self) -> Option<Value> {
        Some(self.definition.input_schema.clone())
    }

    fn response_schema(&self) -> Option<Value> {
        Some(self.definition.output_schema.clone())
    }

    fn is_read_only(&self) -> bool {
        self.definition.effect == Effect::Read
    }

    fn is_concurrency_safe(&self) -> bool {
        self.is_read_only()
    }

    /// A failed call is an answer and never an `Err`: ADK would flatten that to
    /// one text, and an agent with a retry budget would make the call again,
    /// whatever the error says, which can double a write.
    async fn execute(&self, adk: Arc<dyn ToolContext>, arguments: Value) -> Result<Value> {
        let (sender, mut reports) = mpsc::unbounded_channel();
        let stop = self.set.context.cancellation().child_token();
        let context = of_a_call(&self.set.context, &*adk)
            .with_progress(Arc::new(Reports(sender, self.set.context.clone())))
            .with_cancellation(stop.clone());
        let mut look = tokio::time::interval(LOOK);
        let call = self.set.tools.call(&context, &self.definition.name, arguments);
        tokio::pin!(call);
        let result = loop {
            tokio::select! {
                biased;
                _ = look.tick() => if adk.is_cancelled() { stop.cancel() },
                result = &mut call => break result,
                Some(line) = reports.recv() => adk.emit_progress("salesforce", &line).await,
            }
        };
        // What was reported last is told before the answer.
        while let Ok(line) = reports.try_recv() {
            adk.emit_progress("salesforce", &line).await;
        }
        Ok(result.map_or_else(|error| error.to_model(), |reply| reply.to_model()))
    }
}

/// `context` for one call: the user of the run, and the run's own way to ask a person, if it has one.
fn of_a_call(context: &CallContext, adk: &dyn ToolContext) -> CallContext {
    let user = context.identity().unwrap_or(adk.user_id()).to_owned();
    let context = context.clone().with_identity(user);
    match adk.run_config().and_then(|run| run.tool_confirmation_handler.clone()) {
        Some(handler) => context.with_person(OfACall::new(handler, adk.function_call_id())),
        None => context,
    }
}
