//! A language model that follows a script, for rig's agents to be driven by.

use rig_core::completion::{AssistantContent, CompletionRequest, CompletionResponse, Usage};
use rig_core::driver::{Exchange, Model, Opened, Opening, Transport};
use rig_core::error::ProviderError;
use rig_core::message::{
    Message, Origin, ToolCall, ToolFunction, ToolName, ToolResultContent, UserContent,
};
use rig_core::test_utils::{MOCK_API, MOCK_MODEL, MOCK_PROVIDER, MockFrame, MockScript};
use serde_json::Value;
use sf_adapter_conformance::script::{Seen, Step, Turn, next_turn};

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

/// The tool answers in a conversation, oldest first.
pub(crate) fn seen(history: &[Message]) -> Vec<Seen> {
    let contents = history.iter().filter_map(|message| match message {
        Message::User { content } => Some(content),
        _ => None,
    });
    let results = contents.flatten().filter_map(|content| match content {
        UserContent::ToolResult(result) => Some(result),
        _ => None,
    });
    results
        .map(|result| Seen {
            tool: result.name.to_string(),
            is_error: result.is_error,
            json: match result.content.first() {
                Some(ToolResultContent::Json { value }) => value.clone(),
                Some(ToolResultContent::Text(text)) => Value::from(text.text.clone()),
                _ => Value::Null,
            },
        })
        .collect()
}
