//! Fetching a judge by name from its registry into the build folder.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::run::{step, target_dir};

/// Installs packages of PyPI; the folder returned is for `PYTHONPATH`.
pub(super) fn python(packages: &[&str]) -> Result<PathBuf> {
    let folder = target_dir()?.join("conformance").join("python");
    step(
        &format!("pip install {}", packages.join(" ")),
        Command::new("python3")
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
            .args(["--root-user-action", "ignore", "--upgrade", "--target"])
            .arg(&folder)
            .args(packages),
    )?;
    Ok(folder)
}

/// Installs packages of the npm registry; the folder returned holds `node_modules`.
pub(super) fn node(packages: &[&str]) -> Result<PathBuf> {
    let folder = target_dir()?.join("conformance").join("node");
    std::fs::create_dir_all(&folder)?;
    step(
        &format!("npm install {}", packages.join(" ")),
        Command::new("npm")
            .args([
                "install",
                "--silent",
                "--no-audit",
                "--no-fund",
                "--ignore-scripts",
                "--prefix",
            ])
            .arg(&folder)
            .args(packages),
    )?;
    Ok(folder)
}
