//! A store that a test can look into, move the clock of, and break.

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use sf_auth::store::{Deleted, MemoryStore, Put, StoreError, Stored, TokenStore, Version};
use tokio::sync::{Notify, Semaphore};

/// What is done instead of the next writes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Break {
    /// Nothing is written.
    Down,
    /// It is written, and the answer is lost.
    LoseAnswer,
}

pub(crate) struct Probe {
    inner: Arc<dyn TokenStore>,
    ahead_ms: AtomicI64,
    stopped: Mutex<Option<Timestamp>>,
    broken: Mutex<Option<(Break, usize, usize)>>,
    pub(crate) writes: AtomicUsize,
    pub(crate) refused: Notify,
    hook: Mutex<Option<Hook>>,
    /// How many reads still pass, and what lets the others through.
    gate: Mutex<Option<(usize, Arc<Semaphore>)>>,
    write_gate: Mutex<Option<Arc<Semaphore>>>,
    pub(crate) held: Notify,
}

/// Told of each step before it happens.
pub(crate) type Hook = Arc<dyn Fn(&'static str) + Send + Sync>;

impl Probe {
    pub(crate) fn new() -> Arc<Self> {
        Self::over(Arc::new(MemoryStore::new()))
    }

    pub(crate) fn over(inner: Arc<dyn TokenStore>) -> Arc<Self> {
        Arc::new(Self {
            inner,
            ahead_ms: AtomicI64::new(0),
            stopped: Mutex::new(None),
            broken: Mutex::new(None),
            writes: AtomicUsize::new(0),
            refused: Notify::new(),
            hook: Mutex::new(None),
            gate: Mutex::new(None),
            write_gate: Mutex::new(None),
            held: Notify::new(),
        })
    }

    /// Moves the store's clock.
    pub(crate) fn advance(&self, by: std::time::Duration) {
        let millis = i64::try_from(by.as_millis()).unwrap();
        self.ahead_ms.fetch_add(millis, Ordering::SeqCst);
    }

    /// The store's clock stands still from now on, save for [`Self::advance`].
    pub(crate) async fn stop_clock(&self) {
        let now = self.inner.now().await.unwrap();
        *self.stopped.lock().unwrap() = Some(now);
    }

    /// Lets `skip` writes pass and breaks `count` after them.
    pub(crate) fn breaks(&self, how: Break, skip: usize, count: usize) {
        *self.broken.lock().unwrap() = Some((how, skip, count));
    }

    pub(crate) fn mend(&self) {
        *self.broken.lock().unwrap() = None;
    }

    pub(crate) fn set_hook(&self, hook: impl Fn(&'static str) + Send + Sync + 'static) {
        *self.hook.lock().unwrap() = Some(Arc::new(hook));
    }

    /// Lets this many reads pass and holds those after them, until the semaphore has a permit.
    pub(crate) fn hold_reads_after(&self, reads: usize) -> Arc<Semaphore> {
        let gate = Arc::new(Semaphore::new(0));
        *self.gate.lock().unwrap() = Some((reads, Arc::clone(&gate)));
        gate
    }

    /// Holds the next write, until the semaphore has a permit.
    pub(crate) fn hold_write(&self) -> Arc<Semaphore> {
        let gate = Arc::new(Semaphore::new(0));
        *self.write_gate.lock().unwrap() = Some(Arc::clone(&gate));
        gate
    }

    async fn pass_gate(&self) {
        let gate = match self.gate.lock().unwrap().as_mut() {
            Some((0, gate)) => Arc::clone(gate),
            Some((reads, _)) => {
                *reads -= 1;
                return;
            }
            None => return,
        };
        self.held.notify_one();
        gate.acquire().await.unwrap().forget();
        *self.gate.lock().unwrap() = None;
    }

    fn step(&self, what: &'static str) {
        let hook = self.hook.lock().unwrap().clone();
        if let Some(hook) = hook {
            hook(what);
        }
    }

    fn breaks_now(&self) -> Option<Break> {
        let mut broken = self.broken.lock().unwrap();
        let (how, skip, count) = broken.as_mut()?;
        if *skip > 0 {
            *skip -= 1;
            return None;
        }
        let how = *how;
        *count -= 1;
        if *count == 0 {
            *broken = None;
        }
        Some(how)
    }

    /// The record of an account.
    pub(crate) async fn record(&self, identifier: &str) -> Value {
        let stored = self.inner.get(&format!("account:{identifier}")).await.unwrap().unwrap();
        serde_json::from_str(&stored.body).unwrap()
    }

    /// Changes the record of an account behind everyone's back.
    pub(crate) async fn edit(&self, identifier: &str, change: impl FnOnce(&mut Value)) {
        let key = format!("account:{identifier}");
        let stored = self.inner.get(&key).await.unwrap().unwrap();
        let mut record = serde_json::from_str(&stored.body).unwrap();
        change(&mut record);
        let put = self.inner.put(&key, &record.to_string(), stored.version).await.unwrap();
        assert!(matches!(put, Put::Stored(_)));
    }

    /// The raw row, and putting it elsewhere.
    pub(crate) async fn copy(&self, from: &str, to: &str, change: impl FnOnce(&mut Value)) {
        let mut record = self.record(from).await;
        change(&mut record);
        let key = format!("account:{to}");
        let version =
            self.inner.get(&key).await.unwrap().map_or(Version::ABSENT, |stored| stored.version);
        let put = self.inner.put(&key, &record.to_string(), version).await.unwrap();
        assert!(matches!(put, Put::Stored(_)));
    }
}

#[async_trait]
impl TokenStore for Probe {
    async fn get(&self, key: &str) -> Result<Option<Stored>, StoreError> {
        self.pass_gate().await;
        self.step("before get");
        let answer = self.inner.get(key).await;
        self.step("after get");
        answer
    }

    async fn put(&self, key: &str, body: &str, expected: Version) -> Result<Put, StoreError> {
        let gate = self.write_gate.lock().unwrap().take();
        if let Some(gate) = gate {
            self.held.notify_one();
            gate.acquire().await.unwrap().forget();
        }
        self.step("before put");
        self.writes.fetch_add(1, Ordering::SeqCst);
        let answer = match self.breaks_now() {
            Some(how) => {
                if how == Break::LoseAnswer {
                    let _ = self.inner.put(key, body, expected).await?;
                }
                self.refused.notify_one();
                let problem = "broken by a test".to_owned();
                Err(match how {
                    Break::Down => StoreError::Unavailable { store: "test", problem },
                    Break::LoseAnswer => StoreError::OutcomeUnknown { store: "test", problem },
                })
            }
            None => self.inner.put(key, body, expected).await,
        };
        self.step("after put");
        answer
    }

    async fn delete(&self, key: &str, expected: Version) -> Result<Deleted, StoreError> {
        self.inner.delete(key, expected).await
    }

    async fn list(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Stored)>, StoreError> {
        self.inner.list(after, limit).await
    }

    async fn now(&self) -> Result<Timestamp, StoreError> {
        let ahead = SignedDuration::from_millis(self.ahead_ms.load(Ordering::SeqCst));
        let stopped = *self.stopped.lock().unwrap();
        let now = match stopped {
            Some(now) => now,
            None => self.inner.now().await?,
        };
        Ok(now.checked_add(ahead).unwrap())
    }
}
