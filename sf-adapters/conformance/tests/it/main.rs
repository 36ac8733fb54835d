//! The suite judged: a faultless adapter passes it, and each broken one fails
//! in the check that is there for its fault.

use anyhow::Result;
use async_trait::async_trait;
use serde_json::Value;
use sf_adapter_conformance::{Adapter, Connect, Hints, ListedTool, Outcome, run, run_some};
use sf_agent_tools::{CallContext, Effect, ToolSet};

/// What a broken adapter does wrong.
#[derive(Clone, Copy, PartialEq)]
enum Fault {
    None,
    /// Reports failed calls as successes.
    HidesFailures,
    /// Lists writing tools as harmless.
    CallsWritesHarmless,
    /// Sends a failed write again.
    RepeatsWrites,
    /// Drops the last row of every result.
    DropsRows,
    /// Tells the model about an outage in its own words.
    RewordsErrors,
    /// Replaces what is not ASCII.
    SpoilsText,
    /// Makes calls in no context.
    ForgetsContext,
}

/// The tool set as an adapter without a framework, with a fault.
struct Direct {
    tools: ToolSet,
    context: CallContext,
    fault: Fault,
}

#[async_trait]
impl Connect for Fault {
    async fn connect(&self, tools: ToolSet, context: CallContext) -> Result<Box<dyn Adapter>> {
        let forgets = *self == Self::ForgetsContext;
        let context = if forgets { CallContext::default() } else { context };
        Ok(Box::new(Direct { tools, context, fault: *self }))
    }
}

#[async_trait]
impl Adapter for Direct {
    async fn list_tools(&self) -> Result<Vec<ListedTool>> {
        let harmless = self.fault == Fault::CallsWritesHarmless;
        let listed = self.tools.definitions().into_iter().map(|tool| ListedTool {
            hints: Some(Hints {
                read_only: harmless || tool.effect == Effect::Read,
                destructive: !harmless && matches!(tool.effect, Effect::Update | Effect::Delete),
            }),
            name: tool.name,
            description: tool.description,
            input_schema: tool.input_schema,
            output_schema: Some(tool.output_schema),
            title: Some(tool.title),
        });
        Ok(listed.collect())
    }

    async fn call(&self, name: &str, arguments: Value) -> Result<Outcome> {
        let mut result = self.tools.call(&self.context, name, arguments.clone()).await;
        let is_write = self.tools.definition(name).is_some_and(|tool| tool.effect.is_write());
        if result.is_err() && is_write && self.fault == Fault::RepeatsWrites {
            result = self.tools.call(&self.context, name, arguments).await;
        }
        let (is_error, mut json) = match result {
            Ok(reply) => (false, reply.to_model()),
            Err(error) if self.fault == Fault::RewordsErrors => (true, error.to_string().into()),
            Err(error) => (self.fault != Fault::HidesFailures, error.to_model()),
        };
        if self.fault == Fault::DropsRows
            && let Some(rows) = json["rows"].as_array_mut()
        {
            rows.pop();
        }
        if self.fault == Fault::SpoilsText {
            json = serde_json::from_str(&json.to_string().replace(|c: char| !c.is_ascii(), "?"))?;
        }
        Ok(Outcome { is_error, json })
    }
}

/// Runs one check on a broken adapter and expects it to fail.
async fn fails_in(fault: Fault, check: &str) {
    let report = run_some(&fault, |name| name == check).await;
    assert!(report.to_string().contains(&format!("FAILED  {check}: ")), "it passed:\n{report}");
    assert!(report.passed().is_empty());
    assert!(report.into_result().is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tool_set_itself_conforms() -> Result<()> {
    run(&Fault::None).await.into_result()
}

#[tokio::test]
async fn hidden_failures_are_found() {
    fails_in(Fault::HidesFailures, "bad arguments are explained").await;
}

#[tokio::test]
async fn wrong_hints_are_found() {
    fails_in(Fault::CallsWritesHarmless, "the listed tools are the tool set's").await;
}

#[tokio::test]
async fn a_repeated_write_is_found() {
    fails_in(Fault::RepeatsWrites, "a lost answer stays outcome_unknown").await;
}

#[tokio::test]
async fn a_dropped_row_is_found() {
    fails_in(Fault::DropsRows, "a cursor leads to every row once").await;
}

#[tokio::test]
async fn reworded_errors_are_found() {
    fails_in(Fault::RewordsErrors, "an outage stays try_later").await;
}

#[tokio::test]
async fn spoilt_text_is_found() {
    fails_in(Fault::SpoilsText, "text outside ASCII survives both ways").await;
}

#[tokio::test]
async fn a_forgotten_context_is_found() {
    for check in [
        "the person of the context is asked",
        "the progress of a long call is told",
        "a cancelled call sends nothing",
        "a cursor is its caller's",
    ] {
        fails_in(Fault::ForgetsContext, check).await;
    }
}
