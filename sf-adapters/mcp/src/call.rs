//! `tools/call`: arguments in, structured content or a tool error out.

use std::time::Duration;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, Resource,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};
use serde_json::Value;
use sf_agent_tools::{
    CallContext, ErrorClass, PausedCalls, Resources, ToolError, ToolReply, ToolSet,
};

use crate::{elicit, era, person, progress, rounds};

/// How people are asked.
pub(crate) struct Asking<'a> {
    /// Calls that wait for an answer between two requests.
    pub(crate) paused: &'a PausedCalls,
    /// How long an answer is waited for.
    pub(crate) patience: Duration,
}

/// Runs one call. A client that shows forms is asked in the middle of it, or, where the protocol has
/// no requests to clients any more, by the call's answer.
pub(crate) async fn call(
    tools: &ToolSet,
    request: CallToolRequestParams,
    cx: CallContext,
    context: &RequestContext<RoleServer>,
    asking: Asking<'_>,
) -> Result<CallToolResponse, ErrorData> {
    let token = context.meta.get_progress_token();
    let can_ask = elicit::shows_forms(context.client_capabilities().as_ref());
    let in_rounds = era::stands_alone(context);
    progress::told(cx, &context.peer, token, async |cx| {
        if in_rounds && (can_ask || request.request_state.is_some()) {
            return Box::pin(rounds::call(asking.paused, tools, request, &cx)).await;
        }
        let (cx, questions) = person::reachable(cx, can_ask);
        let arguments = Value::Object(request.arguments.unwrap_or_default());
        let call = Box::pin(tools.call(&cx, &request.name, arguments));
        let outcome = person::beside(questions, &context.peer, asking.patience, call).await;
        told(tools, &request.name, outcome).map(Into::into)
    })
    .await
}

/// What came of a call.
pub(crate) fn told(
    tools: &ToolSet,
    name: &str,
    outcome: Result<ToolReply, ToolError>,
) -> Result<CallToolResult, ErrorData> {
    match outcome {
        Ok(reply) => Ok(answered(&reply)),
        Err(error) if is_unknown_tool(tools, name, &error) => {
            Err(ErrorData::invalid_params(error.message.clone(), Some(error.to_model())))
        }
        Err(error) => Ok(failed(&error)),
    }
}

/// A reply; what it points at that is a resource of this server is linked as one.
fn answered(reply: &ToolReply) -> CallToolResult {
    let mut result = CallToolResult::structured(reply.to_model());
    let own = reply.links.iter().filter(|link| Resources::is_address(&link.uri));
    result.content.extend(own.map(|link| {
        let name = link.uri.rsplit('/').next().unwrap_or(&link.uri);
        ContentBlock::resource_link(Resource::new(&link.uri, name).with_title(&link.title))
    }));
    result
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
