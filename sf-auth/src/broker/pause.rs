//! How long to leave the token endpoint alone after a failure.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::single::Need;
use crate::{Error, ErrorKind};

/// A pause that is no longer than this is waited out; callers of a longer one are told.
const WAITED_OUT: Duration = Duration::from_secs(1);

/// After an outage: from the first pause, doubled, to the longest.
const OUTAGE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(60));
/// After a refusal, which somebody has to mend.
const REFUSAL: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(300));

/// Failures in a row, and the pause after the last one. Absent while all is well.
pub(super) struct Pause {
    failures: u32,
    until: Instant,
    last: Error,
    /// An account that waits for somebody: renewals before the end of a session pause, and who has
    /// no session asks the account's own record.
    is_of_account: bool,
}

impl Pause {
    /// The pause after one more failure; `None` after one that says nothing about the platform.
    pub(super) fn after(error: &Error, before: Option<&Self>) -> Option<Self> {
        let (first, longest) = match error.kind() {
            // Nothing was sent.
            ErrorKind::Configuration => return None,
            ErrorKind::Account => OUTAGE,
            _ if error.is_retryable() => OUTAGE,
            _ => REFUSAL,
        };
        let failures = before.map_or(0, |pause| pause.failures).saturating_add(1);
        let doubled = first.saturating_mul(1_u32.checked_shl(failures - 1).unwrap_or(u32::MAX));
        let length = jitter(doubled.min(longest)).max(error.retry_after().unwrap_or_default());
        let is_of_account = error.kind() == ErrorKind::Account;
        Some(Self { failures, until: Instant::now() + length, last: error.clone(), is_of_account })
    }

    /// How long a grant that starts now has to wait.
    ///
    /// # Errors
    /// [`Error::Paused`] if nobody should wait for that long.
    pub(super) fn delay(&self, need: Need) -> Result<Duration, Error> {
        if self.is_of_account && need == Need::Now {
            return Ok(Duration::ZERO);
        }
        let left = self.until.saturating_duration_since(Instant::now());
        if left <= WAITED_OUT {
            return Ok(left);
        }
        Err(Error::Paused { retry_after: left, last: Arc::new(self.last.clone()) })
    }

    pub(super) fn is_over(&self) -> bool {
        self.until <= Instant::now()
    }
}

/// Four fifths to the whole of a duration, so that processes that failed together do not try again
/// together.
pub(crate) fn jitter(duration: Duration) -> Duration {
    // Each `RandomState` has keys of its own, which is random enough for this.
    let random = RandomState::new().hash_one(0_u8) % 1024;
    duration.mul_f64(0.8 + 0.2 * (random as f64 / 1024.0))
}
