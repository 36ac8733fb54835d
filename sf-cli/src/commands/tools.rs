//! `sf-agent tools`: what agents get, from a terminal.

use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use sf_agent_tools::{
    CallContext, ErrorClass, OrgBuilder, Policy, Profile, ToolDefinition, ToolSet,
};

use crate::args::{self, Output, Reach, ToolsCommand};
use crate::connect::{Connection, connect};
use crate::exit::{self, Ended, Exit, not_found, usage};
use crate::interrupt::Interrupt;
use crate::{guard, out};

pub(crate) async fn run(options: args::Tools, org: Option<&str>) -> Result<()> {
    let file = options.policy.as_deref();
    let raw = options.raw_requests;
    match options.command {
        ToolsCommand::List { format } => list(format, file, raw, org).await,
        ToolsCommand::Show { name } => show(&name, file, raw, org).await,
        ToolsCommand::Sizes => sizes(file, org).await,
        ToolsCommand::Call { name, arguments, write, audit, reach } => {
            call(&name, &arguments, file, write, audit.as_deref(), &reach, org).await
        }
    }
}

/// The tools that a policy offers, or all with every effect switched on.
async fn every_tool(
    file: Option<&Path>,
    raw: bool,
    org: Option<&str>,
) -> Result<Vec<ToolDefinition>> {
    let connection = connect(org).await?;
    let policy = every_effect(&connection, file)?;
    let org = every_action(&connection, policy)?;
    let org = if raw { org.raw_requests() } else { org };
    Ok(guard::tools(&connection, org.build()).definitions())
}

/// What a policy gives; without one everything, so that no tool is left out.
fn every_effect(connection: &Connection, file: Option<&Path>) -> Result<Policy> {
    match file {
        None if !connection.has_policy() => Ok(Policy::read_write()),
        file => connection.agent_policy(file, false),
    }
}

/// With every action switched on, for the same reason.
fn every_action(connection: &Connection, policy: Policy) -> Result<OrgBuilder> {
    Ok(connection.guarded(policy).actions(["*"])?)
}

async fn list(format: Output, file: Option<&Path>, raw: bool, org: Option<&str>) -> Result<()> {
    let tools = every_tool(file, raw, org).await?;
    if format == Output::Json {
        let all: Vec<_> = tools.iter().map(definition).collect();
        out::line(serde_json::to_string_pretty(&all)?)?;
        return Ok(());
    }
    for tool in &tools {
        out::line(format_args!("{:<28} {:<7} {}", tool.name, tool.effect.as_str(), tool.title))?;
    }
    Ok(())
}

async fn show(name: &str, file: Option<&Path>, raw: bool, org: Option<&str>) -> Result<()> {
    let tools = every_tool(file, raw, org).await?;
    let Some(tool) = tools.iter().find(|tool| tool.name == name) else {
        let near = sf_schema::suggest(name, tools.iter().map(|tool| tool.name.as_str()));
        let near = near.first().map(|near| format!("did you mean {near}? ")).unwrap_or_default();
        return Err(not_found(format!(
            "there is no tool {name:?}; {near}`sf-agent tools list` names all"
        )));
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
    let connection = connect(org).await?;
    let (all, reading) = (every_effect(&connection, file)?, connection.agent_policy(file, false)?);
    let guarded = |policy: &Policy| every_action(&connection, policy.clone());
    for profile in Profile::ALL {
        let tools = ToolSet::profile(guarded(&all)?.build(), profile).definitions();
        let tokens: usize = tools.iter().map(ToolDefinition::tokens).sum();
        out::line(format_args!(
            "{:<28} {:>3} tools {tokens:>6} tokens",
            profile.as_str(),
            tools.len()
        ))?;
    }
    let tools = ToolSet::salesforce(guarded(&reading)?.build());
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
    policy: Option<&Path>,
    write: bool,
    audit: Option<&Path>,
    reach: &Reach,
    org: Option<&str>,
) -> Result<()> {
    let text = if arguments == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).context("reading the arguments from stdin")?;
        text
    } else {
        arguments.to_owned()
    };
    let arguments: Value = serde_json::from_str(&text).map_err(|error| {
        let example = r#"{"soql": "SELECT Id FROM Account"}"#;
        usage(format!("the arguments are not JSON ({error}); give an object such as '{example}'"))
    })?;

    let connection = connect(org).await?;
    let policy = connection.agent_policy(policy, write)?;
    let org = guard::org_of_a_call(&connection, policy, audit, reach)?;
    let tools = guard::tools(&connection, org);
    // A write that was sent is waited for: only its answer tells what happened.
    let writes = tools.definition(name).is_some_and(|tool| tool.effect.is_write());
    let interrupt = writes.then(Interrupt::of_writing);
    let mut cx = CallContext::default();
    if let Some(interrupt) = &interrupt {
        cx = cx.with_cancellation(interrupt.token());
    }
    match tools.call(&cx, name, arguments).await {
        Ok(reply) => {
            let printed = out::line(serde_json::to_string_pretty(&reply.to_model())?);
            let printed = printed.map_err(Into::into);
            if writes { exit::unread(printed) } else { printed }
        }
        Err(error) => {
            // The status tells it, whether or not anybody reads it.
            drop(out::line(serde_json::to_string_pretty(&error.to_model())?));
            let is_stopped = interrupt.as_ref().is_some_and(Interrupt::is_pressed)
                && error.class == ErrorClass::TryLater;
            let exit = if is_stopped { Exit::Interrupted } else { exit::of_tool(&error) };
            eprintln!("error: the call of {name} did not succeed: {}", error.class);
            Err(Ended(exit).into())
        }
    }
}
