//! The command `sf-agent`: Salesforce tools for AI agents, from a terminal.
//!
//! What was asked for goes to stdout, everything else to stderr, so that
//! output can be piped. The exit status is 0 if the command did what it was
//! asked, 1 if not, 2 if it was called in a wrong way.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command's output is its product")]

mod args;
mod commands;
mod connect;
mod demo;
mod failure;
mod rows;
mod settings;

use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;

use crate::args::{Args, Command};

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    // Logs go to stderr: stdout belongs to the MCP protocol and to results.
    let filter =
        EnvFilter::try_from_env("SF_AGENT_LOG").unwrap_or_else(|_| EnvFilter::new("error"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();

    match run(args.command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if failure::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            anstream::eprintln!("{}", failure::render(&error));
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Demo(options) => demo::run(&options).await,
        Command::Emulate(options) => commands::emulate::run(options).await,
        Command::Query(options) => commands::query::run(&options).await,
        Command::Describe(options) => commands::describe::run(&options).await,
        Command::Objects(options) => commands::objects::run(&options).await,
        Command::Tools(options) => commands::tools::run(options.command).await,
        Command::Mcp(options) => commands::mcp::run(&options).await,
    }
}
