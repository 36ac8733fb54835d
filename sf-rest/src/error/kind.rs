//! What an error is, whether it passes by itself, and what else it knows.

use std::time::Duration;

use super::Error;
use crate::ops::bulk::JobInfo;
use crate::{ApiError, ErrorCode};

/// The kinds of [`Error`], for matching without fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The platform refused the request.
    Api,
    /// The day's requests are used up.
    RequestLimitExceeded,
    /// Too many requests at the same time.
    ConcurrentRequestLimit,
    /// The caller's own budget of requests.
    BudgetExceeded,
    /// The time given to the call was up.
    TimedOut,
    /// The record is not as the caller expected.
    Conflict,
    /// A redirect, not followed.
    Redirected,
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
    /// A bulk job failed as a whole.
    BulkJob,
    /// A bulk job was not over in time.
    BulkTimeout,
    /// A run of a report ended without a result.
    ReportFailed,
    /// A run of a report was not over in time.
    ReportTimeout,
    /// The rows of a bulk job are not accounted for.
    Unaccounted,
    /// What was to be sent could not be read.
    Source,
    /// Another part of the request failed.
    Halted,
}

impl Error {
    pub(crate) fn invalid(reason: impl Into<String>) -> Self {
        Self::InvalidRequest { reason: reason.into() }
    }

    /// The error of a bulk job that ended otherwise than complete.
    pub(crate) fn bulk_job(info: &JobInfo) -> Self {
        let message = info.error_message.clone();
        Self::BulkJob {
            job: info.id,
            state: info.state.as_str().to_owned(),
            message: message.unwrap_or_else(|| "the platform gives no reason".to_owned()),
        }
    }

    /// What kind of error this is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Api { .. } | Self::SeveralMatches { .. } => ErrorKind::Api,
            Self::RequestLimitExceeded { .. } => ErrorKind::RequestLimitExceeded,
            Self::ConcurrentRequestLimit { .. } => ErrorKind::ConcurrentRequestLimit,
            Self::BudgetExceeded { .. } => ErrorKind::BudgetExceeded,
            Self::TimedOut { .. } => ErrorKind::TimedOut,
            Self::Conflict { .. } => ErrorKind::Conflict,
            Self::Redirected { .. } => ErrorKind::Redirected,
            Self::OutcomeUnknown { .. } => ErrorKind::OutcomeUnknown,
            Self::Transport { .. } => ErrorKind::Transport,
            Self::Auth(_) => ErrorKind::Auth,
            Self::Decode { .. } | Self::NotJson { .. } => ErrorKind::Decode,
            Self::InvalidRequest { .. } => ErrorKind::InvalidRequest,
            Self::ForeignOrigin { .. } => ErrorKind::ForeignOrigin,
            Self::Incomplete { .. } => ErrorKind::Incomplete,
            Self::BulkJob { .. } => ErrorKind::BulkJob,
            Self::BulkTimeout { .. } => ErrorKind::BulkTimeout,
            Self::ReportFailed { .. } => ErrorKind::ReportFailed,
            Self::ReportTimeout { .. } => ErrorKind::ReportTimeout,
            Self::Unaccounted { .. } => ErrorKind::Unaccounted,
            Self::Source { .. } => ErrorKind::Source,
            Self::Halted { .. } => ErrorKind::Halted,
        }
    }

    /// Whether the same call may succeed later, and may be made again without a thought.
    ///
    /// Never for an [`OutcomeUnknown`](Self::OutcomeUnknown), whatever its cause: making the call
    /// again could write twice, or overwrite what was changed since. Its text says how to check.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Api { status, errors, .. } => {
                matches!(status, 420 | 429 | 500 | 502..=599) || errors.iter().any(is_temporary)
            }
            Self::Transport { source, .. } => source.is_retryable(),
            Self::Auth(error) => error.is_retryable(),
            Self::Incomplete { .. }
            | Self::ConcurrentRequestLimit { .. }
            | Self::BudgetExceeded { .. }
            | Self::TimedOut { .. } => true,
            _ => false,
        }
    }

    /// How many requests were sent, where that is told.
    pub fn attempts(&self) -> Option<u32> {
        match self {
            Self::Api { attempts, .. }
            | Self::ConcurrentRequestLimit { attempts, .. }
            | Self::TimedOut { attempts, .. }
            | Self::Transport { attempts, .. } => Some(*attempts),
            Self::OutcomeUnknown { source, .. } => source.attempts(),
            _ => None,
        }
    }

    /// How long the call took with all its attempts and waits, where that is told.
    pub fn elapsed(&self) -> Option<Duration> {
        match self {
            Self::Api { elapsed, .. }
            | Self::ConcurrentRequestLimit { elapsed, .. }
            | Self::TimedOut { elapsed, .. }
            | Self::Transport { elapsed, .. } => Some(*elapsed),
            Self::OutcomeUnknown { source, .. } => source.elapsed(),
            _ => None,
        }
    }

    /// How long the platform, or the budget, asks to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Api { retry_after, .. } => *retry_after,
            Self::BudgetExceeded { retry_after, .. } => Some(*retry_after),
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

    /// Whether the last attempt may have been executed, for the cause of an unknown outcome.
    pub(crate) fn may_have_been_executed(&self) -> bool {
        match self {
            Self::Transport { source, .. } => !source.never_sent(),
            Self::TimedOut { waiting_for, .. } => *waiting_for == ANSWER,
            Self::Api { status, .. } => *status >= 500,
            Self::Decode { .. } | Self::NotJson { .. } => true,
            _ => false,
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
            | Self::NotJson { status, .. }
            | Self::Redirected { status, .. } => Some(*status),
            _ => None,
        }
    }
}

/// What a call waits for that has sent its request.
pub(crate) const ANSWER: &str = "the answer";

pub(crate) fn is_temporary(error: &ApiError) -> bool {
    [
        ErrorCode::UNABLE_TO_LOCK_ROW,
        ErrorCode::REQUEST_LIMIT_EXCEEDED,
        ErrorCode::SERVER_UNAVAILABLE,
    ]
    .contains(&error.code)
}
