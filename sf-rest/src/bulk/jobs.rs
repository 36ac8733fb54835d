//! The jobs of a load, and what became of them as a whole.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::ingest::{IngestProgress, Settings};
use super::lost;
use super::outcomes::Outcomes;
use super::wait::{Guard, wait};
use crate::ops::bulk::{CsvFormat, DeleteJob, GetJob, IngestResult, JobInfo, JobKind, JobState};
use crate::{Client, Error, Id};

/// The jobs of a load: closed, and processed one by one.
#[must_use = "rows may have failed; wait, or read the outcomes"]
pub struct IngestJobs {
    pub(super) client: Client,
    pub(super) format: CsvFormat,
    pub(super) jobs: Vec<IngestJob>,
    pub(super) stopped: Option<Error>,
    settings: Settings,
    progress: Mutex<Told>,
    guards: Mutex<Vec<Guard>>,
}

/// How far the load is, and what of it each job has processed and refused.
#[derive(Default)]
struct Told {
    now: IngestProgress,
    jobs: Vec<(u64, u64)>,
}

/// One job.
#[derive(Clone)]
pub struct IngestJob {
    id: Id,
    first: u64,
    pub(super) digests: Arc<[u64]>,
}

impl IngestJob {
    pub(super) fn new(id: Id, first: u64, digests: Vec<u64>) -> Self {
        Self { id, first, digests: digests.into() }
    }

    /// The id.
    pub fn id(&self) -> Id {
        self.id
    }

    /// The places of its rows among all that were sent, from 0.
    pub fn positions(&self) -> std::ops::Range<u64> {
        self.first..self.first + self.digests.len() as u64
    }
}

impl fmt::Debug for IngestJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IngestJob")
            .field("id", &self.id)
            .field("positions", &self.positions())
            .finish()
    }
}

/// How a load ended. `successful + failed + unprocessed = sent`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[must_use = "rows may have failed"]
#[non_exhaustive]
pub struct IngestSummary {
    /// Rows in the jobs.
    pub sent: u64,
    /// Rows that were written.
    pub successful: u64,
    /// Rows that were refused.
    pub failed: u64,
    /// Rows that were not reached; 0 if every job is complete.
    pub unprocessed: u64,
}

impl IngestJobs {
    pub(super) fn new(client: Client, format: CsvFormat, settings: Settings) -> Self {
        Self {
            client,
            format,
            jobs: Vec::new(),
            stopped: None,
            settings,
            progress: Mutex::default(),
            guards: Mutex::default(),
        }
    }

    pub(super) fn push(&mut self, job: IngestJob, bytes: u64, guard: Guard) {
        let rows = job.digests.len() as u64;
        self.jobs.push(job);
        self.guards.get_mut().unwrap_or_else(PoisonError::into_inner).push(guard);
        self.tell(|told| {
            told.jobs.push((0, 0));
            told.now.jobs += 1;
            told.now.rows_sent += rows;
            told.now.bytes_sent += bytes;
        });
    }

    pub(super) fn stopped_by(mut self, error: Error) -> Self {
        self.stopped = Some(error);
        self
    }

    pub(super) fn is_empty(&self) -> bool {
        self.jobs.is_empty()
    }

    pub(super) fn ids(&self) -> Vec<Id> {
        self.jobs.iter().map(IngestJob::id).collect()
    }

    fn tell(&self, change: impl FnOnce(&mut Told)) {
        let (before, now) = {
            let mut told = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
            let before = told.now;
            change(&mut told);
            told.now.processed = told.jobs.iter().map(|job| job.0).sum();
            told.now.failed = told.jobs.iter().map(|job| job.1).sum();
            (before, told.now)
        };
        if let Some(call) = self.settings.on_progress.as_ref().filter(|_| now != before) {
            call(now);
        }
    }

    /// The jobs, in the order of the rows.
    pub fn jobs(&self) -> &[IngestJob] {
        &self.jobs
    }

    /// Why not all rows were sent, if not all were. The jobs hold those before.
    pub fn stopped(&self) -> Option<&Error> {
        self.stopped.as_ref()
    }

