//! The command `sf-agent`: Salesforce tools for AI agents, from a terminal.
//!
//! What was asked for goes to stdout, everything else to stderr, so that
//! output can be piped. The exit statuses are in [`exit`].

/// As that of std, which panics where nobody reads stderr any more: what was done is done all the same.
macro_rules! eprintln {
    ($($text:tt)*) => {
        $crate::out::told(format_args!($($text)*))
    };
}

mod args;
mod children;
mod commands;
mod config;
mod connect;
mod demo;
mod doctor;
mod exit;
mod failure;
mod guard;
mod home;
mod interrupt;
mod out;
mod progress;
mod refused;
mod rows;
mod secret;
mod settings;
mod sheet;
mod who;
mod wire;

use std::process::ExitCode;

use anstream::{AutoStream, ColorChoice};
use anyhow::Context;
use clap::Parser;
use tracing_subscriber::EnvFilter;

use crate::args::{Args, Command};

/// Chooses what is logged.
const LOG: &str = "SF_AGENT_LOG";
/// What the tools keep from a model and tell a person, and nothing else.
const LOG_DEFAULT: &str = "error,sf_agent_tools=warn";

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    config::choose(args.config);
    let outcome = async {
        log()?;
        run(args.command, args.org.as_deref()).await
    };
    match outcome.await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if failure::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            if !error.is::<failure::Told>() && !error.is::<exit::Ended>() {
                eprintln!("{}", failure::render(&error));
            }
            ExitCode::from(exit::of(&error).code())
        }
    }
}

/// Logs go to stderr: stdout belongs to the MCP protocol and to results. By
/// default they hold what a tool does not tell a model, such as why a login failed.
fn log() -> anyhow::Result<()> {
    let wanted = std::env::var(LOG).ok().filter(|text| !text.is_empty());
    let filter =
        EnvFilter::builder().parse(wanted.as_deref().unwrap_or(LOG_DEFAULT)).with_context(
            || format!("{LOG} is not a log filter; give a level such as debug, or sf_rest=debug"),
        )?;
    // An MCP client keeps them in a file.
    let colours = AutoStream::choice(&std::io::stderr()) != ColorChoice::Never;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours);
    log.with_writer(std::io::stderr).init();
    Ok(())
}

async fn run(command: Command, org: Option<&str>) -> anyhow::Result<()> {
    match command {
        Command::Demo(options) => demo::run(&options).await,
        Command::Emulate(options) => commands::emulate::run(options, org).await,
        Command::Query(options) => commands::query::run(&options, org).await,
        Command::Find(options) => commands::data::find::run(&options, org).await,
        Command::Get(options) => commands::data::get::run(&options, org).await,
        Command::Create(options) => commands::data::write::create(&options, org).await,
        Command::Update(options) => commands::data::write::update(&options, org).await,
        Command::Upsert(options) => commands::data::write::upsert(&options, org).await,
        Command::Delete(options) => commands::data::delete::run(&options, org).await,
        Command::Search(options) => commands::data::search::run(&options, org).await,
        Command::Bulk(options) => commands::bulk::run(options.command, org).await,
        Command::Report(options) => commands::report::run(options.command, org).await,
        Command::Limits(options) => commands::limits::run(&options, org).await,
        Command::Describe(options) => commands::describe::run(&options, org).await,
        Command::Objects(options) => commands::objects::run(&options, org).await,
        Command::Schema(options) => commands::schema::run(options, org).await,
        Command::Codegen(options) => commands::codegen::run(options, org).await,
        Command::Tools(options) => commands::tools::run(options, org).await,
        Command::Policy(options) => commands::policy::run(options.command, org).await,
        Command::Mcp(options) => commands::mcp::run(&options, org).await,
        #[cfg(feature = "chat")]
        Command::Chat(options) => commands::chat::run(&options, org).await,
        Command::Install(options) => commands::install::run(&options, org).await,
        Command::Login(options) => commands::login::run(&options, org).await,
        Command::Orgs(options) => commands::orgs::run(options).await,
        Command::Accounts(options) => commands::accounts::run(&options).await,
        Command::Logout(options) => commands::logout::run(&options).await,
        Command::Audit(options) => commands::audit::run(options, org).await,
        Command::Doctor(options) => commands::doctor::run(&options, org).await,
        Command::Completions(options) => commands::completions::run(&options),
    }
}
