//! `cargo xtask ci`: all that a change must pass.

use anyhow::Result;

use crate::run::{cargo, cargo_with};

pub(crate) fn run() -> Result<()> {
    cargo(&["fmt", "--all", "--check"])?;
    crate::tidy::run()?;
    cargo(&["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"])?;
    crate::test::run(true)?;
    cargo_with(&["doc", "--workspace", "--no-deps"], &[("RUSTDOCFLAGS", "--deny warnings")])?;
    println!("\nci: all passed");
    Ok(())
}
