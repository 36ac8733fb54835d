//! The Salesforce tools as genai tools.
//!
#![doc = include_str!("../README.md")]

use genai::chat::{Tool, ToolCall, ToolResponse};
use sf_agent_tools::{CallContext, ToolSet};

/// The tools of `tools`, for `ChatRequest::with_tools`.
///
/// What genai has no notion of (title, output schema, effect) stays with
/// [`ToolSet::definitions`].
#[must_use]
pub fn tools(tools: &ToolSet) -> Vec<Tool> {
    let definitions = tools.definitions().into_iter();
    definitions
        .map(|tool| {
            Tool::new(tool.name).with_description(tool.description).with_schema(tool.input_schema)
        })
        .collect()
}

/// Makes the calls of a model's turn, one after another in its order, and
/// returns an answer to each.
///
/// A call that failed is answered, too: the model reads what to do about it.
pub async fn answer(
    tools: &ToolSet,
    context: &CallContext,
    calls: &[ToolCall],
) -> Vec<ToolResponse> {
    let mut answers = Vec::with_capacity(calls.len());
    for call in calls {
        let result = tools.call(context, &call.fn_name, call.fn_arguments.clone()).await;
        let json = result.map_or_else(|error| error.to_model(), |reply| reply.to_model());
        answers.push(ToolResponse::from_tool_call(call, json.to_string()));
    }
    answers
}
