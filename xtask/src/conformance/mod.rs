//! `cargo xtask conformance`: programs that others wrote, run against ours.
//!
//! The judges come from their registries into the build folder; they are no
//! part of the build and of no release.

mod fetch;
mod org;

use std::process::Command;

use anyhow::Result;
use clap::ValueEnum;

use crate::run::{cargo, root, step, target_dir};

/// A judge from outside.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Judge {
    /// The client of PyPI's `mcp`, over stdio against `sf-agent mcp`.
    Mcp,
    /// jsforce 3 of the npm registry, against the embedded org.
    Jsforce,
}

pub(crate) fn run(judge: Option<Judge>) -> Result<()> {
    let wanted = |each| judge.is_none_or(|judge| judge == each);
    cargo(&["build", "--package", "sf-cli"])?;
    if wanted(Judge::Mcp) {
        mcp()?;
    }
    if wanted(Judge::Jsforce) {
        jsforce()?;
    }
    Ok(())
}

fn mcp() -> Result<()> {
    let packages = fetch::python(&["mcp>=2.3,<3"])?;
    step(
        "the MCP client of PyPI drives sf-agent mcp",
        Command::new("python3")
            .arg(root()?.join("conformance/mcp_client.py"))
            .arg(target_dir()?.join("debug").join("sf-agent"))
            .env("PYTHONPATH", packages),
    )
}

fn jsforce() -> Result<()> {
    let packages = fetch::node(&["jsforce@3"])?;
    let org = org::start()?;
    step(
        "jsforce drives the embedded org",
        Command::new("node")
            .arg(root()?.join("conformance/jsforce.mjs"))
            .env("JSFORCE_FROM", packages)
            .envs(org.env()),
    )
}
