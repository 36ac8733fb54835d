//! What happens to an account while something of it is under way, and what comes too late.

use std::sync::Arc;

use sf_auth::accounts::{AccountError, Accounts, FinishOptions, Status};
use sf_auth::seal::{DataKey, LocalKeys, Sealer};
use sf_auth::store::MemoryStore;
use sf_auth::{Credentials, Error, Session, TokenResponse};
use url::Url;

use super::adopt::granted;
use super::browser::approve;
use super::probe::Break;
use super::{Probe, World};

/// The master key is changed and every account wrapped anew while a refresh is in the air: the
/// process that has the old key alone stores the rotated token all the same.
#[tokio::test]
async fn a_refresh_in_the_air_survives_a_change_of_the_master_key() {
    let world = World::rotating().await;
    let (old, new) = (DataKey::generate().unwrap(), DataKey::generate().unwrap());
    let process = |keys: &[(&str, &DataKey)]| {
        let keys = keys.iter().map(|(id, key)| ((*id).to_owned(), (*key).clone()));
        let sealer = Sealer::new(Arc::new(LocalKeys::new(keys).unwrap()));
        Accounts::builder(world.store.clone(), sealer).app(world.app()).build().unwrap()
    };
    let before = process(&[("2026", &old)]);
    world.authorize(&before, "acme").await;
    let credentials = before.credentials("acme");
    let first = credentials.session().await.unwrap();
    first.mark_accepted();
    // The read before the request passes; the one before the outcome is written waits.
    let gate = world.store.hold_reads_after(1);
    let refresh = tokio::spawn(async move { credentials.refresh(&first).await });
    world.store.held.notified().await;
    assert_eq!(process(&[("2027", &new), ("2026", &old)]).rewrap().await.unwrap(), 1);
    gate.add_permits(1);
    let session = refresh.await.unwrap().unwrap();
    assert!(world.accepts(&session).await);

    let session = process(&[("2027", &new)]).credentials("acme").session().await.unwrap();
    assert!(world.accepts(&session).await);
}

/// A grant that waited for the store, was stored by itself, and was asked for by nobody since.
async fn stored_without_callers(world: &World, accounts: &Accounts) {
    let grant = granted(world, &world.app(), world.org.username()).await;
    accounts.adopt("acme", world.app(), grant, FinishOptions::default()).await.unwrap();
    let credentials = accounts.credentials("acme");
    let first = credentials.session().await.unwrap();
    first.mark_accepted();
    world.store.breaks(Break::Down, 1, usize::MAX);
    credentials.refresh(&first).await.unwrap_err();
    world.store.mend();
    while world.store.record("acme").await["generation"] != 2 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_session_that_waited_is_not_given_after_the_end() {
    let world = World::rotating().await;
    let accounts = world.process();
    stored_without_callers(&world, &accounts).await;
    accounts.disconnect("acme").await.unwrap();
    let error = accounts.credentials("acme").session().await.unwrap_err();
    assert!(matches!(error, Error::Account(AccountError::Disconnected { .. })), "{error}");
}

#[tokio::test]
async fn a_session_that_waited_is_not_given_to_who_came_after() {
    let world = World::rotating().await;
    let accounts = world.process();
    stored_without_callers(&world, &accounts).await;
    let other = granted(&world, &world.app(), "samortega@example.com").await;
    let options = FinishOptions::default().allow_other_user();
    let account = accounts.adopt("acme", world.app(), other, options).await.unwrap();
    let credentials = accounts.credentials("acme");
    let session = credentials.session().await.unwrap();
    session.mark_accepted();
    let session = credentials.refresh(&session).await.unwrap();
    assert_eq!(session.user_id(), account.user_id.as_deref());
    assert_ne!(session.user_id(), Some(world.org.user_id()));
}

/// Who asks where the connection stands does not end the authorization that is being redeemed.
#[tokio::test]
async fn a_question_does_not_end_an_authorization_that_is_being_finished() {
    let memory = Arc::new(MemoryStore::new());
    let mut world = World::rotating().await;
    world.store = Probe::over(memory.clone());
    let accounts = world.process();
    let url = accounts.connect("acme").await.unwrap().authorization_url.unwrap();
    let callback = approve(&world.org, world.org.username(), &url).await;
    let gate = world.store.hold_reads_after(1);
    let finishing = accounts.clone();
    let finish = tokio::spawn(async move { finishing.finish(&callback).await });
    world.store.held.notified().await;
    let other = Accounts::builder(memory, world.sealer.clone()).app(world.app()).build().unwrap();
    let asked = other.connect("acme").await.unwrap();
    assert_eq!(asked.status, Status::Pending);
    gate.add_permits(1);
    assert_eq!(finish.await.unwrap().unwrap().status, Status::Active);
    let session = other.credentials("acme").session().await.unwrap();
    assert!(world.accepts(&session).await);
}

/// A grant that cannot be kept changes nothing.
#[tokio::test]
async fn a_grant_without_a_refresh_token_leaves_everything_as_it_was() {
    let world = World::rotating().await;
    let accounts = world.process();
    let url = accounts.connect("acme").await.unwrap().authorization_url.unwrap();
    let useless = || {
        let url = Url::parse(world.org.url().as_str()).unwrap();
        TokenResponse::new(Session::new(url, "00D!token"))
    };
    for name in ["acme", "nobody"] {
        let options = FinishOptions::default();
        let error = accounts.adopt(name, world.app(), useless(), options).await.unwrap_err();
        assert!(matches!(error, Error::MissingScope { missing: "refresh_token", .. }), "{error}");
    }
    let error = accounts.account("nobody").await.unwrap_err();
    assert!(matches!(error, Error::Account(AccountError::Unknown { .. })), "{error}");
    let callback = approve(&world.org, world.org.username(), &url).await;
    assert_eq!(accounts.finish(&callback).await.unwrap().status, Status::Active);
}
