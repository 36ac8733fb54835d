//! The end of a connection: revoked, then forgotten, and never told otherwise.

use sf_auth::accounts::{AccountError, Revocation, Status};
use sf_auth::{Credentials, Error};
use sf_emulator::Fault;

use super::World;

#[tokio::test]
async fn what_is_disconnected_is_revoked_and_forgotten() {
    let world = World::rotating().await;
    let (accounts, other) = (world.process(), world.process());
    world.authorize(&accounts, "acme").await;
    let here = accounts.credentials("acme").session().await.unwrap();
    let there = other.credentials("acme").session().await.unwrap();
    assert!(world.accepts(&here).await && world.accepts(&there).await);

    let done = accounts.disconnect("acme").await.unwrap();
    assert!(matches!(done.revocation, Revocation::Revoked), "{done:?}");
    assert!(!world.accepts(&here).await && !world.accepts(&there).await);
    let record = world.store.record("acme").await;
    assert_eq!(record["status"], "disconnected");
    for secret in ["refresh_token", "session", "pending"] {
        assert!(record.get(secret).is_none(), "{secret}");
    }
    let sent = world.org.token_requests();
    for (credentials, session) in [
        (accounts.credentials("acme"), &here),
        (other.credentials("acme"), &there),
        (world.process().credentials("acme"), &here),
    ] {
        let error = credentials.refresh(session).await.unwrap_err();
        assert!(matches!(error, Error::Account(AccountError::Disconnected { .. })), "{error:?}");
    }
    assert_eq!(world.org.token_requests(), sent);
    // Once more changes nothing, and a person may connect it anew.
    let again = accounts.disconnect("acme").await.unwrap();
    assert!(matches!(again.revocation, Revocation::Nothing));
    world.authorize(&accounts, "acme").await;
    let session = other.credentials("acme").session().await.unwrap();
    assert!(world.accepts(&session).await);
}

#[tokio::test]
async fn what_was_not_revoked_is_not_told_as_revoked() {
    let world = World::rotating().await;
    let accounts = world.process();
    world.authorize(&accounts, "acme").await;
    let session = accounts.credentials("acme").session().await.unwrap();
    world.org.faults().push(Fault::unavailable_html().path_contains("/revoke"));
    let done = accounts.disconnect("acme").await.unwrap();
    assert!(matches!(done.revocation, Revocation::Failed(_)), "{done:?}");
    assert_eq!(accounts.account("acme").await.unwrap().status, Status::Disconnected);
    assert!(accounts.credentials("acme").session().await.is_err(), "not used any more");
    assert!(world.accepts(&session).await, "and not revoked either");

    let done = accounts.disconnect("acme").await.unwrap();
    assert!(matches!(done.revocation, Revocation::Revoked), "{done:?}");
    assert!(!world.accepts(&session).await);
    accounts.remove("acme").await.unwrap();
    let error = accounts.account("acme").await.unwrap_err();
    assert!(matches!(error, Error::Account(AccountError::Unknown { .. })));
}

/// A refresh that is in the air while the account is disconnected is revoked by who sent it.
#[tokio::test]
async fn a_refresh_in_the_air_ends_with_the_account() {
    let world = World::rotating().await;
    let (accounts, other) = (world.process(), world.process());
    world.authorize(&accounts, "acme").await;
    world.org.faults().push(Fault::held().on(sf_emulator::Operation::Token));
    let credentials = other.credentials("acme");
    let refresh = tokio::spawn(async move { credentials.session().await });
    world.org.faults().spent().await;
    // It is answered once the account is disconnected, and waited for from then on.
    let answered = async {
        while world.store.record("acme").await["status"] != "disconnected" {
            tokio::task::yield_now().await;
        }
        world.org.faults().release();
    };
    let (done, ()) = tokio::join!(accounts.disconnect("acme"), answered);
    let done = done.unwrap();
    let error = refresh.await.unwrap().unwrap_err();
    assert!(matches!(error, Error::Account(AccountError::Disconnected { .. })), "{error:?}");
    assert!(matches!(done.revocation, Revocation::Revoked), "{done:?}");
    let revoked = world.org.requests().iter().filter(|r| r.path.ends_with("/revoke")).count();
    assert_eq!(revoked, 2);
}

#[tokio::test]
async fn a_connected_account_is_not_removed() {
    let world = World::rotating().await;
    let accounts = world.process();
    world.authorize(&accounts, "acme").await;
    let error = accounts.remove("acme").await.unwrap_err();
    insta::assert_snapshot!(error, @r#"the account "acme" is active; disconnect it before it is removed"#);
}
