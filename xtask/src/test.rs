//! `cargo xtask test`: every test of the workspace.
//!
//! The tests bring their own org (`sf-emulator`). The stores of `sf-auth` are tested against Redis and
//! PostgreSQL, which are started here; where they are not installed, those tests say so and pass,
//! except in CI. The binary is built first, since its own tests start it as a user would.

use std::process::{Command, Stdio};

use anyhow::Result;

use crate::run::{cargo, cargo_with, step, target_dir};
use crate::servers::Servers;

/// Of the adapters: each does its task on an embedded org and ends. The server's client has nothing
/// to say.
const EXAMPLES: [&str; 5] = ["agent", "adk_agent", "openai_agent", "genai_agent", "stdio"];

/// `required`: a server that is not installed is a failure.
pub(crate) fn run(required: bool) -> Result<()> {
    let in_ci = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let servers = Servers::start(required || in_ci("CI") || in_ci("SF_REQUIRE_SERVERS"))?;
    cargo(&["build", "--package", "sf-cli"])?;
    // Doc tests run here too: `cargo test` without `--all-targets` includes them.
    cargo_with(&["test", "--workspace"], &servers.env())?;
    cargo(&["build", "--workspace", "--examples"])?;
    run_examples()?;
    servers.report_missing();
    Ok(())
}

fn run_examples() -> Result<()> {
    let programs = target_dir()?.join("debug/examples");
    for name in EXAMPLES {
        let mut example = Command::new(programs.join(name));
        // With a key, a real vendor would be called.
        example.env_remove("OPENAI_API_KEY").stdin(Stdio::null());
        step(name, &mut example)?;
    }
    Ok(())
}
