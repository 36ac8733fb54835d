//! A language model inside the process that follows a script, and calls tools that it was not offered.

use rig_core::completion::{AssistantContent, CompletionRequest, CompletionResponse, Usage};
use rig_core::driver::{Exchange, Model, Opened, Opening, Transport};
use rig_core::error::ProviderError;
use rig_core::message::{Origin, ToolCall, ToolFunction, ToolName};
use rig_core::test_utils::{MOCK_API, MOCK_MODEL, MOCK_PROVIDER, MockFrame, MockScript};
use serde_json::Value;
use sf_adapter_conformance::script::{Step, Turn, next_turn};

use crate::agent_loop::seen;

/// A model that takes step `n` once it has seen `n` tool answers.
pub(crate) fn scripted(steps: &'static [Step]) -> Model<MockScript, Scripted> {
    Model::new(MockScript::default(), Scripted { steps })
}

/// The runtime behind [`scripted`].
#[derive(Clone)]
pub(crate) struct Scripted {
    steps: &'static [Step],
}

impl Transport<MockScript> for Scripted {
    fn send(&self, request: CompletionRequest, _: Exchange) -> Opening<MockFrame> {
        let seen = seen(&request.chat_history);
        let content = match next_turn(self.steps, &seen) {
            Turn::Say(text) => AssistantContent::text(text),
            Turn::Call(name, arguments) => match ToolName::new(name) {
                Ok(name) => AssistantContent::ToolCall(ToolCall::from_wire(
                    format!("call-{}", seen.len()),
                    ToolFunction::new(name, arguments),
                )),
                Err(error) => return Opening::failed(ProviderError::request(error)),
            },
        };
        let origin = Origin::new(MOCK_API, MOCK_PROVIDER, MOCK_MODEL);
        let response =
            CompletionResponse::new(vec![content], Usage::default(), origin, Value::Null);
        let frame = MockFrame::Response(Box::new(response));
        Opening::ready(
            Opened::new(futures_util::stream::iter([Ok(frame)])).with_document(Value::Null),
        )
    }
}
