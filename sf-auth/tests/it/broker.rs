//! The broker against a flow that the test holds in its hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use sf_auth::transport::Transport;
use sf_auth::{Credentials, Error, ErrorKind, Flow, Session, TokenBroker};
use tokio::sync::{Notify, Semaphore};
use url::Url;

/// A flow that counts its grants and waits for a permit before each answer.
#[derive(Clone)]
struct Gated(Arc<Gate>);

struct Gate {
    permits: Semaphore,
    started: Notify,
    grants: AtomicUsize,
    fail: AtomicUsize,
}

impl Gated {
    fn new(permits: usize) -> Self {
        Self(Arc::new(Gate {
            permits: Semaphore::new(permits),
            started: Notify::new(),
            grants: AtomicUsize::new(0),
            fail: AtomicUsize::new(0),
        }))
    }

    fn open() -> Self {
        Self::new(Semaphore::MAX_PERMITS)
    }

    fn grants(&self) -> usize {
        self.0.grants.load(Ordering::SeqCst)
    }

    fn broker(&self) -> TokenBroker {
        TokenBroker::new(self.clone(), Transport::new().unwrap())
    }
}

#[async_trait]
impl Flow for Gated {
    async fn grant(&self, _transport: &Transport) -> Result<Session, Error> {
        self.0.grants.fetch_add(1, Ordering::SeqCst);
        self.0.started.notify_one();
        self.0.permits.acquire().await.unwrap().forget();
        let failing = self.0.fail.load(Ordering::SeqCst);
        if failing > 0 {
            self.0.fail.store(failing - 1, Ordering::SeqCst);
            return Err(Error::Unavailable { endpoint: "https://x/token".to_owned(), status: 503 });
        }
        // The platform may well answer two grants with one token.
        Ok(Session::new(Url::parse("https://acme.my.salesforce.com").unwrap(), "same-token"))
    }
}

async fn accepted(broker: &TokenBroker) -> Arc<Session> {
    let session = broker.session().await.unwrap();
    session.mark_accepted();
    session
}

#[tokio::test]
async fn the_first_session_is_asked_for_once() {
    let flow = Gated::new(0);
    let broker = flow.broker();
    let callers: Vec<_> = (0..32)
        .map(|_| {
            let broker = broker.clone();
            tokio::spawn(async move { broker.session().await })
        })
        .collect();
    flow.0.started.notified().await;
    flow.0.permits.add_permits(1);
    for caller in callers {
        caller.await.unwrap().unwrap();
    }
    assert_eq!(flow.grants(), 1);
}

#[tokio::test]
async fn many_refused_callers_refresh_once() {
    let flow = Gated::open();
    let broker = flow.broker();
    let refused = accepted(&broker).await;
    let callers: Vec<_> = (0..50)
        .map(|_| {
            let (broker, refused) = (broker.clone(), Arc::clone(&refused));
            tokio::spawn(async move { broker.refresh(&refused).await })
        })
        .collect();
    let mut renewed = Vec::new();
    for caller in callers {
        renewed.push(caller.await.unwrap().unwrap());
    }
    assert_eq!(flow.grants(), 2, "the login and one refresh");
    assert!(renewed.iter().all(|s| s.is_same(&renewed[0]) && !s.is_same(&refused)));
}

#[tokio::test]
async fn a_late_refusal_refreshes_nothing() {
    let flow = Gated::open();
    let broker = flow.broker();
    let first = accepted(&broker).await;
    let second = broker.refresh(&first).await.unwrap();
    let late = broker.refresh(&first).await.unwrap();
    assert!(late.is_same(&second));
    assert_eq!(flow.grants(), 2);
}

#[tokio::test]
async fn a_caller_that_is_dropped_takes_nothing_with_it() {
    let flow = Gated::new(1);
    let broker = flow.broker();
    let refused = accepted(&broker).await;
    flow.0.started.notified().await;
    let caller = {
        let broker = broker.clone();
        tokio::spawn(async move { broker.refresh(&refused).await })
    };
    flow.0.started.notified().await;
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    // Nobody waits any more; the refresh ends all the same, and its session is the one in use.
    flow.0.permits.add_permits(1);
    while format!("{broker:?}").contains("in_flight: true") {
        tokio::task::yield_now().await;
    }
    broker.session().await.unwrap();
    assert_eq!(flow.grants(), 2);
}

#[tokio::test]
async fn a_failure_reaches_everyone_who_waited_and_is_then_forgotten() {
    let flow = Gated::new(0);
    flow.0.fail.store(1, Ordering::SeqCst);
    let broker = flow.broker();
    let waiting: Vec<_> = (0..8)
        .map(|_| {
            let broker = broker.clone();
            tokio::spawn(async move { broker.session().await })
        })
        .collect();
    flow.0.started.notified().await;
    tokio::task::yield_now().await;
    flow.0.permits.add_permits(1);
    for caller in waiting {
        let error = caller.await.unwrap().unwrap_err();
        assert!(error.is_retryable());
        assert_eq!(error.kind(), ErrorKind::Unavailable);
    }
    assert_eq!(flow.grants(), 1);
    flow.0.permits.add_permits(1);
    broker.session().await.unwrap();
}

#[tokio::test]
async fn a_session_that_was_never_accepted_is_diagnosed() {
    let flow = Gated::open();
    let broker = flow.broker();
    let session = broker.session().await.unwrap();
    let error = broker.refresh(&session).await.unwrap_err();
    assert!(matches!(error, Error::SessionRefused { .. }));
    assert!(!error.is_retryable());
    insta::assert_snapshot!(error, @r#"the new session was refused by https://acme.my.salesforce.com/ before it was ever accepted, so a new token will not help; check that the connected app has the scope "api", that the user may use the API, that login IP ranges allow this address, and that the login URL belongs to this org"#);
    assert_eq!(flow.grants(), 1);
    // Once it is old enough to have simply ended, it is renewed.
    let broker = TokenBroker::builder(flow.clone(), Transport::new().unwrap())
        .shortest_session(Duration::ZERO)
        .build();
    let unused = broker.session().await.unwrap();
    broker.refresh(&unused).await.unwrap();
}

#[tokio::test]
async fn a_flow_that_panics_is_an_error_and_not_a_deadlock() {
    struct Panics(AtomicUsize);
    #[async_trait]
    impl Flow for Panics {
        async fn grant(&self, _: &Transport) -> Result<Session, Error> {
            assert!(self.0.fetch_add(1, Ordering::SeqCst) > 0, "the first time");
            Ok(Session::new(Url::parse("https://acme.my.salesforce.com").unwrap(), "t"))
        }
    }
    let broker = TokenBroker::new(Panics(AtomicUsize::new(0)), Transport::new().unwrap());
    assert_eq!(broker.session().await.unwrap_err().kind(), ErrorKind::Other);
    broker.session().await.unwrap();
}

/// Callers that come in at any time around the end of a grant share it or its session.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn staggered_callers_share_one_grant_a_round() {
    let flow = Gated::open();
    let broker = flow.broker();
    let mut current = accepted(&broker).await;
    for round in 2..200 {
        let callers: Vec<_> = (0..12)
            .map(|turn| {
                let (broker, refused) = (broker.clone(), Arc::clone(&current));
                tokio::spawn(async move {
                    for _ in 0..turn {
                        tokio::task::yield_now().await;
                    }
                    broker.refresh(&refused).await.unwrap()
                })
            })
            .collect();
        for caller in callers {
            current = caller.await.unwrap();
        }
        current.mark_accepted();
        assert_eq!(flow.grants(), round);
    }
}
