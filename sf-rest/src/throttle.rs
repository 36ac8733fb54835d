//! How many requests a client has in flight, and how many it begins in a second.

use std::num::NonZeroU32;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::sync::{Semaphore, SemaphorePermit};

/// The limits of a client and its clones.
#[derive(Default)]
pub(crate) struct Throttle {
    slots: Option<Semaphore>,
    rate: Option<DefaultDirectRateLimiter>,
}

impl Throttle {
    /// `rate` is how many requests are begun in a second, and how many at once after a pause.
    pub(crate) fn new(in_flight: Option<usize>, rate: Option<(NonZeroU32, NonZeroU32)>) -> Self {
        let limiter = |(per_second, burst)| {
            RateLimiter::direct(Quota::per_second(per_second).allow_burst(burst))
        };
        Self {
            slots: in_flight.map(|n| Semaphore::new(n.clamp(1, Semaphore::MAX_PERMITS))),
            rate: rate.map(limiter),
        }
    }

    /// Waits until one more request may begin. It counts as in flight until the permit is dropped.
    pub(crate) async fn enter(&self) -> Option<SemaphorePermit<'_>> {
        // It is never closed, so there is always a permit to be had.
        let permit = match &self.slots {
            Some(slots) => slots.acquire().await.ok(),
            None => None,
        };
        if let Some(rate) = &self.rate {
            while let Err(not_yet) = rate.check() {
                let clock = DefaultClock::default();
                tokio::time::sleep(not_yet.wait_time_from(clock.now())).await;
            }
        }
        permit
    }
}
