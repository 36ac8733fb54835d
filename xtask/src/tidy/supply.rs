//! What may be in the dependency graph, as `deny.toml` has it.
//!
//! `cargo deny` reads the same file and checks more (advisories, duplicates);
//! this needs nothing to be installed.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use cargo_metadata::Metadata;
use serde::Deserialize;

#[derive(Deserialize)]
struct Rules {
    licenses: Licenses,
    bans: Bans,
}

#[derive(Deserialize)]
struct Licenses {
    allow: Vec<String>,
}

#[derive(Deserialize)]
struct Bans {
    deny: Vec<Ban>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Ban {
    name: String,
    reason: Option<String>,
    /// One version is allowed.
    #[serde(default)]
    deny_multiple_versions: bool,
}

pub(super) fn check(root: &Path, metadata: &Metadata) -> Result<Vec<String>> {
    let text = std::fs::read_to_string(root.join("deny.toml")).context("deny.toml")?;
    let rules: Rules = toml::from_str(&text).context("deny.toml")?;
    let mut faults = Vec::new();
    for package in &metadata.packages {
        // Ours say their licence once, in the workspace.
        if package.source.is_none() {
            continue;
        }
        let stated = package.license.as_deref().unwrap_or("");
        if !is_allowed(stated, &rules.licenses.allow) {
            faults.push(format!(
                "{} {}: its licence {stated:?} is not one that deny.toml allows",
                package.name, package.version
            ));
        }
    }

    let built = built(root)?;
    for ban in &rules.bans.deny {
        let versions = built.iter().filter(|(name, _)| *name == ban.name).count();
        if versions > usize::from(ban.deny_multiple_versions) {
            let reason = ban.reason.as_deref().unwrap_or("deny.toml bans it");
            faults.push(format!("{} is in the graph ({versions}): {reason}", ban.name));
        }
    }
    Ok(faults)
}

fn is_allowed(stated: &str, allowed: &[String]) -> bool {
    // `MIT/Apache-2.0` is how crates wrote it before expressions.
    let Ok(expression) = spdx::Expression::parse_mode(stated, spdx::ParseMode::LAX) else {
        return false;
    };
    expression.evaluate(|requirement| {
        let name = requirement.to_string();
        allowed.contains(&name)
    })
}

/// The names and versions of all crates that are built for the workspace and its tests on any
/// platform.
///
/// Asked of `cargo tree`, since the metadata also hold optional dependencies
/// that no feature switches on.
fn built(root: &Path) -> Result<BTreeSet<(String, String)>> {
    let tree = Command::new("cargo")
        .args(["tree", "--workspace", "--edges", "normal,build,dev", "--target", "all"])
        .args(["--prefix", "none", "--format", "{p}"])
        .current_dir(root)
        .output()
        .context("cargo tree")?;
    anyhow::ensure!(tree.status.success(), "cargo tree --workspace failed");
    let names = String::from_utf8(tree.stdout)?;
    let crates = names.lines().filter_map(|line| {
        let mut words = line.split(' ');
        Some((words.next()?.to_owned(), words.next()?.to_owned()))
    });
    Ok(crates.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn licence_expressions() {
        let allowed = ["MIT".to_owned(), "Apache-2.0".to_owned(), "Unicode-3.0".to_owned()];
        for (stated, expected) in [
            ("MIT", true),
            ("MIT OR GPL-3.0", true),
            ("MIT/Apache-2.0", true),
            ("(MIT OR Apache-2.0) AND Unicode-3.0", true),
            ("MIT AND GPL-3.0", false),
            ("GPL-3.0", false),
            ("", false),
        ] {
            assert_eq!(is_allowed(stated, &allowed), expected, "{stated}");
        }
    }
}
