//! Waiting for a job, and what becomes of it when nobody waits any more.

use std::time::Duration;

use tokio::time::Instant;

use crate::ops::bulk::{AbortJob, GetJob, JobInfo, JobKind};
use crate::{Client, Error, Id};

/// How often a job is looked at, and for how long. Each look is an API request.
#[derive(Debug, Clone, Copy)]
pub struct Polling {
    first: Duration,
    longest: Duration,
    timeout: Duration,
}

impl Default for Polling {
    /// After half a second, then at growing intervals up to 20 seconds, for two hours in all.
    fn default() -> Self {
        Self {
            first: Duration::from_millis(500),
            longest: Duration::from_secs(20),
            timeout: Duration::from_secs(2 * 60 * 60),
        }
    }
}

impl Polling {
    /// Sets the first interval, and the longest, to which they grow by half each time.
    #[must_use]
    pub fn intervals(mut self, first: Duration, longest: Duration) -> Self {
        self.first = first;
        self.longest = longest.max(first);
        self
    }

    /// Sets the time after which waiting is an [`Error::BulkTimeout`]. The job goes on.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }
}

/// What becomes of a job that is not over when what waits for it is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OnDrop {
    /// It is aborted, by a task that outlives the drop as long as the runtime does. What an ingest
    /// job has written stays.
    Abort,
    /// It goes on.
    Leave,
}

/// Waits until a job is over, however it ends; each look is shown to `look`.
pub(crate) async fn wait(
    client: &Client,
    kind: JobKind,
    id: Id,
    polling: Polling,
    mut look: impl FnMut(&JobInfo),
) -> Result<JobInfo, Error> {
    let started = Instant::now();
    let mut interval = polling.first;
    let get = GetJob::new(kind, id);
    let mut state = "unknown".to_owned();
    loop {
        match client.send(&get).await {
            Ok(info) => {
                look(&info);
                if info.state.is_over() {
                    return Ok(info);
                }
                info.state.as_str().clone_into(&mut state);
            }
            // The job does not mind an outage; there is time.
            Err(error) if error.is_retryable() => {
                tracing::debug!(kind = ?error.kind(), "a look at a bulk job failed");
                if started.elapsed() >= polling.timeout {
                    return Err(error);
                }
            }
            Err(error) => return Err(error),
        }
        let waited = started.elapsed();
        let Some(left) = polling.timeout.checked_sub(waited).filter(|left| !left.is_zero()) else {
            return Err(Error::BulkTimeout { job: id, state, waited });
        };
        tokio::time::sleep(interval.min(left)).await;
        interval = interval.saturating_add(interval / 2).min(polling.longest);
    }
}

/// A job that is aborted when this is dropped, unless it is disarmed or told to leave it.
pub(crate) struct Guard {
    client: Client,
    kind: JobKind,
    job: Option<Id>,
}

impl Guard {
    pub(crate) fn new(client: &Client, kind: JobKind, job: Id, on_drop: OnDrop) -> Self {
        let job = (on_drop == OnDrop::Abort).then_some(job);
        Self { client: client.clone(), kind, job }
    }

    pub(crate) fn disarm(&mut self) {
        self.job = None;
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let (Some(job), Ok(runtime)) = (self.job, tokio::runtime::Handle::try_current()) else {
            return;
        };
        let (client, abort) = (self.client.clone(), AbortJob::new(self.kind, job));
        runtime.spawn(async move {
            if let Err(error) = client.send(&abort).await {
                tracing::debug!(kind = ?error.kind(), "a bulk job was not aborted");
            }
        });
    }
}
