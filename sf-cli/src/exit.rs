//! The exit statuses: one table, which the help and docs/command-line.md repeat, and which error
//! ends with which.

use anyhow::Error;
use sf_agent_tools::{ErrorClass, ToolError};
use sf_auth::accounts::AccountError;

use crate::refused::Refused;

/// How a command ended, for whoever reads its status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    Done,
    Failed,
    Usage,
    NotFound,
    Person,
    Later,
    Unknown,
    Interrupted,
}

impl Exit {
    pub(crate) const ALL: [Self; 8] = [
        Self::Done,
        Self::Failed,
        Self::Usage,
        Self::NotFound,
        Self::Person,
        Self::Later,
        Self::Unknown,
        Self::Interrupted,
    ];

    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::NotFound => 3,
            Self::Person => 4,
            Self::Later => 5,
            Self::Unknown => 6,
            Self::Interrupted => 130,
        }
    }

    /// What it means, in a line.
    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Self::Done => "it did what it was asked, all of it",
            Self::Failed => "it did not, or not all of it; the message says why",
            Self::Usage => "the words of the command line are wrong; nothing was sent",
            Self::NotFound => {
                "what was named does not exist: an org, an account, an object, a record"
            }
            Self::Person => "a person is needed: a login, a permission, an approval, a policy",
            Self::Later => "nothing is wrong with the call: an outage or a limit; try again later",
            Self::Unknown => {
                "a write was sent and its answer was lost: look before you send it again"
            }
            Self::Interrupted => "Ctrl-C: what was printed is whole rows, and not all of them",
        }
    }
}

/// The table, as the help shows it.
pub(crate) fn table() -> String {
    let lines = Exit::ALL.map(|exit| format!("  {:<5}{}", exit.code(), exit.meaning()));
    format!("Exit status:\n{}", lines.join("\n"))
}

/// A failure whose status its cause does not tell.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub(crate) struct Coded {
    exit: Exit,
    text: String,
}

/// Something that was named does not exist.
pub(crate) fn not_found(text: impl Into<String>) -> Error {
    Coded { exit: Exit::NotFound, text: text.into() }.into()
}

/// The words of the command line do not fit together.
pub(crate) fn usage(text: impl Into<String>) -> Error {
    Coded { exit: Exit::Usage, text: text.into() }.into()
}

/// The configuration, or a policy, wants something else.
pub(crate) fn person(text: impl Into<String>) -> Error {
    Coded { exit: Exit::Person, text: text.into() }.into()
}

/// The same call can succeed later.
#[cfg(feature = "chat")]
pub(crate) fn later(text: impl Into<String>) -> Error {
    Coded { exit: Exit::Later, text: text.into() }.into()
}

/// What could not be printed of a write that happened: a reader that went away wanted no more, which
/// is no failure, and after any other the write is not to be sent again.
///
/// # Errors
/// Of a disk that is full, say.
pub(crate) fn unread(printed: anyhow::Result<()>) -> anyhow::Result<()> {
    match printed {
        Err(error) if !crate::failure::is_broken_pipe(&error) => {
            let text = format!(
                "everything was written, but what became of it could not be printed: {error:#}"
            );
            Err(Coded { exit: Exit::Unknown, text }.into())
        }
        _ => Ok(()),
    }
}

/// What has to be seen before anything is done, or at all: that nobody reads it is a failure, too,
/// with these words.
///
/// # Errors
/// If it was not printed.
pub(crate) fn shown(printed: anyhow::Result<()>, otherwise: &str) -> anyhow::Result<()> {
    let coded = |error| Coded { exit: Exit::Failed, text: format!("{otherwise}: {error:#}") };
    printed.map_err(|error| coded(error).into())
}

/// An end that was told already, on stdout or stderr.
#[derive(Debug, thiserror::Error)]
#[error("what was printed says how it ended")]
pub(crate) struct Ended(pub(crate) Exit);

/// The status of a failure.
pub(crate) fn of(error: &Error) -> Exit {
    error.chain().find_map(of_cause).unwrap_or(Exit::Failed)
}

fn of_cause(cause: &(dyn std::error::Error + 'static)) -> Option<Exit> {
    if let Some(Coded { exit, .. }) = cause.downcast_ref() {
        return Some(*exit);
    }
    if let Some(Ended(exit)) = cause.downcast_ref() {
        return Some(*exit);
    }
    if let Some(Refused(error)) = cause.downcast_ref() {
        return Some(of_tool(error));
    }
    if let Some(error) = cause.downcast_ref::<ToolError>() {
        return Some(of_tool(error));
    }
    if let Some(sf_schema::Error::UnknownObject { .. }) = cause.downcast_ref() {
        return Some(Exit::NotFound);
    }
    if let Some(error) = cause.downcast_ref::<sf_rest::Error>() {
        return Some(of_rest(error));
    }
    cause.downcast_ref::<sf_auth::Error>().map(of_auth)
}

/// Codes of the platform for what is not there (REST API Developer Guide, "Status Codes and Error
/// Responses").
const ABSENT: [&str; 2] = ["NOT_FOUND", "ENTITY_IS_DELETED"];

/// The status of a call that a tool did not carry out.
pub(crate) fn of_tool(error: &ToolError) -> Exit {
    let is_absent =
        |code: &Option<String>| code.as_deref().is_some_and(|code| ABSENT.contains(&code));
    match error.class {
        ErrorClass::OutcomeUnknown => Exit::Unknown,
        ErrorClass::TryLater => Exit::Later,
        ErrorClass::AskAPerson => Exit::Person,
        _ if error.problems.iter().any(|problem| is_absent(&problem.code)) => Exit::NotFound,
        _ => Exit::Failed,
    }
}

fn of_rest(error: &sf_rest::Error) -> Exit {
    use sf_rest::{Error as E, ErrorKind as K};
    match error {
        E::Auth(error) => return of_auth(error),
        E::Api { status, errors, .. } => {
            return match status {
                404 => Exit::NotFound,
                _ if errors.iter().any(|e| ABSENT.contains(&e.code.as_str())) => Exit::NotFound,
                401 | 403 => Exit::Person,
                _ if error.is_retryable() => Exit::Later,
                _ => Exit::Failed,
            };
        }
        _ => {}
    }
    match error.kind() {
        K::OutcomeUnknown => Exit::Unknown,
        K::RequestLimitExceeded
        | K::ConcurrentRequestLimit
        | K::BudgetExceeded
        | K::TimedOut
        | K::Transport
        | K::BulkTimeout
        | K::ReportTimeout => Exit::Later,
        _ if error.is_retryable() => Exit::Later,
        _ => Exit::Failed,
    }
}

fn of_auth(error: &sf_auth::Error) -> Exit {
    use sf_auth::ErrorKind as K;
    match error {
        sf_auth::Error::Account(AccountError::Unknown { .. }) => Exit::NotFound,
        _ if error.is_retryable() => Exit::Later,
        _ => match error.kind() {
            K::Refused | K::Account => Exit::Person,
            K::Unavailable => Exit::Later,
            _ => Exit::Failed,
        },
    }
}
