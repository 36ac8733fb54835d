//! An embedded org in a process of its own, for other programs to drive.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

use crate::run::target_dir;

/// A running `sf-agent emulate`; ended when dropped.
pub(crate) struct Org {
    child: Child,
    env: Vec<(String, String)>,
}

/// Starts one with further words; `exports` is how many variables it prints.
pub(crate) fn start(words: &[&str], exports: usize) -> Result<Org> {
    start_program(&target_dir()?.join("debug").join("sf-agent"), words, exports)
}

/// [`start`] with a given build of the program.
pub(crate) fn start_program(program: &Path, words: &[&str], exports: usize) -> Result<Org> {
    let mut child = Command::new(program)
        .args(["emulate", "--print-env"])
        .args(words)
        .stdout(Stdio::piped())
        .spawn()
        .context("sf-agent emulate")?;
    let lines = BufReader::new(child.stdout.take().context("stdout is piped")?).lines();
    let mut org = Org { child, env: Vec::new() };
    for line in lines.take(exports) {
        let line = line?;
        let (name, value) = line
            .strip_prefix("export ")
            .and_then(|rest| rest.split_once('='))
            .with_context(|| format!("not an export: {line:?}"))?;
        org.env.push((name.to_owned(), value.trim_matches('\'').to_owned()));
    }
    Ok(org)
}

impl Org {
    pub(crate) fn env(&self) -> impl Iterator<Item = (&str, &str)> {
        self.env.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl Drop for Org {
    fn drop(&mut self) {
        // It may have ended by itself, which its judge has noticed already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
