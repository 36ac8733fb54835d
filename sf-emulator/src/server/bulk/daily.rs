//! What counts against an allowance of 24 hours.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Counts of the last 24 hours; what is older does not count any more.
#[derive(Debug, Default)]
pub(crate) struct Daily(Mutex<VecDeque<(Timestamp, u64)>>);

impl Daily {
    pub(super) fn add(&self, now: Timestamp, count: u64) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.push_back((now, count));
    }

    pub(crate) fn used(&self, now: Timestamp) -> u64 {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while counts.front().is_some_and(|(at, _)| now.duration_since(*at) >= DAY) {
            counts.pop_front();
        }
        counts.iter().map(|(_, count)| count).sum()
    }
}
