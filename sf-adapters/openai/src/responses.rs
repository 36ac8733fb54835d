//! For the responses API.

use async_openai::types::responses::{
    FunctionCallOutput, FunctionCallOutputItemParam, FunctionTool, InputItem, Item, OutputItem,
    Tool,
};
use sf_agent_tools::{CallContext, ToolSet};

use crate::call::call;

/// The tools of `tools`, for the `tools` of a request.
///
/// They are not `strict`: that dialect of JSON Schema has no optional arguments,
/// and the tools check their arguments themselves.
#[must_use]
pub fn tools(tools: &ToolSet) -> Vec<Tool> {
    let definitions = tools.definitions().into_iter();
    definitions
        .map(|tool| {
            Tool::Function(FunctionTool {
                name: tool.name,
                description: Some(tool.description),
                parameters: Some(tool.input_schema),
                strict: Some(false),
                ..FunctionTool::default()
            })
        })
        .collect()
}

/// Makes the function calls among `output`, one after another in its order, and
/// returns an item for each, to be sent after those of `output`. Empty if the
/// model called nothing.
pub async fn answer(
    tools: &ToolSet,
    context: &CallContext,
    output: &[OutputItem],
) -> Vec<InputItem> {
    let mut answers = Vec::new();
    for item in output {
        let OutputItem::FunctionCall(made) = item else { continue };
        let text = call(tools, context, &made.name, &made.arguments).await;
        let output = FunctionCallOutputItemParam {
            call_id: Some(made.call_id.clone()),
            output: FunctionCallOutput::Text(text),
            id: None,
            status: None,
            name: None,
            namespace: None,
            caller: made.caller.clone(),
        };
        answers.push(InputItem::from(Item::from(output)));
    }
    answers
}
