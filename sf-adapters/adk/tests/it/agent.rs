//! An ADK agent does a task on the embedded org.

use std::sync::{Arc, Mutex, PoisonError};

use adk_core::{
    Result as AdkResult, RunConfig, ToolConfirmationDecision, ToolConfirmationHandler,
    ToolConfirmationRequest,
};
use async_trait::async_trait;
use sf_adapter_adk::{Confirmations, SalesforceTools};
use sf_adapter_conformance::task::{PROMPT, STEPS};
use sf_adapter_conformance::{TestOrg, script::Seen};
use sf_agent_tools::{CallContext, Effect, Policy, WriteMode};

use crate::model::{run, run_with};

fn calls(seen: &[Seen]) -> Vec<(&str, bool)> {
    seen.iter().map(|seen| (seen.tool.as_str(), seen.is_error)).collect()
}

#[tokio::test]
async fn an_agent_mends_its_mistake_and_finishes_its_task() -> anyhow::Result<()> {
    let org = TestOrg::start().await?;
    let tools = SalesforceTools::new(org.tools(Policy::read_write()));
    let told = run(tools, STEPS, PROMPT).await?;
    assert_eq!(
        calls(&told.seen),
        [
            ("salesforce_list_objects", false),
            ("salesforce_describe_object", false),
            ("salesforce_query", false),
            ("salesforce_create_records", true),
            ("salesforce_create_records", false),
            ("salesforce_get_record", false),
        ]
    );
    insta::assert_snapshot!(told.answer, @"INV-02501 is due on 2027-03-31.");
    assert_eq!(org.writes(), 1, "the wrong create was never sent");
    Ok(())
}

/// Decides as it is told to.
#[derive(Debug)]
struct Decides(AdkResult<ToolConfirmationDecision>);

#[async_trait]
impl ToolConfirmationHandler for Decides {
    async fn decide(
        &self,
        request: &ToolConfirmationRequest,
    ) -> AdkResult<ToolConfirmationDecision> {
        assert_eq!(request.tool_name, "salesforce_create_records");
        assert!(request.args["operations"].is_array(), "{}", request.args);
        match &self.0 {
            Ok(decision) => Ok(*decision),
            Err(_) => Err(adk_core::AdkError::agent("nobody is there")),
        }
    }
}

#[tokio::test]
async fn a_confirmation_decides_about_a_write() -> anyhow::Result<()> {
    let nobody = Err(adk_core::AdkError::agent("nobody is there"));
    let decisions = [
        (Ok(ToolConfirmationDecision::Approve), 1),
        (Ok(ToolConfirmationDecision::Deny), 0),
        (nobody, 0),
    ];
    for (decision, writes) in decisions {
        let org = TestOrg::start().await?;
        let person = Arc::new(Confirmations(Arc::new(Decides(decision))));
        let context = CallContext::default().with_person(person);
        let policy = Policy::read_only().ask_before(Effect::Create);
        let tools = SalesforceTools::new(org.tools(policy)).in_context(context);
        let told = run(tools, STEPS, PROMPT).await?;
        assert_eq!(org.writes(), writes, "{:?}", calls(&told.seen));
    }
    Ok(())
}

/// Notes what it is asked about, and agrees.
#[derive(Debug, Default)]
struct Notes(Mutex<Vec<ToolConfirmationRequest>>);

#[async_trait]
impl ToolConfirmationHandler for Notes {
    async fn decide(
        &self,
        request: &ToolConfirmationRequest,
    ) -> AdkResult<ToolConfirmationDecision> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
        Ok(ToolConfirmationDecision::Approve)
    }
}

/// The run's own handler is asked without being named anywhere else, about that call, and sees
/// what would be written.
#[tokio::test]
async fn the_handler_of_a_run_is_shown_every_value() -> anyhow::Result<()> {
    let org = TestOrg::start().await?;
    let policy = Policy::read_write().with_write_mode(WriteMode::Approved);
    let tools = SalesforceTools::new(org.tools(policy));
    let notes = Arc::new(Notes::default());
    let handler: Arc<dyn ToolConfirmationHandler> = notes.clone();
    let config = RunConfig::builder().tool_confirmation_handler(handler).build();
    let told = run_with(tools, STEPS, PROMPT, Some(config)).await?;
    assert_eq!(org.writes(), 1, "{:?}", calls(&told.seen));
    let asked = notes.0.lock().expect("nobody panicked");
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!(asked[0].function_call_id.as_deref(), Some("call_4"));
    let changes = &asked[0].args["operations"][0]["records"][0]["changes"];
    assert!(changes.to_string().contains("Amount__c"), "{}", asked[0].args);
    Ok(())
}

#[tokio::test]
async fn only_readers_are_run_side_by_side() -> anyhow::Result<()> {
    let org = TestOrg::start().await?;
    for tool in SalesforceTools::new(org.tools(Policy::read_write())).tools() {
        let words = ["create", "update", "upsert", "delete", "save", "apply", "load", "attach"];
        let writes = words.iter().any(|word| tool.name().contains(word));
        assert_eq!(tool.is_read_only(), !writes, "{}", tool.name());
        assert_eq!(tool.is_concurrency_safe(), !writes, "{}", tool.name());
    }
    Ok(())
}
