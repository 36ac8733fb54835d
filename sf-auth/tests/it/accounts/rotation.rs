//! Refresh tokens that rotate: never replayed, never lost, whoever refreshes.

use std::sync::Arc;
use std::time::Duration;

use sf_auth::accounts::Status;
use sf_auth::{Credentials, ErrorKind};
use sf_emulator::{Fault, Operation};

use super::World;
use super::probe::Break;

#[tokio::test]
async fn each_refresh_uses_the_token_of_the_last() {
    let world = World::rotating().await;
    let (_accounts, credentials, mut session) = world.connected().await;
    assert_eq!(world.org.token_requests(), 1, "the code's own session is used first");
    for generation in 2..6 {
        assert!(world.accepts(&session).await);
        world.org.expire_sessions();
        assert!(!world.accepts(&session).await);
        session = credentials.refresh(&session).await.unwrap();
        let record = world.store.record("acme").await;
        assert_eq!(record["generation"], generation);
        assert_eq!(record["rotation"], "rotates");
        assert!(record.get("flight").is_none());
    }
    assert_eq!(world.org.token_requests(), 5);
}

/// A stored refresh token resumes a session in another process, with no other grant sent.
#[tokio::test]
async fn another_process_goes_on_where_the_first_ended() {
    let world = World::rotating().await;
    world.authorize(&world.process(), "acme").await;
    for _ in 0..3 {
        let session = world.process().credentials("acme").session().await.unwrap();
        assert!(world.accepts(&session).await);
    }
    assert_eq!(world.org.token_requests(), 4);
    assert_eq!(world.process().account("acme").await.unwrap().status, Status::Active);
}

#[tokio::test]
async fn processes_refresh_one_after_the_other() {
    let world = World::rotating().await;
    world.authorize(&world.process(), "acme").await;
    let processes: Vec<_> = (0..6).map(|_| world.process()).collect();
    let tasks: Vec<_> = processes
        .iter()
        .map(|process| {
            let credentials = process.credentials("acme");
            tokio::spawn(async move { credentials.session().await.unwrap() })
        })
        .collect();
    for task in tasks {
        assert!(world.accepts(&task.await.unwrap()).await, "the family lives");
    }
    assert_eq!(world.org.token_requests(), 7);
}

#[tokio::test]
async fn a_shared_session_is_refreshed_once_for_all() {
    let world = World::rotating().await;
    let share = || world.process_with(|builder| builder.share_sessions(true));
    world.authorize(&share(), "acme").await;
    let processes: Vec<_> = (0..6).map(|_| share()).collect();
    let mut refused = Vec::new();
    for process in &processes {
        refused.push(process.credentials("acme").session().await.unwrap());
    }
    assert_eq!(world.org.token_requests(), 1, "all use the session of the authorization");
    world.org.expire_sessions();
    let tasks: Vec<_> = processes
        .iter()
        .zip(refused)
        .map(|(process, refused)| {
            let credentials = process.credentials("acme");
            tokio::spawn(async move { credentials.refresh(&refused).await.unwrap() })
        })
        .collect();
    for task in tasks {
        assert!(world.accepts(&task.await.unwrap()).await);
    }
    assert_eq!(world.org.token_requests(), 2);
}

/// Without sharing, no access token is ever in the store, sealed or not.
#[tokio::test]
async fn sessions_stay_in_memory() {
    let world = World::rotating().await;
    let accounts = world.process();
    world.authorize(&accounts, "acme").await;
    accounts.credentials("acme").session().await.unwrap();
    assert!(world.store.record("acme").await.get("session").is_none());
}

/// Polls a future so often, or until it is done.
async fn poll<F: Future>(mut future: std::pin::Pin<&mut F>, times: usize) {
    for _ in 0..times {
        let waker = std::task::Waker::noop();
        if future.as_mut().poll(&mut std::task::Context::from_waker(waker)).is_ready() {
            return;
        }
        tokio::task::yield_now().await;
    }
}

