//! What a program puts around rig: a model behind rig's own HTTP client, and what an agent saw.

use rig_core::driver::Model;
use rig_core::message::{Message, ToolResultContent, UserContent};
use rig_core::providers::anthropic::wire::Messages;
use rig_core::providers::anthropic::{self, AnthropicConfig};
use rig_core::providers::openai::responses_api::wire::Responses;
use rig_core::providers::openai::wire::Chat;
use rig_core::providers::openai::{OpenAI, OpenAIConfig};
use sf_adapter_conformance::script::Seen;

/// The model at `base`, by chat completions.
pub(crate) fn by_chat(base: &str) -> Model<Chat> {
    client_of(base).chat("scripted")
}

/// The model at `base`, by Anthropic's messages.
#[cfg_attr(not(test), expect(dead_code, reason = "the example shows one way"))]
pub(crate) fn by_messages(base: &str) -> Model<Messages> {
    let config = AnthropicConfig::new("unused").with_base_url(base.trim_end_matches("/v1"));
    config.client().completion(anthropic::completion::CLAUDE_SONNET_5_5)
}

/// The model at `base`, by responses.
#[cfg_attr(not(test), expect(dead_code, reason = "the example shows one way"))]
pub(crate) fn by_responses(base: &str) -> Model<Responses> {
    client_of(base).responses("scripted")
}

fn client_of(base: &str) -> OpenAI {
    OpenAIConfig::new("unused").with_base_url(base).client()
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
                Some(ToolResultContent::Text(text)) => text.text.clone().into(),
                _ => serde_json::Value::Null,
            },
        })
        .collect()
}
