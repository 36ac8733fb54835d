//! What each user sees, kept until something that decides about it changes.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use jiff::Timestamp;
use parking_lot::Mutex;
use rusqlite::Connection;

use super::rights::Rights;
use super::{Seen, kind};
use crate::engine::schema::Schema;
use crate::engine::{ApiError, Caller, Engine};

/// Users beyond this are forgotten all at once.
const MOST: usize = 1_000;

#[derive(Debug, Default)]
pub(in crate::engine) struct Cache {
    users: Mutex<HashMap<String, Entry>>,
    /// Counts committed changes of what decides.
    generation: AtomicU64,
    /// Something was written in a transaction that may be open still.
    pending: AtomicBool,
    changed: Mutex<Option<Timestamp>>,
}

#[derive(Debug)]
struct Entry {
    generation: u64,
    seen: Arc<Seen>,
}

impl Cache {
    /// Notes a write; it counts once its transaction is over.
    pub(in crate::engine) fn note(&self, object: &str, now: Timestamp) {
        if kind::decides(object) {
            self.change(now);
        }
    }

    pub(super) fn change(&self, now: Timestamp) {
        self.pending.store(true, Ordering::Release);
        *self.changed.lock() = Some(now);
    }

    /// Makes what was noted count, unless a transaction is still open.
    pub(in crate::engine) fn settle(&self, connection: &Connection) {
        if connection.is_autocommit() && self.pending.swap(false, Ordering::AcqRel) {
            self.generation.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// When what users see changed last, if it did.
    pub(in crate::engine) fn changed(&self) -> Option<Timestamp> {
        *self.changed.lock()
    }

    fn fresh(&self, user_id: &str, schema: &Arc<Schema>) -> Option<Arc<Seen>> {
        let users = self.users.lock();
        let entry = users.get(user_id)?;
        let current = entry.generation == self.generation.load(Ordering::Acquire)
            && Arc::ptr_eq(&entry.seen.base, schema);
        current.then(|| Arc::clone(&entry.seen))
    }
}

impl Engine {
    /// What the caller sees now. It may read from the database, so it must not
    /// be called while a connection is held.
    pub(crate) fn seen(&self, caller: &Caller) -> Result<Arc<Seen>, ApiError> {
        self.seen_by(&caller.user_id)
    }

    /// What a user sees now, if that is known without asking the database.
    pub(crate) fn known(&self, user_id: &str) -> Option<Arc<Seen>> {
        self.access.fresh(user_id, self.schema())
    }

    /// As [`Engine::seen`], by the user's id.
    pub(crate) fn seen_by(&self, user_id: &str) -> Result<Arc<Seen>, ApiError> {
        if let Some(seen) = self.known(user_id) {
            return Ok(seen);
        }
        let schema = self.schema();
        // Taken first: a change that comes meanwhile makes the entry old.
        let generation = self.access.generation.load(Ordering::Acquire);
        let rights = self.read(|connection| Ok(Rights::load(connection, schema, user_id)?))?;
        let seen = Arc::new(Seen::new(rights, Arc::clone(schema)));
        let mut users = self.access.users.lock();
        if users.len() >= MOST {
            users.clear();
        }
        let entry = Entry { generation, seen: Arc::clone(&seen) };
        users.insert(user_id.to_owned(), entry);
        Ok(seen)
    }

    /// What the caller saw when the request was let in; never waits, so that
    /// handlers may ask it where they may not block. Nothing for who was not
    /// let in.
    pub(crate) fn metadata(&self, caller: &Caller) -> Arc<Seen> {
        let users = self.access.users.lock();
        let known = users.get(&caller.user_id).map(|entry| Arc::clone(&entry.seen));
        drop(users);
        known.unwrap_or_else(|| Arc::new(Seen::new(Rights::default(), Arc::clone(self.schema()))))
    }
}
