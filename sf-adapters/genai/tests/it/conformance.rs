//! The suite that every adapter passes, over genai's types.

use anyhow::{Context, Result};
use async_trait::async_trait;
use genai::chat::ToolCall;
use serde_json::Value;
use sf_adapter_conformance::{Adapter, Connect, ListedTool, Outcome};
use sf_agent_tools::{CallContext, ToolSet};

struct Genai;

#[async_trait]
impl Connect for Genai {
    async fn connect(&self, tools: ToolSet, context: CallContext) -> Result<Box<dyn Adapter>> {
        Ok(Box::new(Tools(tools, context)))
    }
}

struct Tools(ToolSet, CallContext);

#[async_trait]
impl Adapter for Tools {
    async fn list_tools(&self) -> Result<Vec<ListedTool>> {
        let listed = sf_adapter_genai::tools(&self.0).into_iter().map(|tool| {
            Ok(ListedTool {
                name: tool.name.to_string(),
                description: tool.description.context("a description")?,
                input_schema: tool.schema.context("a schema")?,
                output_schema: None,
                title: None,
                hints: None,
            })
        });
        listed.collect()
    }

    async fn call(&self, name: &str, arguments: Value) -> Result<Outcome> {
        let call = ToolCall {
            call_id: "call_1".to_owned(),
            fn_name: name.to_owned(),
            fn_arguments: arguments,
            thought_signatures: None,
        };
        let answers = sf_adapter_genai::answer(&self.0, &self.1, &[call]).await;
        let answer = answers.first().context("an answer")?;
        assert_eq!((answer.call_id.as_str(), answer.fn_name.as_deref()), ("call_1", Some(name)));
        let json: Value = serde_json::from_str(&answer.content)?;
        // genai has no mark for a failed call; the model reads it in the answer.
        Ok(Outcome { is_error: json.get("error").is_some(), json })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_adapter_conforms() -> Result<()> {
    sf_adapter_conformance::run(&Genai).await.into_result()
}
