//! A model does a task on the embedded org through async-openai's own client.

use anyhow::Result;
use async_openai::Client;
use sf_adapter_conformance::{ModelServer, TestOrg, task};
use sf_agent_tools::Policy;

use crate::agent_loop::{Told, by_chat, by_responses, config_of};

fn check(told: &Told, org: &TestOrg) {
    let failed: Vec<bool> = told.answers.iter().map(|json| json.get("error").is_some()).collect();
    assert_eq!(failed, [false, false, false, true, false, false]);
    insta::allow_duplicates! {
        insta::assert_snapshot!(told.answer, @"INV-02501 is due on 2027-03-31.");
    }
    assert_eq!(org.writes(), 1, "the wrong create was never sent");
}

#[tokio::test]
async fn a_model_finishes_its_task_by_responses() -> Result<()> {
    let org = TestOrg::start().await?;
    let model = ModelServer::start(task::STEPS).await?;
    let client = Client::with_config(config_of(model.url()));
    let tools = org.tools(Policy::read_write());
    check(&by_responses(&client, "scripted", &tools, task::PROMPT).await?, &org);
    Ok(())
}

#[tokio::test]
async fn a_model_finishes_its_task_by_chat_completions() -> Result<()> {
    let org = TestOrg::start().await?;
    let model = ModelServer::start(task::STEPS).await?;
    let client = Client::with_config(config_of(model.url()));
    let tools = org.tools(Policy::read_write());
    check(&by_chat(&client, "scripted", &tools, task::PROMPT).await?, &org);
    Ok(())
}

#[tokio::test]
async fn what_the_policy_holds_back_is_not_offered() -> Result<()> {
    let org = TestOrg::start().await?;
    let model = ModelServer::start(task::STEPS).await?;
    let client = Client::with_config(config_of(model.url()));
    let tools = org.tools(Policy::read_only());
    let result = by_responses(&client, "scripted", &tools, task::PROMPT).await;
    let error = format!("{:?}", result.err());
    assert!(error.contains("salesforce_create_records"), "{error}");
    assert_eq!(org.writes(), 0);
    Ok(())
}
