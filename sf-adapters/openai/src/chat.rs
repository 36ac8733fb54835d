//! For chat completions.

use async_openai::types::chat::{
    ChatCompletionMessageToolCalls, ChatCompletionRequestMessage, ChatCompletionRequestToolMessage,
    ChatCompletionTool, ChatCompletionTools, FunctionObject,
};
use sf_agent_tools::{CallContext, ToolSet};

use crate::call::call;

/// The tools of `tools`, for the `tools` of a request.
///
/// They are not `strict`: that dialect of JSON Schema has no optional arguments,
/// and the tools check their arguments themselves.
#[must_use]
pub fn tools(tools: &ToolSet) -> Vec<ChatCompletionTools> {
    let definitions = tools.definitions().into_iter();
    definitions
        .map(|tool| {
            ChatCompletionTools::Function(ChatCompletionTool {
                function: FunctionObject {
                    name: tool.name,
                    description: Some(tool.description),
                    parameters: Some(tool.input_schema),
                    strict: None,
                },
            })
        })
        .collect()
}

/// Makes the calls of a model's turn, one after another in its order, and
/// returns a message for each, to be sent after the model's own.
pub async fn answer(
    tools: &ToolSet,
    context: &CallContext,
    calls: &[ChatCompletionMessageToolCalls],
) -> Vec<ChatCompletionRequestMessage> {
    let mut answers = Vec::with_capacity(calls.len());
    for made in calls {
        let (id, name, arguments) = match made {
            ChatCompletionMessageToolCalls::Function(made) => {
                (&made.id, &made.function.name, &made.function.arguments)
            }
            // None was offered; the answer says which tools there are.
            ChatCompletionMessageToolCalls::Custom(made) => {
                (&made.id, &made.custom_tool.name, &made.custom_tool.input)
            }
        };
        let content = call(tools, context, name, arguments).await;
        let message =
            ChatCompletionRequestToolMessage { content: content.into(), tool_call_id: id.clone() };
        answers.push(message.into());
    }
    answers
}
