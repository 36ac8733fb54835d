//! What became of a job.

use sf_rest::bulk::{BulkRow, IngestResult, JobInfo};
use sf_rest::ops::bulk::{CsvFormat, GetIngestResults, GetJob, JobKind};
use sf_rest::{ApiError, Error, ErrorCode};

use super::super::Org;
use super::handle::JobHandle;
use crate::ToolError;
use crate::contract;

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
                    return Ok(JobStatus { kind, info });
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

    /// Why a job failed as a whole, in words that may be shown.
    pub(crate) fn job_problem(&self, status: &JobStatus) -> Option<String> {
        let message = status.info.error_message.clone().filter(|text| !text.is_empty())?;
        let code = ErrorCode::new(status.info.state.as_str().to_owned());
        let errors = vec![ApiError::new(code, message)];
        let shown = self.errors_to_show(&status.info.object, errors, &[]);
        let text = shown.first().map_or("", |error| error.message.as_str());
        Some(crate::text::shorten(text, 500))
    }

    /// The first rows of a load that were refused, as their ids and the reasons; those are not told
    /// by number here, since the rows that were sent are no longer at hand.
    ///
    /// # Errors
    /// By the error contract.
    pub(crate) async fn job_failures(
        &self,
        status: &JobStatus,
        most: usize,
    ) -> Result<Vec<(Option<String>, String)>, ToolError> {
        if let Some(guard) = &self.inner.guard {
            guard.request()?;
        }
        let object = status.info.object.as_str();
        let get = GetIngestResults::new(status.info.id, IngestResult::Failed);
        let get = get.format(CsvFormat::default());
        let rows: Vec<BulkRow> =
            self.inner.client.send(&get).await.map_err(|e| self.explained(&e, Some(object)))?;
        let told = |row: &BulkRow| {
            let text = row.get("sf__Error").unwrap_or_default();
            // What was sent may be masked for this connection, and an error may repeat it.
            let text = if self.inner.guard.is_some() { code_of(text) } else { text };
            let (code, message) = text.split_once(':').unwrap_or((text, ""));
            let message = message.rsplit_once(':').map_or(message, |(message, _)| message);
            let id = row.get("sf__Id").filter(|id| !id.is_empty()).map(str::to_owned);
            (
                id,
                contract::problem("", &ApiError::new(ErrorCode::new(code.to_owned()), message))
                    .message,
            )
        };
        Ok(rows.iter().take(most).map(told).collect())
    }
}

fn code_of(text: &str) -> &str {
    text.split_once(':').map_or(text, |(code, _)| code)
}

fn is_absent(error: &Error) -> bool {
    ["NOT_FOUND", "INVALIDJOB", "INVALIDENTITY", "INVALID_ID_FIELD", "API_ERROR"]
        .iter()
        .any(|code| error.has_code(&ErrorCode::new(*code)))
}
