//! The loops that a program writes around async-openai: ask, make the calls, ask
//! again.

use anyhow::{Context, Result, bail};
use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::types::chat::{
    ChatCompletionRequestAssistantMessage, ChatCompletionRequestMessage,
    ChatCompletionRequestToolMessageContent, ChatCompletionRequestUserMessage,
    CreateChatCompletionRequest,
};
use async_openai::types::responses::{
    CreateResponse, EasyInputMessage, FunctionCallOutput, InputItem, InputParam, Item,
};
use serde_json::Value;
use sf_adapter_openai::{chat, responses};
use sf_agent_tools::{CallContext, ToolSet};

/// What came of a run.
pub(crate) struct Told {
    /// What each call answered.
    pub(crate) answers: Vec<Value>,
    /// What the model said in the end.
    pub(crate) answer: String,
}

/// The settings of a client of the model at `base`.
pub(crate) fn config_of(base: String) -> OpenAIConfig {
    OpenAIConfig::new().with_api_base(base).with_api_key("unused")
}

/// Lets `model` use `tools` until it answers, by the responses API.
pub(crate) async fn by_responses(
    client: &Client<OpenAIConfig>,
    model: &str,
    tools: &ToolSet,
    prompt: &str,
) -> Result<Told> {
    let context = CallContext::default();
    let mut input: Vec<InputItem> = vec![EasyInputMessage::from(prompt).into()];
    let mut told = Vec::new();
    for _ in 0..20 {
        let request = CreateResponse {
            model: Some(model.to_owned()),
            input: InputParam::Items(input.clone()),
            tools: Some(responses::tools(tools)),
            ..CreateResponse::default()
        };
        let response = client.responses().create(request).await?;
        let answers = responses::answer(tools, &context, &response.output).await;
        if answers.is_empty() {
            let answer = response.output_text().unwrap_or_default();
            return Ok(Told { answers: told, answer });
        }
        for answer in &answers {
            let InputItem::Item(Item::FunctionCallOutput(answer)) = answer else { continue };
            let FunctionCallOutput::Text(text) = &answer.output else { continue };
            told.push(serde_json::from_str(text)?);
        }
        input.extend(response.output.into_iter().map(Into::into));
        input.extend(answers);
    }
    bail!("no answer after 20 turns")
}

/// The same by chat completions.
#[cfg_attr(not(test), expect(dead_code, reason = "the example takes the newer API"))]
pub(crate) async fn by_chat(
    client: &Client<OpenAIConfig>,
    model: &str,
    tools: &ToolSet,
    prompt: &str,
) -> Result<Told> {
    let context = CallContext::default();
    let mut messages: Vec<ChatCompletionRequestMessage> =
        vec![ChatCompletionRequestUserMessage::from(prompt).into()];
    let mut told = Vec::new();
    for _ in 0..20 {
        let request = CreateChatCompletionRequest {
            model: model.to_owned(),
            messages: messages.clone(),
            tools: Some(chat::tools(tools)),
            ..CreateChatCompletionRequest::default()
        };
        let response = client.chat().create(request).await?;
        let turn = response.choices.into_iter().next().context("a choice")?.message;
        let Some(calls) = turn.tool_calls.filter(|calls| !calls.is_empty()) else {
            return Ok(Told { answers: told, answer: turn.content.unwrap_or_default() });
        };
        let answers = chat::answer(tools, &context, &calls).await;
        for answer in &answers {
            let ChatCompletionRequestMessage::Tool(answer) = answer else { continue };
            let ChatCompletionRequestToolMessageContent::Text(text) = &answer.content else {
                continue;
            };
            told.push(serde_json::from_str(text)?);
        }
        let turn = ChatCompletionRequestAssistantMessage {
            tool_calls: Some(calls),
            ..ChatCompletionRequestAssistantMessage::default()
        };
        messages.push(turn.into());
        messages.extend(answers);
    }
    bail!("no answer after 20 turns")
}
