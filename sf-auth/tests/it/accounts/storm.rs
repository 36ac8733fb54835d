//! 64 tasks in each of 8 processes use one account whose refresh tokens rotate, while its sessions
//! are ended again and again. The platform revokes a family whose token is used twice: it never does.

use std::time::Duration;

use serde_json::json;
use sf_auth::Credentials;
use sf_auth::accounts::{Accounts, Status};
use sf_auth::transport::Transport;
use sf_emulator::ConnectedApp;

use super::Probe;
use super::browser::approve;
use super::processes::{Child, sealer, settings};
use super::world::{accepts, app, start};
use crate::stores::place::Place;

const PROCESSES: usize = 8;
const EXPIRIES: usize = 12;
/// Longer than any lease, of a process that had to wait for it.
const LIMIT: Duration = Duration::from_secs(300);

async fn storm(place: Place, share: bool) {
    let org = start(ConnectedApp::rotate_refresh_tokens).await;
    let store = Probe::over(place.open().await);
    let builder = Accounts::builder(store.clone(), sealer()).app(app(&org));
    let accounts = settings(builder, share);
    let url = accounts.connect("acme").await.unwrap().authorization_url.unwrap();
    let callback = approve(&org, org.username(), &url).await;
    accounts.finish(&callback).await.unwrap();

    let folder = tempfile::tempdir().unwrap();
    let stop = folder.path().join("stop");
    let told = json!({ "role": "storm", "stop": stop });
    let children: Vec<_> =
        (0..PROCESSES).map(|_| Child::start(&org, &place, share, &told)).collect();
    let reaches = async |generation: usize| {
        let reached = async {
            while store.record("acme").await["generation"].as_u64().unwrap() < generation as u64 {
                // Other processes write it, and stores tell nobody.
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(LIMIT, reached).await.unwrap();
    };
    // Without sharing each process begins with a refresh.
    reaches(if share { 1 } else { 1 + PROCESSES }).await;

    let mut random = 7_u64;
    for _ in 0..EXPIRIES {
        // Somewhere in the middle of what they do: no event, but any time.
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        tokio::time::sleep(Duration::from_millis(random >> 58)).await;
        let generation = store.record("acme").await["generation"].as_u64().unwrap();
        org.expire_sessions();
        reaches(generation as usize + 1).await;
    }
    std::fs::write(&stop, "").unwrap();
    for child in children {
        let (status, stderr) = child.wait().await;
        assert!(status.success(), "{stderr}");
    }

    let refreshes = org.token_requests() - 1;
    if share {
        assert_eq!(refreshes, EXPIRIES, "one for each expiry");
    } else {
        assert!(refreshes <= PROCESSES * (1 + EXPIRIES), "{refreshes}");
    }
    // The family lives: its newest token is good.
    let credentials = accounts.credentials("acme");
    let session = credentials.session().await.unwrap();
    let session = credentials.refresh(&session).await.unwrap();
    assert!(accepts(&Transport::new().unwrap(), &session).await);
    assert_eq!(accounts.account("acme").await.unwrap().status, Status::Active);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sqlite() {
    storm(Place::sqlite(), false).await;
    storm(Place::sqlite(), true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgresql() {
    let Some(place) = Place::postgres() else { return };
    storm(place, false).await;
    let Some(place) = Place::postgres() else { return };
    storm(place, true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_redis() {
    let Some(place) = Place::redis() else { return };
    storm(place, false).await;
    let Some(place) = Place::redis() else { return };
    storm(place, true).await;
}
