//! What can go wrong with a call, and whether calling again may help.

use std::sync::Arc;
use std::time::Duration;

use sf_auth::transport::TransportError;

use crate::{ApiError, ErrorCode};

/// An error of this crate. Cloneable, since one lost answer can concern many records.
///
/// Retries have already happened when one of these is returned; `attempts` says how many requests
/// were sent.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The platform refused the request. All items of its answer are kept.
    #[error("Salesforce refused {operation}: {}", describe(*status, errors, excerpt.as_deref()))]
    Api {
        /// Method and path template.
        operation: String,
        /// HTTP status.
        status: u16,
        /// The items of the answer; empty if it was not the platform's error array.
        errors: Vec<ApiError>,
        /// The beginning of an answer that was not an error array.
        excerpt: Option<String>,
        /// `Retry-After`, when the answer had one.
        retry_after: Option<Duration>,
        /// How many requests were sent.
        attempts: u32,
    },

    /// The org's requests of the last 24 hours are used up.
    #[error(
        "the org's API requests are used up ({message}); they become free again over the next 24 hours"
    )]
    RequestLimitExceeded {
        /// The platform's message.
        message: String,
    },

    /// A write was sent, and its answer was lost or could not be read: it may or may not have been
    /// executed. A [`Safety::Write`](crate::Safety::Write) was not sent again; a
    /// [`Safety::Idempotent`](crate::Safety::Idempotent) one was, and that failed too, for whatever
    /// reason: a later refusal says nothing about the attempt before.
    #[error(
        "the outcome of {operation} is unknown, since its answer was lost after it was sent. {check}"
    )]
    OutcomeUnknown {
        /// Method and path template.
        operation: String,
        /// How to find out.
        check: String,
        /// What happened to the answer, or to the last attempt.
        #[source]
        source: Box<Error>,
    },

    /// The exchange failed on the network.
    #[error("{operation} did not complete (attempts: {attempts})")]
    Transport {
        /// Method and path template.
        operation: String,
        /// How many times it was tried.
        attempts: u32,
        /// How far the last attempt came.
        #[source]
        source: TransportError,
    },

    /// No session could be obtained or renewed.
    #[error(transparent)]
    Auth(#[from] sf_auth::Error),

    /// A JSON answer that does not have the expected form.
    #[error("the answer (HTTP {status}) is not {what}: {problem}; it begins: {excerpt}")]
    Decode {
        /// HTTP status.
        status: u16,
        /// What was expected.
        what: &'static str,
        /// What is wrong, with its place.
        problem: String,
        /// The first bytes, made safe to print.
        excerpt: String,
    },

    /// An answer that is not JSON where JSON was expected: an HTML page from the edge, or a body
    /// that was cut.
    #[error("the answer (HTTP {status}) is {form} instead of {what}; it begins: {excerpt}")]
    NotJson {
        /// HTTP status.
        status: u16,
        /// What was expected.
        what: &'static str,
        /// What it is instead.
        form: &'static str,
        /// The first bytes, made safe to print.
        excerpt: String,
    },

    /// The call cannot be made as asked; nothing was sent.
    #[error("invalid request: {reason}")]
    InvalidRequest {
        /// What is wrong and what is allowed.
        reason: String,
    },

    /// A URL that the platform gave leads to another origin, where the token must not be sent.
    #[error(
        "refused to send the session's token to {origin}, since the session belongs to {instance}"
    )]
    ForeignOrigin {
        /// Where the URL leads.
        origin: String,
        /// The instance of the session.
        instance: String,
    },

    /// A query ended with another number of rows than it announced, or without the address of the
    /// rows that are missing.
    #[error(
        "the query result is not complete: {received} of {expected} rows were received, {problem}"
    )]
    Incomplete {
        /// `totalSize` of the last page.
        expected: u64,
        /// Rows received.
        received: u64,
        /// What is wrong.
        problem: &'static str,
    },

    /// Several records have this external id (HTTP 300).
    #[error("{} records have this external id, and none was changed: {}; use a record id, or an external id that is unique", records.len(), records.join(", "))]
    SeveralMatches {
        /// Paths of the records.
        records: Vec<String>,
    },
}

/// The kinds of [`Error`], for matching without fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The platform refused the request.
    Api,
    /// The day's requests are used up.
    RequestLimitExceeded,
    /// A write may or may not have been executed.
    OutcomeUnknown,
    /// Network failure.
    Transport,
    /// No session.
    Auth,
    /// An answer that was not understood.
    Decode,
    /// The call cannot be made as asked.
    InvalidRequest,
    /// The answer leads away from the instance.
    ForeignOrigin,
    /// Rows are missing.
    Incomplete,
}

impl Error {
    pub(crate) fn invalid(reason: impl Into<String>) -> Self {
        Self::InvalidRequest { reason: reason.into() }
    }

    /// What kind of error this is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Api { .. } | Self::SeveralMatches { .. } => ErrorKind::Api,
            Self::RequestLimitExceeded { .. } => ErrorKind::RequestLimitExceeded,
            Self::OutcomeUnknown { .. } => ErrorKind::OutcomeUnknown,
            Self::Transport { .. } => ErrorKind::Transport,
            Self::Auth(_) => ErrorKind::Auth,
            Self::Decode { .. } | Self::NotJson { .. } => ErrorKind::Decode,
            Self::InvalidRequest { .. } => ErrorKind::InvalidRequest,
            Self::ForeignOrigin { .. } => ErrorKind::ForeignOrigin,
            Self::Incomplete { .. } => ErrorKind::Incomplete,
        }
    }

    /// Whether the same call may succeed later, and may safely be made again.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Api { status, errors, .. } => {
                matches!(status, 420 | 429 | 500..=599) || errors.iter().any(is_temporary)
            }
            Self::Transport { source, .. } => source.is_retryable(),
            Self::Auth(error) => error.is_retryable(),
            Self::Incomplete { .. } => true,
            _ => false,
        }
    }

    /// How long the platform asked to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Api { retry_after, .. } => *retry_after,
            Self::OutcomeUnknown { source, .. } => source.retry_after(),
            _ => None,
        }
    }

    /// The platform's error items, where there are any.
    pub fn api_errors(&self) -> &[ApiError] {
        match self {
            Self::Api { errors, .. } => errors,
            _ => &[],
        }
    }

    /// Whether one of the platform's error items has this code.
    pub fn has_code(&self, code: &ErrorCode) -> bool {
        self.api_errors().iter().any(|e| e.code == *code)
    }

    /// The HTTP status of a refusal.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Api { status, .. }
            | Self::Decode { status, .. }
            | Self::NotJson { status, .. } => Some(*status),
            _ => None,
        }
    }
}

pub(crate) fn is_temporary(error: &ApiError) -> bool {
    [
        ErrorCode::UNABLE_TO_LOCK_ROW,
        ErrorCode::REQUEST_LIMIT_EXCEEDED,
        ErrorCode::SERVER_UNAVAILABLE,
    ]
    .contains(&error.code)
}

fn describe(status: u16, errors: &[ApiError], excerpt: Option<&str>) -> String {
    if errors.is_empty() {
        return match excerpt {
            Some(text) if !text.is_empty() => format!("HTTP {status}, with the answer: {text}"),
            _ => format!("HTTP {status}, without an explanation"),
        };
    }
    let items: Vec<String> = errors.iter().map(ToString::to_string).collect();
    format!("HTTP {status}: {}", items.join("; "))
}

/// An error shared by the records of one request.
pub type SharedError = Arc<Error>;
