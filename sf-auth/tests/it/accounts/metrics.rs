//! What is counted for a monitoring system.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, Key, KeyName, Metadata, Recorder, SharedString,
    Unit,
};
use sf_auth::Credentials;
use sf_emulator::{Fault, Operation};

use super::World;

/// Adds up by name and labels.
#[derive(Clone, Default)]
struct Sums(Arc<Mutex<BTreeMap<String, f64>>>);

struct One(Sums, String);

impl One {
    fn change(&self, change: impl FnOnce(&mut f64)) {
        change(self.0.0.lock().unwrap().entry(self.1.clone()).or_default());
    }
}

impl CounterFn for One {
    fn increment(&self, value: u64) {
        self.change(|sum| *sum += value as f64);
    }

    fn absolute(&self, value: u64) {
        self.change(|sum| *sum = value as f64);
    }
}

impl GaugeFn for One {
    fn increment(&self, value: f64) {
        self.change(|sum| *sum += value);
    }

    fn decrement(&self, value: f64) {
        self.change(|sum| *sum -= value);
    }

    fn set(&self, value: f64) {
        self.change(|sum| *sum = value);
    }
}

impl Sums {
    fn one(&self, key: &Key) -> Arc<One> {
        let labels: Vec<_> = key.labels().map(|l| format!("{}={}", l.key(), l.value())).collect();
        Arc::new(One(self.clone(), format!("{} {}", key.name(), labels.join(" "))))
    }
}

impl Recorder for Sums {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.one(key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.one(key))
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

#[test]
fn refreshes_by_outcome_and_accounts_by_status() {
    let sums = Sums::default();
    // The recorder is this thread's alone, and so is the runtime.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    metrics::with_local_recorder(&sums, || {
        runtime.block_on(async {
            let world = World::rotating().await;
            let accounts = world.process();
            world.authorize(&accounts, "acme").await;
            accounts.connect("other").await.unwrap();
            let credentials = accounts.credentials("acme");
            let session = credentials.session().await.unwrap();
            session.mark_accepted();
            world.org.faults().push(Fault::unavailable_html().on(Operation::Token));
            credentials.refresh(&session).await.unwrap_err();
            let session = credentials.refresh(&session).await.unwrap();
            session.mark_accepted();
            world.org.faults().push(Fault::token_error("invalid_grant", "inactive user"));
            credentials.refresh(&session).await.unwrap_err();
            accounts.census().await.unwrap();
        });
    });
    let sums = sums.0.lock().unwrap();
    let lines: Vec<_> = sums.iter().map(|(name, sum)| format!("{name}: {sum}")).collect();
    insta::assert_snapshot!(lines.join("\n"), @"
    sf_auth_accounts status=active: 0
    sf_auth_accounts status=disconnected: 0
    sf_auth_accounts status=needs_admin: 1
    sf_auth_accounts status=needs_reauth: 0
    sf_auth_accounts status=pending: 1
    sf_auth_accounts status=uncertain: 0
    sf_auth_refreshes_total outcome=failed cause=InactiveUser: 1
    sf_auth_refreshes_total outcome=failed cause=Unavailable: 1
    sf_auth_refreshes_total outcome=ok cause=: 1
    ");
}
