//! Prompts over the protocol; what they say is tested where it is written.

use anyhow::Result;
use insta::assert_snapshot;
use rmcp::ServiceError;
use rmcp::model::{ErrorCode, GetPromptRequestParams};
use serde_json::{Value, json};
use sf_adapter_conformance::TestOrg;
use sf_adapter_mcp::Server;
use sf_agent_tools::Policy;

use crate::host::{self, Connection, Era};

async fn get(
    connection: &Connection,
    name: &str,
    arguments: Value,
) -> Result<String, ServiceError> {
    let request = GetPromptRequestParams::new(name)
        .with_arguments(arguments.as_object().cloned().unwrap_or_default());
    let result = connection.client.get_prompt(request).await?;
    let texts = result.messages.iter().filter_map(|m| m.content.as_text());
    Ok(texts.map(|text| text.text.as_str()).collect::<Vec<_>>().join("\n---\n"))
}

#[tokio::test]
async fn prompts_are_listed_with_their_arguments() -> Result<()> {
    let org = TestOrg::start().await?;
    let server = Server::new(org.tools(Policy::read_only())).page_size(2);
    let connection = host::connect(server, Era::Sessions, None).await?;
    let mut table = String::new();
    for prompt in connection.client.list_all_prompts().await? {
        table += &format!("{} ({})\n", prompt.name, prompt.title.unwrap_or_default());
        for argument in prompt.arguments.unwrap_or_default() {
            let required = if argument.required == Some(true) { ", required" } else { "" };
            table += &format!("  {}{required}\n", argument.name);
        }
    }
    assert_snapshot!(table, @r"
    pipeline_review (Pipeline review)
      period
      owner
      group_by
    account_briefing (Account briefing)
      account, required
      purpose
    data_quality_check (Data-quality check)
      object, required
      field
    ");
    Ok(())
}

#[tokio::test]
async fn a_prompt_is_filled_in() -> Result<()> {
    let org = TestOrg::start().await?;
    let server = Server::new(org.tools(Policy::read_only()));
    let connection = host::connect(server, Era::Sessions, None).await?;
    let text = get(&connection, "account_briefing", json!({ "account": "Acme" })).await?;
    assert!(text.starts_with("Write a briefing on the Salesforce account \"Acme\"."), "{text}");
    for (name, arguments) in [
        ("account_briefing", json!({})),
        ("account_briefing", json!({ "account": 7 })),
        ("account_briefing", json!({ "account": "Acme", "acount": "x" })),
        ("account_briefings", json!({ "account": "Acme" })),
    ] {
        let Err(ServiceError::McpError(error)) = get(&connection, name, arguments).await else {
            panic!("{name} is no prompt with these arguments");
        };
        assert_eq!(error.code, ErrorCode::INVALID_PARAMS, "{error}");
    }
    Ok(())
}
