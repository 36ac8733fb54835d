//! What an adapter lists.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use sf_agent_tools::{Effect, Policy, ToolDefinition};

use super::{CREATE, QUERY, Setup};
use crate::{Connect, ListedTool};

/// Every tool, in order, with its words and schemas unchanged and its effect told.
pub(super) async fn same(connect: &dyn Connect) -> Result<()> {
    let setup = Setup::new(connect, Policy::read_write()).await?;
    let listed = setup.adapter.list_tools().await?;
    let defined = setup.tools.definitions();
    let names: Vec<_> = listed.iter().map(|tool| tool.name.as_str()).collect();
    let expected: Vec<_> = defined.iter().map(|tool| tool.name.as_str()).collect();
    ensure!(names == expected, "listed are {names:?}, defined are {expected:?}");
    ensure!(names.contains(&QUERY) && names.contains(&CREATE), "tools are missing: {names:?}");
    for (listed, defined) in listed.iter().zip(&defined) {
        compare(listed, defined).with_context(|| format!("the tool {}", defined.name))?;
    }
    Ok(())
}

fn compare(listed: &ListedTool, defined: &ToolDefinition) -> Result<()> {
    ensure!(listed.description == defined.description, "another description is listed");
    ensure!(listed.input_schema == defined.input_schema, "another input schema is listed");
    is_object("input schema", &listed.input_schema)?;
    if let Some(schema) = &listed.output_schema {
        ensure!(*schema == defined.output_schema, "another output schema is listed");
        is_object("output schema", schema)?;
    }
    if let Some(title) = &listed.title {
        ensure!(*title == defined.title, "another title is listed: {title:?}");
    }
    if let Some(hints) = listed.hints {
        let effect = defined.effect;
        ensure!(
            hints.read_only == (effect == Effect::Read),
            "the effect is {effect}, and it is listed as read-only: {}",
            hints.read_only
        );
        ensure!(
            hints.destructive == matches!(effect, Effect::Update | Effect::Delete),
            "the effect is {effect}, and it is listed as destructive: {}",
            hints.destructive
        );
    }
    Ok(())
}

/// Older MCP clients and several model vendors take no schema without it.
fn is_object(what: &str, schema: &Value) -> Result<()> {
    ensure!(schema["type"] == "object", "the {what} is not of type object: {schema}");
    ensure!(schema["properties"].is_object(), "the {what} has no properties: {schema}");
    Ok(())
}

/// What the policy refuses is not offered.
pub(super) async fn read_only(connect: &dyn Connect) -> Result<()> {
    let setup = Setup::new(connect, Policy::read_only()).await?;
    let listed = setup.adapter.list_tools().await?;
    let names: Vec<_> = listed.iter().map(|tool| tool.name.as_str()).collect();
    ensure!(names.contains(&QUERY), "the reading tools are missing: {names:?}");
    ensure!(!names.contains(&CREATE), "a writing tool is offered: {names:?}");
    Ok(())
}
