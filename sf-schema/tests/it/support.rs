//! An org and a catalog of its schema.

use std::sync::Arc;

use sf_auth::StaticCredentials;
use sf_emulator::{Emulator, Fault, Operation};
use sf_rest::{Client, RetryPolicy};
use sf_schema::{Catalog, Object};

pub(crate) struct Org {
    pub(crate) org: Emulator,
    pub(crate) catalog: Catalog,
}

pub(crate) async fn org() -> Org {
    let org = Emulator::builder().contacts(100).start().await.unwrap();
    let catalog = Catalog::new(client(&org));
    Org { org, catalog }
}

pub(crate) fn client(org: &Emulator) -> Client {
    let credentials = StaticCredentials::new(org.url().as_str(), org.issue_token()).unwrap();
    Client::builder(Arc::new(credentials)).retry(RetryPolicy::without_delay(2)).build().unwrap()
}

pub(crate) async fn object(name: &str) -> Arc<Object> {
    org().await.catalog.object(name).await.unwrap()
}

impl Org {
    /// The statuses of the describes so far.
    pub(crate) fn describe_statuses(&self) -> Vec<u16> {
        let requests = self.org.requests();
        let describes = requests.iter().filter(|r| r.operation == Operation::Describe);
        describes.map(|r| r.status.unwrap()).collect()
    }

    pub(crate) fn describes(&self) -> usize {
        self.org.requests().iter().filter(|r| r.operation == Operation::Describe).count()
    }
}

/// A describe as the org has it.
pub(crate) async fn raw(org: &Emulator, name: &str) -> serde_json::Value {
    client(org).describe(name).await.unwrap()
}

/// The next describe of the org answers as if an administrator had changed the object.
pub(crate) async fn changed_describe(
    org: &Emulator,
    name: &str,
    change: impl FnOnce(&mut serde_json::Value),
) {
    let mut raw = raw(org, name).await;
    change(&mut raw);
    let reply = Fault::reply(200, "application/json", raw.to_string());
    org.faults().push(reply.on(Operation::Describe));
}
