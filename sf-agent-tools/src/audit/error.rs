//! What can go wrong with the log.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// Why an entry was not appended, or the log not read.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum AuditError {
    /// The file system refused.
    #[error("the audit log {} cannot be {doing}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried: "written", "read", "locked".
        doing: &'static str,
        /// Why not.
        #[source]
        source: Arc<io::Error>,
    },
    /// The log was changed by something else than this program.
    #[error(
        "the audit log {} is not whole: {problem}; keep it as evidence and begin another file",
        path.display()
    )]
    Broken {
        /// The file.
        path: PathBuf,
        /// The line, from 1; none if it is about the end of the file.
        line: Option<u64>,
        /// What does not fit.
        problem: String,
    },
    /// Another file stands under the name now.
    #[error(
        "the audit log {} was moved or replaced while it was open; restart the program to go on with the new one",
        path.display()
    )]
    Moved {
        /// The file.
        path: PathBuf,
    },
    /// The plan was carried out before, here or by another process.
    #[error("the plan {plan} was carried out before")]
    AlreadyApplied {
        /// The plan.
        plan: String,
    },
    /// A sink of the host's own failed.
    #[error("the audit log cannot be written: {problem}")]
    Failed {
        /// Why.
        problem: String,
    },
}

impl AuditError {
    pub(super) fn io(path: &std::path::Path, doing: &'static str, source: io::Error) -> Self {
        Self::Io { path: path.to_owned(), doing, source: Arc::new(source) }
    }
}
