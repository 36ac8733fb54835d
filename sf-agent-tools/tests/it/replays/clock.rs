//! Runs in which an answer never comes: the client's time passes once nothing else is under way.

use std::time::Duration;

use sf_emulator::{Emulator, RequestRecord};

/// Longer than a client waits for an answer, or for the rest of one.
const PATIENCE: Duration = Duration::from_secs(121);

/// Turns of the runtime after which nothing is on its way that could arrive.
const TURNS: usize = 5_000;

/// What comes of a run whose faults leave a request in silence: time passes until the client has
/// given that request up, however long the machine takes for all else. In a runtime of one thread,
/// which the org shares.
pub(crate) async fn outwaited<T>(org: &Emulator, run: impl Future<Output = T>) -> T {
    tokio::select! {
        // First, since it is the run that brings the faults.
        biased;
        run = run => run,
        () = pass_in_silence(org) => unreachable!("it has no end"),
    }
}

async fn pass_in_silence(org: &Emulator) {
    org.faults().spent().await;
    let (mut seen, mut has_passed) = (0, false);
    loop {
        for _ in 0..TURNS {
            tokio::task::yield_now().await;
        }
        let all = org.requests();
        // What is being answered must not look late.
        let busy = |request: &RequestRecord| request.status.is_none() && !is_held(request);
        if all.len() != seen {
            if has_passed {
                return std::future::pending().await;
            }
            seen = all.len();
        } else if !all.iter().any(busy) {
            pass(PATIENCE).await;
            has_passed = true;
        }
    }
}

fn is_held(request: &RequestRecord) -> bool {
    request.fault == Some("held")
}

async fn pass(time: Duration) {
    /// The run may end while time passes.
    struct Stopped;
    impl Drop for Stopped {
        fn drop(&mut self) {
            tokio::time::resume();
        }
    }
    tokio::time::pause();
    let _stopped = Stopped;
    tokio::time::advance(time).await;
}
