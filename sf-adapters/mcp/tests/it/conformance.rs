//! The suite that every adapter passes, over MCP.

use anyhow::{Result, bail, ensure};
use async_trait::async_trait;
use rmcp::ServiceError;
use rmcp::model::{CallToolRequestParams, CallToolResult, Tool};
use serde_json::Value;
use sf_adapter_conformance::{Adapter, Connect, Hints, ListedTool, Outcome};
use sf_agent_tools::{CallContext, ToolSet};

use crate::client::{self, Client};

struct Mcp;

#[async_trait]
impl Connect for Mcp {
    async fn connect(&self, tools: ToolSet, _: CallContext) -> Result<Box<dyn Adapter>> {
        let (serving, client) = client::connect(tools).await?;
        Ok(Box::new(Connection { client, _serving: Box::new(serving) }))
    }

    /// All that is in one comes from the client.
    fn takes_context(&self) -> bool {
        false
    }
}

pub(crate) struct Connection {
    pub(crate) client: Client,
    /// What has to live as long.
    pub(crate) _serving: Box<dyn std::any::Any + Send + Sync>,
}

#[async_trait]
impl Adapter for Connection {
    async fn list_tools(&self) -> Result<Vec<ListedTool>> {
        Ok(self.client.list_all_tools().await?.into_iter().map(listed).collect())
    }

    async fn call(&self, name: &str, arguments: Value) -> Result<Outcome> {
        let Value::Object(arguments) = arguments else {
            bail!("MCP carries no arguments but objects, not {arguments}");
        };
        let request = CallToolRequestParams::new(name.to_owned()).with_arguments(arguments);
        match self.client.call_tool(request).await {
            Ok(result) => outcome(result),
            Err(ServiceError::McpError(error)) => {
                Ok(Outcome { is_error: true, json: error.data.unwrap_or_default() })
            }
            Err(error) => Err(error.into()),
        }
    }
}

fn listed(tool: Tool) -> ListedTool {
    let hints = tool.annotations.map(|hints| Hints {
        read_only: hints.read_only_hint == Some(true),
        destructive: hints.destructive_hint == Some(true),
    });
    ListedTool {
        name: tool.name.into_owned(),
        description: tool.description.unwrap_or_default().into_owned(),
        input_schema: Value::Object((*tool.input_schema).clone()),
        output_schema: tool.output_schema.map(|schema| Value::Object((*schema).clone())),
        title: tool.title,
        hints,
    }
}

/// A success says the same as text and as structured content; a failure is
/// text alone.
fn outcome(result: CallToolResult) -> Result<Outcome> {
    let [content] = result.content.as_slice() else {
        bail!("{} content blocks instead of one", result.content.len());
    };
    let Some(text) = content.as_text() else {
        bail!("the content is no text");
    };
    let json: Value = serde_json::from_str(&text.text)?;
    let is_error = result.is_error == Some(true);
    match result.structured_content {
        Some(structured) => ensure!(!is_error && structured == json, "text and structure differ"),
        None => ensure!(is_error, "a success without structured content"),
    }
    Ok(Outcome { is_error, json })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_adapter_conforms() -> Result<()> {
    sf_adapter_conformance::run(&Mcp).await.into_result()
}
