//! The commands developers use: `cargo xtask ci | test | servers | tidy | conformance`.
#![expect(clippy::print_stdout, reason = "a developer's command reports on the terminal")]

mod ci;
mod conformance;
mod run;
mod servers;
mod test;
mod tidy;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The commands developers use.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// All that a change must pass: fmt, clippy, tests, doc tests, docs, tidy.
    Ci,
    /// Sets up what the tests need and runs them all.
    Test,
    /// Runs a command with Redis and PostgreSQL up, whose addresses are in
    /// SF_TEST_REDIS and SF_TEST_POSTGRES: cargo xtask servers -- cargo test -p sf-auth
    Servers {
        /// The command and its arguments.
        #[arg(trailing_var_arg = true, required = true)]
        command: Vec<OsString>,
    },
    /// Checks the rules that the compiler does not: arrows between crates,
    /// file length, module docs, who may use which library.
    Tidy,
    /// Runs programs that others wrote against ours, fetched from their registries.
    Conformance {
        /// Which judge; all of them when none is named.
        #[arg(value_enum)]
        judge: Option<conformance::Judge>,
    },
}

fn main() -> ExitCode {
    let outcome = match Args::parse().command {
        Command::Ci => ci::run(),
        Command::Test => test::run(false),
        Command::Servers { command } => servers::run(&command),
        Command::Tidy => tidy::run(),
        Command::Conformance { judge } => conformance::run(judge),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}
