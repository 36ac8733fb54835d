//! The store of a fleet that has Redis already.

mod connection;
mod errors;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use redis::aio::MultiplexedConnection;
use redis::{FromRedisValue, Script};

use super::link::{Effect, Link, Shared};
use super::{Deleted, Put, StoreError, Stored, TokenStore, Version, check_key, check_row};
use connection::Server;

const STORE: &str = "Redis";

/// Accounts in Redis (6 or newer) or Valkey, for any number of machines.
///
/// All of it lies under three keys: `{prefix}:rows` (a hash: version and body by key),
/// `{prefix}:index` (a sorted set, for the order) and `{prefix}:version`. They share a hash tag and
/// so one slot. Each change is one script, hence atomic. A cluster is not followed from node to node:
/// give the address of the node that has the slot, or of a proxy.
///
/// # What Redis can lose
///
/// A token that was rotated and then lost cannot be had again: the account has to be authorized
/// anew, and if the older token that came back is presented, the platform may revoke the account's
/// other sessions too. So Redis has to keep what it acknowledged:
/// - `appendonly yes` and `appendfsync always`. With `everysec`, a crash loses up to about two
///   seconds of changes; without a log, all since the last snapshot.
/// - `maxmemory-policy noeviction`. Any other policy may throw accounts away.
/// - Replication is asynchronous, whatever is set: a failover loses the changes that the replica had
///   not received, usually less than a second's, and a lease may then be held twice. `min-replicas-to-write`
///   shortens the time, it does not close it. PostgreSQL with a synchronous replica has no such gap.
///
/// A setting that loses data is told as a warning (`tracing`) at each connection, when the server
/// lets itself be asked.
pub struct RedisStore {
    shared: Shared<Server>,
    keys: Arc<Keys>,
}

struct Keys {
    rows: String,
    index: String,
    version: String,
    put: Script,
    delete: Script,
    list: Script,
}

impl RedisStore {
    /// Connects with the defaults; see [`Self::builder`].
    ///
    /// # Errors
    /// As [`RedisStoreBuilder::connect`].
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        Self::builder(url).connect().await
    }

    /// Settings for a server: `rediss://user:password@host:6379/0` with TLS, whose certificate is
    /// verified; `redis://` without, for a network that is trusted; `redis+unix:///path` for a socket.
    pub fn builder(url: impl Into<String>) -> RedisStoreBuilder {
        RedisStoreBuilder {
            url: url.into(),
            prefix: "sf-auth".to_owned(),
            roots_pem: Vec::new(),
            connect_timeout: Duration::from_secs(10),
            answer_timeout: Duration::from_secs(10),
        }
    }

    async fn run<T: FromRedisValue>(
        &self,
        effect: Effect,
        script: fn(&Keys) -> &Script,
        arguments: &[&str],
    ) -> Result<T, StoreError> {
        let send = |link: Arc<Link<MultiplexedConnection>>| async move {
            let mut invocation = script(&self.keys).prepare_invoke();
            invocation.key(&self.keys.rows).key(&self.keys.index).key(&self.keys.version);
            for argument in arguments {
                invocation.arg(*argument);
            }
            let mut connection = link.client.clone();
            invocation.invoke_async(&mut connection).await.map_err(|e| errors::of_request(&e))
        };
        self.shared.ask(effect, send).await
    }

    async fn read<T: FromRedisValue>(&self, command: &redis::Cmd) -> Result<T, StoreError> {
        let send = |link: Arc<Link<MultiplexedConnection>>| async move {
            let mut connection = link.client.clone();
            command.query_async(&mut connection).await.map_err(|e| errors::of_request(&e))
        };
        self.shared.ask(Effect::Read, send).await
    }
}

/// Settings of a [`RedisStore`]. Debug does not show the URL, which can hold a password.
#[must_use]
pub struct RedisStoreBuilder {
    url: String,
    prefix: String,
    roots_pem: Vec<Vec<u8>>,
    connect_timeout: Duration,
    answer_timeout: Duration,
}

impl RedisStoreBuilder {
    /// What the keys begin with: 1 to 100 of `A-Z a-z 0-9 . _ : -`. Default `sf-auth`.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
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

