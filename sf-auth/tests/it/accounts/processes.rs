//! Real processes: this test binary starts itself, and each child is one process of a product.

use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use sf_auth::accounts::{AccountError, Accounts, AccountsBuilder};
use sf_auth::seal::{LocalKeys, Sealer};
use sf_auth::store::{PostgresStore, RedisStore, SqliteStore, TokenStore};
use sf_auth::{Credentials, Error};
use sf_emulator::Emulator;

use super::Probe;
use super::world::{accepts, app_of};
use crate::stores::place::Place;

/// What a child is told.
const TOLD: &str = "SF_ACCOUNTS_CHILD";
/// One master key for all processes of the tests.
pub(super) const KEYS: &str = "test:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// Not a test by itself: what each child runs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    let Ok(told) = std::env::var(TOLD) else { return };
    let told: Value = serde_json::from_str(&told).unwrap();
    let store = Probe::over(store(&told["store"]).await);
    let text = |name: &str| told[name].as_str().unwrap();
    let app = app_of(text("url"), text("client_id"), text("client_secret"));
    let accounts = settings(
        Accounts::builder(store.clone(), sealer()).app(app),
        told["share"].as_bool().unwrap(),
    );
    match text("role") {
        "refresh" => {
            die_at_step(&store, told["step"].as_u64().unwrap());
            accounts.credentials("acme").session().await.unwrap();
        }
        "finish" => {
            die_at_step(&store, told["step"].as_u64().unwrap());
            accounts.finish(text("callback")).await.unwrap();
        }
        "disconnect" => {
            die_at_step(&store, told["step"].as_u64().unwrap());
            accounts.disconnect("acme").await.unwrap();
        }
        "storm" => storm(&accounts, Path::new(text("stop"))).await,
        other => panic!("{other}"),
    }
}

/// The settings that all processes of these tests share.
pub(super) fn settings(builder: AccountsBuilder, share: bool) -> Accounts {
    // Sessions are ended at random here, some of them before their first use.
    let never = std::time::Duration::ZERO;
    builder.share_sessions(share).shortest_session(never).settle_delay(never).build().unwrap()
}

pub(super) fn sealer() -> Sealer {
    Sealer::new(Arc::new(LocalKeys::parse(KEYS).unwrap()))
}

async fn store(told: &Value) -> Arc<dyn TokenStore> {
    let (place, name) = (told[1].as_str().unwrap(), told[2].as_str().unwrap());
    match told[0].as_str().unwrap() {
        "sqlite" => Arc::new(SqliteStore::open(place).await.unwrap()),
        "postgres" => Arc::new(PostgresStore::builder(place).table(name).connect().await.unwrap()),
        "redis" => Arc::new(RedisStore::builder(place).prefix(name).connect().await.unwrap()),
        other => panic!("{other}"),
    }
}

/// Dies without warning at a step: before or after any call of the store. The steps after the write
/// of the flight and before the read that follows the answer are those around the request.
fn die_at_step(store: &Probe, step: u64) {
    let steps = AtomicUsize::new(0);
    store.set_hook(move |_| {
        if steps.fetch_add(1, Ordering::SeqCst) as u64 == step {
            std::process::abort();
        }
    });
}

/// Uses the account with 64 tasks until it is told to stop.
async fn storm(accounts: &Accounts, stop: &Path) {
    let transport = sf_auth::transport::Transport::new().unwrap();
    let tasks: Vec<_> = (0..64)
        .map(|_| {
            let credentials = accounts.credentials("acme");
            let (transport, stop) = (transport.clone(), stop.to_owned());
            tokio::spawn(async move {
                while !stop.exists() {
                    let session = patiently(credentials.session().await);
                    let Some(session) = session else { continue };
                    if !accepts(&transport, &session).await {
                        patiently(credentials.refresh(&session).await);
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

/// Any error that may be retried is; all others fail the test.
fn patiently<T>(result: Result<T, Error>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(Error::Account(error @ AccountError::NeedsReauth { .. })) => panic!("{error}"),
        Err(error) if error.is_retryable() => None,
        Err(error) => panic!("{error:?}"),
    }
}

/// A child that is told what to do.
pub(super) struct Child(std::process::Child);

impl Child {
    pub(super) fn start(org: &Emulator, place: &Place, share: bool, more: &Value) -> Self {
        let mut told = json!({
            "url": org.url().as_str(),
            "client_id": org.client_id(),
            "client_secret": org.client_secret(),
            "share": share,
            "store": match place {
                Place::Sqlite(folder) => json!(["sqlite", folder.path().join("accounts.db"), "-"]),
                Place::Postgres { url, table } => json!(["postgres", url, table]),
                Place::Redis { url, prefix } => json!(["redis", url, prefix]),
                Place::Memory(_) => panic!("memory is not shared"),
            },
        });
        told.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "accounts::processes::child", "--nocapture"])
            .env(TOLD, told.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self(child)
    }

    /// Waits without holding up the runtime, on which the org runs.
    pub(super) async fn wait(self) -> (ExitStatus, String) {
        let wait = move || {
            let output = self.0.wait_with_output().unwrap();
            (output.status, String::from_utf8_lossy(&output.stderr).into_owned())
        };
        tokio::task::spawn_blocking(wait).await.unwrap()
    }

    /// Kills it as the system would.
    pub(super) fn kill(&mut self) {
        self.0.kill().unwrap();
    }
}
