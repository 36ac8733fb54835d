//! `cargo xtask tidy`: the rules that the compiler does not check.
//!
//! Each check returns the faults it found, in words that say what to do; the
//! command fails if there is one.

mod arrows;
mod readme;
mod sources;
mod supply;

use anyhow::{Result, bail};
use cargo_metadata::MetadataCommand;

use crate::run::{cargo, root};

pub(crate) fn run() -> Result<()> {
    println!("\n== tidy");
    let root = root()?;
    let metadata = MetadataCommand::new().manifest_path(root.join("Cargo.toml")).exec()?;

    let mut faults = arrows::check(&metadata)?;
    faults.extend(supply::check(&root, &metadata)?);
    let sources = sources::read(&root)?;
    faults.extend(sources::check(&sources));
    faults.extend(readme::check(&root)?);

    println!("{}", sources::summary(&sources));
    for fault in &faults {
        println!("  {fault}");
    }
    if !faults.is_empty() {
        bail!("tidy found {} faults", faults.len());
    }

    // Features are unified over a workspace, which hides a crate that does not
    // build on its own; these two promise that they do, sf-auth with each of its
    // features alone.
    cargo(&["check", "--package", "sf-auth", "--no-default-features"])?;
    let members = metadata.workspace_packages();
    let auth = members.iter().find(|package| package.name.as_str() == "sf-auth");
    let features = auth.into_iter().flat_map(|package| package.features.keys());
    for feature in features.filter(|name| *name != "default") {
        let words = ["check", "--package", "sf-auth", "--no-default-features", "--features"];
        cargo(&[words.as_slice(), &[feature]].concat())?;
    }
    cargo(&["check", "--package", "sf-rest"])?;
    println!("tidy: clean");
    Ok(())
}
