//! `tools/call`: arguments in, structured content or a tool error out.

use rmcp::ErrorData;
use rmcp::model::{
    CallToolRequestMethod, CallToolRequestParams, CallToolResult, ConstString, ContentBlock,
    CustomRequest, ErrorCode,
};
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

/// The answer to a request that rmcp could not read as any it knows: it hands over a call with
/// parameters of the wrong form in the same way as an unknown method.
pub(crate) fn unread(request: CustomRequest) -> ErrorData {
    if request.method != CallToolRequestMethod::VALUE {
        return ErrorData::new(ErrorCode::METHOD_NOT_FOUND, request.method, None);
    }
    let arguments = request.params.as_ref().and_then(|params| params.get("arguments"));
    let wrong = match arguments {
        Some(given) if !given.is_object() => {
            "the arguments of tools/call must be one JSON object, not text that contains JSON and \
             not an array"
        }
        _ => "tools/call takes the name of a tool, as text, and its arguments, an object",
    };
    ErrorData::invalid_params(wrong, None)
}
