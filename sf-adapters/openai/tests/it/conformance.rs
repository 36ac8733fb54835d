//! The suite that every adapter passes, over the types of both APIs.

use anyhow::{Context, Result, bail};
use async_openai::types::chat::{
    ChatCompletionMessageToolCall, ChatCompletionMessageToolCalls, ChatCompletionRequestMessage,
    ChatCompletionRequestToolMessageContent, ChatCompletionTools, FunctionCall,
};
use async_openai::types::responses::{
    FunctionCallOutput, FunctionToolCall, InputItem, Item, OutputItem, Tool,
};
use async_trait::async_trait;
use serde_json::Value;
use sf_adapter_conformance::{Adapter, Connect, ListedTool, Outcome};
use sf_adapter_openai::{chat, responses};
use sf_agent_tools::{CallContext, ToolSet};

/// OpenAI's protocol has no mark for a failed call; the model reads it in the answer.
fn outcome(text: &str) -> Result<Outcome> {
    let json: Value = serde_json::from_str(text)?;
    Ok(Outcome { is_error: json.get("error").is_some(), json })
}

fn listed(name: String, description: Option<String>, schema: Option<Value>) -> Result<ListedTool> {
    Ok(ListedTool {
        name,
        description: description.context("a description")?,
        input_schema: schema.context("a schema")?,
        output_schema: None,
        title: None,
        hints: None,
    })
}

struct Chat(ToolSet, CallContext);

#[async_trait]
impl Adapter for Chat {
    async fn list_tools(&self) -> Result<Vec<ListedTool>> {
        let tools = chat::tools(&self.0).into_iter().map(|tool| match tool {
            ChatCompletionTools::Function(tool) => {
                let function = tool.function;
                listed(function.name, function.description, function.parameters)
            }
            other => bail!("not a function: {other:?}"),
        });
        tools.collect()
    }

    async fn call(&self, name: &str, arguments: Value) -> Result<Outcome> {
        let function = FunctionCall { name: name.to_owned(), arguments: arguments.to_string() };
        let call = ChatCompletionMessageToolCall { id: "call_1".to_owned(), function };
        let calls = [ChatCompletionMessageToolCalls::Function(call)];
        let answers = chat::answer(&self.0, &self.1, &calls).await;
        let Some(ChatCompletionRequestMessage::Tool(answer)) = answers.first() else {
            bail!("{answers:?}");
        };
        assert_eq!(answer.tool_call_id, "call_1");
        match &answer.content {
            ChatCompletionRequestToolMessageContent::Text(text) => outcome(text),
            other => bail!("{other:?}"),
        }
    }
}

struct Responses(ToolSet, CallContext);

#[async_trait]
impl Adapter for Responses {
    async fn list_tools(&self) -> Result<Vec<ListedTool>> {
        let tools = responses::tools(&self.0).into_iter().map(|tool| match tool {
            Tool::Function(tool) => listed(tool.name, tool.description, tool.parameters),
            other => bail!("not a function: {other:?}"),
        });
        tools.collect()
    }

    async fn call(&self, name: &str, arguments: Value) -> Result<Outcome> {
        let call = OutputItem::FunctionCall(FunctionToolCall {
            name: name.to_owned(),
            arguments: arguments.to_string(),
            call_id: "call_1".to_owned(),
            ..FunctionToolCall::default()
        });
        let answers = responses::answer(&self.0, &self.1, &[call]).await;
        let Some(InputItem::Item(Item::FunctionCallOutput(answer))) = answers.first() else {
            bail!("{answers:?}");
        };
        assert_eq!(answer.call_id.as_deref(), Some("call_1"));
        match &answer.output {
            FunctionCallOutput::Text(text) => outcome(text),
            other => bail!("{other:?}"),
        }
    }
}

struct OverChat;

#[async_trait]
impl Connect for OverChat {
    async fn connect(&self, tools: ToolSet, context: CallContext) -> Result<Box<dyn Adapter>> {
        Ok(Box::new(Chat(tools, context)))
    }
}

struct OverResponses;

#[async_trait]
impl Connect for OverResponses {
    async fn connect(&self, tools: ToolSet, context: CallContext) -> Result<Box<dyn Adapter>> {
        Ok(Box::new(Responses(tools, context)))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chat_completions_conform() -> Result<()> {
    sf_adapter_conformance::run(&OverChat).await.into_result()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn responses_conform() -> Result<()> {
    sf_adapter_conformance::run(&OverResponses).await.into_result()
}

#[tokio::test]
async fn arguments_that_are_no_json_are_answered() -> Result<()> {
    let org = sf_adapter_conformance::TestOrg::start().await?;
    let tools = org.tools(sf_agent_tools::Policy::read_only());
    let function = FunctionCall {
        name: "salesforce_query".to_owned(),
        arguments: "{\"soql\": SELECT".to_owned(),
    };
    let call = ChatCompletionMessageToolCall { id: "call_1".to_owned(), function };
    let calls = [ChatCompletionMessageToolCalls::Function(call)];
    let answers = chat::answer(&tools, &CallContext::default(), &calls).await;
    let Some(ChatCompletionRequestMessage::Tool(answer)) = answers.first() else {
        bail!("{answers:?}");
    };
    let ChatCompletionRequestToolMessageContent::Text(text) = &answer.content else {
        bail!("{answer:?}");
    };
    let json: Value = serde_json::from_str(text)?;
    assert_eq!(json["error"]["class"], "fix_your_call", "{json}");
    assert!(org.emulator().requests().is_empty());
    Ok(())
}
