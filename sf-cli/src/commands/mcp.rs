//! `sf-agent mcp`: the tools over the Model Context Protocol on stdin and stdout.

use anyhow::Result;
use sf_agent_tools::{Org, ToolSet};

use crate::args;
use crate::connect::{connect, policy};

pub(crate) async fn run(options: &args::Mcp) -> Result<()> {
    let connection = connect().await?;
    let org = Org::new(connection.client.clone(), policy(options.write));
    sf_adapter_mcp::serve_stdio(ToolSet::salesforce(org)).await?;
    Ok(())
}
