//! Records in a store: reading, and writes whose outcome is known.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::record::{FORMAT, Record, unique};
use super::{AccountError, StatusChange};
use crate::Error;
use crate::broker::jitter;
use crate::lifecycle::Status;
use crate::store::{Deleted, Put, StoreError, TokenStore, Version};

/// Before the identifier, so that a store may hold other things.
const PREFIX: &str = "account:";

/// Pauses before a failed write is looked up and tried again.
const AGAIN: [Duration; 2] = [Duration::from_millis(50), Duration::from_millis(250)];

pub(super) struct Rows {
    pub(super) store: Arc<dyn TokenStore>,
    pub(super) events: tokio::sync::broadcast::Sender<StatusChange>,
}

/// A record as it was read.
#[derive(Clone)]
pub(super) struct Row {
    pub(super) record: Record,
    version: Version,
    /// The status that the store holds; the record may have been changed since.
    stored: Option<Status>,
}

/// The outcome of a write.
#[must_use]
pub(super) enum Written {
    Done,
    /// Somebody else was faster: read again.
    Conflict,
}

impl Row {
    /// A record that is not stored yet.
    pub(super) fn new(record: Record) -> Self {
        Self { record, version: Version::ABSENT, stored: None }
    }
}

impl Rows {
    /// The record of an account.
    pub(super) async fn find(&self, identifier: &str) -> Result<Option<Row>, Error> {
        let Some(stored) = self.store.get(&key(identifier)).await? else { return Ok(None) };
        parse(identifier, &stored.body, stored.version).map(Some)
    }

    /// The record of an account that must be there.
    pub(super) async fn read(&self, identifier: &str) -> Result<Row, Error> {
        let unknown = || AccountError::Unknown { identifier: identifier.to_owned() };
        self.find(identifier).await?.ok_or_else(|| unknown().into())
    }

    /// Rows after an identifier, in the order of identifiers.
    pub(super) async fn list(&self, after: Option<&str>, limit: usize) -> Result<Vec<Row>, Error> {
        let after = after.map_or_else(|| PREFIX.to_owned(), key);
        let rows = self.store.list(Some(&after), limit).await?;
        rows.iter()
            .map_while(|(key, stored)| Some((key.strip_prefix(PREFIX)?, stored)))
            .map(|(identifier, stored)| parse(identifier, &stored.body, stored.version))
            .collect()
    }

    pub(super) async fn now(&self) -> Result<Timestamp, Error> {
        Ok(self.store.now().await?)
    }

    /// Writes a record over the version that was read. A write whose answer was lost is looked up
    /// by its name. After an error the write may still arrive.
    pub(super) async fn write(&self, row: &mut Row) -> Result<Written, Error> {
        row.record.write = unique()?;
        let key = key(&row.record.identifier);
        // No value in a record can fail to be written as JSON.
        let body = serde_json::to_string(&row.record).map_err(Error::other)?;
        let (mut pauses, mut again) = (AGAIN.iter(), false);
        loop {
            match self.put(&key, &body, row, again).await {
                Ok(Some(version)) => {
                    row.version = version;
                    self.report(row);
                    return Ok(Written::Done);
                }
                Ok(None) => return Ok(Written::Conflict),
                Err(error) => match pauses.next() {
                    Some(pause) if error.is_retryable() => {
                        tokio::time::sleep(jitter(*pause)).await;
                        again = true;
                    }
                    _ => return Err(error.into()),
                },
            }
        }
    }

    /// One try. A conflict after a lost answer may be our own write.
    async fn put(
        &self,
        key: &str,
        body: &str,
        row: &Row,
        again: bool,
    ) -> Result<Option<Version>, StoreError> {
        match self.store.put(key, body, row.version).await? {
            Put::Stored(version) => Ok(Some(version)),
            Put::Conflict if again => {
                let found = self.store.get(key).await?;
                Ok(found.filter(|stored| stored.body == body).map(|stored| stored.version))
            }
            Put::Conflict => Ok(None),
        }
    }

    pub(super) async fn remove(&self, row: &Row) -> Result<Written, Error> {
        match self.store.delete(&key(&row.record.identifier), row.version).await? {
            Deleted::Done => Ok(Written::Done),
            Deleted::Conflict => Ok(Written::Conflict),
        }
    }

    /// Tells of a change of status once it is stored.
    fn report(&self, row: &mut Row) {
        let now = row.record.status;
        if row.stored.replace(now) != Some(now) {
            let identifier = &row.record.identifier;
            tracing::info!(account = identifier, status = %now, "the status of an account changed");
            let change = StatusChange { identifier: identifier.clone(), status: now };
            // Nobody may be listening.
            let _ = self.events.send(change);
        }
    }
}

fn key(identifier: &str) -> String {
    format!("{PREFIX}{identifier}")
}

fn parse(identifier: &str, body: &str, version: Version) -> Result<Row, Error> {
    let damaged = |problem: String| {
        Error::from(AccountError::Damaged { identifier: identifier.to_owned(), problem })
    };
    let record: Record = serde_json::from_str(body).map_err(|e| {
        // The parser's message can quote a value.
        damaged(format!("it is not a record, at line {} column {}", e.line(), e.column()))
    })?;
    if record.format != FORMAT {
        return Err(damaged(format!(
            "it has form {}, and this version reads form {FORMAT}",
            record.format
        )));
    }
    if record.identifier != identifier {
        return Err(damaged("it belongs to another account".to_owned()));
    }
    let stored = Some(record.status);
    Ok(Row { record, version, stored })
}
