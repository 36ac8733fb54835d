//! What became of a job.

use futures_util::TryStreamExt;
use sf_rest::bulk::{IngestResult, JobInfo};
use sf_rest::ops::bulk::{GetJob, JobKind, ListJobs};
use sf_rest::{Error, ErrorCode, Id};

use super::super::Org;
use super::handle::{JobHandle, not_by_id};
use super::refused::{Refusals, Refused};
use crate::ToolError;

/// Pages of jobs that are looked through for the latest.
const PAGES: usize = 5;

/// A job as it is now.
pub(crate) struct JobStatus {
    pub(crate) kind: JobKind,
    pub(crate) info: JobInfo,
}

impl Org {
    /// Looks at a job.
    ///
    /// # Errors
    /// If there is none that this user can see.
    pub(crate) async fn job_status(&self, handle: &JobHandle) -> Result<JobStatus, ToolError> {
        let first = if handle.query.is_some() { JobKind::Query } else { JobKind::Ingest };
        // A plain id does not say which kind of job it is.
        let kinds: &[JobKind] =
            if handle.sealed { &[first] } else { &[JobKind::Ingest, JobKind::Query] };
        let mut last = None;
        for kind in kinds {
            if let Some(guard) = &self.inner.guard {
                guard.request()?;
            }
            match self.inner.client.send(&GetJob::new(*kind, handle.id)).await {
                Ok(info) => {
                    // A job's operation tells its kind, whatever the resource that was asked.
                    let kind = if info.operation.to_ascii_lowercase().starts_with("query") {
                        JobKind::Query
                    } else {
                        JobKind::Ingest
                    };
                    let status = JobStatus { kind, info };
                    self.account_for_late(&status).await;
                    return Ok(status);
                }
                Err(error) if is_absent(&error) => last = Some(error),
                Err(error) => return Err(self.explained(&error, None)),
            }
        }
        tracing::debug!(error = ?last.map(|e| e.kind()), "there is no such job");
        Err(ToolError::fix_your_call(
            "Salesforce has no such job that this user can see. Jobs are kept for seven days.",
        ))
    }

    /// The loads that this user made, the newest first; and whether all jobs were looked through.
    ///
    /// # Errors
    /// With rules, since jobs may be another program's; if it is not known who this user is; and by
    /// the error contract.
    pub(crate) async fn latest_loads(&self) -> Result<(Vec<JobInfo>, bool), ToolError> {
        if let Some(guard) = &self.inner.guard {
            return Err(not_by_id(&guard.rules.who()));
        }
        let explained = |error: Error| self.explained(&error, None);
        let session = self.inner.client.session().await.map_err(explained)?;
        let user = match session.user_id() {
            Some(user) => Some(user.to_owned()),
            None => self.identity().await?.0.id,
        };
        let Some(user) = user.and_then(|user| Id::parse(&user).ok()) else {
            return Err(ToolError::fix_your_call(
                "Salesforce does not say whose session this is, so your loads cannot be told from \
                 others'. Name the job.",
            ));
        };
        let mut found = Vec::new();
        let mut ask = ListJobs::new(JobKind::Ingest);
        let mut whole = false;
        for _ in 0..PAGES {
            let page = self.inner.client.send(&ask).await.map_err(explained)?;
            let own = |job: &JobInfo| job.created_by_id == Some(user);
            found.extend(page.records.into_iter().filter(own));
            match page.next.filter(|_| !page.done) {
                Some(url) => ask = ListJobs::next(JobKind::Ingest, url),
                None => {
                    whole = true;
                    break;
                }
            }
        }
        found.sort_by_key(|job| std::cmp::Reverse(job.created()));
        Ok((found, whole))
    }

    /// Why a job failed as a whole, in words that may be shown.
    pub(crate) fn job_problem(&self, status: &JobStatus) -> Option<String> {
        let message = status.info.error_message.clone().filter(|text| !text.is_empty())?;
        Some(match &self.inner.guard {
            Some(guard) => guard.words(&message, Some(&status.info.object)),
            None => {
                let JobInfo { object, state, .. } = &status.info;
                self.job_words(object, state.as_str(), message, &[])
            }
        })
    }

    /// The rows of a load that were refused: the first of them, and the reasons of all.
    ///
    /// # Errors
    /// By the error contract.
    pub(crate) async fn job_failures(&self, status: &JobStatus) -> Result<Refused, ToolError> {
        if let Some(guard) = &self.inner.guard {
            guard.request()?;
        }
        let object = status.info.object.as_str();
        let explained = |error: Error| self.explained(&error, Some(object));
        let rows = self.inner.client.bulk_ingest_results(status.info.id, IngestResult::Failed);
        let mut rows = std::pin::pin!(rows.map_err(explained)?);
        let mut refusals = Refusals::of_any(self, object).await;
        while let Some(row) = rows.try_next().await.map_err(explained)? {
            let Some(error) = row.refusal() else { continue };
            let id = row.get("sf__Id").and_then(|id| Id::parse(id).ok());
            refusals.note(None, id, error, &row);
        }
        Ok(refusals.told())
    }
}

fn is_absent(error: &Error) -> bool {
    ["NOT_FOUND", "INVALIDJOB", "INVALIDENTITY", "INVALID_ID_FIELD", "API_ERROR"]
        .iter()
        .any(|code| error.has_code(&ErrorCode::new(*code)))
}
