//! `sf-agent tools`: what agents get, from a terminal.

use std::io::Read;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use sf_agent_tools::{CallContext, Org, ToolDefinition, ToolSet};

use crate::args::ToolsCommand;
use crate::connect::{connect, policy};
use crate::out;

pub(crate) async fn run(command: ToolsCommand, org: Option<&str>) -> Result<()> {
    match command {
        ToolsCommand::List { json } => list(json, org).await,
        ToolsCommand::Show { name } => show(&name, org).await,
        ToolsCommand::Call { name, arguments, write } => call(&name, &arguments, write, org).await,
    }
}

/// The tools with every effect switched on.
async fn every_tool(org: Option<&str>) -> Result<Vec<ToolDefinition>> {
    let connection = connect(org).await?;
    Ok(ToolSet::salesforce(Org::new(connection.client.clone(), policy(true))).definitions())
}

async fn list(as_json: bool, org: Option<&str>) -> Result<()> {
    let tools = every_tool(org).await?;
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

async fn show(name: &str, org: Option<&str>) -> Result<()> {
    let tools = every_tool(org).await?;
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

async fn call(name: &str, arguments: &str, write: bool, org: Option<&str>) -> Result<()> {
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
    let tools = ToolSet::salesforce(Org::new(connection.client.clone(), policy(write)));
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
