//! A rig agent that does a task on an embedded org with made-up data, through
//! rig's own HTTP client. Its model is a script on loopback; with
//! `OPENAI_API_KEY` and `OPENAI_MODEL` set it is the vendor's.
//!
//! ```text
//! cargo run -p sf-adapter-rig --example agent
//! ```

#[path = "../tests/it/agent_loop.rs"]
mod agent_loop;

use std::io::Write;

use rig_agent::AgentBuilder;
use rig_core::DynModel;
use rig_core::providers::openai::OpenAI;
use sf_adapter_conformance::{ModelServer, TestOrg, task};
use sf_agent_tools::Policy;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let org = TestOrg::start().await?;
    let script = ModelServer::start(task::STEPS).await?;
    let vendor = std::env::var("OPENAI_API_KEY").and(std::env::var("OPENAI_MODEL"));
    let model = match vendor {
        Ok(model) => DynModel::from(OpenAI::from_env()?.responses(model)),
        Err(_) => DynModel::from(agent_loop::by_chat(&script.url())),
    };
    let agent = AgentBuilder::new(model)
        .dynamic_tools(sf_adapter_rig::tools(&org.tools(Policy::read_write()))?)
        .default_max_turns(20)
        .build();
    let response = agent.prompt(task::PROMPT).await?;

    let mut out = std::io::stdout().lock();
    writeln!(out, "user: {}\n", task::PROMPT)?;
    for seen in agent_loop::seen(&response.messages) {
        let mark = if seen.is_error { "failed" } else { "ok" };
        writeln!(out, "{} ({mark})\n{:#}\n", seen.tool, seen.json)?;
    }
    writeln!(out, "agent: {}", response.output())?;
    Ok(())
}
