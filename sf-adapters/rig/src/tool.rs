//! A `ToolSet` as rig's runtime-defined tools.

use rig_core::message::{EmptyToolName, ToolName};
use rig_core::tool::{DynamicTool, ToolOutput};
use sf_agent_tools::{CallContext, ToolDefinition, ToolSet};

use crate::error::execution_error;

/// The tools of `tools`, ready for `AgentBuilder::dynamic_tools`.
///
/// A model sees the same JSON through rig as through every other adapter. What
/// rig has no notion of (title, output schema, effect) stays with
/// [`ToolSet::definitions`].
///
/// # Errors
/// [`EmptyToolName`] if a tool has no name.
pub fn tools(tools: &ToolSet) -> Result<Vec<DynamicTool>, EmptyToolName> {
    tools_in(tools, &CallContext::default())
}

/// As [`tools`], with every call made in `context`: its cancellation stops all
/// of an agent's calls at once.
///
/// # Errors
/// As [`tools`].
pub fn tools_in(tools: &ToolSet, context: &CallContext) -> Result<Vec<DynamicTool>, EmptyToolName> {
    let definitions = tools.definitions().into_iter();
    definitions.map(|definition| dynamic_tool(tools.clone(), context.clone(), definition)).collect()
}

fn dynamic_tool(
    tools: ToolSet,
    context: CallContext,
    definition: ToolDefinition,
) -> Result<DynamicTool, EmptyToolName> {
    let name = ToolName::new(definition.name)?;
    let called = name.clone();
    Ok(DynamicTool::new(name, definition.description, definition.input_schema, move |arguments| {
        let (tools, context, name) = (tools.clone(), context.clone(), called.clone());
        Box::pin(async move {
            match tools.call(&context, name.as_str(), arguments).await {
                Ok(reply) => Ok(ToolOutput::json(reply.to_model())),
                Err(error) => Err(execution_error(error)),
            }
        })
    }))
}