    /// Connects, and checks that the keys under the prefix are this library's.
    ///
    /// # Errors
    /// [`StoreError::Configuration`] for an unusable URL, prefix, certificate or login;
    /// [`StoreError::Unavailable`] when the server cannot be reached now.
    pub async fn connect(self) -> Result<RedisStore, StoreError> {
        let prefix = &self.prefix;
        let good = |c: char| c.is_ascii_alphanumeric() || "._:-".contains(c);
        if prefix.is_empty() || prefix.len() > 100 || !prefix.chars().all(good) {
            return Err(errors::configuration(format!(
                "the prefix {prefix:?} is not usable; allowed are 1 to 100 of A-Z a-z 0-9 . _ : -"
            )));
        }
        let keys = Keys {
            rows: format!("{{{prefix}}}:rows"),
            index: format!("{{{prefix}}}:index"),
            version: format!("{{{prefix}}}:version"),
            put: Script::new(include_str!("redis/put.lua")),
            delete: Script::new(include_str!("redis/delete.lua")),
            list: Script::new(include_str!("redis/list.lua")),
        };
        let server = Server::new(&self.url, &self.roots_pem)?;
        let shared = Shared::new(server, self.connect_timeout, self.answer_timeout);
        let store = RedisStore { shared, keys: Arc::new(keys) };
        let keys = Arc::clone(&store.keys);
        for (key, wanted) in
            [(&keys.rows, "hash"), (&keys.index, "zset"), (&keys.version, "string")]
        {
            let found: String = store.read(redis::cmd("TYPE").arg(key)).await?;
            if found != "none" && found != wanted {
                return Err(errors::damaged(format!(
                    "the key {key:?} is a {found} and not of this library; give another prefix"
                )));
            }
        }
        Ok(store)
    }
}

#[async_trait]
impl TokenStore for RedisStore {
    async fn get(&self, key: &str) -> Result<Option<Stored>, StoreError> {
        check_key(key)?;
        let row: Option<String> =
            self.read(redis::cmd("HGET").arg(&self.keys.rows).arg(key)).await?;
        row.map(|row| stored(&row)).transpose()
    }

    async fn put(&self, key: &str, body: &str, expected: Version) -> Result<Put, StoreError> {
        check_row(key, body)?;
        let expected = expected.to_raw().to_string();
        let version: Option<u64> =
            self.run(Effect::Change, |keys| &keys.put, &[key, body, &expected]).await?;
        Ok(version.map_or(Put::Conflict, |version| Put::Stored(Version::from_raw(version))))
    }

    async fn delete(&self, key: &str, expected: Version) -> Result<Deleted, StoreError> {
        check_key(key)?;
        let expected = expected.to_raw().to_string();
        let removed: i64 = self.run(Effect::Change, |keys| &keys.delete, &[key, &expected]).await?;
        Ok(if removed == 1 { Deleted::Done } else { Deleted::Conflict })
    }

    async fn list(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Stored)>, StoreError> {
        let bound = after.map_or_else(|| "-".to_owned(), |key| format!("({key}"));
        let limit = i32::try_from(limit).unwrap_or(i32::MAX).to_string();
        let rows: Vec<String> =
            self.run(Effect::Read, |keys| &keys.list, &[&bound, &limit]).await?;
        let (pairs, _) = rows.as_chunks::<2>();
        pairs.iter().map(|[key, row]| Ok((key.clone(), stored(row)?))).collect()
    }

    async fn now(&self) -> Result<Timestamp, StoreError> {
        let (seconds, micros): (i64, i64) = self.read(&redis::cmd("TIME")).await?;
        Timestamp::from_microsecond(seconds.saturating_mul(1_000_000).saturating_add(micros))
            .map_err(|_| errors::damaged("the server's clock cannot be read".to_owned()))
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RedisStore({:?} at {:?})", self.keys.rows, self.shared.server)
    }
}

impl fmt::Debug for RedisStoreBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RedisStoreBuilder(prefix {:?})", self.prefix)
    }
}

/// A row is its version, a space and its body.
fn stored(row: &str) -> Result<Stored, StoreError> {
    row.split_once(' ')
        .and_then(|(version, body)| {
            let version = Version::from_raw(version.parse().ok()?);
            Some(Stored { body: body.to_owned(), version })
        })
        .ok_or_else(|| {
            errors::damaged("a row has no version, so this library did not write it".to_owned())
        })
}
