//! Servers that go away, come back, or take a change and lose the answer.

use std::sync::Arc;
use std::time::Duration;

use sf_auth::store::{PostgresStore, Put, RedisStore, StoreError, TokenStore, Version};

use super::behaviour::create;
use super::place::Place;
use super::proxy::{Proxy, Tls, Way, certificate};

/// Longer than any answer takes that comes.
const PATIENCE: Duration = Duration::from_secs(120);

/// A store that goes by way of a proxy, and one with hardly any patience.
async fn by_way_of_a_proxy(place: &Place) -> (Proxy, Arc<dyn TokenStore>, Arc<dyn TokenStore>) {
    let short = Duration::from_millis(500);
    match place {
        Place::Postgres { url, table } => {
            let (proxy, url) = Proxy::to(url, Tls::None).await;
            let store = async |patience| {
                let builder = PostgresStore::builder(&url).table(table).answer_timeout(patience);
                Arc::new(builder.connect().await.unwrap())
            };
            (proxy, store(PATIENCE).await, store(short).await)
        }
        Place::Redis { url, prefix } => {
            let (proxy, url) = Proxy::to(url, Tls::None).await;
            let store = async |patience| {
                let builder = RedisStore::builder(&url).prefix(prefix).answer_timeout(patience);
                Arc::new(builder.connect().await.unwrap())
            };
            (proxy, store(PATIENCE).await, store(short).await)
        }
        _ => panic!("not a server"),
    }
}

#[tokio::test]
async fn postgresql_goes_away() {
    if let Some(place) = Place::postgres() {
        goes_away(place).await;
    }
}

#[tokio::test]
async fn redis_goes_away() {
    if let Some(place) = Place::redis() {
        goes_away(place).await;
    }
}

async fn goes_away(place: Place) {
    let (proxy, store, impatient) = by_way_of_a_proxy(&place).await;
    let direct = place.open().await;
    let version = create(&*store, "key", "1").await;

    // Away: nothing was sent, so nothing can have happened.
    proxy.set(Way::Closed);
    let gone = async || loop {
        // The first may still have been on its way when the connection was cut.
        let error = store.put("key", "never", version).await.unwrap_err();
        assert!(error.is_retryable(), "{error:?}");
        if !error.is_outcome_unknown() {
            return error;
        }
    };
    assert!(matches!(gone().await, StoreError::Unavailable { .. }));
    let error = store.get("key").await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");

    // Back: the same handle goes on.
    proxy.set(Way::Open);
    assert_eq!(store.get("key").await.unwrap().unwrap().version, version);
    let Put::Stored(version) = store.put("key", "2", version).await.unwrap() else {
        panic!("conflict")
    };

    // A read whose answer is lost is asked again; here the answer to that is lost too.
    proxy.set(Way::LosesTheAnswer);
    let error = store.get("key").await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
    proxy.set(Way::Open);
    assert_eq!(store.get("key").await.unwrap().unwrap().version, version);

    // A change whose answer is lost is told as that, and has happened.
    proxy.set(Way::LosesTheAnswer);
    let error = store.put("key", "written", version).await.unwrap_err();
    assert!(error.is_outcome_unknown() && error.is_retryable(), "{error:?}");
    proxy.set(Way::Open);
    let row = store.get("key").await.unwrap().unwrap();
    assert_eq!(row.body, "written");
    assert_ne!(row.version, version);

    // Silence is not waited for without end. The connection is there by then, or nothing is sent.
    while impatient.get("key").await.is_err() {}
    proxy.set(Way::Silent);
    let error = impatient.delete("key", row.version).await.unwrap_err();
    assert!(error.is_outcome_unknown(), "{error:?}");
    // The server was given the request.
    while direct.get("key").await.unwrap().is_some() {
        tokio::task::yield_now().await;
    }
    proxy.set(Way::Open);
    create(&*store, "key", "again").await;
}

#[tokio::test]
async fn a_connection_that_was_cut_while_idle_costs_nothing() {
    for place in [Place::postgres(), Place::redis()].into_iter().flatten() {
        let (proxy, store, _) = by_way_of_a_proxy(&place).await;
        let mut version = create(&*store, "key", "0").await;
        for round in 1..4 {
            proxy.set(Way::Closed);
            // One thread runs all of this: the proxy's tasks, then the store's, see the cut.
            for _ in 0..2000 {
                tokio::task::yield_now().await;
            }
            proxy.set(Way::Open);
            let body = round.to_string();
            let Put::Stored(next) = store.put("key", &body, version).await.unwrap() else {
                panic!("conflict")
            };
            version = next;
        }
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_at_once() {
    let (_nobody, port) = crate::support::closed_port();
    let url = format!("postgresql://sf:hunter2@127.0.0.1:{port}/postgres");
    let postgres = PostgresStore::connect(&url).await.unwrap_err();
    let redis =
        RedisStore::connect(&format!("redis://:hunter2@127.0.0.1:{port}/0")).await.unwrap_err();
    for error in [postgres, redis] {
        assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
        assert!(error.is_retryable() && !error.is_outcome_unknown());
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    let short = Duration::from_millis(100);
    let postgres = PostgresStore::builder(format!("postgresql://sf@127.0.0.1:{port}/x"))
        .connect_timeout(short)
        .connect()
        .await;
    let redis = RedisStore::builder(format!("redis://127.0.0.1:{port}"))
        .connect_timeout(short)
        .connect()
        .await;
    for error in [postgres.unwrap_err(), redis.unwrap_err()] {
        assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn certificates_are_verified() {
    let (pem, acceptor) = certificate();
    if let Some(Place::Postgres { url, table }) = Place::postgres() {
        let (_proxy, url) = Proxy::to(&url, Tls::Negotiated(acceptor.clone())).await;
        let builder = || PostgresStore::builder(&url).table(&table);
        let error = builder().connect().await.unwrap_err();
        assert!(matches!(error, StoreError::Configuration { .. }), "{error:?}");
        let store = builder().root_certificate_pem(pem.clone()).connect().await.unwrap();
        create(&store, "key", "1").await;
        let error = builder().root_certificate_pem("no PEM").connect().await.unwrap_err();
        assert!(matches!(error, StoreError::Configuration { .. }), "{error:?}");
    }
    if let Some(Place::Redis { url, prefix }) = Place::redis() {
        let (_proxy, url) = Proxy::to(&url, Tls::Direct(acceptor)).await;
        let url = url.replace("redis://", "rediss://");
        let builder = || RedisStore::builder(&url).prefix(&prefix);
        let error = builder().connect().await.unwrap_err();
        assert!(matches!(error, StoreError::Configuration { .. }), "{error:?}");
        let store = builder().root_certificate_pem(pem).connect().await.unwrap();
        create(&store, "key", "1").await;
        assert_eq!(
            store.delete("other", Version::ABSENT).await,
            Ok(sf_auth::store::Deleted::Conflict)
        );
    }
}
