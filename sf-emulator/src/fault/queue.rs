//! The faults that wait for their requests.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::Method;
use tokio::sync::watch;

use super::{Fault, Kind};
use crate::Operation;

/// The faults that wait for their requests, in the order they were pushed.
#[derive(Debug, Default)]
pub struct Faults {
    pending: Mutex<Vec<Fault>>,
    left: watch::Sender<usize>,
    released: watch::Sender<()>,
}

impl Faults {
    /// Adds a fault behind the others. A request is hit by the first that
    /// matches; one that still skips, or that misses by chance, lets it pass on
    /// to those behind.
    pub fn push(&self, fault: Fault) {
        if fault.times > 0 {
            let mut pending = self.lock();
            pending.push(fault);
            self.left.send_replace(pending.len());
        }
    }

    /// Forgets every fault that waits.
    pub fn clear(&self) {
        let mut pending = self.lock();
        pending.clear();
        self.left.send_replace(0);
    }

    /// How many faults still wait; 0 means that every one has hit as often as
    /// it should.
    pub fn pending(&self) -> usize {
        self.lock().len()
    }

    /// Waits until no fault waits any more: the request that the last one was for
    /// has arrived, and what it does has begun. Never, with one that is
    /// [`always`](Fault::always) there.
    pub async fn spent(&self) {
        // The sender is part of `self`, so it cannot be gone.
        let _ = self.left.subscribe().wait_for(|left| *left == 0).await;
    }

    /// Lets the requests go that are held now, by [`Fault::held`] or
    /// [`Fault::until_released`].
    pub fn release(&self) {
        self.released.send_replace(());
    }

    /// Told of the next [`Self::release`]; asked for before [`Self::take`], so that none is missed.
    pub(crate) fn releases(&self) -> watch::Receiver<()> {
        self.released.subscribe()
    }

    /// The fault that hits this request, how long to wait before, and whether for a release.
    pub(crate) fn take(
        &self,
        method: &Method,
        path: &str,
        operation: Operation,
    ) -> Option<(Kind, Duration, bool)> {
        let mut pending = self.lock();
        for index in 0..pending.len() {
            let Some(fault) = pending.get_mut(index) else { break };
            if !fault.matches(method, path, operation) {
                continue;
            }
            if fault.skip > 0 {
                fault.skip -= 1;
                continue;
            }
            if fault.chance.as_mut().is_some_and(|chance| !chance.hits()) {
                continue;
            }
            let hit = (fault.kind.clone(), fault.delay, fault.is_held);
            if fault.times != usize::MAX {
                fault.times -= 1;
            }
            if fault.times == 0 {
                pending.remove(index);
                self.left.send_replace(pending.len());
            }
            return Some(hit);
        }
        None
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Fault>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(fault: Fault, requests: usize) -> Vec<bool> {
        let faults = Faults::default();
        faults.push(fault);
        let path = "/services/data/v66.0/limits";
        let hit = |_| faults.take(&Method::GET, path, Operation::Limits).is_some();
        (0..requests).map(hit).collect()
    }

    #[test]
    fn chance_follows_its_seed_and_its_probability() {
        let seeded = |seed| hits(Fault::server_error().probability(0.3).seed(seed).always(), 1_000);
        assert_eq!(seeded(7), seeded(7));
        assert_ne!(seeded(7), seeded(8));
        let count = seeded(7).into_iter().filter(|hit| *hit).count();
        assert!((250..350).contains(&count), "{count} of 1,000 at 0.3");
        assert!(hits(Fault::server_error().probability(0.0).always(), 100).iter().all(|hit| !hit));
        assert!(hits(Fault::server_error().probability(1.0).always(), 100).iter().all(|hit| *hit));
        let twice = hits(Fault::server_error().probability(0.5).times(2), 100);
        assert_eq!(twice.iter().filter(|hit| **hit).count(), 2);
    }
}
