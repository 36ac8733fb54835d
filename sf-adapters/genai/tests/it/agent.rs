//! A model does a task on the embedded org through genai's own HTTP client.

use anyhow::Result;
use sf_adapter_conformance::{ModelServer, TestOrg, task};
use sf_agent_tools::Policy;

use crate::agent_loop::{client_of, run};

#[tokio::test]
async fn a_model_finishes_its_task() -> Result<()> {
    let org = TestOrg::start().await?;
    let model = ModelServer::start(task::STEPS).await?;
    let tools = org.tools(Policy::read_write());
    let told = run(&client_of(model.url())?, "scripted", &tools, task::PROMPT).await?;
    let calls: Vec<_> = told
        .calls
        .iter()
        .map(|(tool, json)| (tool.as_str(), json.get("error").is_some()))
        .collect();
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
    insta::assert_snapshot!(told.answer, @"INV-02501 is due on 2027-03-31.");
    assert_eq!(org.writes(), 1, "the wrong create was never sent");
    Ok(())
}

#[tokio::test]
async fn what_the_policy_holds_back_is_not_offered() -> Result<()> {
    let org = TestOrg::start().await?;
    let model = ModelServer::start(task::STEPS).await?;
    let tools = org.tools(Policy::read_only());
    let result = run(&client_of(model.url())?, "scripted", &tools, task::PROMPT).await;
    let error = format!("{:?}", result.err());
    assert!(error.contains("salesforce_create_records"), "{error}");
    assert_eq!(org.writes(), 0);
    Ok(())
}
