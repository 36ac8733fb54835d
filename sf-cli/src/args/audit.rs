//! The command line of `sf-agent audit`.

use std::path::PathBuf;

use clap::Subcommand;

#[derive(clap::Args)]
pub(crate) struct Audit {
    #[command(subcommand)]
    pub(crate) command: AuditCommand,
}

#[derive(Subcommand)]
pub(crate) enum AuditCommand {
    /// Check that no entry of a log was changed, removed, added or moved.
    #[command(after_help = "Example: sf-agent audit verify audit.jsonl")]
    Verify {
        /// The log.
        file: PathBuf,
        /// The digest of an entry that was kept elsewhere, which has to be in it.
        #[arg(long, value_name = "DIGEST")]
        expect: Option<String>,
    },
    /// List the entries of a log, or print one with its outcome.
    #[command(after_help = "Example: sf-agent audit show audit.jsonl 3")]
    Show {
        /// The log.
        file: PathBuf,
        /// The number of an entry.
        entry: Option<u64>,
    },
    /// Undo a write: restore the values from before, delete what was created.
    #[command(
        after_help = "Example: sf-agent audit revert audit.jsonl 3 --yes\nWithout --yes it shows what it would do, and does nothing."
    )]
    Revert {
        /// The log, to which the undoing is logged as well.
        file: PathBuf,
        /// The number of the entry.
        entry: u64,
        /// Do it.
        #[arg(long)]
        yes: bool,
        /// Also undo what was changed by others since.
        #[arg(long)]
        force: bool,
    },
}
