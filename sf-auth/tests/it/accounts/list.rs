//! Listing, health, and the master key.

use std::sync::Arc;
use std::time::Duration;

use sf_auth::accounts::{Accounts, Filter, Status};
use sf_auth::seal::{DataKey, LocalKeys, Sealer};
use sf_auth::{Credentials, Error};

use super::World;

#[tokio::test]
async fn accounts_are_listed_by_pages_and_status() {
    let world = World::rotating().await;
    let accounts = world.process();
    for turn in 0..7 {
        accounts.connect(&format!("tenant-{turn}")).await.unwrap();
    }
    for turn in [1, 4] {
        world.authorize(&accounts, &format!("tenant-{turn}")).await;
    }
    let (mut seen, mut filter) = (Vec::new(), Filter::all().limit(3));
    loop {
        let page = accounts.list(filter).await.unwrap();
        seen.push(page.accounts.len());
        let Some(next) = page.next else { break };
        filter = Filter::all().limit(3).after(next);
    }
    assert_eq!(seen, [3, 3, 1]);
    let active = accounts.list(Filter::all().status(Status::Active)).await.unwrap();
    let names: Vec<_> = active.accounts.iter().map(|a| a.identifier.as_str()).collect();
    assert_eq!((names, active.next), (vec!["tenant-1", "tenant-4"], None));
    let census = accounts.census().await.unwrap();
    assert_eq!((census[&Status::Pending], census[&Status::Active]), (5, 2));
    assert_eq!(census[&Status::NeedsReauth], 0);
}

#[tokio::test]
async fn an_account_that_nobody_uses_is_dormant() {
    let world = World::rotating().await;
    let accounts = world.process();
    let account = world.authorize(&accounts, "acme").await;
    assert_eq!(account.health.dormant_since, None);
    world.store.advance(Duration::from_secs(15 * 24 * 3600));
    let health = accounts.health("acme").await.unwrap();
    assert_eq!(health.dormant_since, health.last_success);
    assert!(health.dormant_since.is_some());
    world.process().credentials("acme").session().await.unwrap();
    assert_eq!(accounts.health("acme").await.unwrap().dormant_since, None);
}

/// The master key changes while accounts are in use, and a process without it says which is missing.
#[tokio::test]
async fn the_master_key_is_changed_while_in_use() {
    let world = World::rotating().await;
    let (old, new) = (DataKey::generate().unwrap(), DataKey::generate().unwrap());
    let keys = |keys: &[(&str, &DataKey)]| {
        let keys = keys.iter().map(|(id, key)| ((*id).to_owned(), (*key).clone()));
        Sealer::new(Arc::new(LocalKeys::new(keys).unwrap()))
    };
    let process = |sealer: Sealer| {
        Accounts::builder(world.store.clone(), sealer).app(world.app()).build().unwrap()
    };
    let first = process(keys(&[("2026", &old)]));
    for turn in 0..3 {
        world.authorize(&first, &format!("tenant-{turn}")).await;
    }
    let both = process(keys(&[("2027", &new), ("2026", &old)]));
    // One is wrapped anew by its own refresh, the others by the sweep.
    both.credentials("tenant-1").session().await.unwrap();
    assert_eq!(world.store.record("tenant-1").await["key"]["key_id"], "2027");
    assert_eq!(both.rewrap().await.unwrap(), 2);
    assert_eq!(both.rewrap().await.unwrap(), 0);
    let newest = process(keys(&[("2027", &new)]));
    for turn in 0..3 {
        let session = newest.credentials(&format!("tenant-{turn}")).session().await.unwrap();
        assert!(world.accepts(&session).await);
    }
    let error = process(keys(&[("2026", &old)])).credentials("tenant-2").session().await;
    let Error::Seal(error) = error.unwrap_err() else { panic!() };
    assert!(error.to_string().contains("\"2027\""), "{error}");
}
