//! What the server says about itself at the handshake.

use rmcp::model::{Implementation, ServerCapabilities, ServerConfig};
use sf_agent_tools::ToolSet;

/// Name, version, capabilities and the instructions for the model.
pub(crate) fn info(tools: &ToolSet) -> ServerConfig {
    ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
        .with_server_info(
            Implementation::new("salesforce", env!("CARGO_PKG_VERSION")).with_title("Salesforce"),
        )
        .with_instructions(tools.instructions())
}
