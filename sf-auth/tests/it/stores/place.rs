//! Where a test's rows are, apart from those of every other test, and how to open a store there.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use sf_auth::store::{MemoryStore, PostgresStore, RedisStore, SqliteStore, TokenStore};
use tempfile::TempDir;

pub(crate) enum Place {
    Memory(Arc<MemoryStore>),
    Sqlite(TempDir),
    Postgres { url: String, table: String },
    Redis { url: String, prefix: String },
}

impl Place {
    pub(crate) fn memory() -> Self {
        Self::Memory(Arc::default())
    }

    pub(crate) fn sqlite() -> Self {
        Self::Sqlite(tempfile::tempdir().unwrap())
    }

    /// `None` where there is no server and none is required.
    pub(crate) fn postgres() -> Option<Self> {
        server("SF_TEST_POSTGRES", "PostgreSQL")
            .map(|url| Self::Postgres { url, table: unique().replace('-', "_") })
    }

    /// `None` where there is no server and none is required.
    pub(crate) fn redis() -> Option<Self> {
        server("SF_TEST_REDIS", "Redis").map(|url| Self::Redis { url, prefix: unique() })
    }

    /// A handle of its own to the same rows.
    pub(crate) async fn open(&self) -> Arc<dyn TokenStore> {
        match self {
            Self::Memory(store) => store.clone(),
            Self::Sqlite(folder) => {
                Arc::new(SqliteStore::open(folder.path().join("accounts.db")).await.unwrap())
            }
            Self::Postgres { url, table } => {
                Arc::new(PostgresStore::builder(url).table(table).connect().await.unwrap())
            }
            Self::Redis { url, prefix } => {
                Arc::new(RedisStore::builder(url).prefix(prefix).connect().await.unwrap())
            }
        }
    }

    pub(crate) fn outlives_its_handles(&self) -> bool {
        !matches!(self, Self::Memory(_))
    }
}

/// The address of a server, from the environment. Without it a test fails where servers are required,
/// and elsewhere says what it did not do.
pub(crate) fn server(variable: &str, name: &str) -> Option<String> {
    let set = |variable: &str| std::env::var(variable).ok().filter(|value| !value.is_empty());
    if let Some(url) = set(variable) {
        return Some(url);
    }
    let problem =
        format!("no {name}: {variable} is not set; run `cargo xtask test`, which starts one");
    assert!(set("CI").is_none() && set("SF_REQUIRE_SERVERS").is_none(), "{problem}");
    // Not by a macro, whose output is shown for tests that fail.
    std::io::stderr().write_all(format!("not tested: {problem}\n").as_bytes()).unwrap();
    None
}

/// A name that no other test uses, nor an earlier run against the same server.
fn unique() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos();
    format!("t-{now:x}-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}
