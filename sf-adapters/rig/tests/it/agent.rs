//! A rig agent does a task on the embedded org.

use anyhow::Result;
use rig_agent::AgentBuilder;
use serde_json::{Value, json};
use sf_adapter_conformance::TestOrg;
use sf_adapter_conformance::script::{Seen, Turn};
use sf_adapter_conformance::task::{PROMPT, STEPS};
use sf_agent_tools::{CallContext, Policy};

use crate::model::{scripted, seen};

#[tokio::test]
async fn an_agent_mends_its_mistake_and_finishes_its_task() -> Result<()> {
    let org = TestOrg::start().await?;
    let tools = org.tools(Policy::read_write());
    let agent = AgentBuilder::new(scripted(STEPS))
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
    let text: Value = error.model_output().as_json().cloned().unwrap_or_default();
    assert!(text.to_string().contains("cancelled"), "{text}");
    assert!(org.emulator().requests().is_empty());
    Ok(())
}
