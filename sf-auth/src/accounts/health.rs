//! How an account has fared.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::record::{Login, Record};

/// How an account has fared, by what was stored. Times are by the store's clock.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Health {
    /// When a session was last obtained.
    pub last_success: Option<Timestamp>,
    /// The last failure, also if a success came after it.
    pub last_failure: Option<Failure>,
    /// Failures since the last success.
    pub consecutive_failures: u32,
    /// The last success, if it is so long ago that the account counts as dormant. A refresh token
    /// may age out when nobody uses it.
    pub dormant_since: Option<Timestamp>,
    /// Whole days until the certificate of a JWT account ends, negative afterwards; `None` where no
    /// certificate was given.
    pub certificate_days_left: Option<i64>,
    /// When the account is tried again, where it waits for an administrator.
    pub next_try: Option<Timestamp>,
}

/// A failure to obtain a session.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure {
    /// When.
    pub at: Timestamp,
    /// What, with the remedy where one is known.
    pub what: String,
    /// The name of the [`Cause`](crate::Cause), where the platform stated one.
    pub cause: Option<String>,
}

impl Health {
    pub(super) fn of(record: &Record, now: Timestamp, dormant_after: Duration) -> Self {
        let health = &record.health;
        let is_old = |time: &Timestamp| {
            Duration::try_from(now.duration_since(*time)).is_ok_and(|age| age >= dormant_after)
        };
        let certificate_ends = match &record.login {
            Login::JwtBearer { certificate_ends, .. } => *certificate_ends,
            _ => None,
        };
        Self {
            last_success: health.last_success,
            last_failure: health.last_failure.as_ref().map(|failure| Failure {
                at: failure.at,
                what: failure.what.clone(),
                cause: failure.cause.clone(),
            }),
            consecutive_failures: health.consecutive_failures,
            dormant_since: health.last_success.filter(is_old),
            certificate_days_left: certificate_ends.map(|end| days(end.duration_since(now))),
            next_try: record.not_before.filter(|time| *time > now),
        }
    }
}

fn days(left: SignedDuration) -> i64 {
    left.as_secs().div_euclid(24 * 3600)
}
