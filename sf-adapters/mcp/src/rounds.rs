//! Asking a person in several rounds (protocol 2026-07-28): the call answers `input_required`, and
//! the client makes it again with what the person gave.

use std::collections::BTreeMap;

use rmcp::ErrorData;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, ElicitRequest, ElicitResult, InputRequest,
    InputRequiredResult, InputResponses,
};
use sf_agent_tools::{Ask, CallContext, Given, PausedCalls, Step, ToolSet};

use crate::{call, elicit};

/// The name of the one thing that is asked for in a round.
const PERSON: &str = "person";

/// Makes a call, or brings the call that waits what it asked for.
pub(crate) async fn call(
    paused: &PausedCalls,
    tools: &ToolSet,
    request: CallToolRequestParams,
    cx: &CallContext,
) -> Result<CallToolResponse, ErrorData> {
    let name = request.name;
    let arguments = request.arguments.unwrap_or_default().into();
    let step = match request.request_state {
        None => Ok(paused.begin(tools, cx, &name, arguments).await),
        Some(handle) => {
            let responses = request.input_responses.unwrap_or_default();
            let give = |ask: &Ask| given(ask, responses);
            paused.resume(cx, &handle, &name, &arguments, give).await
        }
    };
    match step {
        Ok(Step::Done(outcome)) => call::told(tools, &name, outcome).map(Into::into),
        Ok(Step::Asks { handle, ask }) => asks(handle, &ask),
        Ok(_) => Err(ErrorData::internal_error("the call came to a step of no known kind", None)),
        Err(error) => Err(crate::error::refused(&error)),
    }
}

/// What the client sent for what is asked; none if that is not there or not an answer.
fn given(ask: &Ask, mut responses: InputResponses) -> Option<Given> {
    let result: ElicitResult = serde_json::from_value(responses.remove(PERSON)?).ok()?;
    elicit::given(ask, result)
}

fn asks(handle: String, ask: &Ask) -> Result<CallToolResponse, ErrorData> {
    let Some(params) = elicit::request(ask) else {
        return Err(ErrorData::internal_error("what the call asks for is no form of MCP", None));
    };
    let request = InputRequest::Elicitation(ElicitRequest::new(params));
    let requests = BTreeMap::from([(PERSON.to_owned(), request)]);
    Ok(InputRequiredResult::new(Some(requests), Some(handle)).into())
}
