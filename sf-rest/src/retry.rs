//! What a failed attempt means for each safety class, and how long to wait before the next one.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use http::HeaderMap;
use jiff::Timestamp;
use sf_auth::transport::TransportErrorKind;
use tokio::time::Instant;

use crate::{ApiError, ApiUsage, ErrorCode, Safety};

/// How often, and for how long, a request is tried.
#[derive(Debug, Clone)]
pub struct RetryPolicy {
    max_attempts: u32,
    min_delay: Duration,
    max_delay: Duration,
    budget: Duration,
}

impl Default for RetryPolicy {
    /// Four attempts, the first wait half a second to a second, then doubling with jitter up to 10 s;
    /// no new attempt once 60 s have passed.
    fn default() -> Self {
        Self {
            max_attempts: 4,
            min_delay: Duration::from_millis(500),
            max_delay: Duration::from_secs(10),
            budget: Duration::from_secs(60),
        }
    }
}

impl RetryPolicy {
    /// One attempt. A session that has ended is still renewed.
    pub fn none() -> Self {
        Self { max_attempts: 1, ..Self::default() }
    }

    /// Attempts without waiting between them, for tests.
    pub fn without_delay(max_attempts: u32) -> Self {
        let zero = Duration::ZERO;
        Self { max_attempts, min_delay: zero, max_delay: zero, ..Self::default() }
    }

    /// Sets the number of attempts, at least one.
    #[must_use]
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts.max(1);
        self
    }

    /// Sets the shortest and longest wait.
    #[must_use]
    pub fn delays(mut self, min: Duration, max: Duration) -> Self {
        self.min_delay = min;
        self.max_delay = max.max(min);
        self
    }

    /// Sets the time from the first attempt after which no other is begun.
    #[must_use]
    pub fn budget(mut self, budget: Duration) -> Self {
        self.budget = budget;
        self
    }

    /// The schedule for one call, which may have to end by a time of its own.
    pub(crate) fn schedule(&self, deadline: Option<Instant>) -> Schedule {
        let delays = ExponentialBuilder::default()
            .with_min_delay(self.min_delay)
            // The jitter adds as much again at most.
            .with_max_delay((self.max_delay / 2).max(self.min_delay))
            .with_max_times(self.max_attempts.saturating_sub(1) as usize)
            .with_jitter()
            .build();
        let started = Instant::now();
        let budget = started.checked_add(self.budget);
        Schedule { delays, longest: self.max_delay, end: budget.into_iter().chain(deadline).min() }
    }
}

/// The waits of one call.
pub(crate) struct Schedule {
    delays: ExponentialBackoff,
    longest: Duration,
    end: Option<Instant>,
}

impl Schedule {
    /// The wait before the next attempt, or `None` if there is to be none. What the platform asks
    /// for is kept to, or not waited for at all.
    pub(crate) fn next(&mut self, asked: Option<Duration>) -> Option<Duration> {
        let own = self.delays.next()?.min(self.longest);
        let delay = asked.map_or(own, |asked| asked.max(own));
        let begin = Instant::now().checked_add(delay)?;
        self.end.is_none_or(|end| begin <= end).then_some(delay)
    }
}

/// A failed attempt.
#[derive(Debug)]
pub(crate) enum Failure<'a> {
    /// No complete answer. `refused` says that a status of 400–499 had arrived.
    Transport { kind: TransportErrorKind, refused: bool },
    /// An answer with a status of 400 or more, and the org's usage as far as it is known.
    Status { status: u16, errors: &'a [ApiError], usage: Option<ApiUsage> },
    /// A redirect, which is not followed.
    Redirect { status: u16 },
}

/// What to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Return the error.
    Fail,
    /// Renew the session and send again: the platform refused before executing.
    Refresh,
    /// Send again: nothing was executed, or it was rolled back.
    Resend,
    /// Send again, although it may have been executed: that does no harm.
    ResendMaybeDone,
    /// Return that the outcome is unknown.
    Unknown,
    /// Return that the day's requests are used up.
    LimitExceeded,
}

