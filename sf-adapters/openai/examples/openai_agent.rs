//! A task of several calls on an embedded org, through async-openai's own client.
//! The model is a script on loopback; with `OPENAI_API_KEY` and `OPENAI_MODEL`
//! set it is the vendor's.
//!
//! ```text
//! cargo run -p sf-adapter-openai --example openai_agent
//! ```

#[path = "../tests/it/agent_loop.rs"]
mod agent_loop;

use std::io::Write;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use sf_adapter_conformance::{ModelServer, TestOrg, task};
use sf_agent_tools::Policy;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let org = TestOrg::start().await?;
    let script = ModelServer::start(task::STEPS).await?;
    let vendor = std::env::var("OPENAI_API_KEY").and(std::env::var("OPENAI_MODEL"));
    let (config, model) = match vendor {
        Ok(model) => (OpenAIConfig::default(), model),
        Err(_) => (agent_loop::config_of(script.url()), "scripted".to_owned()),
    };
    let tools = org.tools(Policy::read_write());
    let client = Client::with_config(config);
    let told = agent_loop::by_responses(&client, &model, &tools, task::PROMPT).await?;

    let mut out = std::io::stdout().lock();
    writeln!(out, "user: {}\n", task::PROMPT)?;
    for json in &told.answers {
        writeln!(out, "{json:#}\n")?;
    }
    writeln!(out, "agent: {}", told.answer)?;
    Ok(())
}
