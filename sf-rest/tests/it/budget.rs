//! The org's API requests: what is known of them, and a floor under them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sf_emulator::{Emulator, Operation};
use sf_rest::{Budget, CallOptions, ErrorKind, Floor, RetryPolicy};

use crate::support::client;
use crate::wire::{Wire, answer};

#[tokio::test]
async fn refused_below_the_floor_for_all_clones() {
    let org = Emulator::builder().contacts(1).daily_requests(20).start().await.unwrap();
    let credentials =
        sf_auth::StaticCredentials::new(org.url().as_str(), org.issue_token()).unwrap();
    let client = sf_rest::Client::builder(Arc::new(credentials))
        .budget(Budget::new().refuse_below(Floor::Fraction(0.8)))
        .build()
        .unwrap();
    for _ in 0..5 {
        client.clone().limits().await.unwrap();
    }
    let usage = client.usage().unwrap();
    assert_eq!((usage.used, usage.max), (5, 20));
    let error = client.clone().limits().await.unwrap_err();
    insta::assert_snapshot!(error, @"not sent, since 15 of the org's 20 API requests of 24 hours are left and the budget keeps 16 of them; send it later, or with CallOptions::ignore_budget");
    assert_eq!(error.kind(), ErrorKind::BudgetExceeded);
    assert!(error.is_retryable() && error.retry_after().unwrap() <= Duration::from_secs(300));
    let requests = || org.requests().iter().filter(|r| r.operation == Operation::Limits).count();
    assert_eq!(requests(), 5, "nothing was sent");
    // Resources that need no token do not count.
    client.versions().await.unwrap();
    client.with(CallOptions::new().ignore_budget()).limits().await.unwrap();
    assert_eq!(requests(), 6);
    client.limits().await.unwrap_err();
}

#[tokio::test]
async fn looked_at_again_after_a_while() {
    let usage = |used| format!("sforce-limit-info: api-usage={used}/100\r\n");
    let wire = Wire::start(move |seen| async move {
        answer(200, &usage(if seen.place == 0 { 99 } else { 1 }), "{}")
    })
    .await;
    let budget = Budget::new().refuse_below(Floor::Requests(50)).recheck_after(Duration::ZERO);
    let client = wire.builder().budget(budget).build().unwrap();
    client.limits().await.unwrap();
    client.limits().await.unwrap();
    assert_eq!(client.usage().unwrap().used, 1);
    client.limits().await.unwrap();
}

#[tokio::test]
async fn slowed_down_below_the_floor() {
    let org = Emulator::builder().contacts(1).daily_requests(10).start().await.unwrap();
    let delay = Duration::from_millis(60);
    let credentials =
        sf_auth::StaticCredentials::new(org.url().as_str(), org.issue_token()).unwrap();
    let client = sf_rest::Client::builder(Arc::new(credentials))
        .budget(Budget::new().slow_below(Floor::Requests(9), delay))
        .build()
        .unwrap();
    client.limits().await.unwrap();
    client.limits().await.unwrap();
    let started = std::time::Instant::now();
    client.limits().await.unwrap();
    assert!(started.elapsed() >= delay);
}

/// Messages are translated to the user's language; the usage tells the limits apart then.
#[tokio::test]
async fn the_two_limits_of_one_code_in_another_language() {
    let limit =
        r#"[{"message":"Das Limit wurde überschritten.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]"#;
    for (used, kind, requests) in
        [(5, ErrorKind::ConcurrentRequestLimit, 4), (100, ErrorKind::RequestLimitExceeded, 1)]
    {
        let usage = format!("sforce-limit-info: api-usage={used}/100\r\n");
        let wire = Wire::always(answer(403, &usage, limit)).await;
        let error = wire.client().limits().await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!(wire.seen().len(), requests);
    }
}

#[tokio::test]
async fn too_many_at_once_is_an_error_of_its_own_when_it_does_not_pass() {
    let org = Emulator::builder().contacts(1).start().await.unwrap();
    let client = client(&org, RetryPolicy::without_delay(3));
    org.faults().push(sf_emulator::Fault::concurrent_request_limit().always());
    let error = client.limits().await.unwrap_err();
    insta::assert_snapshot!(error, @"too many requests of the org are running at the same time (ConcurrentRequests (Concurrent API Requests) Limit exceeded.); nothing was executed (attempts: 3)");
    assert!(error.is_retryable());
}

/// Six requests at fifty in a second: two at once, and the others one after the other.
#[tokio::test]
async fn a_rate_is_kept() {
    let wire = Wire::always(answer(200, "", "{}")).await;
    let number = |n| std::num::NonZeroU32::new(n).unwrap();
    let client = wire.builder().rate_limit(number(50), number(2)).build().unwrap();
    let started = std::time::Instant::now();
    let calls = (0..6).map(|_| client.limits());
    futures_util::future::try_join_all(calls).await.unwrap();
    assert!(started.elapsed() >= Duration::from_millis(4 * 20), "{:?}", started.elapsed());
    assert_eq!(wire.seen().len(), 6);
}

/// Two of six requests are in flight at once, of whichever clone they are.
#[tokio::test]
async fn requests_wait_for_their_turn() {
    let now = Arc::new(AtomicUsize::new(0));
    let running = Arc::clone(&now);
    let most = Arc::new(AtomicUsize::new(0));
    let highest = Arc::clone(&most);
    let gate = Arc::new(tokio::sync::Barrier::new(2));
    let wire = Wire::start(move |_| {
        let (running, highest, gate) = (running.clone(), highest.clone(), gate.clone());
        async move {
            let n = running.fetch_add(1, Ordering::SeqCst) + 1;
            highest.fetch_max(n, Ordering::SeqCst);
            gate.wait().await;
            running.fetch_sub(1, Ordering::SeqCst);
            answer(200, "", "{}")
        }
    })
    .await;
    let client = wire.builder().max_in_flight(2).build().unwrap();
    let calls = (0..6).map(|_| {
        let client = client.clone();
        async move { client.limits().await }
    });
    futures_util::future::try_join_all(calls).await.unwrap();
    assert_eq!(most.load(Ordering::SeqCst), 2);
}
