//! Rules on the source files: length, module docs, forbidden words.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

const MAX_LINES: usize = 500;
/// Adapters map, they do not think: this much `src` is room enough.
const MAX_ADAPTER_LINES: &[(&str, usize)] = &[
    ("sf-adapters/adk/src/", 200),
    ("sf-adapters/genai/src/", 200),
    ("sf-adapters/mcp/src/", 2_800),
    ("sf-adapters/openai/src/", 200),
    ("sf-adapters/rig/src/", 200),
];

pub(super) struct Source {
    path: PathBuf,
    text: String,
}

impl Source {
    fn name(&self) -> std::borrow::Cow<'_, str> {
        self.path.to_string_lossy()
    }

    fn lines(&self) -> usize {
        self.text.lines().count()
    }
}

/// Every Rust file of the checkout, tracked or new, but ignored ones.
pub(super) fn read(root: &Path) -> Result<Vec<Source>> {
    let listed = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", "*.rs"])
        .current_dir(root)
        .output()
        .context("git lists the source files")?;
    let mut sources = Vec::new();
    for name in String::from_utf8(listed.stdout)?.split('\0') {
        let path = root.join(name);
        // A deleted file stays listed until the deletion is staged.
        if name.is_empty() || !path.is_file() {
            continue;
        }
        sources.push(Source { path: name.into(), text: std::fs::read_to_string(&path)? });
    }
    anyhow::ensure!(!sources.is_empty(), "git listed no source file: is this a checkout?");
    Ok(sources)
}

pub(super) fn summary(sources: &[Source]) -> String {
    let mut lengths: Vec<usize> = sources.iter().map(Source::lines).collect();
    lengths.sort_unstable();
    format!(
        "{} Rust files, {} lines, median {}, longest {}",
        lengths.len(),
        lengths.iter().sum::<usize>(),
        lengths.get(lengths.len() / 2).unwrap_or(&0),
        lengths.last().unwrap_or(&0),
    )
}

pub(super) fn check(sources: &[Source]) -> Vec<String> {
    let mut faults = Vec::new();
    for source in sources {
        let name = source.name();
        let lines = source.lines();
        if lines > MAX_LINES {
            faults.push(format!("{name}: {lines} lines; the limit is {MAX_LINES}, split it"));
        }
        if !source.text.starts_with("//!") {
            faults.push(format!("{name}: opens without `//!`; say in a line what it holds"));
        }
        for fault in forbidden(source) {
            faults.push(format!("{name}: {fault}"));
        }
    }
    for (folder, most) in MAX_ADAPTER_LINES {
        let total: usize = sources
            .iter()
            .filter(|source| source.path.starts_with(folder))
            .map(Source::lines)
            .sum();
        if total > *most {
            faults.push(format!("{folder}: {total} lines of an adapter; at most {most}"));
        }
    }
    faults
}

/// Words that a file must not hold, by where it lies.
fn forbidden(source: &Source) -> Vec<String> {
    let mut faults = Vec::new();
    let name = source.name();
    let tidy_itself = name.starts_with("xtask/src/tidy/");
    let mut ban = |applies: bool, word: &str, why: &str| {
        if applies && !tidy_itself && source.text.contains(word) {
            faults.push(format!("has `{word}`: {why}"));
        }
    };

    for word in ["#[ignore", "todo!(", "unimplemented!(", "dbg!("] {
        ban(true, word, "finish it, or leave it out");
    }
    let client_source =
        ["sf-auth/src/", "sf-rest/src/", "sf-schema/src/", "sf-agent-tools/src/", "sf-adapters/"]
            .iter()
            .any(|folder| name.starts_with(folder));
    ban(
        client_source && !name.starts_with("sf-auth/src/transport"),
        "reqwest::",
        "only sf_auth::transport touches reqwest",
    );
    ban(
        name.starts_with("sf-agent-tools/src/tools/"),
        "sf_rest::Client",
        "a tool holds the guarded Org, never a Client",
    );
    ban(
        name.starts_with("sf-schema/src/"),
        "Transport",
        "sf-schema sends only through sf_rest::Client",
    );
    faults
}