/// Dropping a caller after any number of polls loses nothing.
#[tokio::test(flavor = "current_thread")]
async fn a_caller_that_is_dropped_at_any_await_loses_nothing() {
    let world = World::rotating().await;
    let (_accounts, credentials, mut session) = world.connected().await;
    for polls in 0..40 {
        assert!(world.accepts(&session).await);
        world.org.expire_sessions();
        {
            let mut refresh = std::pin::pin!(credentials.refresh(&session));
            poll(refresh.as_mut(), polls).await;
        }
        session = credentials.refresh(&session).await.unwrap();
        assert!(world.accepts(&session).await, "after {polls} polls");
    }
    assert_eq!(world.org.token_requests(), 41, "one a round: the dropped one was joined");
}

/// The same for an authorization, whose code works once.
#[tokio::test(flavor = "current_thread")]
async fn an_authorization_that_is_dropped_goes_on() {
    for polls in 1..8 {
        let world = World::rotating().await;
        let accounts = world.process();
        let url = accounts.connect("acme").await.unwrap().authorization_url.unwrap();
        let callback = super::browser::approve(&world.org, world.org.username(), &url).await;
        {
            let mut finish = std::pin::pin!(accounts.finish(&callback));
            poll(finish.as_mut(), polls).await;
        }
        while accounts.account("acme").await.unwrap().status != Status::Active {
            tokio::task::yield_now().await;
        }
        let session = accounts.credentials("acme").session().await.unwrap();
        assert!(world.accepts(&session).await);
        assert_eq!(world.org.token_requests(), 1);
    }
}

#[tokio::test]
async fn a_rotated_token_waits_for_the_store_and_its_session_with_it() {
    let world = World::rotating().await;
    let (_accounts, credentials, first) = world.connected().await;
    assert!(world.accepts(&first).await);
    world.org.expire_sessions();
    // The write before the request passes; those after it fail.
    world.store.breaks(Break::Down, 1, usize::MAX);
    let error = credentials.refresh(&first).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert!(error.is_retryable());
    assert_eq!(world.org.token_requests(), 2);

    world.store.mend();
    let second = credentials.refresh(&first).await.unwrap();
    assert!(world.accepts(&second).await);
    assert_eq!(world.org.token_requests(), 2, "the grant that waited is the one that is used");
    // And its refresh token is the one that is stored.
    let third = world.process().credentials("acme").session().await.unwrap();
    assert!(world.accepts(&third).await);
}

/// Nobody calls any more, and the token is stored all the same.
#[tokio::test]
async fn a_rotated_token_is_stored_without_callers() {
    let world = World::rotating().await;
    let (accounts, credentials, first) = world.connected().await;
    first.mark_accepted();
    world.store.breaks(Break::Down, 1, usize::MAX);
    credentials.refresh(&first).await.unwrap_err();
    drop((credentials, accounts));
    world.store.mend();
    while world.store.record("acme").await["generation"] != 2 {
        tokio::task::yield_now().await;
    }
    let session = world.process().credentials("acme").session().await.unwrap();
    assert!(world.accepts(&session).await);
}

#[tokio::test]
async fn writes_whose_answers_are_lost_are_found_again() {
    for skip in 0..2 {
        let world = World::rotating().await;
        let (_accounts, credentials, first) = world.connected().await;
        first.mark_accepted();
        world.store.breaks(Break::LoseAnswer, skip, 1);
        let second = credentials.refresh(&first).await.unwrap();
        assert!(world.accepts(&second).await);
        assert_eq!(world.org.token_requests(), 2);
        let record = world.store.record("acme").await;
        assert_eq!(record["generation"], 2);
        assert!(record.get("flight").is_none());
    }
}

/// Every write of a refresh fails in turn, with its answer lost or not written at all, for good or
/// for a while; the account is never lost.
#[tokio::test]
async fn an_unreliable_store_never_costs_the_account() {
    let world = World::rotating().await;
    let (_accounts, credentials, mut session) = world.connected().await;
    for how in [Break::Down, Break::LoseAnswer] {
        for skip in 0..4 {
            for count in 1..5 {
                assert!(world.accepts(&session).await, "skip {skip} count {count}");
                world.org.expire_sessions();
                world.store.breaks(how, skip, count);
                session = loop {
                    match credentials.refresh(&session).await {
                        Ok(session) => break session,
                        Err(error) => assert!(error.is_retryable(), "{error}"),
                    }
                };
                world.store.mend();
            }
        }
    }
    assert!(world.accepts(&session).await);
}

