//! Waiting for a job, and what becomes of it when nobody waits any more.

use tokio::sync::mpsc;

use crate::ops::bulk::{AbortJob, GetJob, JobInfo, JobKind};
use crate::polling::{Looks, Polling};
use crate::{Client, Error, Id};

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
    let mut looks = Looks::new(polling, None);
    let get = GetJob::new(kind, id);
    let mut state = "unknown".to_owned();
    loop {
        let failed = match client.send(&get).await {
            Ok(info) => {
                look(&info);
                if info.state.is_over() {
                    return Ok(info);
                }
                info.state.as_str().clone_into(&mut state);
                None
            }
            // The job does not mind an outage; there is time.
            Err(error) if error.is_retryable() => {
                tracing::debug!(kind = ?error.kind(), "a look at a bulk job failed");
                Some(error)
            }
            Err(error) => return Err(error),
        };
        let asked = failed.as_ref().and_then(Error::retry_after);
        if !looks.pause(asked).await {
            let timeout = Error::BulkTimeout { job: id, state, waited: looks.waited() };
            return Err(failed.unwrap_or(timeout));
        }
    }
}

/// What everything of a load keeps, so that its end can be waited for: that of the last sender.
pub(super) type Hold = Option<mpsc::Sender<()>>;

/// A job that is aborted when this is dropped, unless it is disarmed or told to leave it.
pub(crate) struct Guard {
    client: Client,
    kind: JobKind,
    job: Option<Id>,
    hold: Hold,
}

impl Guard {
    pub(crate) fn new(client: &Client, kind: JobKind, job: Id, on_drop: OnDrop) -> Self {
        let job = (on_drop == OnDrop::Abort).then_some(job);
        Self { client: client.clone(), kind, job, hold: None }
    }

    /// As part of a load, to which the abort belongs, too.
    pub(super) fn of_load(mut self, hold: Hold) -> Self {
        self.hold = hold;
        self
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
        let hold = self.hold.take();
        runtime.spawn(async move {
            if let Err(error) = client.send(&abort).await {
                tracing::debug!(kind = ?error.kind(), "a bulk job was not aborted");
            }
            drop(hold);
        });
    }
}
