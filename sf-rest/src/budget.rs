//! A floor under the org's daily API requests, which the caller sets.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::ApiUsage;

/// A number of API requests that are to be left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Floor {
    /// So many requests.
    Requests(u64),
    /// This part of all requests of 24 hours, from 0 to 1.
    Fraction(f64),
}

impl Floor {
    fn requests(self, max: u64) -> u64 {
        match self {
            Self::Requests(requests) => requests,
            #[expect(
                clippy::cast_precision_loss,
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a share of a count of requests; the cast saturates"
            )]
            Self::Fraction(part) => (max as f64 * part.clamp(0.0, 1.0)).ceil() as u64,
        }
    }
}

/// What a client does when few of the org's API requests are left, so that it does not use up what
/// others need: it slows down below one floor and refuses below another.
///
/// The client and its clones share what the latest answer stated (`Sforce-Limit-Info`). That count
/// is of the whole org and lags, and requests under way are not in it, so a floor is passed by about
/// as many requests as are in flight. A retry of a request that was let through is not asked again.
#[derive(Debug, Clone)]
pub struct Budget {
    slow: Option<(Floor, Duration)>,
    refuse: Option<Floor>,
    recheck: Duration,
}

impl Default for Budget {
    fn default() -> Self {
        Self { slow: None, refuse: None, recheck: Duration::from_secs(300) }
    }
}

impl Budget {
    /// A budget without floors.
    pub fn new() -> Self {
        Self::default()
    }

    /// Waits this long before each request while fewer requests are left than the floor.
    #[must_use]
    pub fn slow_below(mut self, floor: Floor, delay: Duration) -> Self {
        self.slow = Some((floor, delay));
        self
    }

    /// Refuses each request while fewer requests are left than the floor, with
    /// [`Error::BudgetExceeded`](crate::Error::BudgetExceeded) and before anything is sent. For one
    /// call, see [`CallOptions::ignore_budget`](crate::CallOptions::ignore_budget).
    #[must_use]
    pub fn refuse_below(mut self, floor: Floor) -> Self {
        self.refuse = Some(floor);
        self
    }

    /// How old the latest count must be for one request to be let through to learn the present one.
    /// Default five minutes.
    #[must_use]
    pub fn recheck_after(mut self, age: Duration) -> Self {
        self.recheck = age;
        self
    }
}

/// The latest count, and what the budget makes of it.
#[derive(Debug)]
pub(crate) struct Meter {
    budget: Option<Budget>,
    latest: Mutex<Option<(ApiUsage, Instant)>>,
}

/// What a request may do.
#[derive(Debug, PartialEq)]
pub(crate) enum Admission {
    Go,
    Wait(Duration),
    Refuse { usage: ApiUsage, floor: u64, retry_after: Duration },
}

impl Meter {
    pub(crate) fn new(budget: Option<Budget>) -> Self {
        Self { budget, latest: Mutex::new(None) }
    }

    pub(crate) fn note(&self, usage: ApiUsage) {
        *self.lock() = Some((usage, Instant::now()));
    }

    pub(crate) fn usage(&self) -> Option<ApiUsage> {
        self.lock().map(|(usage, _)| usage)
    }

    pub(crate) fn reserve(&self) -> Option<u64> {
        let floor = self.budget.as_ref()?.refuse?;
        Some(floor.requests(self.usage()?.max))
    }

    pub(crate) fn admit(&self) -> Admission {
        let Some(budget) = &self.budget else { return Admission::Go };
        let mut latest = self.lock();
        let Some((usage, noted)) = latest.as_mut() else { return Admission::Go };
        let left = usage.remaining();
        if let Some(floor) = budget.refuse.map(|floor| floor.requests(usage.max))
            && left < floor
        {
            let age = noted.elapsed();
            if age < budget.recheck {
                let retry_after = budget.recheck - age;
                return Admission::Refuse { usage: *usage, floor, retry_after };
            }
            // This one looks; the others wait for what it learns.
            *noted = Instant::now();
            return Admission::Go;
        }
        match budget.slow {
            Some((floor, delay)) if left < floor.requests(usage.max) => Admission::Wait(delay),
            _ => Admission::Go,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<(ApiUsage, Instant)>> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn slows_then_refuses_then_looks_again() {
        let budget = Budget::new()
            .slow_below(Floor::Fraction(0.2), SECOND)
            .refuse_below(Floor::Requests(5))
            .recheck_after(60 * SECOND);
        let meter = Meter::new(Some(budget));
        assert_eq!(meter.admit(), Admission::Go, "nothing is known yet");
        meter.note(ApiUsage { used: 80, max: 100 });
        assert_eq!(meter.admit(), Admission::Go);
        meter.note(ApiUsage { used: 81, max: 100 });
        assert_eq!(meter.admit(), Admission::Wait(SECOND));
        let usage = ApiUsage { used: 120, max: 100 };
        meter.note(usage);
        tokio::time::advance(59 * SECOND).await;
        let refused = Admission::Refuse { usage, floor: 5, retry_after: SECOND };
        assert_eq!(meter.admit(), refused);
        tokio::time::advance(SECOND).await;
        assert_eq!(meter.admit(), Admission::Go, "one looks");
        assert!(matches!(meter.admit(), Admission::Refuse { .. }), "and only one");
    }

    #[test]
    fn parts_of_a_whole_out_of_range() {
        assert_eq!(Floor::Fraction(f64::NAN).requests(100), 0);
        assert_eq!(Floor::Fraction(7.0).requests(100), 100);
        assert_eq!(Floor::Fraction(-1.0).requests(100), 0);
        assert_eq!(Floor::Fraction(0.001).requests(100), 1);
    }
}
