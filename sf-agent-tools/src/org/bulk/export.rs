//! A bulk query whose rows the host takes itself, for a file of its own.

use serde_json::json;

use super::super::Org;
use super::query::{BulkResult, BulkRun, RunningQuery};
use crate::rows::redactions;
use crate::tools::BULK_QUERY;
use crate::{CallContext, ToolError, ToolSet};

/// The job of a query, and its rows as they may be shown: masked, redacted and counted as those of
/// `salesforce_bulk_query` are, but handed over as they come instead of in a file.
pub struct BulkExport {
    org: Org,
    running: RunningQuery,
    result: Option<BulkResult>,
}

impl ToolSet {
    /// Makes the job of a query, for a host that takes the rows itself. What holds for a call of
    /// `salesforce_bulk_query` holds here: whether it is offered, who is asked, what is noted.
    ///
    /// # Errors
    /// As those of the tool, before anything is sent.
    pub async fn bulk_export(&self, cx: &CallContext, soql: &str) -> Result<BulkExport, ToolError> {
        let org = self.org();
        let arguments = json!({ "soql": soql });
        self.enter(cx, BULK_QUERY, &arguments).await?;
        let begun = cx.unless_cancelled(async {
            let query = org.parse(soql)?;
            org.check_query(soql, &query).await?;
            org.bulk_query(soql, &query).await
        });
        let begun = begun.await;
        if org.notes_reads() {
            let outcome = begun.as_ref().map_or_else(|error| error.class.as_str(), |_| "ok");
            org.note_read(cx, BULK_QUERY, arguments, outcome).await;
        }
        let running = begun.map_err(|error| org.scrubbed(error))?;
        Ok(BulkExport { org: org.clone(), running, result: None })
    }
}

impl BulkExport {
    /// Waits until the job is over, however long that takes, and gives the number of its rows. It can
    /// be given up at any moment.
    ///
    /// # Errors
    /// If the job failed, cannot be looked at, or has more rows than the rules let be read.
    pub async fn wait(&mut self) -> Result<u64, ToolError> {
        loop {
            let run = self.org.bulk_wait(&mut self.running).await;
            if let BulkRun::Complete(result) = run.map_err(|error| self.org.scrubbed(error))? {
                let total = result.total;
                self.result = Some(result);
                return Ok(total);
            }
        }
    }

    /// The next rows, in the order of [`columns`](Self::columns); none after the last, or before the
    /// job is over. Values are texts, as the Bulk API gives them; an empty one is null.
    ///
    /// # Errors
    /// If the others did not come.
    pub async fn rows(&mut self) -> Result<Option<Vec<Vec<String>>>, ToolError> {
        let Some(result) = &mut self.result else { return Ok(None) };
        let rows = self.org.bulk_rows(result).await;
        rows.map_err(|error| self.org.scrubbed(error))
    }

    /// The names of the columns; none before the first row.
    #[must_use]
    pub fn columns(&self) -> Vec<String> {
        self.result.as_ref().map(BulkResult::columns).unwrap_or_default()
    }

    /// What the rows that came lack, though none is missing.
    #[must_use]
    pub fn flaw(&self) -> Option<String> {
        let redacted = self.result.as_ref().map_or(0, |result| result.redacted);
        (redacted > 0).then(|| redactions(redacted))
    }

    /// Has the platform stop the job, unless it is over.
    pub async fn abort(self) {
        self.running.abort().await;
    }
}

impl std::fmt::Debug for BulkExport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BulkExport").finish_non_exhaustive()
    }
}
