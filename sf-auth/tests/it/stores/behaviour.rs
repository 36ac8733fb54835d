//! What every store does, whatever it is made of.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

use futures_util::future::{BoxFuture, join_all};
use sf_auth::store::{Deleted, Put, StoreError, TokenStore, Version};
use tokio::sync::Barrier;

use super::place::Place;

type Behaviour = for<'a> fn(&'a Place, &'a str) -> BoxFuture<'a, ()>;

/// Each begins its keys with its own name, so that they share one place.
const BEHAVIOURS: &[(&str, Behaviour)] = &[
    ("lists", |place, name| Box::pin(lists_in_pages(place, name))),
    ("reads", |place, name| Box::pin(reads_back_what_was_written(place, name))),
    ("swaps", |place, name| Box::pin(changes_only_the_version_that_was_read(place, name))),
    ("repeats", |place, name| Box::pin(never_repeats_a_version(place, name))),
    ("races", |place, name| Box::pin(has_one_winner_a_version(place, name))),
    ("creates", |place, name| Box::pin(has_one_creator(place, name))),
    ("shares", |place, name| Box::pin(shows_other_handles_what_was_written(place, name))),
    ("reopens", |place, name| Box::pin(keeps_rows_without_handles(place, name))),
    ("refuses", |place, name| Box::pin(refuses_what_some_store_could_not_keep(place, name))),
    ("drops", |place, name| Box::pin(survives_dropped_futures(place, name))),
    ("tells", |place, _| Box::pin(tells_the_time(place))),
];

pub(super) async fn all(place: Place) {
    for (name, behaviour) in BEHAVIOURS {
        let limit = tokio::time::timeout(Duration::from_secs(60), behaviour(&place, name));
        assert!(limit.await.is_ok(), "{name} does not end");
    }
}

pub(super) async fn create(store: &dyn TokenStore, key: &str, body: &str) -> Version {
    match store.put(key, body, Version::ABSENT).await.unwrap() {
        Put::Stored(version) => version,
        Put::Conflict => panic!("{key} is there already"),
    }
}

async fn reads_back_what_was_written(place: &Place, name: &str) {
    let store = place.open().await;
    let big = format!("{{\"padding\":\"{}\"}}", "x\\u0000é".repeat(120_000));
    assert!(big.len() > 1_000_000);
    let keys =
        ["a", "A", "ä", "顧客/🦀", "with space", "it's \"quoted\" %_ \\", "{tag}", "\n\t", "a:b"];
    let bodies = ["{}", "{ \"b\" : 1,\"a\":1.0, \"a\": 2 }", "\"\"", "null", " [1]\n", &big];
    for key in keys {
        let key = format!("{name}/{key}");
        assert_eq!(store.get(&key).await.unwrap(), None);
        let mut version = Version::ABSENT;
        for body in bodies {
            let put = store.put(&key, body, version).await.unwrap();
            let row = store.get(&key).await.unwrap().unwrap();
            assert!(row.body == body, "{key}: {:.50} came back as {:.50}", body, row.body);
            assert_eq!(put, Put::Stored(row.version));
            version = row.version;
        }
    }
    let debug = format!("{:?} {store:p}", store.get(&format!("{name}/a")).await.unwrap());
    assert!(!debug.contains("padding"), "a body in {debug}");
}

async fn changes_only_the_version_that_was_read(place: &Place, key: &str) {
    let store = place.open().await;
    let unknown = Version::from_raw(u64::MAX);
    assert_eq!(store.put(key, "1", unknown).await.unwrap(), Put::Conflict);
    assert_eq!(store.delete(key, unknown).await.unwrap(), Deleted::Conflict);
    assert_eq!(store.delete(key, Version::ABSENT).await.unwrap(), Deleted::Conflict);

    let first = create(&*store, key, "1").await;
    assert_ne!(first, Version::ABSENT);
    assert_eq!(store.put(key, "2", Version::ABSENT).await.unwrap(), Put::Conflict);
    let Put::Stored(second) = store.put(key, "2", first).await.unwrap() else { panic!("conflict") };
    for stale in [first, unknown, Version::ABSENT] {
        assert_eq!(store.put(key, "3", stale).await.unwrap(), Put::Conflict);
        assert_eq!(store.delete(key, stale).await.unwrap(), Deleted::Conflict);
    }
    let row = store.get(key).await.unwrap().unwrap();
    assert_eq!((row.body.as_str(), row.version), ("2", second), "a conflict changed the row");

    assert_eq!(store.delete(key, second).await.unwrap(), Deleted::Done);
    assert_eq!(store.delete(key, second).await.unwrap(), Deleted::Conflict);
    assert_eq!(store.put(key, "4", second).await.unwrap(), Put::Conflict);
    assert_eq!(store.get(key).await.unwrap(), None);
}

async fn never_repeats_a_version(place: &Place, key: &str) {
    let mut seen = BTreeSet::new();
    for _ in 0..10 {
        // A handle that has forgotten everything, and a row made anew each time.
        let store = place.open().await;
        let created = create(&*store, key, "1").await;
        let Put::Stored(changed) = store.put(key, "1", created).await.unwrap() else {
            panic!("conflict")
        };
        assert_eq!(store.delete(key, changed).await.unwrap(), Deleted::Done);
        assert!(seen.insert(created.to_raw()), "{created:?} came again");
        assert!(seen.insert(changed.to_raw()), "{changed:?} came again");
    }
}

