//! A process that is killed at any step of a refresh leaves an account that the next process
//! continues, or that says precisely what it needs.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use sf_auth::accounts::{AccountError, Accounts, Status};
use sf_auth::{Credentials, Error};
use sf_emulator::{ConnectedApp, Fault, Operation};

use super::browser::approve;
use super::processes::{Child, sealer, settings};
use super::world::{app, start};
use super::{Probe, World};
use crate::stores::place::Place;

/// How often each step of each kind of refresh is the last one of a process.
const ROUNDS: usize = 5;

struct Killed {
    world: World,
    place: Place,
    share: bool,
}

/// What became of the account after a child was killed.
#[derive(Debug, PartialEq, Eq)]
enum After {
    Continued,
    NeedsReauth,
}

impl Killed {
    async fn new(share: bool, introspects: bool) -> Self {
        let org = start(|app| {
            let app = ConnectedApp::rotate_refresh_tokens(app);
            if introspects { app } else { app.without_introspection() }
        })
        .await;
        let place = Place::sqlite();
        let store = Probe::over(place.open().await);
        // The leases of the dead are over when the next process looks.
        store.advance(Duration::from_secs(60));
        Self { world: World { org, store, sealer: sealer() }, place, share }
    }

    /// The next process.
    fn next(&self) -> Accounts {
        let store = Arc::clone(&self.world.store);
        settings(Accounts::builder(store, sealer()).app(app(&self.world.org)), self.share)
    }

    async fn authorize(&self) {
        let accounts = self.next();
        let connection = accounts.connect("acme").await.unwrap();
        if let Some(url) = connection.authorization_url {
            let callback = approve(&self.world.org, self.world.org.username(), &url).await;
            accounts.finish(&callback).await.unwrap();
        }
    }

    /// A session of the present family, to see whether it was revoked. With sharing, sessions are
    /// ended first so that the child has something to do.
    async fn bystander(&self) -> Arc<sf_auth::Session> {
        self.next().credentials("acme").session().await.unwrap()
    }

    async fn generation(&self) -> u64 {
        self.world.store.record("acme").await["generation"].as_u64().unwrap()
    }

    async fn look(&self, sent: usize, generation: u64) -> After {
        // Before the next process does anything: was a grant lost?
        let was_sent = self.world.org.token_requests() > sent;
        let is_stored = self.generation().await > generation;
        let accounts = self.next();
        let credentials = accounts.credentials("acme");
        let mut outcome = credentials.session().await;
        if let Ok(session) = &outcome
            && !self.world.accepts(session).await
        {
            // A shared session that had ended before.
            outcome = credentials.refresh(session).await;
        }
        match outcome {
            Ok(session) => {
                assert!(self.world.accepts(&session).await);
                let account = accounts.account("acme").await.unwrap();
                assert_eq!(account.status, Status::Active);
                After::Continued
            }
            Err(Error::Account(AccountError::NeedsReauth { reason, .. })) => {
                assert!(
                    was_sent && !is_stored,
                    "only a token that died with the process: {reason}"
                );
                After::NeedsReauth
            }
            Err(error) => panic!("{error:?}"),
        }
    }
}

async fn killed_at_each_step(share: bool, introspects: bool) {
    let killed = Killed::new(share, introspects).await;
    let (mut runs, mut lost) = (0, 0);
    for _ in 0..ROUNDS {
        for step in 0.. {
            killed.authorize().await;
            let bystander = killed.bystander().await;
            if share {
                // Only who is refused refreshes; here the shared session is taken away.
                killed.world.store.edit("acme", |record| record["session"] = json!(null)).await;
            }
            let (sent, generation) = (killed.world.org.token_requests(), killed.generation().await);
            let told = json!({ "role": "refresh", "step": step });
            let child = Child::start(&killed.world.org, &killed.place, share, &told);
            let (status, stderr) = child.wait().await;
            runs += 1;
            if status.success() {
                assert!(step >= 8, "a refresh has more steps than {step}");
                break;
            }
            assert!(status.code().is_none(), "it was killed and did not fail: {stderr}");
            let after = killed.look(sent, generation).await;
            if after == After::NeedsReauth {
                lost += 1;
            }
            // Where the app may introspect nothing is replayed, so no family is ever revoked.
            if introspects || after == After::Continued {
                assert!(killed.world.accepts(&bystander).await, "step {step}: {after:?}");
            }
        }
    }
    assert!(runs >= ROUNDS * 9, "{runs}");
    // The steps between the platform's answer and the write of its outcome.
    assert!(lost > 0 && lost <= ROUNDS * 4, "{lost} of {runs}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_each_step_with_introspection() {
    killed_at_each_step(false, true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_each_step_without_introspection() {
    killed_at_each_step(false, false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_each_step_with_shared_sessions() {
    killed_at_each_step(true, true).await;
}

/// Killed while the request is on its way: before the platform handles it, or after.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_in_the_middle_of_the_request() {
    let killed = Killed::new(false, true).await;
    for round in 0..20 {
        killed.authorize().await;
        let bystander = killed.bystander().await;
        let (sent, generation) = (killed.world.org.token_requests(), killed.generation().await);
        let delay = Duration::from_millis(if round % 2 == 0 { 150 } else { 0 });
        let slow = Fault::latency(delay).on(Operation::Token);
        killed.world.org.faults().push(slow);
        let told = json!({ "role": "refresh", "step": u32::MAX });
        let mut child = Child::start(&killed.world.org, &killed.place, false, &told);
        while killed.world.org.token_requests() == sent {
            tokio::task::yield_now().await;
        }
        child.kill();
        child.wait().await;
        // The platform is done with it, one way or the other.
        while killed.world.org.requests().iter().any(|r| r.status.is_none() && r.fault.is_none()) {
            tokio::task::yield_now().await;
        }
        killed.look(sent, generation).await;
        assert!(killed.world.accepts(&bystander).await);
        killed.world.org.faults().clear();
    }
}

/// Killed at each step of an authorization: it is done, or a person can begin it again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_each_step_of_an_authorization() {
    let killed = Killed::new(false, true).await;
    let org = &killed.world.org;
    for step in 0.. {
        let accounts = killed.next();
        let url = accounts.connect("acme").await.unwrap().authorization_url.unwrap();
        let callback = approve(org, org.username(), &url).await;
        let told = json!({ "role": "finish", "step": step, "callback": callback });
        let (status, _) = Child::start(org, &killed.place, false, &told).wait().await;
        killed.authorize().await;
        let session = accounts.credentials("acme").session().await.unwrap();
        assert!(killed.world.accepts(&session).await, "step {step}");
        if status.success() {
            assert!(step >= 8, "{step}");
            break;
        }
        accounts.disconnect("acme").await.unwrap();
    }
}

/// Killed at each step of the end: whoever disconnects again brings it to its end, and in between
/// nobody is told that it was.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_each_step_of_the_end() {
    let killed = Killed::new(false, true).await;
    for step in 0.. {
        killed.authorize().await;
        let living = killed.bystander().await;
        let told = json!({ "role": "disconnect", "step": step });
        let child = Child::start(&killed.world.org, &killed.place, false, &told);
        let (status, _) = child.wait().await;
        let accounts = killed.next();
        let before = accounts.account("acme").await.unwrap().status;
        assert!(matches!(before, Status::Active | Status::Disconnected), "{before}");
        accounts.disconnect("acme").await.unwrap();
        assert!(!killed.world.accepts(&living).await, "step {step}");
        assert!(killed.world.store.record("acme").await.get("refresh_token").is_none());
        if status.success() {
            assert!(step >= 8, "{step}");
            break;
        }
    }
}
