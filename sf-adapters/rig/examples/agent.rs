//! A rig agent that does a task on an embedded org with made-up data. Its model
//! is a script, so no key is needed; put any of rig's models in its place.
//!
//! ```text
//! cargo run -p sf-adapter-rig --example agent
//! ```

#[path = "../tests/it/model.rs"]
mod model;

use std::io::Write;
use std::sync::Arc;

use rig_agent::AgentBuilder;
use sf_adapter_conformance::task;
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
    let tools = ToolSet::salesforce(Org::new(client, Policy::read_write()));
    let agent = AgentBuilder::new(model::scripted(task::STEPS))
        .dynamic_tools(sf_adapter_rig::tools(&tools)?)
        .default_max_turns(task::STEPS.len())
        .build();
    let response = agent.prompt(task::PROMPT).await?;

    let mut out = std::io::stdout().lock();
    writeln!(out, "user: {}\n", task::PROMPT)?;
    for seen in model::seen(&response.messages) {
        let mark = if seen.is_error { "failed" } else { "ok" };
        writeln!(out, "{} ({mark})\n{:#}\n", seen.tool, seen.json)?;
    }
    writeln!(out, "agent: {}", response.output())?;
    Ok(())
}
