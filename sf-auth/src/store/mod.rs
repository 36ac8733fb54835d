//! Where accounts are kept: a versioned key-value store with compare-and-swap.
//!
//! A store knows nothing of tokens. It keeps a text under a key, changes it only for a caller who
//! names the version that it read, and tells the time by one clock. All else (leases, intents,
//! statuses) is built on these five operations, once, for every store.
//!
//! | store | for | survives | shared by |
//! | --- | --- | --- | --- |
//! | [`MemoryStore`] | tests, short programs | nothing | the tasks of one process |
//! | `SqliteStore` (feature `sqlite`) | one machine | a crash, a power cut | the processes of one machine |
//! | `PostgresStore` (feature `postgres`) | a fleet | what the server survives | every machine |
//! | `RedisStore` (feature `redis`) | a fleet that has Redis already | less; see its docs | every machine |

mod error;
#[cfg(any(feature = "postgres", feature = "redis"))]
mod link;
mod memory;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;

pub use error::StoreError;
pub use memory::MemoryStore;
#[cfg(feature = "postgres")]
pub use postgres::{PostgresStore, PostgresStoreBuilder};
#[cfg(feature = "redis")]
pub use redis::{RedisStore, RedisStoreBuilder};
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteStore;

/// The longest key, in bytes of UTF-8: an index row of PostgreSQL has to hold it.
pub const MAX_KEY_BYTES: usize = 1024;

/// A versioned key-value store with compare-and-swap.
///
/// Every operation is atomic. A future that is dropped may or may not have had its effect, as with
/// an answer that was lost: [`StoreError::is_outcome_unknown`]. A caller that has to know puts
/// something unique into each body and reads it back.
#[async_trait]
pub trait TokenStore: Send + Sync {
    /// The row under `key`, if there is one.
    ///
    /// # Errors
    /// [`StoreError`]; reading changes nothing.
    async fn get(&self, key: &str) -> Result<Option<Stored>, StoreError>;

    /// Writes `body` (JSON text) if the row's version is `expected`; [`Version::ABSENT`] means that
    /// there must be no row. A conflict is a value, not an error, and changes nothing.
    ///
    /// # Errors
    /// [`StoreError`]. Nothing was written, unless [`StoreError::is_outcome_unknown`].
    async fn put(&self, key: &str, body: &str, expected: Version) -> Result<Put, StoreError>;

    /// Removes the row if its version is `expected`. A row that is gone already is a conflict.
    ///
    /// # Errors
    /// [`StoreError`]. Nothing was removed, unless [`StoreError::is_outcome_unknown`].
    async fn delete(&self, key: &str, expected: Version) -> Result<Deleted, StoreError>;

    /// At most `limit` rows whose keys come after `after`, in the order of the keys' bytes. A row
    /// that is there during the whole of a walk is seen exactly once, whatever is written meanwhile.
    ///
    /// # Errors
    /// [`StoreError`]; reading changes nothing.
    async fn list(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Stored)>, StoreError>;

    /// The store's own clock. Deadlines that several machines compare are written and read by this
    /// one; it may be set back like any clock, so what must never run twice does not rest on it.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn now(&self) -> Result<Timestamp, StoreError>;
}

/// The version of a row. It changes with each write, and no version of a key ever comes again, not
/// even after the row was deleted and made anew. Versions are compared for equality only.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Version(u64);

impl Version {
    /// The version of a row that does not exist.
    pub const ABSENT: Self = Self(0);

    /// A version by its number, for those who implement [`TokenStore`]; 0 is [`Self::ABSENT`].
    pub const fn from_raw(number: u64) -> Self {
        Self(number)
    }

    /// The number, for those who implement [`TokenStore`].
    pub const fn to_raw(self) -> u64 {
        self.0
    }

    /// From a column of signed numbers, where every version is above zero.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    fn from_column(number: i64, store: &'static str) -> Result<Self, StoreError> {
        match u64::try_from(number) {
            Ok(number) if number > 0 => Ok(Self(number)),
            _ => Err(StoreError::Damaged {
                store,
                problem: format!("a row has the version {number}; versions are above zero"),
            }),
        }
    }

    /// For a column of signed numbers. What no column can hold is the version of no row.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    fn to_column(self) -> i64 {
        i64::try_from(self.0).unwrap_or(-1)
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::ABSENT { f.write_str("absent") } else { write!(f, "v{}", self.0) }
    }
}

/// A row as it was read. Debug shows the body's length alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Stored {
    /// What [`TokenStore::put`] was given, byte for byte.
    pub body: String,
    /// The version that a change of this row has to name.
    pub version: Version,
}

impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stored({} bytes, {:?})", self.body.len(), self.version)
    }
}

/// The outcome of [`TokenStore::put`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a conflict means that nothing was written"]
pub enum Put {
    /// Written; the row has this version now.
    Stored(Version),
    /// The row had another version, did not exist, or existed already. Nothing was written.
    Conflict,
}

/// The outcome of [`TokenStore::delete`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a conflict means that nothing was removed"]
pub enum Deleted {
    /// The row is gone.
    Done,
    /// The row had another version, or was gone already. Nothing was removed.
    Conflict,
}

/// What every store asks of a key, so that a program can change stores.
fn check_key(key: &str) -> Result<(), StoreError> {
    let what = match key.len() {
        0 => "the key is empty".to_owned(),
        1..=MAX_KEY_BYTES if !key.contains('\0') => return Ok(()),
        1..=MAX_KEY_BYTES => {
            "the key holds a NUL character, which PostgreSQL cannot keep".to_owned()
        }
        length => format!("the key has {length} bytes; at most {MAX_KEY_BYTES} are allowed"),
    };
    Err(StoreError::Invalid { what })
}

/// What every store asks of a row that is to be written.
fn check_row(key: &str, body: &str) -> Result<(), StoreError> {
    check_key(key)?;
    if body.contains('\0') {
        return Err(StoreError::Invalid {
            what: format!("the body of {key:?} holds a NUL character; JSON text writes \\u0000"),
        });
    }
    Ok(())
}
