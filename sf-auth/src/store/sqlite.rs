//! The store of one machine: a SQLite file.

mod errors;
mod file;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};
use tokio::sync::Mutex;

use super::{Deleted, Put, StoreError, Stored, TokenStore, Version, check_key, check_row};

const STORE: &str = "SQLite";

/// Accounts in one file, for any number of processes of one machine. The default for a program that
/// runs by itself.
///
/// The file is made with mode 0600 and its folder, if missing, with 0700; SQLite gives the files that
/// it puts beside it (`-wal`, `-shm`) the mode of the first. The file must lie on a local disk, since
/// the processes share memory through it. A change is on the disk when it is answered, and survives a
/// power cut.
///
/// Each store has one connection, worked off the async runtime; a change of another process is waited
/// for up to ten seconds. The clock is the machine's.
pub struct SqliteStore {
    path: PathBuf,
    connection: Arc<Mutex<Connection>>,
}

impl SqliteStore {
    /// Opens the file, which is made if it does not exist.
    ///
    /// # Errors
    /// [`StoreError::Configuration`] when it cannot be made or opened, [`StoreError::Damaged`] when it
    /// is no SQLite database, a damaged one, or another program's; [`StoreError::ReadOnly`].
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        // Absolute, so that SQLite gives no name a meaning of its own (":memory:").
        let path =
            std::path::absolute(path.as_ref()).map_err(|error| StoreError::Configuration {
                store: STORE,
                problem: format!("the path {:?} is not usable ({error})", path.as_ref()),
            })?;
        let opened = path.clone();
        let connection = off_the_runtime(move || file::open(&opened)).await?;
        Ok(Self { path, connection: Arc::new(Mutex::new(connection)) })
    }

    /// Runs `work` on a thread that may block. Callers queue here and not on such threads. What was
    /// begun is finished even if the caller is dropped.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let mut connection = Arc::clone(&self.connection).lock_owned().await;
        off_the_runtime(move || work(&mut connection)).await
    }
}

async fn off_the_runtime<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| {
        // The runtime is shutting down: whether the work was begun is not told.
        let problem = "the program's runtime is shutting down".to_owned();
        Err(StoreError::OutcomeUnknown { store: STORE, problem })
    })
}

/// Runs `change` in a transaction that excludes other writers from its first statement, so that it
/// never fails half way because another was faster. `None` rolls back.
fn change<T>(
    connection: &mut Connection,
    change: impl FnOnce(&Connection) -> rusqlite::Result<Option<T>>,
) -> Result<Option<T>, StoreError> {
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(|error| errors::nothing_changed(&error))?;
    let Some(value) = change(&transaction).map_err(|error| errors::nothing_changed(&error))? else {
        return Ok(None);
    };
    transaction.commit().map_err(|error| errors::of_commit(&error))?;
    Ok(Some(value))
}

fn version(connection: &Connection, key: &str) -> rusqlite::Result<i64> {
    connection
        .prepare_cached("SELECT version FROM account WHERE key = ?1")?
        .query_row([key], |row| row.get(0))
        .optional()
        .map(Option::unwrap_or_default)
}

fn stored(row: &Row<'_>) -> rusqlite::Result<(String, String, i64)> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}

fn checked((key, body, version): (String, String, i64)) -> Result<(String, Stored), StoreError> {
    Ok((key, Stored { body, version: Version::from_column(version, STORE)? }))
}

#[async_trait]
impl TokenStore for SqliteStore {
    async fn get(&self, key: &str) -> Result<Option<Stored>, StoreError> {
        check_key(key)?;
        let key = key.to_owned();
        let row = self
            .run(move |connection| {
                let sql = "SELECT key, body, version FROM account WHERE key = ?1";
                connection
                    .prepare_cached(sql)
                    .and_then(|mut statement| statement.query_row([key], stored).optional())
                    .map_err(|error| errors::nothing_changed(&error))
            })
            .await?;
        Ok(row.map(checked).transpose()?.map(|(_, stored)| stored))
    }

    async fn put(&self, key: &str, body: &str, expected: Version) -> Result<Put, StoreError> {
        check_row(key, body)?;
        let (key, body) = (key.to_owned(), body.to_owned());
        let written = self
            .run(move |connection| {
                change(connection, |connection| {
                    if version(connection, &key)? != expected.to_column() {
                        return Ok(None);
                    }
                    // One counter for all keys, so that a key's versions never repeat.
                    let next: i64 = connection
                        .prepare_cached(
                            "UPDATE last_version SET number = number + 1 RETURNING number",
                        )?
                        .query_row([], |row| row.get(0))?;
                    let sql = "INSERT INTO account (key, body, version) VALUES (?1, ?2, ?3) \
                               ON CONFLICT (key) DO UPDATE SET body = ?2, version = ?3";
                    connection.prepare_cached(sql)?.execute(params![key, body, next])?;
                    Ok(Some(next))
                })
            })
            .await?;
        let Some(written) = written else { return Ok(Put::Conflict) };
        Version::from_column(written, STORE).map(Put::Stored)
    }

    async fn delete(&self, key: &str, expected: Version) -> Result<Deleted, StoreError> {
        check_key(key)?;
        let key = key.to_owned();
        let removed = self
            .run(move |connection| {
                change(connection, |connection| {
                    let sql = "DELETE FROM account WHERE key = ?1 AND version = ?2";
                    let mut statement = connection.prepare_cached(sql)?;
                    let rows = statement.execute(params![key, expected.to_column()])?;
                    Ok((rows == 1).then_some(()))
                })
            })
            .await?;
        Ok(removed.map_or(Deleted::Conflict, |()| Deleted::Done))
    }

    async fn list(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Stored)>, StoreError> {
        // No key is empty, so all of them come after the empty text.
        let after = after.unwrap_or_default().to_owned();
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = self
            .run(move |connection| {
                let sql =
                    "SELECT key, body, version FROM account WHERE key > ?1 ORDER BY key LIMIT ?2";
                connection
                    .prepare_cached(sql)
                    .and_then(|mut s| s.query_map(params![after, limit], stored)?.collect())
                    .map_err(|error| errors::nothing_changed(&error))
            })
            .await?;
        let rows: Vec<(String, String, i64)> = rows;
        rows.into_iter().map(checked).collect()
    }

    async fn now(&self) -> Result<Timestamp, StoreError> {
        Ok(Timestamp::now())
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SqliteStore({:?})", self.path)
    }
}