/// Runs `attempt` in 64 tasks at once, on two handles, and returns what the successful ones wrote.
async fn race(place: &Place, key: &str, expected: Version) -> Vec<(String, Version)> {
    let handles = [place.open().await, place.open().await];
    let start = Arc::new(Barrier::new(64));
    let tasks = (0..64).map(|number| {
        let (store, start) = (Arc::clone(&handles[number % 2]), Arc::clone(&start));
        let key = key.to_owned();
        tokio::spawn(async move {
            let body = number.to_string();
            start.wait().await;
            match store.put(&key, &body, expected).await.unwrap() {
                Put::Stored(version) => Some((body, version)),
                Put::Conflict => None,
            }
        })
    });
    join_all(tasks).await.into_iter().filter_map(Result::unwrap).collect()
}

async fn has_one_winner_a_version(place: &Place, key: &str) {
    let store = place.open().await;
    let mut version = create(&*store, key, "start").await;
    for _ in 0..5 {
        let winners = race(place, key, version).await;
        let [(body, winner)] = &winners[..] else { panic!("winners: {winners:?}") };
        let row = store.get(key).await.unwrap().unwrap();
        assert_eq!((&row.body, row.version), (body, *winner));
        version = row.version;
    }
}

async fn has_one_creator(place: &Place, key: &str) {
    let winners = race(place, key, Version::ABSENT).await;
    assert_eq!(winners.len(), 1, "winners: {winners:?}");
}

async fn lists_in_pages(place: &Place, name: &str) {
    let store = place.open().await;
    assert_eq!(store.list(None, 10).await.unwrap(), []);
    let mut kept: Vec<String> = (10..35).map(|n| format!("{name}/{n}")).collect();
    // Sorted by bytes: capitals first, then others, then what lies beyond ASCII.
    kept.extend(["Z", "a", "ä", "🦀"].map(|key| format!("{name}/x{key}")));
    for key in kept.iter().rev() {
        create(&*store, key, key).await;
    }
    let doomed = create(&*store, &format!("{name}/20b"), "").await;

    let (mut walked, mut after) = (Vec::new(), None::<String>);
    for page in 0.. {
        let rows = store.list(after.as_deref(), 7).await.unwrap();
        assert!(rows.len() <= 7);
        let Some((last, _)) = rows.last() else { break };
        after = Some(last.clone());
        for (key, row) in rows {
            assert_eq!(store.get(&key).await.unwrap().as_ref(), Some(&row));
            walked.push(key);
        }
        if page == 0 {
            // Behind the walk, before it, and out of its way.
            create(&*store, &format!("{name}/00"), "").await;
            create(&*store, &format!("{name}/y"), "").await;
            store.delete(&format!("{name}/20b"), doomed).await.map(drop).unwrap();
        }
    }
    kept.push(format!("{name}/y"));
    assert_eq!(walked, kept);
    assert_eq!(store.list(None, 0).await.unwrap(), []);
    assert_eq!(store.list(Some("~"), 10).await.unwrap(), []);
    assert_eq!(store.list(None, usize::MAX).await.unwrap().len(), kept.len() + 1);
}

async fn shows_other_handles_what_was_written(place: &Place, key: &str) {
    let (one, other) = (place.open().await, place.open().await);
    let version = create(&*one, key, "1").await;
    assert_eq!(other.get(key).await.unwrap().unwrap().version, version);
    assert!(matches!(other.put(key, "2", version).await.unwrap(), Put::Stored(_)));
    assert_eq!(one.get(key).await.unwrap().unwrap().body, "2");
    assert_eq!(one.put(key, "3", version).await.unwrap(), Put::Conflict);
}

async fn keeps_rows_without_handles(place: &Place, key: &str) {
    let version = create(&*place.open().await, key, "kept").await;
    if place.outlives_its_handles() {
        let row = place.open().await.get(key).await.unwrap().unwrap();
        assert_eq!((row.body.as_str(), row.version), ("kept", version));
    }
}

async fn refuses_what_some_store_could_not_keep(place: &Place, name: &str) {
    let store = place.open().await;
    let longest = format!("{name}{}", "k".repeat(1024 - name.len()));
    create(&*store, &longest, "1").await;
    for key in ["", "a\0b", &format!("{longest}k")] {
        for error in [
            store.put(key, "1", Version::ABSENT).await.unwrap_err(),
            store.get(key).await.unwrap_err(),
            store.delete(key, Version::from_raw(1)).await.unwrap_err(),
        ] {
            assert!(matches!(error, StoreError::Invalid { .. }), "{error:?}");
            assert!(!error.is_retryable() && !error.is_outcome_unknown());
        }
    }
    let error = store.put(name, "a\0b", Version::ABSENT).await.unwrap_err();
    assert!(matches!(error, StoreError::Invalid { .. }), "{error:?}");
}

/// A caller may be cancelled at any await. What it sent happened or did not; the store goes on.
async fn survives_dropped_futures(place: &Place, key: &str) {
    let store = place.open().await;
    let mut row = create(&*store, key, "0").await;
    for polls in 0..12 {
        let body = format!("after {polls} polls");
        let mut put = store.put(key, &body, row);
        for _ in 0..polls {
            if put.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(put);
        // Later than what was dropped, on the same handle.
        let now = store.get(key).await.unwrap().unwrap();
        match store.put(key, "next", now.version).await.unwrap() {
            Put::Stored(version) => row = version,
            // What was dropped overtook: it was begun before and finished by itself.
            Put::Conflict => row = store.get(key).await.unwrap().unwrap().version,
        }
    }
}

async fn tells_the_time(place: &Place) {
    let store = place.open().await;
    let (one, two) = (store.now().await.unwrap(), store.now().await.unwrap());
    assert!(one <= two);
    let apart = (two - jiff::Timestamp::now()).get_seconds().abs();
    assert!(apart < 3600, "{two} is no time of today");
}
