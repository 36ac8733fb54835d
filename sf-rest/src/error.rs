//! What can go wrong with a call, and whether calling again may help.

use std::sync::Arc;
use std::time::Duration;

use sf_auth::transport::TransportError;

use crate::{ApiError, ApiUsage, Id};

mod kind;

pub(crate) use kind::ANSWER;
pub use kind::ErrorKind;

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
        /// Time from the first of them to the last answer, with all waits.
        elapsed: Duration,
    },

    /// Too many requests of the org run at the same time, and did so until the attempts or the time
    /// for them were used up. It passes by itself, unlike
    /// [`RequestLimitExceeded`](Self::RequestLimitExceeded), which has the same code.
    #[error(
        "too many requests of the org are running at the same time ({message}); nothing was executed (attempts: {attempts})"
    )]
    ConcurrentRequestLimit {
        /// The platform's message.
        message: String,
        /// How many requests were sent.
        attempts: u32,
        /// Time from the first of them to the last answer, with all waits.
        elapsed: Duration,
    },

    /// The caller's own [`Budget`](crate::Budget) does not allow the call; nothing was sent.
    #[error(
        "not sent, since {} of the org's {} API requests of 24 hours are left and the budget keeps {floor} of \
         them; send it later, or with CallOptions::ignore_budget", usage.remaining(), usage.max
    )]
    BudgetExceeded {
        /// The usage that was stated last.
        usage: ApiUsage,
        /// How many requests the budget keeps.
        floor: u64,
        /// When the budget will let a request through to look again.
        retry_after: Duration,
    },

    /// The time that the caller gave the call was up. If a request was under way, it may have been
    /// executed; for a write this stands inside an [`OutcomeUnknown`](Self::OutcomeUnknown) then.
    #[error("{operation} ran out of time while it waited for {waiting_for} (attempts: {attempts})")]
    TimedOut {
        /// Method and path template.
        operation: String,
        /// What the call was waiting for.
        waiting_for: &'static str,
        /// How many requests were sent.
        attempts: u32,
        /// Time from the beginning of the call.
        elapsed: Duration,
    },

    /// The record is not as the caller's [`Condition`](crate::Condition) says; nothing was written.
    #[error("{operation} was not executed: {problem}; read the record again and decide anew")]
    Conflict {
        /// Method and path template.
        operation: String,
        /// What was expected and what was found.
        problem: String,
    },

    /// The answer is a redirect, which is not followed: the session's token belongs to its instance
    /// alone.
    #[error(
        "{operation} was answered with a redirect (HTTP {status}) to {to}, which is not followed; if the org has \
         another address now, log in again to learn it"
    )]
    Redirected {
        /// Method and path template.
        operation: String,
        /// HTTP status.
        status: u16,
        /// The origin where it leads.
        to: String,
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
        /// Time from the first attempt to the end of the last, with all waits.
        elapsed: Duration,
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

    /// An answer of another form than was expected: an HTML page from the edge, or JSON that was
    /// cut.
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

    /// A part of a composite, batch or graph that was not executed, or was undone, because another
    /// part failed: nothing of it stays.
    #[error("{operation} was not done, since another part of the request failed: {message}")]
    Halted {
        /// Method and path template.
        operation: String,
        /// The platform's message.
        message: String,
    },

    /// A bulk job failed as a whole, or was aborted. Rows that it had processed before stay
    /// processed.
    #[error("the bulk job {job} ended as {state}: {message}")]
    BulkJob {
        /// The job.
        job: Id,
        /// `Failed` or `Aborted`.
        state: String,
        /// The platform's message.
        message: String,
    },

    /// A bulk job was not over when the time to wait for it was. It goes on.
    #[error(
        "the bulk job {job} is not over after {} s (state: {state}); it goes on, and can be waited for again", waited.as_secs()
    )]
    BulkTimeout {
        /// The job.
        job: Id,
        /// Its state when it was looked at last.
        state: String,
        /// How long it was waited for.
        waited: Duration,
    },

    /// A run of a report in the background ended without a result. The platform gives no reason.
    #[error(
        "the run {instance} of the report {report} ended without a result; run the report at once, or with fewer \
         rows, to see why"
    )]
    ReportFailed {
        /// The report.
        report: Id,
        /// The run.
        instance: Id,
    },

    /// A run of a report in the background was not over when the time to wait for it was. It goes on.
    #[error(
        "the run {instance} of the report {report} is not over after {} s; it goes on, and can be waited for again \
         (Client::wait_for_report)", waited.as_secs()
    )]
    ReportTimeout {
        /// The report.
        report: Id,
        /// The run.
        instance: Id,
        /// How long it was waited for.
        waited: Duration,
    },

    /// The results of a bulk job do not account for the rows that were sent.
    #[error(
        "the bulk job {job} does not account for its {sent} rows: {successful} successful, {failed} failed, \
         {unprocessed} unprocessed; look at its results before sending any of them again"
    )]
    Unaccounted {
        /// The job.
        job: Id,
        /// Rows that were sent.
        sent: u64,
        /// Rows reported as written.
        successful: u64,
        /// Rows reported as refused.
        failed: u64,
        /// Rows reported as not reached.
        unprocessed: u64,
    },

    /// What the caller gave to be sent could not be read.
    #[error("what was to be sent could not be read")]
    Source {
        /// Why.
        #[source]
        source: Arc<dyn std::error::Error + Send + Sync>,
    },

    /// Several records have this external id (HTTP 300).
    #[error("{} records have this external id, and none was changed: {}; use a record id, or an external id that is unique", records.len(), records.join(", "))]
    SeveralMatches {
        /// Paths of the records.
        records: Vec<String>,
    },
}

/// An error shared by the records of one request.
pub type SharedError = Arc<Error>;

fn describe(status: u16, errors: &[ApiError], excerpt: Option<&str>) -> String {
    if errors.is_empty() {
        return match excerpt {
            Some(text) if text.starts_with('<') => {
                format!("HTTP {status}, with an HTML or XML page instead of an explanation: {text}")
            }
            Some(text) if !text.is_empty() => format!("HTTP {status}, with the answer: {text}"),
            _ => format!("HTTP {status}, without an explanation"),
        };
    }
    let items: Vec<String> = errors.iter().map(ToString::to_string).collect();
    format!("HTTP {status}: {}", items.join("; "))
}