    /// Waits until every job is over, and counts. Failed rows are no error here.
    ///
    /// # Errors
    /// [`Error::BulkJob`] with the platform's message if a job failed or was aborted as a whole, the
    /// error that [`stopped`](Self::stopped) the sending, [`Error::Unaccounted`],
    /// [`Error::BulkTimeout`], and as [`Client::send`]. [`outcomes`](Self::outcomes) tells nevertheless
    /// what became of each row that was sent.
    pub async fn wait(&self) -> Result<IngestSummary, Error> {
        let mut summary = IngestSummary::default();
        let mut failed = None;
        for job in &self.jobs {
            let info = self.settle(job).await?;
            let sent = job.digests.len() as u64;
            let processed = info.number_records_processed.unwrap_or_default();
            let refused = info.number_records_failed.unwrap_or_default();
            let complete = info.state == JobState::JobComplete;
            if processed > sent || refused > processed || (complete && processed != sent) {
                return Err(Error::Unaccounted {
                    job: job.id,
                    sent,
                    successful: processed.saturating_sub(refused),
                    failed: refused,
                    unprocessed: 0,
                });
            }
            summary.sent += sent;
            summary.successful += processed - refused;
            summary.failed += refused;
            summary.unprocessed += sent - processed;
            if !complete && failed.is_none() {
                failed = Some(Error::bulk_job(&info));
            }
        }
        match failed.or_else(|| self.stopped.clone()) {
            Some(error) => Err(error),
            None => Ok(summary),
        }
    }

    /// Waits for one job. One that is still open was not closed after all, although the answer to
    /// that was lost: it is aborted, so that its rows are accounted for.
    pub(super) async fn settle(&self, job: &IngestJob) -> Result<JobInfo, Error> {
        let place = self.jobs.iter().position(|other| other.id == job.id);
        let uncertain = self.stopped.is_some() && place.is_some_and(|p| p + 1 == self.jobs.len());
        let id = job.id;
        if uncertain {
            let get = GetJob::new(JobKind::Ingest, id);
            if self.client.send(&get).await?.state == JobState::Open {
                lost::abort(&self.client, id).await?;
            }
        }
        let info = wait(&self.client, JobKind::Ingest, id, self.settings.polling, |info| {
            let processed = info.number_records_processed.unwrap_or_default();
            let failed = info.number_records_failed.unwrap_or_default();
            self.tell(|told| {
                if let Some(job) = place.and_then(|place| told.jobs.get_mut(place)) {
                    *job = (processed, failed);
                }
            });
        })
        .await?;
        let mut guards = self.guards.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(guard) = place.and_then(|place| guards.get_mut(place)) {
            guard.disarm();
        }
        Ok(info)
    }

    /// What became of every row, job by job: first those that were written, then those that were
    /// refused, then those that were not reached. It waits for the jobs, and ends without an error
    /// only if every row is accounted for, and all rows were sent.
    pub fn outcomes(self) -> Outcomes {
        Outcomes::new(self, None)
    }

    /// Only the rows of one kind. They are counted against what the job says.
    pub fn results(self, which: IngestResult) -> Outcomes {
        Outcomes::new(self, Some(which))
    }

    /// Aborts the jobs that are not over. What they have written stays.
    ///
    /// # Errors
    /// The first error as [`Client::send`]; the others are aborted nevertheless.
    pub async fn abort(&self) -> Result<(), Error> {
        let mut result = Ok(());
        for job in &self.jobs {
            let aborted = lost::abort(&self.client, job.id).await.map(|_| ());
            result = result.and(aborted);
        }
        result
    }

    /// Deletes the jobs with their data and results, once they are over. Records stay.
    ///
    /// # Errors
    /// As [`Client::send`]; jobs behind the one that failed are left.
    pub async fn delete(self) -> Result<(), Error> {
        for job in &self.jobs {
            self.client.send(&DeleteJob::new(JobKind::Ingest, job.id)).await?;
        }
        Ok(())
    }
}

impl fmt::Debug for IngestJobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IngestJobs")
            .field("jobs", &self.jobs)
            .field("stopped", &self.stopped)
            .finish_non_exhaustive()
    }
}
