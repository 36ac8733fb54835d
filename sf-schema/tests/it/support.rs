//! An org and a catalog of its schema.

use std::sync::Arc;

use sf_auth::StaticCredentials;
use sf_emulator::{Emulator, Operation};
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
    pub(crate) fn describes(&self) -> usize {
        self.org.requests().iter().filter(|r| r.operation == Operation::Describe).count()
    }
}
