//! Watching resources: what has changed since they were last looked at.

use std::collections::{BTreeMap, VecDeque};
use std::task::Poll;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Interval, MissedTickBehavior, interval_at};

use super::Resources;

/// What has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResourceChange {
    /// What is behind this address.
    Updated(String),
    /// Which resources there are.
    List,
}

/// Watches some resources of one org for one reader.
///
/// It does nothing by itself: it looks while somebody awaits [`next`](Self::next), and only if
/// something is watched. Several of one org share the answers that it gives.
#[derive(Debug)]
pub struct ResourceWatch {
    resources: Resources,
    every: Duration,
    ticks: Interval,
    drift: Vec<watch::Receiver<u64>>,
    /// What each was when it was last looked at; none before that.
    watched: BTreeMap<String, Option<u64>>,
    list: Option<Option<Vec<u64>>>,
    /// A look was begun and is not finished.
    due: Option<Duration>,
    ready: VecDeque<ResourceChange>,
}

impl ResourceWatch {
    pub(super) fn new(resources: Resources, every: Duration) -> Self {
        // A shorter time is no time, and no reason to ask without pause.
        let every = every.max(Duration::from_millis(1));
        let mut ticks = interval_at(tokio::time::Instant::now() + every, every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let drift = resources.orgs.iter().map(crate::Org::drift).collect();
        Self {
            resources,
            every,
            ticks,
            drift,
            watched: BTreeMap::new(),
            list: None,
            due: None,
            ready: VecDeque::new(),
        }
    }

    /// Watches one more, from what was last known of it on: whoever read it before hears what has
    /// changed since. One that cannot be read just now is watched from the first look that succeeds.
    pub async fn add(&mut self, uri: impl Into<String>) {
        let uri = uri.into();
        let now = self.resources.version(&uri, Duration::MAX).await.ok().flatten();
        self.watched.insert(uri, now);
    }

    /// Watches which resources there are, likewise.
    pub async fn add_list(&mut self) {
        self.list = Some(self.resources.list_version(Duration::MAX).await.ok());
    }

    /// Watches one no more.
    pub fn remove(&mut self, uri: &str) {
        self.watched.remove(uri);
        self.ready.retain(|change| !matches!(change, ResourceChange::Updated(gone) if gone == uri));
    }

    /// Whether nothing is watched.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.watched.is_empty() && self.list.is_none()
    }

    /// Waits for the next change; for ever if nothing is watched. May be given up at any point: no
    /// change is lost.
    pub async fn next(&mut self) -> ResourceChange {
        loop {
            if let Some(change) = self.ready.pop_front() {
                return change;
            }
            if self.is_empty() {
                return std::future::pending().await;
            }
            if let Some(age) = self.due {
                self.look(age).await;
                self.due = None;
                continue;
            }
            self.due = Some(tokio::select! {
                _ = self.ticks.tick() => self.every / 2,
                // Others may have asked since the drift, and kept what is new.
                () = any_changed(&mut self.drift) => Duration::ZERO,
            });
        }
    }

    /// Looks at all that is watched. What cannot be read now is looked at next time.
    async fn look(&mut self, age: Duration) {
        let uris: Vec<String> = self.watched.keys().cloned().collect();
        for uri in uris {
            let Ok(Some(now)) = self.resources.version(&uri, age).await else { continue };
            if let Some(before) = self.watched.get_mut(&uri)
                && before.replace(now).is_some_and(|before| before != now)
            {
                self.ready.push_back(ResourceChange::Updated(uri));
            }
        }
        if let Some(before) = &mut self.list
            && let Ok(now) = self.resources.list_version(age).await
        {
            let changed = before.as_ref().is_some_and(|before| *before != now);
            *before = Some(now);
            if changed {
                self.ready.push_back(ResourceChange::List);
            }
        }
    }
}

/// Waits until one of them has changed. Each is marked as seen only if it has.
async fn any_changed(drift: &mut [watch::Receiver<u64>]) {
    let mut changes: Vec<_> = drift.iter_mut().map(|one| Box::pin(one.changed())).collect();
    std::future::poll_fn(|cx| {
        let ended = changes.iter_mut().position(|change| change.as_mut().poll(cx).is_ready());
        match ended {
            // It is the resources that keep the orgs, so none of them can be gone.
            Some(_) => Poll::Ready(()),
            None => Poll::Pending,
        }
    })
    .await;
}
