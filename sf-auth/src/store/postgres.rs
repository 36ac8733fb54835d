//! The store of a fleet: a table in PostgreSQL.

mod connection;
mod errors;

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

use super::link::{Effect, Link, Shared};
use super::{Deleted, Put, StoreError, Stored, TokenStore, Version, check_key, check_row};
use connection::Server;

const STORE: &str = "PostgreSQL";

/// Accounts in a table of a PostgreSQL database, for any number of machines. Version 12 or newer.
///
/// The table and its sequence are made at the first connection, which needs the right `CREATE` in the
/// schema; afterwards `SELECT, INSERT, UPDATE, DELETE` on the table and `USAGE` on the sequence
/// (`<table>_version`) are enough. Bodies are `text`, so that they come back byte for byte.
///
/// Each operation is one statement and its own transaction, sent without preparing, so a pooler in
/// transaction mode may stand between. No transaction is ever left open.
///
/// A statement is answered after it is on the server's disk, also where `synchronous_commit` is off by
/// default. What a failover to an asynchronous replica can lose is the database's: with rotated tokens
/// use a synchronous one. After a restore from a backup, versions can repeat; stop the fleet for it.
pub struct PostgresStore {
    shared: Shared<Server>,
    sql: Sql,
}

impl PostgresStore {
    /// Connects with the defaults; see [`Self::builder`].
    ///
    /// # Errors
    /// As [`PostgresStoreBuilder::connect`].
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        Self::builder(url).connect().await
    }

    /// Settings for a database, as a URL (`postgresql://user:password@host:5432/database`) or in the
    /// form `host=... user=...`. Several hosts may be given with `target_session_attrs=read-write`.
    ///
    /// The connection is encrypted and the certificate is verified, unless the URL says
    /// `sslmode=disable` or the host is this computer (loopback or a socket), where TLS is used when
    /// the server offers it.
    pub fn builder(url: impl Into<String>) -> PostgresStoreBuilder {
        PostgresStoreBuilder {
            url: url.into(),
            table: "sf_auth_accounts".to_owned(),
            roots_pem: Vec::new(),
            connect_timeout: Duration::from_secs(10),
            answer_timeout: Duration::from_secs(10),
        }
    }

    async fn query(
        &self,
        effect: Effect,
        sql: &str,
        parameters: &[(&(dyn ToSql + Sync), Type)],
    ) -> Result<Vec<Row>, StoreError> {
        let send = |link: std::sync::Arc<Link<tokio_postgres::Client>>| async move {
            link.client
                .query_typed(sql, parameters)
                .await
                .map_err(|error| errors::of_statement(&error, effect))
        };
        self.shared.ask(effect, send).await
    }
}

/// Settings of a [`PostgresStore`]. Debug does not show the URL, which can hold a password.
#[must_use]
pub struct PostgresStoreBuilder {
    url: String,
    table: String,
    roots_pem: Vec<Vec<u8>>,
    connect_timeout: Duration,
    answer_timeout: Duration,
}

impl PostgresStoreBuilder {
    /// The table, `name` or `schema.name`: 1 to 50 letters, digits and underscores each, not
    /// beginning with a digit. Case matters. Default `sf_auth_accounts`.
    pub fn table(mut self, name: impl Into<String>) -> Self {
        self.table = name.into();
        self
    }

    /// Trusts the certificates of a PEM text, besides those of the operating system.
    pub fn root_certificate_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.roots_pem.push(pem.into());
        self
    }

    /// Time for a connection, TLS and login included. Default 10 s.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// Time for an answer. Default 10 s. A change that takes longer ends as
    /// [`StoreError::OutcomeUnknown`].
    pub fn answer_timeout(mut self, limit: Duration) -> Self {
        self.answer_timeout = limit;
        self
    }

    /// Connects and makes the table if there is none. Any number of processes may do so at once.
    ///
    /// # Errors
    /// [`StoreError::Configuration`] for an unusable URL, table name, certificate or login;
    /// [`StoreError::Unavailable`] when the server cannot be reached now.
    pub async fn connect(self) -> Result<PostgresStore, StoreError> {
        check_table(&self.table)?;
        let (table, sequence) = (quoted(&self.table, ""), quoted(&self.table, "_version"));
        let server = Server::new(&self.url, &self.roots_pem, &table, &sequence)?;
        let store = PostgresStore {
            shared: Shared::new(server, self.connect_timeout, self.answer_timeout),
            sql: Sql::new(&table, &sequence),
        };
        store.now().await?;
        Ok(store)
    }
}

/// The statements, with the table's name in them.
struct Sql {
    get: String,
    insert: String,
    update: String,
    delete: String,
    list: String,
}

