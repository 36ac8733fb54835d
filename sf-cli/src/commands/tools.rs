//! `sf-agent tools`: what agents get, from a terminal.

use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use sf_agent_tools::{CallContext, Org, Policy, Profile, ToolDefinition, ToolSet};

use crate::args::{self, ToolsCommand};
use crate::connect::{connect, policy};
use crate::{guard, out};

pub(crate) async fn run(options: args::Tools, org: Option<&str>) -> Result<()> {
    let file = options.policy.as_deref();
    match options.command {
        ToolsCommand::List { json } => list(json, file, org).await,
        ToolsCommand::Show { name } => show(&name, file, org).await,
        ToolsCommand::Sizes => sizes(file, org).await,
        ToolsCommand::Call { name, arguments, write, audit } => {
            call(&name, &arguments, policy(file, write)?, audit.as_deref(), org).await
        }
    }
}

/// The tools that a policy offers, or all with every effect switched on.
async fn every_tool(file: Option<&Path>, org: Option<&str>) -> Result<Vec<ToolDefinition>> {
    let policy = policy(file, true)?;
    let connection = connect(org).await?;
    Ok(ToolSet::salesforce(Org::new(connection.client.clone(), policy)).definitions())
}

async fn list(as_json: bool, file: Option<&Path>, org: Option<&str>) -> Result<()> {
    let tools = every_tool(file, org).await?;
    if as_json {
        let all: Vec<_> = tools.iter().map(definition).collect();
        out::line(serde_json::to_string_pretty(&all)?)?;
        return Ok(());
    }
    for tool in &tools {
        out::line(format_args!("{:<28} {:<7} {}", tool.name, tool.effect.as_str(), tool.title))?;
    }
    Ok(())
}

async fn show(name: &str, file: Option<&Path>, org: Option<&str>) -> Result<()> {
    let tools = every_tool(file, org).await?;
    let Some(tool) = tools.iter().find(|tool| tool.name == name) else {
        let names: Vec<_> = tools.iter().map(|tool| tool.name.as_str()).collect();
        bail!("there is no tool {name:?}; the tools are {}", names.join(", "));
    };
    out::line(serde_json::to_string_pretty(&definition(tool))?)?;
    Ok(())
}

fn definition(tool: &ToolDefinition) -> Value {
    json!({
        "name": tool.name,
        "title": tool.title,
        "effects": tool.effects,
        "description": tool.description,
        "input_schema": tool.input_schema,
        "output_schema": tool.output_schema,
    })
}

/// Tokens by the estimate that errs high, which is the one that bounds replies.
async fn sizes(file: Option<&Path>, org: Option<&str>) -> Result<()> {
    let (all, reading) = (policy(file, true)?, policy(file, false)?);
    let connection = connect(org).await?;
    let guarded = |policy: &Policy| Org::new(connection.client.clone(), policy.clone());
    for profile in Profile::ALL {
        let tools = ToolSet::profile(guarded(&all), profile).definitions();
        let tokens: usize = tools.iter().map(ToolDefinition::tokens).sum();
        out::line(format_args!(
            "{:<28} {:>3} tools {tokens:>6} tokens",
            profile.as_str(),
            tools.len()
        ))?;
    }
    let tools = ToolSet::salesforce(guarded(&reading));
    let cx = CallContext::default();
    let soql = "SELECT Id, Name, Owner.Name FROM Account ORDER BY Id LIMIT 50";
    let first = tools.call(&cx, "salesforce_query", json!({ "soql": soql })).await;
    let id = first.map(|reply| reply.data["rows"][0][0].clone()).unwrap_or_default();
    let open = json!([{ "field": "IsClosed", "op": "=", "value": false }]);
    let calls = [
        ("list_objects", json!({})),
        ("describe_object", json!({ "object": "Account" })),
        ("describe_field", json!({ "object": "Account", "fields": ["Industry"] })),
        ("query", json!({ "soql": soql })),
        ("find_records", json!({ "object": "Opportunity", "where": open, "limit": 20 })),
        ("count", json!({ "object": "Contact" })),
        (
            "aggregate",
            json!({ "object": "Opportunity", "measures": ["count", "sum(Amount)"], "group_by": ["StageName"] }),
        ),
        ("get_record", json!({ "object": "Account", "id": id })),
        ("get_related", json!({ "object": "Account", "id": id, "relationship": "Contacts" })),
        (
            "search",
            json!({ "words": "smith", "objects": [{ "object": "Contact" }, { "object": "Account" }] }),
        ),
    ];
    for (tool, arguments) in calls {
        let name = format!("salesforce_{tool}");
        let cost = match tools.call(&cx, &name, arguments).await {
            Ok(reply) => format!("reply     {:>6} tokens", reply.tokens()),
            Err(error) => error.class.to_string(),
        };
        out::line(format_args!("{name:<28} {cost}"))?;
    }
    Ok(())
}

async fn call(
    name: &str,
    arguments: &str,
    policy: Policy,
    audit: Option<&Path>,
    org: Option<&str>,
) -> Result<()> {
    let text = if arguments == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).context("reading the arguments from stdin")?;
        text
    } else {
        arguments.to_owned()
    };
    let arguments: Value = serde_json::from_str(&text)
        .context("the arguments are not JSON; give an object such as '{\"soql\": \"SELECT Id FROM Account\"}'")?;

    let connection = connect(org).await?;
    let tools = ToolSet::salesforce(guard::org_of_a_call(&connection, policy, audit)?);
    match tools.call(&CallContext::default(), name, arguments).await {
        Ok(reply) => {
            out::line(serde_json::to_string_pretty(&reply.to_model())?)?;
            Ok(())
        }
        Err(error) => {
            out::line(serde_json::to_string_pretty(&error.to_model())?)?;
            bail!("the call of {name} did not succeed: {}", error.class)
        }
    }
}
