//! The audit log: every write, with its intent on disk before it is sent and its outcome after.
//!
//! A host gives an [`Org`](crate::Org) a sink ([`OrgBuilder::audit`](crate::OrgBuilder::audit)).
//! Before a write is sent, its [`Intent`] is appended and has to be durable; after it, its
//! [`Outcome`]. If the intent cannot be appended, nothing is sent, and the caller is told to ask a
//! person; reading goes on. An intent without an outcome means that the process ended in between:
//! whether the write happened is not known, and its `check` is the query that tells.
//!
//! [`AuditFile`] is a sink of JSON lines, each of which holds the digest of the one before it:
//! [`verify`] finds every line that was changed, removed, added or put elsewhere. A log may be in
//! several files ([`AuditFile::parts_of`]), which one chain goes through.

mod chain;
mod entry;
mod error;
mod file;
mod head;
mod parts;
mod revert;
mod verify;

use async_trait::async_trait;

pub use chain::Stamped;
pub use entry::{Decision, Entry, Intent, Outcome, RecordChange, RecordOutcome, Who};
pub use error::AuditError;
pub use file::AuditFile;
pub use revert::{Reversal, RevertError};
pub use verify::{HeadState, Verified, entries, verify};

/// Where the audit log of an [`Org`](crate::Org) goes.
#[async_trait]
pub trait Audit: Send + Sync {
    /// Appends an entry and returns its number. When it returns, the entry is durable: it would
    /// outlast a crash of the machine.
    ///
    /// # Errors
    /// If the entry is not durable; the write it announces is not sent then. And
    /// [`AuditError::AlreadyApplied`] for an intent whose plan and step were announced before: two
    /// processes must not both carry out one plan.
    async fn append(&self, entry: Entry) -> Result<u64, AuditError>;

    /// The intents of a plan and their outcomes, in order; empty if it was never begun.
    ///
    /// # Errors
    /// If the log cannot be read.
    async fn of_plan(&self, plan: &str) -> Result<Vec<Stamped>, AuditError>;
}
