//! The commands developers use: `cargo xtask ci | test | servers | tidy | conformance | bench`.
#![expect(clippy::print_stdout, reason = "a developer's command reports on the terminal")]

mod bench;
mod ci;
mod conformance;
mod fetch;
mod org;
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
    /// Measures sf-rest beside other people's clients and prints the ratios.
    Bench {
        /// How often each program does each job.
        #[arg(long, default_value_t = 5)]
        rounds: usize,
        /// Only jobs whose name contains one of these words.
        jobs: Vec<String>,
    },
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
        Command::Bench { rounds, jobs } => bench::run(rounds, &jobs),
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
