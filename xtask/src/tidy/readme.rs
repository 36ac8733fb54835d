//! The README's two set-up commands are the ones that CI runs.

use std::path::Path;

use anyhow::{Context, Result};

const COMMANDS: &[&str] = &["cargo run -p sf-cli -- demo", "cargo xtask test"];

pub(super) fn check(root: &Path) -> Result<Vec<String>> {
    let readme = std::fs::read_to_string(root.join("README.md")).context("README.md")?;
    let mut faults = Vec::new();
    for command in COMMANDS {
        if !readme.lines().any(|line| line.trim() == *command) {
            faults.push(format!("README.md: has no line `{command}`"));
        }
    }
    Ok(faults)
}
