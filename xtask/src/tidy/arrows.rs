//! Which crate may depend on which.

use std::collections::{BTreeSet, HashSet};
use std::process::Command;

use anyhow::{Context, Result};
use cargo_metadata::{DependencyKind, Metadata, Package};

use crate::run::root;

/// What each crate's ordinary dependencies inside the workspace may be.
const ALLOWED: &[(&str, &[&str])] = &[
    ("sf-soql", &[]),
    ("sf-auth", &[]),
    ("sf-rest", &["sf-auth"]),
    ("sf-schema", &["sf-rest", "sf-soql"]),
    ("sf-agent-tools", &["sf-auth", "sf-rest", "sf-schema", "sf-soql"]),
    ("sf-adapter-adk", &["sf-agent-tools"]),
    ("sf-adapter-genai", &["sf-agent-tools"]),
    ("sf-adapter-mcp", &["sf-agent-tools"]),
    ("sf-adapter-openai", &["sf-agent-tools"]),
    ("sf-adapter-rig", &["sf-agent-tools"]),
    ("sf-adapter-conformance", &["sf-agent-tools", "sf-auth", "sf-emulator", "sf-rest"]),
    ("sf-emulator", &["sf-soql"]),
    (
        "sf-cli",
        &[
            "sf-adapter-mcp",
            "sf-adapter-rig",
            "sf-agent-tools",
            "sf-auth",
            "sf-emulator",
            "sf-rest",
            "sf-schema",
            "sf-soql",
        ],
    ),
    ("xtask", &[]),
];

/// Crates from outside that a crate must not reach, however deep.
const UNREACHABLE: &[(&str, &[&str], &str)] = &[
    (
        "sf-soql",
        &["tokio", "reqwest", "hyper", "axum", "rusqlite", "futures-util"],
        "sf-soql does no I/O and knows no async runtime",
    ),
    (
        "sf-agent-tools",
        &["rmcp", "rig-core", "rig-agent", "adk-core", "async-openai", "genai"],
        "sf-agent-tools names no agent framework",
    ),
];

pub(super) fn check(metadata: &Metadata) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    let members: Vec<&Package> = metadata.workspace_packages();
    let names: BTreeSet<&str> = members.iter().map(|p| p.name.as_str()).collect();

    for package in &members {
        let name = package.name.as_str();
        let Some((_, allowed)) = ALLOWED.iter().find(|(known, _)| *known == name) else {
            faults.push(format!(
                "{name}: unknown to tidy; add it to ALLOWED in xtask/src/tidy/arrows.rs with its arrows"
            ));
            continue;
        };
        for dependency in &package.dependencies {
            let to = dependency.name.as_str();
            match dependency.kind {
                DependencyKind::Normal if names.contains(to) && !allowed.contains(&to) => {
                    faults.push(format!("{name} must not depend on {to}"));
                }
                DependencyKind::Normal if to == "reqwest" && name != "sf-auth" => {
                    faults.push(format!("{name}: only sf_auth::transport uses reqwest"));
                }
                // The emulator builds on sf-soql: two copies of its types would meet.
                DependencyKind::Development if name == "sf-soql" && to == "sf-emulator" => {
                    faults.push("sf-soql must not dev-depend on sf-emulator".to_owned());
                }
                _ => {}
            }
        }
    }

    for (name, forbidden, why) in UNREACHABLE {
        let reached = reachable(name)?;
        for bad in forbidden.iter().filter(|bad| reached.contains(**bad)) {
            faults.push(format!("{name} reaches {bad}: {why}"));
        }
    }
    Ok(faults)
}

/// The names of all packages that `name` is built with, on any platform.
///
/// Asked of `cargo tree`, since the graph of `cargo metadata` also holds
/// optional dependencies that no feature switches on.
fn reachable(name: &str) -> Result<HashSet<String>> {
    let tree = Command::new("cargo")
        .args(["tree", "--package", name, "--edges", "normal", "--target", "all"])
        .args(["--prefix", "none", "--format", "{p}"])
        .current_dir(root()?)
        .output()
        .context("cargo tree")?;
    anyhow::ensure!(tree.status.success(), "cargo tree --package {name} failed");
    let names = String::from_utf8(tree.stdout)?;
    Ok(names.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect())
}
