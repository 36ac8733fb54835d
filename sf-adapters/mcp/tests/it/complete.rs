//! Completion of names, within the policy.

use std::collections::HashMap;

use anyhow::Result;
use rmcp::model::{
    ArgumentInfo, CompleteRequestParams, CompletionContext, CompletionInfo, ErrorCode, Reference,
};
use rmcp::{ServiceError, model::ErrorData};
use sf_adapter_conformance::TestOrg;
use sf_adapter_mcp::Server;
use sf_agent_tools::Policy;

use crate::host::{self, Connection, Era, demo};

const OBJECT: &str = "salesforce://demo/schema/{object}";
const FIELD: &str = "salesforce://demo/schema/{object}/{field}";

const RULES: &str = r#"
[objects.Account]
operations = ["read"]
read = ["Id", "Name", "Industry"]
"#;

async fn connected(org: &TestOrg, policy: Policy) -> Result<Connection> {
    host::connect(Server::new(demo(org, policy)), Era::Sessions, None).await
}

/// Completes `argument` from `typed`, with `object` given already.
async fn completed(
    connection: &Connection,
    reference: Reference,
    argument: (&str, &str),
    object: Option<&str>,
) -> Result<CompletionInfo, ErrorData> {
    let argument = ArgumentInfo::new(argument.0, argument.1);
    let known = object.map(|object| ("object".to_owned(), object.to_owned()));
    let request = CompleteRequestParams::new(reference, argument).with_context(
        CompletionContext::with_arguments(known.into_iter().collect::<HashMap<_, _>>()),
    );
    match connection.client.complete(request).await {
        Ok(result) => Ok(result.completion),
        Err(ServiceError::McpError(error)) => Err(error),
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn names_of_objects_and_fields() -> Result<()> {
    let org = TestOrg::start().await?;
    let at = connected(&org, Policy::read_only()).await?;
    let found = completed(&at, Reference::for_resource(OBJECT), ("object", "acc"), None).await?;
    assert_eq!(found.values[0], "Account");
    assert_eq!(found.total, Some(found.values.len() as u32));
    assert_eq!(found.has_more, Some(false));

    let field = |typed: &'static str, object| {
        completed(&at, Reference::for_resource(FIELD), ("field", typed), object)
    };
    let found = field("ann", Some("Account")).await?;
    assert_eq!(found.values, ["AnnualRevenue"]);
    let all = field("", Some("Account")).await?;
    assert!(all.values.len() <= 100 && all.total >= Some(20), "{all:?}");
    assert_eq!(field("n", Some("Acount")).await?.values, Vec::<String>::new());
    assert_eq!(field("n", None).await?.values, Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn what_the_policy_hides_is_not_completed() -> Result<()> {
    let org = TestOrg::start().await?;
    let at = connected(&org, Policy::from_toml(RULES)?).await?;
    let found = completed(&at, Reference::for_resource(OBJECT), ("object", ""), None).await?;
    assert_eq!(found.values, ["Account"]);
    let reference = Reference::for_prompt("data_quality_check");
    let found = completed(&at, reference, ("field", ""), Some("Account")).await?;
    assert_eq!(found.values, ["Id", "Name", "Industry"]);
    Ok(())
}

#[tokio::test]
async fn arguments_of_prompts() -> Result<()> {
    let org = TestOrg::start().await?;
    let at = connected(&org, Policy::read_only()).await?;
    let prompt = Reference::for_prompt;
    let found = completed(&at, prompt("pipeline_review"), ("period", "next"), None).await?;
    assert_eq!(found.values, ["next quarter", "next month", "next 90 days"]);
    let found = completed(&at, prompt("pipeline_review"), ("group_by", "stage"), None).await?;
    assert_eq!(found.values[0], "StageName");
    let found = completed(&at, prompt("data_quality_check"), ("object", "contac"), None).await?;
    assert_eq!(found.values[0], "Contact");
    let found = completed(&at, prompt("account_briefing"), ("account", "a"), None).await?;
    assert_eq!(found.total, Some(0));
    for (name, argument) in [("pipeline", "period"), ("pipeline_review", "when")] {
        let error = completed(&at, prompt(name), (argument, ""), None).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::INVALID_PARAMS, "{error}");
    }
    Ok(())
}
