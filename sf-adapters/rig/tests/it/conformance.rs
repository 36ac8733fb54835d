//! The suite that every adapter passes, over rig's tool registry.

use anyhow::Result;
use async_trait::async_trait;
use rig_agent::tool::server::{ToolServer, ToolServerHandle};
use rig_agent::tool::{ToolContext, ToolOutput};
use serde_json::Value;
use sf_adapter_conformance::{Adapter, Connect, ListedTool, Outcome};
use sf_agent_tools::{CallContext, ToolSet};

struct Rig;

#[async_trait]
impl Connect for Rig {
    async fn connect(&self, tools: ToolSet, context: CallContext) -> Result<Box<dyn Adapter>> {
        let tools = sf_adapter_rig::tools_in(&tools, &context)?;
        Ok(Box::new(Registry(ToolServer::new().dynamic_tools(tools).run())))
    }
}

struct Registry(ToolServerHandle);

#[async_trait]
impl Adapter for Registry {
    async fn list_tools(&self) -> Result<Vec<ListedTool>> {
        let definitions = self.0.tool_defs(None).await?;
        let listed = definitions.into_iter().map(|tool| ListedTool {
            name: tool.name.to_string(),
            description: tool.description,
            input_schema: tool.parameters,
            output_schema: None,
            title: None,
            hints: None,
        });
        Ok(listed.collect())
    }

    async fn call(&self, name: &str, arguments: Value) -> Result<Outcome> {
        // As the agent does: arguments are text, as a model's provider sends them.
        let mut context = ToolContext::new();
        let result = self.0.snapshot().execute(name, &arguments.to_string(), &mut context).await;
        Ok(Outcome { is_error: !result.is_success(), json: read(result.output()) })
    }
}

fn read(output: &ToolOutput) -> Value {
    output.as_json().cloned().unwrap_or_else(|| Value::from(output.render()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_adapter_conforms() -> Result<()> {
    sf_adapter_conformance::run(&Rig).await.into_result()
}
