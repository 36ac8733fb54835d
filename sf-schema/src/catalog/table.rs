//! What was fetched, by key: one fetch at a time, and a conditional one once it is old.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sf_rest::ops::if_changed::{Conditional, Validators};
use sf_rest::{Client, Operation};

use crate::Error;

/// Whose view it is (org, user and API version), and the name in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) owner: Arc<str>,
    pub(super) name: String,
}

/// A value as it was fetched.
#[derive(Debug, Clone)]
pub(super) struct Kept<V> {
    pub(super) value: V,
    pub(super) validators: Validators,
    /// When the org last said so; none if it must be asked before the value is believed.
    pub(super) checked: Option<Instant>,
}

/// Held while it is fetched: who else wants it waits and finds it.
type Slot<V> = tokio::sync::Mutex<Option<Kept<V>>>;

pub(super) struct Table<V> {
    slots: Mutex<HashMap<Key, Arc<Slot<V>>>>,
}

impl<V: Clone> Table<V> {
    pub(super) fn new() -> Self {
        Self { slots: Mutex::default() }
    }

    /// The value under `key`: the kept one if the org said so within `lifetime`, otherwise what
    /// `operation` answers, which costs no body if nothing has changed.
    pub(super) async fn get<O: Operation>(
        &self,
        key: Key,
        lifetime: Duration,
        client: &Client,
        operation: O,
        read: impl FnOnce(O::Output) -> Result<V, Error>,
    ) -> Result<V, Error> {
        let slot = Arc::clone(lock(&self.slots).entry(key.clone()).or_default());
        let mut kept = slot.lock().await;
        if let Some(known) = &*kept
            && known.checked.is_some_and(|at| at.elapsed() < lifetime)
        {
            return Ok(known.value.clone());
        }
        let since = kept.as_ref().map(|known| known.validators.clone()).unwrap_or_default();
        let fetched = match client.if_changed(operation, since).await {
            Ok(Conditional::NotModified) => match kept.as_mut() {
                Some(known) => {
                    known.checked = Some(Instant::now());
                    return Ok(known.value.clone());
                }
                None => {
                    Err(Error::NotADescribe { reason: "nothing was sent, though all was asked" })
                }
            },
            Ok(Conditional::Changed { value, validators }) => {
                read(value).map(|value| (value, validators))
            }
            Err(error) => Err(error.into()),
        };
        match fetched {
            Ok((value, validators)) => {
                let checked = Some(Instant::now());
                *kept = Some(Kept { value: value.clone(), validators, checked });
                Ok(value)
            }
            Err(error) => {
                // Names that do not exist must not fill the map.
                if kept.is_none() {
                    lock(&self.slots).retain(|k, s| *k != key || !Arc::ptr_eq(s, &slot));
                }
                Err(error)
            }
        }
    }

    /// Drops entries. A fetch that is under way for one of them serves those who wait for it and
    /// nobody after them.
    pub(super) fn forget(&self, drop: impl Fn(&Key) -> bool) {
        lock(&self.slots).retain(|key, _| !drop(key));
    }

    /// Has the org asked about entries before they are believed again, unless it was asked within
    /// `age`, and tells whether there are any beside those that were doubted already. One that is being
    /// fetched just now is as new as can be.
    pub(super) fn doubt(&self, age: Duration, doubted: impl Fn(&Key) -> bool) -> bool {
        let slots = lock(&self.slots);
        let mut any = false;
        for (_, slot) in slots.iter().filter(|(key, _)| doubted(key)) {
            if let Ok(mut slot) = slot.try_lock()
                && let Some(kept) = slot.as_mut()
                && kept.checked.is_some_and(|at| at.elapsed() >= age)
            {
                kept.checked = None;
                any = true;
            }
        }
        any
    }

    /// Puts a value in the place of what is there.
    pub(super) fn put(&self, key: Key, kept: Kept<V>) {
        lock(&self.slots).insert(key, Arc::new(Slot::new(Some(kept))));
    }

    /// What is kept for `owner`, by name; what is being fetched just now is left out.
    pub(super) fn kept(&self, owner: &str) -> Vec<(String, Kept<V>)> {
        let slots = lock(&self.slots);
        let mine = slots.iter().filter(|(key, _)| &*key.owner == owner);
        let kept = mine.filter_map(|(key, slot)| {
            let kept = slot.try_lock().ok()?.clone()?;
            Some((key.name.clone(), kept))
        });
        let mut kept: Vec<_> = kept.collect();
        kept.sort_by(|a, b| a.0.cmp(&b.0));
        kept
    }
}

/// The data behind this lock is valid at every step, so a panic elsewhere does not spoil it.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
