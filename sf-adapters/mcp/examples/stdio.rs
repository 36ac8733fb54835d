//! An MCP server on standard input and output, over an embedded org with
//! made-up data. Point an MCP client at it:
//!
//! ```text
//! cargo run -p sf-adapter-mcp --example stdio
//! ```

use std::sync::Arc;

use sf_adapter_mcp::serve_stdio;
use sf_agent_tools::{Org, Policy, ToolSet};
use sf_auth::transport::Transport;
use sf_auth::{ClientCredentials, TokenBroker};
use sf_emulator::Emulator;
use sf_rest::Client;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let org = Emulator::start().await?;
    let flow = ClientCredentials::new(org.url().as_str(), org.client_id(), org.client_secret())?;
    let client = Client::new(Arc::new(TokenBroker::new(flow, Transport::new()?)))?;
    // Records made here live as long as the process, so writing is allowed.
    serve_stdio(ToolSet::salesforce(Org::new(client, Policy::read_write()))).await?;
    Ok(())
}
