//! Fetching other people's packages by name from their registries into the build folder.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::run::{step, target_dir};

/// An empty folder for a judge's own files.
pub(crate) fn scratch() -> Result<PathBuf> {
    let folder = target_dir()?.join("conformance").join("scratch");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Installs packages of PyPI under a name of their own; the folder returned is
/// for `PYTHONPATH`.
pub(crate) fn python(name: &str, packages: &[&str]) -> Result<PathBuf> {
    let folder = target_dir()?.join("conformance").join("python").join(name);
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

/// Installs packages of the npm registry under a name of their own; the folder
/// returned holds `node_modules`.
pub(crate) fn node(name: &str, packages: &[&str]) -> Result<PathBuf> {
    let folder = target_dir()?.join("conformance").join("node").join(name);
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
