//! A prompt that a host added, as a client meets it.

use anyhow::Result;
use rmcp::model::{ArgumentInfo, CompleteRequestParams, GetPromptRequestParams, Reference, Role};
use serde_json::json;
use sf_adapter_conformance::TestOrg;
use sf_adapter_mcp::Server;
use sf_agent_tools::{Policy, Prompt, PromptArgument};

use crate::host::{self, Era, demo};

fn week() -> Prompt {
    Prompt::new("week_in_review", "Week in review", "Tells what was new.", |given, steps| {
        steps.say(&format!("Review the week of {}.", given.quoted("owner").unwrap_or_default()));
        steps.step("Find the accounts with salesforce_query.");
    })
    .argument(PromptArgument::new("owner", "Owner", "Whose week.").required())
    .argument(PromptArgument::new("style", "Style", "How long.").choices(["short", "long"]))
    .needs(["salesforce_query"])
}

#[tokio::test]
async fn it_is_listed_completed_and_filled_in() -> Result<()> {
    let org = TestOrg::start().await?;
    let tools = demo(&org, Policy::read_only()).with_prompt(week());
    let connection = host::connect(Server::new(tools), Era::Sessions, None).await?;
    let client = &connection.client;
    let listed = client.list_all_prompts().await?;
    let own = listed.iter().find(|prompt| prompt.name == "week_in_review");
    let own = own.expect("it stands beside the built-in ones");
    assert!(listed.len() > 1);
    assert_eq!(own.title.as_deref(), Some("Week in review"));
    assert_eq!(own.description.as_deref(), Some("Tells what was new."));
    let arguments = own.arguments.iter().flatten();
    let arguments: Vec<_> = arguments.map(|a| (a.name.as_str(), a.required)).collect();
    assert_eq!(arguments, [("owner", Some(true)), ("style", Some(false))]);
    let typed = CompleteRequestParams::new(
        Reference::for_prompt("week_in_review"),
        ArgumentInfo::new("style", "l"),
    );
    assert_eq!(client.complete(typed).await?.completion.values, ["long"]);
    let arguments = json!({ "owner": "Ada" }).as_object().cloned().unwrap_or_default();
    let request = GetPromptRequestParams::new("week_in_review").with_arguments(arguments);
    let made = client.get_prompt(request).await?;
    assert_eq!(made.messages[0].role, Role::User);
    let said = made.messages[0].content.as_text().expect("it is a text");
    insta::assert_snapshot!(said.text, @r#"
    Review the week of "Ada".

    1. Find the accounts with salesforce_query.
    "#);
    let bare = GetPromptRequestParams::new("week_in_review");
    assert!(client.get_prompt(bare).await.unwrap_err().to_string().contains("week_in_review"));
    Ok(())
}
