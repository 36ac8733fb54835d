//! An embedded org in a process of its own, for a judge to drive.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

use crate::run::target_dir;

/// A running `sf-agent emulate`; ended when dropped.
pub(super) struct Org {
    child: Child,
    env: Vec<(String, String)>,
}

/// Starts one with further words; `exports` is how many variables it prints.
pub(super) fn start(words: &[&str], exports: usize) -> Result<Org> {
    let mut child = Command::new(target_dir()?.join("debug").join("sf-agent"))
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
    pub(super) fn env(&self) -> impl Iterator<Item = (&str, &str)> {
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
