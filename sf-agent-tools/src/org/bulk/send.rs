//! The way of a load to the platform: sent, closed, watched until its job is over.

use sf_rest::bulk::{CsvFormat, IngestJob, IngestJobs, IngestOperation};
use sf_rest::{ApiError, Error, ErrorCode, Id};

use super::super::Org;
use super::super::write::Announced;
use super::handle::JobHandle;
use super::load::{BulkLoad, LoadEnd, LoadOutcome};
use super::outcomes::LoadReport;
use crate::audit::RecordOutcome;
use crate::prepare::{Action, one, summed};
use crate::results::ResultWriter;
use crate::{CallContext, ToolError};

impl Org {
    /// Sends the rows and waits for what becomes of them. The log learns the job as soon as it has
    /// the rows, so that whoever comes after a process that ended can look at it.
    pub(super) async fn send_load(
        &self,
        cx: &CallContext,
        load: &BulkLoad,
        announced: &Announced,
        writer: ResultWriter,
    ) -> Result<LoadOutcome, ToolError> {
        let jobs =
            self.upload_rows(cx, load).await.map_err(|error| self.not_loaded(&error, load))?;
        let Some(id) = jobs.jobs().first().map(IngestJob::id) else {
            return Err(ToolError::fix_your_call("There is no row to load. Nothing was sent."));
        };
        let end = if jobs.stopped().is_some() {
            LoadEnd::Unknown
        } else {
            announced.so_far(summed(vec![under_way(id)])).await;
            self.watch(cx, load, jobs, writer).await
        };
        if !matches!(end, LoadEnd::Over(_)) {
            self.load_goes_on(id, load, announced);
        }
        Ok(LoadOutcome { handle: JobHandle { id, query: None, sealed: true }, end })
    }

    /// Puts the rows into one job, so that there is one thing to look at, and closes it.
    async fn upload_rows(&self, cx: &CallContext, load: &BulkLoad) -> Result<IngestJobs, Error> {
        let operation = match (load.action, &load.key) {
            (Action::Create, _) => IngestOperation::Insert,
            (Action::Update, _) => IngestOperation::Update,
            (Action::Upsert, key) => {
                IngestOperation::Upsert { external_id: key.clone().unwrap_or_default() }
            }
            (Action::Delete, _) => IngestOperation::Delete,
        };
        let (progress, rows) = (cx.clone(), load.rows);
        self.inner
            .client
            .bulk_ingest(load.object.as_str(), operation)
            .format(CsvFormat::default())
            .job_bytes(u64::MAX)
            .job_rows(usize::MAX)
            .polling(self.polling())
            .on_progress(move |now| progress.report(now.processed, Some(rows), "rows processed"))
            .send_csv_file(load.file.path())
            .await
    }

    /// Waits until the job is over, as long as this connection waits, and reads what became of the
    /// rows.
    async fn watch(
        &self,
        cx: &CallContext,
        load: &BulkLoad,
        jobs: IngestJobs,
        writer: ResultWriter,
    ) -> LoadEnd {
        let mut report = LoadReport::default();
        let waited = tokio::select! {
            waited = jobs.wait() => waited,
            () = cx.cancellation().cancelled() => {
                // What it has written stays, and is told.
                if let Err(error) = jobs.abort().await {
                    tracing::debug!(%error, "a load was not aborted");
                }
                jobs.wait().await
            }
        };
        match waited {
            Ok(summary) => {
                (report.written, report.failed) = (summary.successful, summary.failed);
                report.unprocessed = summary.unprocessed;
            }
            Err(Error::BulkTimeout { state, .. }) => return LoadEnd::Running(state),
            Err(Error::BulkJob { state, message, .. }) => {
                let why = self.job_words(&load.object, &state, message, &load.secrets);
                report.ended = Some((state, why));
            }
            Err(Error::Unaccounted { .. }) => report.unaccounted = true,
            Err(error) => {
                tracing::warn!(%error, "a load cannot be looked at");
                return LoadEnd::Running("unknown".to_owned());
            }
        }
        self.read_outcomes(load, jobs, writer, &mut report).await;
        cx.report(load.rows, Some(load.rows), "rows processed");
        LoadEnd::Over(Box::new(report))
    }

    /// Why a job ended as a whole, in words that may be shown.
    pub(super) fn job_words(
        &self,
        object: &str,
        state: &str,
        message: String,
        secrets: &[String],
    ) -> String {
        let error = ApiError::new(ErrorCode::new(state.to_owned()), message);
        let shown = self.errors_to_show(object, vec![error], secrets);
        let text = shown.first().map_or("", |error| error.message.as_str());
        crate::text::shorten(text, 500)
    }

    /// What is told of a load that did not come as far as being closed: nothing of it is processed.
    fn not_loaded(&self, error: &Error, load: &BulkLoad) -> ToolError {
        self.forget_if_stale(error, &load.object);
        if let Error::OutcomeUnknown { check, .. } = error {
            tracing::warn!(check, "a bulk job may stand open");
            return ToolError::try_later(
                "Salesforce did not answer while the job was made, so the load was given up: nothing was \
                 written, and nothing will be, since a job is not processed before it is closed.",
            );
        }
        self.failed(error, Some(&load.object), &load.secrets)
    }
}

/// What is known of a load when its job has the rows.
fn under_way(job: Id) -> RecordOutcome {
    let note = "the job has the rows; what becomes of them is not known yet".to_owned();
    RecordOutcome { id: Some(job.to_string()), note: Some(note), ..one("unknown", &[]) }
}
