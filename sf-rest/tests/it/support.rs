//! An org and a client that is logged in to it.

use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt;
use serde_json::{Value, json};
use sf_auth::transport::Transport;
use sf_auth::{ClientCredentials, TokenBroker};
use sf_emulator::{Emulator, Operation};
use sf_rest::{Client, Error, Id, Query, Record, RetryPolicy};

/// An org with few contacts, and a client that retries without waiting.
pub(crate) struct Setup {
    pub(crate) org: Emulator,
    pub(crate) client: Client,
}

pub(crate) const CONTACTS: u32 = 1_100;

impl Setup {
    pub(crate) async fn new() -> Self {
        let org = Emulator::builder().contacts(CONTACTS).start().await.unwrap();
        let client = client(&org, RetryPolicy::without_delay(4));
        Self { org, client }
    }

    /// How many requests of a kind came in, answered or not.
    pub(crate) fn count(&self, operation: Operation) -> usize {
        self.org.requests().iter().filter(|r| r.operation == operation).count()
    }

    /// All rows of a query.
    pub(crate) async fn rows(&self, query: Query<Record>) -> Result<Vec<Record>, Error> {
        self.client.query_with(query).try_collect().await
    }

    /// How many accounts have this name.
    pub(crate) async fn accounts_named(&self, name: &str) -> u64 {
        let soql = format!("SELECT COUNT() FROM Account WHERE Name = '{name}'");
        self.client.query_page(&Query::new(soql)).await.unwrap().total_size
    }

    /// A new account.
    pub(crate) async fn account(&self, name: &str) -> Id {
        self.client.create("Account", &json!({ "Name": name })).await.unwrap()
    }

    /// One field of an account.
    pub(crate) async fn name_of(&self, id: Id) -> Value {
        let record = self.client.get("Account", id, &["Name"]).await.unwrap();
        serde_json::to_value(&record).unwrap()["Name"].clone()
    }
}

/// Longer than any test takes.
pub(crate) const HOUR: Duration = Duration::from_secs(3_600);

/// Lets so much time pass at once; in a runtime of one thread.
async fn pass(time: Duration) {
    /// Whoever waits may be gone before time has passed.
    struct Stopped;
    impl Drop for Stopped {
        fn drop(&mut self) {
            tokio::time::resume();
        }
    }
    tokio::time::pause();
    let _stopped = Stopped;
    tokio::time::advance(time).await;
}

/// Fails if this takes longer than any machine needs.
pub(crate) async fn within_long<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(120), what).await.unwrap()
}

/// What becomes of calls while the org lets them wait: `time` passes whenever a request is hit by
/// [`sf_emulator::Fault::held`], and not otherwise, however long the machine takes for all else.
pub(crate) async fn outlast<T>(
    org: &Emulator,
    time: Duration,
    calls: impl Future<Output = T>,
) -> T {
    let held = || org.requests().iter().filter(|request| request.fault == Some("held")).count();
    let before = held();
    let passing = async {
        let mut passed = before;
        loop {
            if held() > passed {
                passed += 1;
                pass(time).await;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        outcome = calls => outcome,
        () = passing => unreachable!("it has no end"),
    }
}

/// A client with its own credentials.
pub(crate) fn client(org: &Emulator, retry: RetryPolicy) -> Client {
    let flow =
        ClientCredentials::new(org.url().as_str(), org.client_id(), org.client_secret()).unwrap();
    let transport = Transport::new().unwrap();
    let broker = TokenBroker::new(flow, transport.clone());
    Client::builder(Arc::new(broker)).transport(transport).retry(retry).build().unwrap()
}
