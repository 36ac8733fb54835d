//! Looking again and again, less and less often.

use std::time::Duration;

use tokio::time::Instant;

#[cfg(doc)]
use crate::Error;

/// How often something that the platform does in the background is looked at, and for how long: a
/// bulk job, a run of a report. Each look is an API request.
#[derive(Debug, Clone, Copy)]
pub struct Polling {
    first: Duration,
    longest: Duration,
    timeout: Duration,
}

impl Default for Polling {
    /// After half a second, then at growing intervals up to 20 seconds, for two hours in all.
    fn default() -> Self {
        Self {
            first: Duration::from_millis(500),
            longest: Duration::from_secs(20),
            timeout: Duration::from_secs(2 * 60 * 60),
        }
    }
}

impl Polling {
    /// Sets the first interval, and the longest, to which they grow by half each time.
    #[must_use]
    pub fn intervals(mut self, first: Duration, longest: Duration) -> Self {
        self.first = first;
        self.longest = longest.max(first);
        self
    }

    /// Sets the time after which waiting is an error ([`Error::BulkTimeout`], [`Error::ReportTimeout`]).
    /// What is waited for goes on.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }
}

/// The looks at one thing.
pub(crate) struct Looks {
    started: Instant,
    /// After this there is none; `None` if no clock reaches it.
    end: Option<Instant>,
    interval: Duration,
    longest: Duration,
}

impl Looks {
    /// They end with the time for them, or with the deadline of the call.
    pub(crate) fn new(polling: Polling, deadline: Option<Instant>) -> Self {
        let started = Instant::now();
        let end = started.checked_add(polling.timeout).into_iter().chain(deadline).min();
        Self { started, end, interval: polling.first, longest: polling.longest }
    }

    /// Waits until the next look, at least as long as was asked for; false if there is to be none,
    /// which is known at once if more was asked for than is left.
    pub(crate) async fn pause(&mut self, asked: Option<Duration>) -> bool {
        let now = Instant::now();
        let left = self.end.map_or(Duration::MAX, |end| end.saturating_duration_since(now));
        let asked = asked.unwrap_or_default();
        if left.is_zero() || asked > left {
            return false;
        }
        tokio::time::sleep(self.interval.max(asked).min(left)).await;
        self.interval = self.interval.saturating_add(self.interval / 2).min(self.longest);
        true
    }

    pub(crate) fn waited(&self) -> Duration {
        self.started.elapsed()
    }
}
