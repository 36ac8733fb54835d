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
use sf_agent_tools::{CallContext, Limits, Org, Policy, ToolSet};

struct Adk;

#[async_trait]
impl Connect for Adk {
    async fn connect(&self, tools: ToolSet, context: CallContext) -> Result<Box<dyn Adapter>> {
        Ok(Box::new(Tools(SalesforceTools::new(tools).in_context(context))))
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
    progress: Mutex<Vec<String>>,
    user: &'static str,
    cancelled: bool,
}

impl OneCall {
    fn new() -> Self {
        let (actions, progress) = (Mutex::default(), Mutex::default());
        Self { content: Content::new("user"), actions, progress, user: "ada", cancelled: false }
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
        self.user
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
    async fn emit_progress(&self, stream: &str, chunk: &str) {
        let line = format!("{stream}: {chunk}");
        self.progress.lock().unwrap_or_else(PoisonError::into_inner).push(line);
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

#[tokio::test]
async fn a_long_call_tells_how_far_it_is() -> Result<()> {
    let org = TestOrg::start().await?;
    let mut limits = Limits::default();
    (limits.page_size, limits.rows, limits.tokens) = (Some(200), 2_000, 1_000_000);
    let org = Org::builder(org.client(), Policy::read_only()).limits(limits).build();
    let tools = SalesforceTools::new(ToolSet::salesforce(org)).tools();
    let query = tools.iter().find(|tool| tool.name() == "salesforce_query").context("a query")?;
    let run = Arc::new(OneCall::new());
    query.execute(run.clone(), json!({ "soql": "SELECT Id FROM Contact LIMIT 600" })).await?;
    let told = run.progress.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert_eq!(told, ["salesforce: 200 of 600: rows read", "salesforce: 400 of 600: rows read"]);
    Ok(())
}

/// Without an identity in the context, what a call hands out belongs to the user of the run.
#[tokio::test]
async fn a_cursor_is_for_the_user_of_the_run() -> Result<()> {
    let org = TestOrg::start().await?;
    let tools = SalesforceTools::new(org.tools(Policy::read_only())).tools();
    let tool = |name: &str| tools.iter().find(|tool| tool.name() == name).context("a tool");
    let soql = json!({ "soql": "SELECT Id FROM Contact", "max_rows": 5 });
    let reply = tool("salesforce_query")?.execute(Arc::new(OneCall::new()), soql).await?;
    let next = &reply["completeness"]["next"]["arguments"];
    for (user, refused) in [("bob", true), ("ada", false)] {
        let run = Arc::new(OneCall { user, ..OneCall::new() });
        let page = tool("salesforce_next_page")?.execute(run, next.clone()).await?;
        assert_eq!(page.get("error").is_some(), refused, "{user}: {page}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_adapter_conforms() -> Result<()> {
    sf_adapter_conformance::run(&Adk).await.into_result()
}
