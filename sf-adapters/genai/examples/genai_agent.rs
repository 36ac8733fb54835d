//! A task of several calls on an embedded org, through genai's own HTTP client.
//! The model is a script on loopback; with `OPENAI_API_KEY` and `OPENAI_MODEL`
//! set it is the vendor's.
//!
//! ```text
//! cargo run -p sf-adapter-genai --example genai_agent
//! ```

#[path = "../tests/it/agent_loop.rs"]
mod agent_loop;

use std::io::Write;

use genai::Client;
use sf_adapter_conformance::{ModelServer, TestOrg, task};
use sf_agent_tools::Policy;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let org = TestOrg::start().await?;
    let script = ModelServer::start(task::STEPS).await?;
    let vendor = std::env::var("OPENAI_API_KEY").and(std::env::var("OPENAI_MODEL"));
    let (client, model) = match vendor {
        Ok(model) => (Client::new()?, model),
        Err(_) => (agent_loop::client_of(script.url())?, "scripted".to_owned()),
    };
    let told =
        agent_loop::run(&client, &model, &org.tools(Policy::read_write()), task::PROMPT).await?;

    let mut out = std::io::stdout().lock();
    writeln!(out, "user: {}\n", task::PROMPT)?;
    for (tool, json) in &told.calls {
        writeln!(out, "{tool}\n{json:#}\n")?;
    }
    writeln!(out, "agent: {}", told.answer)?;
    Ok(())
}
