//! `cargo xtask test`: every test of the workspace.
//!
//! The tests bring their own org (`sf-emulator`) and need no other server; the
//! binary is built first, since its own tests start it as a user would.

use anyhow::Result;

use crate::run::cargo;

pub(crate) fn run() -> Result<()> {
    cargo(&["build", "--package", "sf-cli"])?;
    // Doc tests run here too: `cargo test` without `--all-targets` includes them.
    cargo(&["test", "--workspace"])?;
    cargo(&["build", "--workspace", "--examples"])
}
