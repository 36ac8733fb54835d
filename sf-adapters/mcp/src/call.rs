//! `tools/call`: arguments in, structured content or a tool error out.

use rmcp::ErrorData;
use rmcp::model::{CallToolRequestParams, CallToolResult, ContentBlock};
use serde_json::Value;
use sf_agent_tools::{CallContext, ErrorClass, ToolError, ToolSet};

/// Runs one call.
pub(crate) async fn call(
    tools: &ToolSet,
    request: CallToolRequestParams,
    context: &CallContext,
) -> Result<CallToolResult, ErrorData> {
    let arguments = Value::Object(request.arguments.unwrap_or_default());
    match tools.call(context, &request.name, arguments).await {
        Ok(reply) => Ok(CallToolResult::structured(reply.to_model())),
        Err(error) if is_unknown_tool(tools, &request.name, &error) => {
            Err(ErrorData::invalid_params(error.message.clone(), Some(error.to_model())))
        }
        Err(error) => Ok(failed(&error)),
    }
}

/// An unknown tool is the one failure that MCP wants as a protocol error (MCP,
/// Tools, Error Handling). A tool that the policy holds back is not listed
/// either, but it is refused with another class, and the model should read why.
fn is_unknown_tool(tools: &ToolSet, name: &str, error: &ToolError) -> bool {
    error.class == ErrorClass::FixYourCall && tools.definition(name).is_none()
}

/// A failed call, bad arguments included, as feedback for the model.
///
/// It has no structured content: the output schema describes success, and a
/// client that checks structured content against it would drop the message.
fn failed(error: &ToolError) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(error.to_model().to_string())])
}
