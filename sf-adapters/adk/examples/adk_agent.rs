//! An ADK agent that does a task on an embedded org with made-up data. Its model
//! is a script, so no key is needed; put any of ADK's models in its place.
//!
//! ```text
//! cargo run -p sf-adapter-adk --example adk_agent
//! ```

#[path = "../tests/it/model.rs"]
mod model;

use std::io::Write;

use sf_adapter_adk::SalesforceTools;
use sf_adapter_conformance::{TestOrg, task};
use sf_agent_tools::Policy;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let org = TestOrg::start().await?;
    let tools = SalesforceTools::new(org.tools(Policy::read_write()));
    let told = model::run(tools, task::STEPS, task::PROMPT).await?;

    let mut out = std::io::stdout().lock();
    writeln!(out, "user: {}\n", task::PROMPT)?;
    for seen in &told.seen {
        let mark = if seen.is_error { "failed" } else { "ok" };
        writeln!(out, "{} ({mark})\n{:#}\n", seen.tool, seen.json)?;
    }
    writeln!(out, "agent: {}", told.answer)?;
    Ok(())
}
