//! An ingest job from its making to its closing, with answers that may be lost on the way.

use std::time::Duration;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::ingest::Settings;
use super::parts::Part;
use super::wait::{Guard, OnDrop};
use crate::ops::bulk::{
    AbortJob, CloseJob, CreateIngestJob, GetJob, JobInfo, JobKind, JobState, ListJobs, UploadData,
};
use crate::{Client, Error, Id, Operation, exchange, send};

/// How often a step whose answer was lost, and that certainly did not happen or was undone, is
/// tried again.
const TRIES: usize = 3;

/// Pages of jobs that are looked through.
const LIST_PAGES: usize = 50;

/// Times in a list are cut to the second, and the clocks of several servers differ a little.
const SLACK: SignedDuration = SignedDuration::from_secs(3);

/// Time for one upload: 100 MB at 100 KB/s take a quarter of an hour.
const UPLOAD_LIMIT: Duration = Duration::from_secs(30 * 60);

/// A job that has its data and is closed, or may be: then with the error.
pub(super) struct Loaded {
    pub(super) id: Id,
    pub(super) unsettled: Option<Error>,
}

/// Makes a job, gives it its data and closes it. An error means that the rows are not processed and
/// will not be.
pub(super) async fn load(
    client: &Client,
    create: &CreateIngestJob,
    part: &Part,
    known: &[Id],
    settings: &Settings,
) -> Result<Loaded, Error> {
    let mut known = known.to_vec();
    let mut tries = 0;
    loop {
        tries += 1;
        let Made { id, found } = make(client, create, &known).await?;
        known.push(id);
        let mut guard =
            Guard::new(client, JobKind::Ingest, id, OnDrop::Abort).of_load(settings.hold.clone());
        let request = UploadData::headers_of(id)?;
        let uploaded = exchange::upload(client, &request, part, UPLOAD_LIMIT).await;
        let uploaded = uploaded.and_then(|response| {
            let upload = UploadData::new(id, Bytes::new());
            let named = || send::operation(&request);
            let known = |error| send::known(named, upload.safety(), false, error);
            upload.decode(response).map_err(known)
        });
        match uploaded {
            Ok(()) => {}
            // It has data already, so it was another's.
            Err(Error::Api { .. }) if found && tries < TRIES => {
                guard.disarm();
                continue;
            }
            Err(error) => {
                // Whatever arrived: an open job is not processed, and an aborted one never is.
                let aborted = abort(client, id).await;
                guard.disarm();
                aborted?;
                if matches!(error, Error::OutcomeUnknown { .. }) && tries < TRIES {
                    tracing::debug!("the answer to an upload was lost; its job was aborted");
                    continue;
                }
                return Err(error);
            }
        }
        if settings.on_drop == OnDrop::Leave {
            guard.disarm();
        }
        let closed = close(client, id).await;
        guard.disarm();
        return match closed {
            Ok(()) => Ok(Loaded { id, unsettled: None }),
            Err(error @ Error::OutcomeUnknown { .. }) => Ok(Loaded { id, unsettled: Some(error) }),
            Err(error) => {
                abort(client, id).await?;
                Err(error)
            }
        };
    }
}

/// A job that is open for data.
struct Made {
    id: Id,
    /// Not told, but found among the jobs.
    found: bool,
}

async fn make(client: &Client, create: &CreateIngestJob, known: &[Id]) -> Result<Made, Error> {
    let mut tries = 0;
    loop {
        tries += 1;
        let began = Instant::now();
        let error = match client.send(create).await {
            Ok(info) => return Ok(Made { id: info.id, found: false }),
            Err(error) => error,
        };
        let Error::OutcomeUnknown { operation, source, .. } = error else { return Err(error) };
        let what = match find(client, create, known, began).await.as_deref() {
            Ok([id]) => return Ok(Made { id: *id, found: true }),
            Ok([]) if tries < TRIES => continue,
            Ok([]) => "there is none now".to_owned(),
            Ok(several) => {
                let ids: Vec<&str> = several.iter().map(Id::as_str).collect();
                format!("it is one of {}, or none of them", ids.join(", "))
            }
            Err(_) => "the list of jobs could not be read".to_owned(),
        };
        let check = format!(
            "No data was sent, so nothing will be written. If the job was made, it stands open for seven days: {what}"
        );
        return Err(Error::OutcomeUnknown { operation, check, source });
    }
}

/// Open jobs of this user that could be the one whose answer was lost.
async fn find(
    client: &Client,
    create: &CreateIngestJob,
    known: &[Id],
    began: Instant,
) -> Result<Vec<Id>, Error> {
    let session = client.session().await?;
    let Some(user) = session.user_id().and_then(|user| Id::parse(user).ok()) else {
        return Err(Error::invalid("the session does not say whose it is"));
    };
    let mut found = Vec::new();
    let mut ask = ListJobs::new(JobKind::Ingest);
    for _ in 0..LIST_PAGES {
        let page = client.send(&ask).await?;
        let now = page.date.unwrap_or_else(Timestamp::now);
        let since = SignedDuration::try_from(began.elapsed())
            .ok()
            .and_then(|elapsed| now.checked_sub(elapsed).ok()?.checked_sub(SLACK).ok());
        let fits = |job: &&JobInfo| {
            job.state == JobState::Open
                && job.created_by_id == Some(user)
                && create.describes(job)
                && !known.contains(&job.id)
                && job.created().is_none_or(|created| since.is_none_or(|since| created >= since))
        };
        found.extend(page.records.iter().filter(fits).map(|job| job.id));
        match page.next.filter(|_| !page.done) {
            Some(url) => ask = ListJobs::next(JobKind::Ingest, url),
            None => return Ok(found),
        }
    }
    Err(Error::invalid("there are too many jobs to look through"))
}

/// Closes a job. An [`Error::OutcomeUnknown`] means that even its state could not be learnt.
async fn close(client: &Client, id: Id) -> Result<(), Error> {
    let mut tries = 0;
    loop {
        tries += 1;
        let error = match client.send(&CloseJob::new(id)).await {
            Ok(_) => return Ok(()),
            Err(error) => error,
        };
        let unknown = matches!(error, Error::OutcomeUnknown { .. });
        match client.send(&GetJob::new(JobKind::Ingest, id)).await {
            Ok(info) if info.state != JobState::Open => return Ok(()),
            Ok(_) if unknown && tries < TRIES => {}
            _ => return Err(error),
        }
    }
}

/// Aborts a job, and makes sure of it.
pub(super) async fn abort(client: &Client, id: Id) -> Result<JobInfo, Error> {
    let abort = AbortJob::new(JobKind::Ingest, id);
    let error = match client.send(&abort).await {
        Ok(info) => return Ok(info),
        Err(error) => error,
    };
    match client.send(&GetJob::new(JobKind::Ingest, id)).await {
        Ok(info) if info.state.is_over() => Ok(info),
        _ => Err(match error {
            Error::OutcomeUnknown { .. } => error,
            error => Error::OutcomeUnknown {
                operation: send::operation(&abort.request()?),
                check: format!("Look at the job {id}: open, it is not processed"),
                source: Box::new(error),
            },
        }),
    }
}
