//! `sf-agent completions`: the words of this command for a shell.

use std::io::Write;

use anyhow::Result;
use clap::CommandFactory;

use crate::args::{Args, Completions};

pub(crate) fn run(options: &Completions) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut Args::command(), "sf-agent", &mut script);
    std::io::stdout().write_all(&script)?;
    Ok(())
}
