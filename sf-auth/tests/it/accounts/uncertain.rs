//! Answers that were lost, dead tokens, and what only an administrator can mend.

use std::time::Duration;

use sf_auth::accounts::{AccountError, Status};
use sf_auth::{Credentials, Error};
use sf_emulator::{ConnectedApp, Fault, Operation};

use super::World;

fn lost() -> Fault {
    Fault::lost_answer().on(Operation::Token)
}

async fn status(accounts: &sf_auth::accounts::Accounts) -> Status {
    accounts.account("acme").await.unwrap().status
}

fn account_error(error: &Error) -> &AccountError {
    match error {
        Error::Account(error) => error,
        other => panic!("{other:?}"),
    }
}

/// The platform rotated the token and the answer is gone: by introspection this is known without a
/// replay, and sessions of others live on.
#[tokio::test]
async fn a_lost_answer_is_settled_by_introspection() {
    let world = World::rotating().await;
    let (accounts, credentials, refused) = world.connected().await;
    assert!(world.accepts(&refused).await);
    let bystander = world.process();
    let living = bystander.credentials("acme").session().await.unwrap();

    world.org.faults().push(lost());
    let error = credentials.refresh(&refused).await.unwrap_err();
    assert!(error.is_lost_answer(), "{error}");
    assert_eq!(status(&accounts).await, Status::Uncertain);

    let sent = world.org.token_requests();
    let error = credentials.refresh(&refused).await.unwrap_err();
    insta::assert_snapshot!(error, @r#"the account "acme" has to be authorised again (the answer to a refresh was lost, and by introspection the refresh token that was sent is no longer active); send a person to the URL that connect returns"#);
    assert_eq!(world.org.token_requests(), sent, "nothing is replayed");
    assert_eq!(status(&accounts).await, Status::NeedsReauth);
    assert!(world.accepts(&living).await, "no family was revoked");

    world.authorize(&accounts, "acme").await;
    let again = credentials.refresh(&refused).await.unwrap();
    assert!(world.accepts(&again).await);
}

/// Behind a proxy that knows the token endpoint alone, the account does not stand still for ever.
#[tokio::test]
async fn where_nobody_can_be_asked_the_token_is_sent_when_no_session_is_left() {
    let world = World::rotating().await;
    let (accounts, credentials, refused) = world.connected().await;
    assert!(world.accepts(&refused).await);
    let page = Fault::reply(404, "text/html", "<html>").path_contains("/introspect");
    world.org.faults().push(page.always());
    world.org.faults().push(Fault::dropped_connection().on(Operation::Token));
    credentials.refresh(&refused).await.unwrap_err();
    let session = credentials.refresh(&refused).await.unwrap();
    assert!(world.accepts(&session).await);
    assert_eq!(status(&accounts).await, Status::Active);
}

/// An outage ends no account, even if introspection knows nothing of its token.
#[tokio::test]
async fn after_an_outage_the_token_endpoint_judges() {
    let world = World::rotating().await;
    let (accounts, credentials, refused) = world.connected().await;
    assert!(world.accepts(&refused).await);
    let silent = Fault::reply(200, "application/json", r#"{"active":false}"#);
    world.org.faults().push(silent.path_contains("/introspect").always());
    world.org.faults().push(Fault::reply(503, "text/html", "<html>").on(Operation::Token));
    credentials.refresh(&refused).await.unwrap_err();
    let session = credentials.refresh(&refused).await.unwrap();
    assert!(world.accepts(&session).await);
    assert_eq!(status(&accounts).await, Status::Active);
}

/// The request never reached the platform, though it looked like it: the token is still good.
#[tokio::test]
async fn a_request_that_did_not_arrive_is_settled_too() {
    let world = World::rotating().await;
    let (accounts, credentials, first) = world.connected().await;
    assert!(world.accepts(&first).await);
    world.org.faults().push(Fault::dropped_connection().on(Operation::Token));
    credentials.refresh(&first).await.unwrap_err();
    assert_eq!(status(&accounts).await, Status::Uncertain);
    let second = credentials.refresh(&first).await.unwrap();
    assert!(world.accepts(&second).await);
    assert_eq!(status(&accounts).await, Status::Active);
}

/// Without introspection the live session goes on, and the token is risked only when none is left.
#[tokio::test]
async fn while_a_session_lives_nothing_is_risked() {
    let world = World::with(|app| app.rotate_refresh_tokens().without_introspection()).await;
    let process = || {
        world.process_with(|builder| {
            builder
                .session_timeout(Duration::from_secs(3600))
                .edges(Duration::from_secs(3600), Duration::ZERO)
        })
    };
    let accounts = process();
    world.authorize(&accounts, "acme").await;
    let living = accounts.credentials("acme").session().await.unwrap();
    assert!(world.accepts(&living).await);

    // Another process has no session, and loses the answer.
    let other = world.process();
    world.org.faults().push(Fault::dropped_connection().on(Operation::Token));
    other.credentials("acme").session().await.unwrap_err();
    assert_eq!(status(&accounts).await, Status::Uncertain);

    let sent = world.org.token_requests();
    for _ in 0..20 {
        let session = accounts.credentials("acme").session().await.unwrap();
        assert!(session.is_same(&living));
        tokio::task::yield_now().await;
    }
    assert_eq!(world.org.token_requests(), sent);
    assert_eq!(status(&accounts).await, Status::Uncertain);

    // Now there is none, and the token turns out to be good.
    world.org.expire_sessions();
    let renewed = accounts.credentials("acme").refresh(&living).await.unwrap();
    assert!(world.accepts(&renewed).await);
    assert_eq!(status(&accounts).await, Status::Active);
}

/// Without introspection and without a session, the replay tells: here it costs the family, which
/// cannot be avoided.
#[tokio::test]
async fn a_replay_that_was_unavoidable_says_what_is_needed() {
    let world = World::with(|app| app.rotate_refresh_tokens().without_introspection()).await;
    let (accounts, credentials, first) = world.connected().await;
    assert!(world.accepts(&first).await);
    world.org.faults().push(lost());
    credentials.refresh(&first).await.unwrap_err();
    let error = credentials.refresh(&first).await.unwrap_err();
    assert!(matches!(account_error(&error), AccountError::NeedsReauth { .. }), "{error}");
    assert_eq!(status(&accounts).await, Status::NeedsReauth);
}

/// An app that keeps its tokens makes nothing uncertain.
#[tokio::test]
async fn without_rotation_a_lost_answer_is_an_outage() {
    let world = World::with(ConnectedApp::without_introspection).await;
    let (accounts, credentials, mut session) = world.connected().await;
    session.mark_accepted();
    session = credentials.refresh(&session).await.unwrap();
    assert_eq!(world.store.record("acme").await["rotation"], "keeps");
    session.mark_accepted();
    world.org.faults().push(lost());
    credentials.refresh(&session).await.unwrap_err();
    assert_eq!(status(&accounts).await, Status::Active);
    let renewed = credentials.refresh(&session).await.unwrap();
    assert!(world.accepts(&renewed).await);
}

#[tokio::test]
async fn a_dead_token_needs_a_person_and_is_not_sent_again() {
    let world = World::rotating().await;
    let (accounts, credentials, session) = world.connected().await;
    session.mark_accepted();
    world.org.faults().push(Fault::token_error("invalid_grant", "expired access/refresh token"));
    let error = credentials.refresh(&session).await.unwrap_err();
    assert!(matches!(account_error(&error), AccountError::NeedsReauth { .. }));
    assert!(!error.is_retryable());
    let sent = world.org.token_requests();
    for process in [&accounts, &world.process()] {
        let error = process.credentials("acme").session().await.unwrap_err();
        assert!(matches!(account_error(&error), AccountError::NeedsReauth { .. }));
    }
    assert_eq!(world.org.token_requests(), sent);
    let health = accounts.health("acme").await.unwrap();
    assert_eq!(health.last_failure.unwrap().cause.as_deref(), Some("DeadRefreshToken"));
    assert!(accounts.connect("acme").await.unwrap().authorization_url.is_some());
}

/// Only the two texts that are established kill a token; any other refusal is for an administrator.
#[tokio::test]
async fn words_that_are_not_known_kill_nothing() {
    for (error, description) in [
        ("invalid_grant", "something new"),
        ("invalid_grant", "refresh token expired access"),
        ("invalid_grant", "inactive user"),
        ("invalid_grant", "ip restricted"),
        ("invalid_client", "invalid client credentials"),
        ("invalid_app_access", "user is not admin approved to access this app"),
        ("invalid_client", "expired access/refresh token"),
    ] {
        let world = World::rotating().await;
        world.store.stop_clock().await;
        let (accounts, credentials, session) = world.connected().await;
        session.mark_accepted();
        world.org.faults().push(Fault::token_error(error, description));
        let refused = credentials.refresh(&session).await.unwrap_err();
        assert!(matches!(account_error(&refused), AccountError::NeedsAdmin { .. }), "{refused}");
        assert_eq!(status(&accounts).await, Status::NeedsAdmin);
        // Slowly: not at the next call, and not in another process.
        let sent = world.org.token_requests();
        for process in [&accounts, &world.process()] {
            let error = process.credentials("acme").session().await.unwrap_err();
            let wait = error.retry_after().unwrap();
            assert_eq!(wait, Duration::from_secs(60));
        }
        assert_eq!(world.org.token_requests(), sent);
        // An hour later it was mended.
        world.store.advance(Duration::from_secs(3600));
        let renewed = credentials.refresh(&session).await.unwrap();
        assert!(world.accepts(&renewed).await, "{error} {description}");
        assert_eq!(status(&accounts).await, Status::Active);
    }
}

#[tokio::test]
async fn the_pauses_of_an_administrator_grow() {
    let world = World::rotating().await;
    world.store.stop_clock().await;
    let accounts = world.process();
    world.authorize(&accounts, "acme").await;
    world.org.access().lock_user(world.org.user_id());
    let fresh = world.process();
    let mut pauses = Vec::new();
    for _ in 0..8 {
        let error = fresh.credentials("acme").session().await.unwrap_err();
        let pause = error.retry_after().unwrap();
        pauses.push(pause.as_secs());
        world.store.advance(pause + Duration::from_secs(1));
    }
    assert_eq!(pauses, [60, 120, 240, 480, 960, 1920, 3600, 3600]);
    world.org.access().unlock_user(world.org.user_id());
    let session = fresh.credentials("acme").session().await.unwrap();
    assert!(world.accepts(&session).await);
}
