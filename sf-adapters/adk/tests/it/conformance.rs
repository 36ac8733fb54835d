//! The suite that every adapter passes, over ADK's tools.

use std::sync::{Arc, Mutex, PoisonError};

use adk_core::{
    Artifacts, CallbackContext, Content, EventActions, MemoryEntry, ReadonlyContext, ToolContext,
};
use anyhow::{Context, Result};
use async_trait::async_trait;
use serde_json::{Value, json};
use sf_adapter_adk::SalesforceTools;
use sf_adapter_conformance::{Adapter, Connect, ListedTool, Outcome, TestOrg};
use sf_agent_tools::{Policy, ToolSet};

struct Adk;

#[async_trait]
impl Connect for Adk {
    async fn connect(&self, tools: ToolSet) -> Result<Box<dyn Adapter>> {
        Ok(Box::new(Tools(SalesforceTools::new(tools))))
    }
}

struct Tools(SalesforceTools);

#[async_trait]
impl Adapter for Tools {
    async fn list_tools(&self) -> Result<Vec<ListedTool>> {
        let listed = self.0.tools().into_iter().map(|tool| {
            let declaration = tool.declaration();
            let text = |key: &str| declaration[key].as_str().map(str::to_owned);
            Ok(ListedTool {
                name: text("name").context("a name")?,
                description: text("description").context("a description")?,
                input_schema: declaration["parameters"].clone(),
                output_schema: Some(declaration["response"].clone()),
                title: None,
                hints: None,
            })
        });
        listed.collect()
    }

    async fn call(&self, name: &str, arguments: Value) -> Result<Outcome> {
        let tools = self.0.tools();
        let Some(tool) = tools.iter().find(|tool| tool.name() == name) else {
            // As ADK's agent answers a model that calls what there is not.
            let text = format!("Tool {name} not found");
            return Ok(Outcome { is_error: true, json: Value::from(text) });
        };
        let json = tool.execute(Arc::new(OneCall::new()), arguments).await?;
        // ADK has no mark for a failed call that is answered; the model reads it.
        Ok(Outcome { is_error: json.get("error").is_some(), json })
    }
}

/// What ADK's agent puts around a call.
struct OneCall {
    content: Content,
    actions: Mutex<EventActions>,
    cancelled: bool,
}

impl OneCall {
    fn new() -> Self {
        Self { content: Content::new("user"), actions: Mutex::default(), cancelled: false }
    }
}

impl ReadonlyContext for OneCall {
    fn invocation_id(&self) -> &str {
        "invocation"
    }
    fn agent_name(&self) -> &str {
        "crm"
    }
    fn user_id(&self) -> &str {
        "ada"
    }
    fn app_name(&self) -> &str {
        "crm"
    }
    fn session_id(&self) -> &str {
        "s1"
    }
    fn branch(&self) -> &str {
        ""
    }
    fn user_content(&self) -> &Content {
        &self.content
    }
}

impl CallbackContext for OneCall {
    fn artifacts(&self) -> Option<Arc<dyn Artifacts>> {
        None
    }
}

#[async_trait]
impl ToolContext for OneCall {
    fn function_call_id(&self) -> &str {
        "call_1"
    }
    fn actions(&self) -> EventActions {
        self.actions.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
    fn set_actions(&self, actions: EventActions) {
        *self.actions.lock().unwrap_or_else(PoisonError::into_inner) = actions;
    }
    fn is_cancelled(&self) -> bool {
        self.cancelled
    }
    async fn search_memory(&self, _: &str) -> adk_core::Result<Vec<MemoryEntry>> {
        Ok(Vec::new())
    }
}

/// A run that was cancelled makes no request.
#[tokio::test]
async fn a_cancelled_run_stops_its_calls() -> Result<()> {
    let org = TestOrg::start().await?;
    let tools = SalesforceTools::new(org.tools(Policy::read_only())).tools();
    let query = tools.iter().find(|tool| tool.name() == "salesforce_query").context("a query")?;
    let run = OneCall { cancelled: true, ..OneCall::new() };
    let soql = json!({ "soql": "SELECT Id FROM Account LIMIT 1" });
    let json = query.execute(Arc::new(run), soql).await?;
    assert!(json["error"]["message"].to_string().contains("cancelled"), "{json}");
    assert!(org.emulator().requests().is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_adapter_conforms() -> Result<()> {
    sf_adapter_conformance::run(&Adk).await.into_result()
}
