//! A rig agent does a task on the embedded org.

use anyhow::Result;
use futures_util::StreamExt;
use rig_agent::AgentBuilder;
use rig_agent::agent::MultiTurnStreamItem;
use rig_core::DynModel;
use rig_core::streaming::{Item, StreamEvent};
use rig_core::tool::ToolErrorKind;
use serde_json::{Value, json};
use sf_adapter_conformance::script::{Seen, Turn};
use sf_adapter_conformance::task::{PROMPT, STEPS};
use sf_adapter_conformance::{ModelServer, TestOrg};
use sf_agent_tools::{CallContext, Policy};

use crate::agent_loop::{by_chat, by_messages, by_responses, seen};
use crate::model::scripted;

/// The whole loop through rig's own HTTP client, a model of OpenAI's protocol at the other end.
#[tokio::test]
async fn an_agent_mends_its_mistake_and_finishes_its_task() -> Result<()> {
    let org = TestOrg::start().await?;
    let model = ModelServer::start(STEPS).await?;
    let tools = org.tools(Policy::read_write());
    let agent = AgentBuilder::new(by_chat(&model.url()))
        .dynamic_tools(sf_adapter_rig::tools(&tools)?)
        .default_max_turns(STEPS.len())
        .build();
    let response = agent.prompt(PROMPT).await?;

    // What the model saw: every call answered, one of them by an error that
    // names both mistakes and what is allowed.
    let seen = seen(&response.messages);
    let calls: Vec<_> = seen.iter().map(|seen| (seen.tool.as_str(), seen.is_error)).collect();
    assert_eq!(
        calls,
        [
            ("salesforce_list_objects", false),
            ("salesforce_describe_object", false),
            ("salesforce_query", false),
            ("salesforce_create_records", true),
            ("salesforce_create_records", false),
            ("salesforce_get_record", false),
        ]
    );
    insta::assert_snapshot!(format!("{:#}", seen[3].json), @r#"
    {
      "error": {
        "class": "fix_your_call",
        "message": "Nothing was sent: 2 problems to correct first. All of them are listed; correct them and call again.",
        "problems": [
          {
            "at": "records[0].Payment_Method__c",
            "message": "\"Wire\" is not one of its values.",
            "allowed": [
              "Bank Transfer",
              "Card",
              "Direct Debit",
              "Cheque"
            ]
          },
          {
            "at": "records[0].Due_Date__c",
            "message": "Required to create Invoice__c: a date like \"2026-03-31\"."
          }
        ]
      }
    }
    "#);
    insta::assert_snapshot!(response.output(), @"INV-02501 is due on 2027-03-31.");

    // What is in the org: one invoice, as the model meant it.
    let soql = "SELECT Account__r.Name, Amount__c, Payment_Method__c, Status__c, Notes__c \
                FROM Invoice__c WHERE Due_Date__c = 2027-03-31";
    let query = json!({ "soql": soql });
    let made = tools.call(&CallContext::default(), "salesforce_query", query).await?;
    insta::assert_snapshot!(
        made.data["rows"].to_string(),
        @r#"[["\"Quoted\" Media",120.0,"Bank Transfer","Draft","Onboarding für Zürich"]]"#
    );
    assert_eq!(org.writes(), 1, "the wrong create was never sent");
    Ok(())
}

#[tokio::test]
async fn other_protocols_and_streams_do_the_same_task() -> Result<()> {
    let org = TestOrg::start().await?;
    let model = ModelServer::start(STEPS).await?;
    let tools = org.tools(Policy::read_write());
    for (number, model) in [
        ("INV-02501", DynModel::from(by_responses(&model.url()))),
        ("INV-02502", DynModel::from(by_messages(&model.url()))),
    ] {
        let agent = AgentBuilder::new(model)
            .dynamic_tools(sf_adapter_rig::tools(&tools)?)
            .default_max_turns(STEPS.len())
            .build();
        let said = agent.prompt(PROMPT).await?.output();
        assert_eq!(said, format!("{number} is due on 2027-03-31."));
    }
    for (number, model) in [
        ("INV-02503", DynModel::from(by_responses(&model.url()))),
        ("INV-02504", DynModel::from(by_messages(&model.url()))),
        ("INV-02505", DynModel::from(by_chat(&model.url()))),
    ] {
        let agent = AgentBuilder::new(model)
            .dynamic_tools(sf_adapter_rig::tools(&tools)?)
            .default_max_turns(STEPS.len())
            .build();
        let mut items = agent.prompt(PROMPT).stream();
        let (mut text, mut ended) = (String::new(), None);
        while let Some(item) = items.next().await {
            match item? {
                MultiTurnStreamItem::StreamAssistantItem(Item::Event(StreamEvent::Text {
                    text: piece,
                    ..
                })) => text.push_str(&piece),
                MultiTurnStreamItem::FinalResponse(response) => ended = Some(response.output()),
                _ => {}
            }
        }
        assert_eq!(text, format!("{number} is due on 2027-03-31."));
        assert_eq!(ended.as_deref(), Some(text.as_str()));
    }
    assert_eq!(org.writes(), 5);
    Ok(())
}

/// A model that calls a tool that the policy holds back is stopped by rig, since
/// it was never offered, and the org does not hear of it.
#[tokio::test]
async fn a_read_only_agent_cannot_write() -> Result<()> {
    let org = TestOrg::start().await?;
    let agent = AgentBuilder::new(scripted(&[|_: &[Seen]| {
        let record = json!({ "object": "Account", "records": [{ "Name": "Sneaked in" }] });
        Turn::Call("salesforce_create_records", record)
    }]))
    .dynamic_tools(sf_adapter_rig::tools(&org.tools(Policy::read_only()))?)
    .build();
    let error = agent.prompt("Add an account.").await.expect_err("the tool is not offered");
    assert!(error.to_string().contains("salesforce_create_records"), "{error}");
    assert_eq!(org.writes(), 0);
    Ok(())
}

/// One token stops the calls of a whole agent.
#[tokio::test]
async fn a_cancelled_context_stops_calls() -> Result<()> {
    let org = TestOrg::start().await?;
    let context = CallContext::default();
    let tools = sf_adapter_rig::tools_in(&org.tools(Policy::read_only()), &context)?;
    context.cancellation().cancel();
    let query = tools.iter().find(|tool| tool.name() == "salesforce_query").expect("a query tool");
    let arguments = json!({ "soql": "SELECT Id FROM Account LIMIT 1" });
    let error = query.execute(arguments).await.expect_err("the call was cancelled");
    assert_eq!(error.kind(), ToolErrorKind::Cancelled);
    let text: Value = error.model_output().as_json().cloned().unwrap_or_default();
    assert!(text.to_string().contains("cancelled"), "{text}");
    assert!(org.emulator().requests().is_empty());
    Ok(())
}
