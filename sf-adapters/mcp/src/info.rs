//! What the server says about itself at the handshake.

use rmcp::model::{Implementation, ServerCapabilities, ServerConfig};
use sf_agent_tools::ToolSet;

use crate::log;

/// Name, version, capabilities and the instructions for the model.
pub(crate) fn info(tools: &ToolSet) -> ServerConfig {
    let capabilities = ServerCapabilities::builder()
        .enable_completions()
        .enable_prompts()
        .enable_prompts_list_changed()
        .enable_resources()
        .enable_resources_list_changed()
        .enable_resources_subscribe()
        .enable_tools()
        .enable_tool_list_changed()
        .build();
    ServerConfig::new(log::with_messages(capabilities))
        .with_server_info(
            Implementation::new("salesforce", env!("CARGO_PKG_VERSION")).with_title("Salesforce"),
        )
        .with_instructions(tools.instructions())
}
