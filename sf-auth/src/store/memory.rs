//! The store of one process.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;

use super::{Deleted, Put, StoreError, Stored, TokenStore, Version, check_key, check_row};

/// Rows in memory, gone with the process. For tests and for programs that log in at each start.
#[derive(Default)]
pub struct MemoryStore {
    rows: Mutex<Rows>,
}

#[derive(Default)]
struct Rows {
    by_key: BTreeMap<String, Stored>,
    /// One counter for all keys, so that a key's versions never repeat.
    last_version: u64,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// No code panics while it holds the lock.
    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rows {
    fn version(&self, key: &str) -> Version {
        self.by_key.get(key).map_or(Version::ABSENT, |row| row.version)
    }
}

#[async_trait]
impl TokenStore for MemoryStore {
    async fn get(&self, key: &str) -> Result<Option<Stored>, StoreError> {
        check_key(key)?;
        Ok(self.rows().by_key.get(key).cloned())
    }

    async fn put(&self, key: &str, body: &str, expected: Version) -> Result<Put, StoreError> {
        check_row(key, body)?;
        let mut rows = self.rows();
        if rows.version(key) != expected {
            return Ok(Put::Conflict);
        }
        rows.last_version += 1;
        let version = Version::from_raw(rows.last_version);
        rows.by_key.insert(key.to_owned(), Stored { body: body.to_owned(), version });
        Ok(Put::Stored(version))
    }

    async fn delete(&self, key: &str, expected: Version) -> Result<Deleted, StoreError> {
        check_key(key)?;
        let mut rows = self.rows();
        if expected == Version::ABSENT || rows.version(key) != expected {
            return Ok(Deleted::Conflict);
        }
        rows.by_key.remove(key);
        Ok(Deleted::Done)
    }

    async fn list(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Stored)>, StoreError> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let rows = self.rows();
        let range = rows.by_key.range::<str, _>((from, Bound::Unbounded));
        Ok(range.take(limit).map(|(key, row)| (key.clone(), row.clone())).collect())
    }

    async fn now(&self) -> Result<Timestamp, StoreError> {
        Ok(Timestamp::now())
    }
}

impl std::fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MemoryStore({} rows)", self.rows().by_key.len())
    }
}
