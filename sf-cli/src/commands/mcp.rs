//! `sf-agent mcp`: the tools over the Model Context Protocol on stdin and stdout.

use anyhow::Result;
use sf_agent_tools::ToolSet;

use crate::connect::{connect, policy};
use crate::failure::render;
use crate::{args, guard};

pub(crate) async fn run(options: &args::Mcp, org: Option<&str>) -> Result<()> {
    let connection = connect(org).await?;
    let policy = policy(options.policy.as_deref(), options.write)?;
    let org = guard::org(&connection, policy, options.audit.as_deref())?;
    // A wrong secret is told at once, on stderr where a host shows it; an outage may pass, so the
    // server starts all the same.
    let client = connection.client.clone();
    tokio::spawn(async move {
        if let Err(error) = client.session().await {
            eprintln!("sf-agent mcp: cannot log in yet: {}", render(&error.into()));
        }
    });
    sf_adapter_mcp::serve_stdio(ToolSet::salesforce(org)).await?;
    Ok(())
}