/// Decides by safety class.
pub(crate) fn decide(safety: Safety, failure: &Failure<'_>) -> Decision {
    match failure {
        // A status of 400–499 was sent in place of executing it.
        Failure::Transport { refused: true, .. } => Decision::Resend,
        Failure::Transport { kind, refused: false } => match kind {
            TransportErrorKind::Connect => Decision::Resend,
            TransportErrorKind::InvalidRequest | TransportErrorKind::Setup => Decision::Fail,
            // A second answer would be as long as the first.
            TransportErrorKind::BodyTooLarge => match safety {
                Safety::Read => Decision::Fail,
                Safety::Idempotent | Safety::Write => Decision::Unknown,
            },
            _ => maybe_done(safety),
        },
        Failure::Status { status, errors, usage } => decide_status(safety, *status, errors, *usage),
        // These two say that the request itself is to be made elsewhere; after the others it may
        // have been executed.
        Failure::Redirect { status: 307 | 308 } => Decision::Fail,
        Failure::Redirect { .. } if safety == Safety::Read => Decision::Fail,
        Failure::Redirect { .. } => Decision::Unknown,
    }
}

fn maybe_done(safety: Safety) -> Decision {
    match safety {
        Safety::Read => Decision::Resend,
        Safety::Idempotent => Decision::ResendMaybeDone,
        Safety::Write => Decision::Unknown,
    }
}

/// The two limits that share the code `REQUEST_LIMIT_EXCEEDED`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limit {
    /// The requests of 24 hours.
    Day,
    /// Requests at the same time, which passes by itself.
    Concurrent,
}

/// Which limit an answer speaks of. Both refuse before anything is executed, so that a mistake costs
/// a request or a wait, and no record.
///
/// The English texts tell them apart (`TotalRequests`, `ConcurrentRequests`,
/// `ConcurrentPerOrgLongTxn`). Messages are translated to the user's language, so where neither word
/// is there the usage decides: with requests left it is not the day's.
pub(crate) fn limit(
    status: u16,
    errors: &[ApiError],
    usage: Option<ApiUsage>,
) -> Option<(Limit, &ApiError)> {
    let error = errors.iter().find(|e| e.code == ErrorCode::REQUEST_LIMIT_EXCEEDED)?;
    if status == 429 {
        return None;
    }
    let concurrent = if error.message.contains("Concurrent") {
        true
    } else if error.message.contains("TotalRequests") {
        false
    } else {
        usage.is_some_and(|usage| usage.remaining() > 0)
    };
    Some((if concurrent { Limit::Concurrent } else { Limit::Day }, error))
}

fn decide_status(
    safety: Safety,
    status: u16,
    errors: &[ApiError],
    usage: Option<ApiUsage>,
) -> Decision {
    let has = |code: &ErrorCode| errors.iter().any(|e| e.code == *code);
    if status == 401 {
        let renewable = errors.iter().any(|e| {
            e.code == ErrorCode::INVALID_SESSION_ID && !e.message.contains("not valid for use with")
        });
        return if renewable { Decision::Refresh } else { Decision::Fail };
    }
    match limit(status, errors, usage) {
        Some((Limit::Day, _)) => return Decision::LimitExceeded,
        Some((Limit::Concurrent, _)) => return Decision::Resend,
        None => {}
    }
    if has(&ErrorCode::UNABLE_TO_LOCK_ROW) {
        return Decision::Resend;
    }
    match status {
        // It is not supported now, nor in a second.
        501 if safety == Safety::Read => Decision::Fail,
        500..=599 => maybe_done(safety),
        // Said instead of executing it: too many requests, or no way to the org from the edge.
        420 | 429 => Decision::Resend,
        _ => Decision::Fail,
    }
}

/// `Retry-After` in seconds or as a date.
pub(crate) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(http::header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(Duration::try_from(date.timestamp().duration_since(now)).unwrap_or_default())
}

#[cfg(test)]
mod tests;
