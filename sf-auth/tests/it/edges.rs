//! Sessions whose end is known: renewed before it, once, and never once a request.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use sf_auth::transport::Transport;
use sf_auth::{Credentials, Error, ErrorKind, Flow, Session, TokenBroker};
use tokio::sync::Semaphore;
use url::Url;

/// Gives sessions of a lifetime, the first of them as if obtained some time ago.
#[derive(Clone)]
struct Aged {
    lifetime: Duration,
    first_age: Duration,
    grants: Arc<AtomicUsize>,
    gate: Arc<Semaphore>,
    fails: Arc<AtomicUsize>,
}

impl Aged {
    fn new(lifetime_s: u64, first_age_s: u64) -> Self {
        Self {
            lifetime: Duration::from_secs(lifetime_s),
            first_age: Duration::from_secs(first_age_s),
            grants: Arc::default(),
            gate: Arc::new(Semaphore::new(Semaphore::MAX_PERMITS)),
            fails: Arc::default(),
        }
    }

    fn broker(&self) -> TokenBroker {
        TokenBroker::new(self.clone(), Transport::new().unwrap())
    }

    fn grants(&self) -> usize {
        self.grants.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Flow for Aged {
    async fn grant(&self, _: &Transport) -> Result<Session, Error> {
        let number = self.grants.fetch_add(1, Ordering::SeqCst);
        self.gate.acquire().await.unwrap().forget();
        if number > 0 && self.fails.load(Ordering::SeqCst) > 0 {
            self.fails.fetch_sub(1, Ordering::SeqCst);
            return Err(unavailable());
        }
        let age = if number == 0 { self.first_age } else { Duration::ZERO };
        let obtained = Timestamp::now() - SignedDuration::try_from(age).unwrap();
        let url = Url::parse("https://acme.my.salesforce.com").unwrap();
        let session = Session::new(url, "token").with_obtained_at(obtained);
        Ok(session.with_expires_in(self.lifetime))
    }
}

fn unavailable() -> Error {
    Error::Unavailable { endpoint: "https://x/token".to_owned(), status: 503 }
}

#[tokio::test]
async fn within_the_soft_edge_one_task_renews_and_nobody_waits() {
    let flow = Aged { gate: Arc::new(Semaphore::new(1)), ..Aged::new(7200, 7000) };
    let broker = flow.broker();
    let old = broker.session().await.unwrap();
    for _ in 0..50 {
        assert!(broker.session().await.unwrap().is_same(&old));
        tokio::task::yield_now().await;
    }
    assert_eq!(flow.grants(), 2, "the login and one renewal");
    flow.gate.add_permits(1);
    while broker.session().await.unwrap().is_same(&old) {
        tokio::task::yield_now().await;
    }
    assert_eq!(flow.grants(), 2);
}

#[tokio::test]
async fn within_the_hard_edge_everyone_waits_and_survives_an_outage() {
    let flow = Aged::new(7200, 7170);
    let broker = flow.broker();
    // The first grant is within the hard edge when it is asked for the second time.
    let old = broker.session().await.unwrap();
    flow.fails.store(1, Ordering::SeqCst);
    assert!(broker.session().await.unwrap().is_same(&old), "the renewal failed, it lives");
    let renewed = broker.session().await.unwrap();
    assert!(!renewed.is_same(&old));
    assert_eq!(flow.grants(), 3);
}

#[tokio::test]
async fn a_session_that_is_over_is_not_handed_out() {
    let flow = Aged::new(7200, 7200);
    let broker = flow.broker();
    let over = broker.session().await.unwrap();
    let next = broker.session().await.unwrap();
    assert!(!next.is_same(&over));
    let flow = Aged::new(7200, 7201);
    let broker = flow.broker();
    broker.session().await.unwrap();
    flow.fails.store(1, Ordering::SeqCst);
    assert_eq!(broker.session().await.unwrap_err().kind(), ErrorKind::Unavailable);
}

/// A lifetime below the edges: each new session is used, not renewed at once.
#[tokio::test]
async fn a_short_session_is_not_renewed_for_each_request() {
    for lifetime in [20, 60, 300, 900] {
        let flow = Aged::new(lifetime, 0);
        let broker = flow.broker();
        for _ in 0..100 {
            broker.session().await.unwrap();
        }
        assert_eq!(flow.grants(), 1, "{lifetime} s");
    }
}

/// Use in the second half of the timeout starts a new one.
#[tokio::test]
async fn use_puts_off_the_end() {
    let url = Url::parse("https://acme.my.salesforce.com").unwrap();
    let aged = |minutes: i64| {
        let obtained = Timestamp::now() - SignedDuration::from_mins(minutes);
        Session::new(url.clone(), "t")
            .with_obtained_at(obtained)
            .with_idle_timeout(Duration::from_secs(7200))
    };
    for (minutes, left) in [(30, 90), (59, 61), (61, 120), (110, 120)] {
        let session = aged(minutes);
        session.mark_accepted();
        let found = session.expires_in().unwrap().as_secs_f64() / 60.0;
        assert!((found - f64::from(left)).abs() < 0.1, "{minutes}: {found}");
    }
    let fixed = aged(110).with_expires_in(Duration::from_secs(7200));
    fixed.mark_accepted();
    assert!(fixed.expires_in().unwrap() <= Duration::from_secs(600));
}

#[tokio::test(start_paused = true)]
async fn after_failures_the_platform_is_left_alone() {
    struct Down(AtomicUsize);
    #[async_trait]
    impl Flow for Down {
        async fn grant(&self, _: &Transport) -> Result<Session, Error> {
            self.0.fetch_add(1, Ordering::SeqCst);
            Err(unavailable())
        }
    }
    let flow = Arc::new(Down(AtomicUsize::new(0)));
    struct Shared(Arc<Down>);
    #[async_trait]
    impl Flow for Shared {
        async fn grant(&self, transport: &Transport) -> Result<Session, Error> {
            self.0.grant(transport).await
        }
    }
    let broker = TokenBroker::new(Shared(Arc::clone(&flow)), Transport::new().unwrap());
    let mut told = 0;
    for _ in 0..1000 {
        let error = broker.session().await.unwrap_err();
        assert!(error.is_retryable());
        if let Error::Paused { .. } = &error {
            assert!(error.retry_after().unwrap() > Duration::from_secs(1));
            assert_eq!(error.kind(), ErrorKind::Unavailable);
            told += 1;
        }
    }
    // 0, 0.1, 0.2, 0.4, 0.8 seconds are waited out; then callers are told.
    let asked = flow.0.load(Ordering::SeqCst);
    assert!((5..=6).contains(&asked), "{asked}");
    assert_eq!(asked + told, 1000);
    // The pause grows to a minute, and not beyond.
    let mut longest = Duration::ZERO;
    for _ in 0..40 {
        if let Some(pause) = broker.session().await.unwrap_err().retry_after() {
            longest = longest.max(pause);
            tokio::time::advance(pause).await;
        }
    }
    assert!(Duration::from_secs(45) < longest && longest <= Duration::from_secs(60), "{longest:?}");
}