/// A process that stood still while it took the lease does not send under it.
#[tokio::test(flavor = "current_thread")]
async fn a_process_that_was_paused_takes_a_new_lease() {
    for (paused, writes) in [(1, 2), (20, 3)] {
        let world = World::rotating().await;
        world.authorize(&world.process(), "acme").await;
        let before = world.store.writes.load(std::sync::atomic::Ordering::SeqCst);
        let gate = world.store.hold_write();
        let credentials = world.process().credentials("acme");
        let refresh = tokio::spawn(async move { credentials.session().await });
        world.store.held.notified().await;
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(paused)).await;
        tokio::time::resume();
        gate.add_permits(1);
        let session = refresh.await.unwrap().unwrap();
        assert!(world.accepts(&session).await);
        assert_eq!(world.org.token_requests(), 2);
        let after = world.store.writes.load(std::sync::atomic::Ordering::SeqCst);
        assert_eq!(after - before, writes, "lease, perhaps another lease, outcome");
    }
}

/// The lease of a process that is gone holds until its time is over; then its request is settled.
#[tokio::test]
async fn the_lease_of_the_dead_holds_until_it_is_over() {
    let world = World::rotating().await;
    let accounts = Arc::new(world.process());
    world.authorize(&accounts, "acme").await;
    // The lease of a process that died: others wait until it is over by the store's clock.
    let until = jiff::Timestamp::now() + Duration::from_secs(40);
    world
        .store
        .edit("acme", |record| {
            record["flight"] = serde_json::json!({
                "attempt": "a", "holder": "gone", "generation": 1,
                "started": jiff::Timestamp::now(), "until": until,
            });
        })
        .await;
    let other = world.process();
    let waiting = tokio::spawn(async move { other.credentials("acme").session().await });
    let before = world.org.token_requests();
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
    assert_eq!(world.org.token_requests(), before, "the lease holds");
    world.store.advance(Duration::from_secs(60));
    let session = waiting.await.unwrap().unwrap();
    assert!(world.accepts(&session).await);
    let asked: Vec<_> = world.org.requests();
    assert!(asked.iter().any(|request| request.path.ends_with("/introspect")), "settled first");
}

#[tokio::test]
async fn outages_leave_the_token_and_the_state() {
    let world = World::rotating().await;
    let (accounts, credentials, mut session) = world.connected().await;
    for fault in [
        Fault::unavailable_html(),
        Fault::server_error(),
        Fault::too_many_requests(None),
        Fault::token_error("unknown_error", "retry your request"),
        Fault::token_error("invalid_grant", "login rate exceeded"),
    ] {
        assert!(world.accepts(&session).await);
        world.org.expire_sessions();
        world.org.faults().push(fault.on(Operation::Token).times(1));
        let error = credentials.refresh(&session).await.unwrap_err();
        assert!(error.is_retryable(), "{error}");
        let account = accounts.account("acme").await.unwrap();
        assert_eq!(account.status, Status::Active);
        assert_eq!(account.health.consecutive_failures, 1);
        session = credentials.refresh(&session).await.unwrap();
    }
    assert!(world.accepts(&session).await);
    assert_eq!(accounts.health("acme").await.unwrap().consecutive_failures, 0);
}

/// The platform is asked when a session ends, if that is wanted and the app may ask.
#[tokio::test]
async fn the_end_of_a_session_is_learnt_by_introspection() {
    for may_introspect in [true, false] {
        let world =
            World::with(|app| if may_introspect { app } else { app.without_introspection() }).await;
        world.org.set_session_timeout(Duration::from_secs(900));
        let accounts = world.process_with(|builder| builder.learn_expiry(true));
        world.authorize(&accounts, "acme").await;
        let credentials = accounts.credentials("acme");
        let first = credentials.session().await.unwrap();
        first.mark_accepted();
        let second = credentials.refresh(&first).await.unwrap();
        for session in [first, second] {
            let learnt = may_introspect.then(|| Duration::from_secs(900));
            assert_eq!(session.lifetime(), learnt);
            assert!(world.accepts(&session).await);
        }
    }
}