impl Sql {
    fn new(table: &str, sequence: &str) -> Self {
        let next = format!("nextval('{sequence}')");
        Self {
            get: format!("SELECT body, version FROM {table} WHERE key = $1"),
            // A row that another transaction is inserting is waited for; then there is a conflict.
            insert: format!(
                "INSERT INTO {table} (key, body, version) VALUES ($1, $2, {next}) \
                 ON CONFLICT (key) DO NOTHING RETURNING version"
            ),
            // A row that another transaction is changing is waited for, and its new version compared.
            update: format!(
                "UPDATE {table} SET body = $2, version = {next} WHERE key = $1 AND version = $3 \
                 RETURNING version"
            ),
            delete: format!(
                "DELETE FROM {table} WHERE key = $1 AND version = $2 RETURNING version"
            ),
            list: format!(
                "SELECT body, version, key FROM {table} WHERE key > $1 ORDER BY key LIMIT $2"
            ),
        }
    }
}

#[async_trait]
impl TokenStore for PostgresStore {
    async fn get(&self, key: &str) -> Result<Option<Stored>, StoreError> {
        check_key(key)?;
        let rows = self.query(Effect::Read, &self.sql.get, &[(&key, Type::TEXT)]).await?;
        rows.first().map(stored).transpose()
    }

    async fn put(&self, key: &str, body: &str, expected: Version) -> Result<Put, StoreError> {
        check_row(key, body)?;
        let version = expected.to_column();
        let all: [(&(dyn ToSql + Sync), Type); 3] =
            [(&key, Type::TEXT), (&body, Type::TEXT), (&version, Type::INT8)];
        let (sql, parameters) = match expected {
            Version::ABSENT => (&self.sql.insert, &all[..2]),
            _ => (&self.sql.update, &all[..]),
        };
        let rows = self.query(Effect::Change, sql, parameters).await?;
        let Some(row) = rows.first() else { return Ok(Put::Conflict) };
        Version::from_column(column(row, 0)?, STORE).map(Put::Stored)
    }

    async fn delete(&self, key: &str, expected: Version) -> Result<Deleted, StoreError> {
        check_key(key)?;
        let version = expected.to_column();
        let parameters: [(&(dyn ToSql + Sync), Type); 2] =
            [(&key, Type::TEXT), (&version, Type::INT8)];
        let rows = self.query(Effect::Change, &self.sql.delete, &parameters).await?;
        Ok(if rows.is_empty() { Deleted::Conflict } else { Deleted::Done })
    }

    async fn list(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Stored)>, StoreError> {
        // No key is empty, so all of them come after the empty text.
        let after = after.unwrap_or_default();
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let parameters: [(&(dyn ToSql + Sync), Type); 2] =
            [(&after, Type::TEXT), (&limit, Type::INT8)];
        let rows = self.query(Effect::Read, &self.sql.list, &parameters).await?;
        rows.iter().map(|row| Ok((column(row, 2)?, stored(row)?))).collect()
    }

    async fn now(&self) -> Result<Timestamp, StoreError> {
        let sql = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";
        let rows = self.query(Effect::Read, sql, &[]).await?;
        let micros = rows.first().map(|row| column::<i64>(row, 0)).transpose()?;
        micros
            .and_then(|micros| Timestamp::from_microsecond(micros).ok())
            .ok_or_else(|| errors::damaged("the server's clock cannot be read".to_owned()))
    }
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgresStore({:?})", self.shared.server)
    }
}

impl fmt::Debug for PostgresStoreBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgresStoreBuilder(table {:?})", self.table)
    }
}

fn stored(row: &Row) -> Result<Stored, StoreError> {
    Ok(Stored { body: column(row, 0)?, version: Version::from_column(column(row, 1)?, STORE)? })
}

fn column<'a, T: tokio_postgres::types::FromSql<'a>>(
    row: &'a Row,
    index: usize,
) -> Result<T, StoreError> {
    row.try_get(index).map_err(|_| {
        errors::damaged(
            "the table has other columns than this library makes; give another table name"
                .to_owned(),
        )
    })
}

/// Lets through what cannot end a quoted name. PostgreSQL cuts names at 63 bytes, and the sequence's
/// has a suffix.
fn check_table(name: &str) -> Result<(), StoreError> {
    let good = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && part.len() <= 50
    };
    if name.split('.').count() <= 2 && name.split('.').all(good) {
        return Ok(());
    }
    Err(errors::configuration(format!(
        "the table name {name:?} is not usable; allowed is name or schema.name, each 1 to 50 of \
         A-Z a-z 0-9 _ and not beginning with a digit"
    )))
}

/// The name as it stands in a statement.
fn quoted(name: &str, suffix: &str) -> String {
    match name.split_once('.') {
        Some((schema, table)) => format!("\"{schema}\".\"{table}{suffix}\""),
        None => format!("\"{name}{suffix}\""),
    }
}
