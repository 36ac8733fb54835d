//! `sf-agent completions`: the words of this command for a shell.

use std::io::Write;

use anyhow::Result;
use clap::CommandFactory;
use clap_complete::Shell;

use crate::args::{Args, Completions};

pub(crate) fn run(options: &Completions) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut Args::command(), "sf-agent", &mut script);
    let mut script = String::from_utf8(script)?;
    if options.shell == Shell::Bash {
        // clap_complete names the states of a command with a hyphen differently where it enters and
        // where it looks for them, so that no subcommand would have words.
        script = script.replace("sf__subcmd__agent", "sf__agent");
    }
    std::io::stdout().write_all(script.as_bytes())?;
    Ok(())
}
