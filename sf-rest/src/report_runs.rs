//! Runs of reports in the background, waited for.

use crate::ops::reports::RunReport;
use crate::ops::reports::instances::{GetInstance, RunStatus, StartReport};
use crate::ops::reports::result::ReportResult;
use crate::polling::{Looks, Polling};
use crate::{Client, Error, Id};

impl Client {
    /// Runs a report in the background and waits for its result: for reports that take longer than
    /// one request may, and not against the limits of those that are waited for in one.
    ///
    /// # Errors
    /// As [`wait_for_report`](Self::wait_for_report). A lost answer to the start is an
    /// [`Error::OutcomeUnknown`]: [`Instances`](crate::ops::reports::instances::Instances) lists the
    /// runs of a report.
    pub async fn run_report_in_background(
        &self,
        run: RunReport,
        polling: Polling,
    ) -> Result<ReportResult, Error> {
        let client = self.begun();
        let report = run.report();
        let started = client.send(&StartReport(run)).await?;
        client.wait_for_report(report, started.id, polling).await
    }

    /// Waits for a run of a report that was started before, and reads its result, which has at most
    /// 2,000 detail rows. Its looks are requests like others: they keep to the client's
    /// [`Budget`](crate::Budget), and outages between them are waited out.
    ///
    /// Dropping it leaves the run as it is, so that it can be waited for again: the platform keeps it
    /// for 24 hours. [`DeleteInstance`](crate::ops::reports::instances::DeleteInstance) ends it.
    ///
    /// # Errors
    /// [`Error::ReportFailed`] if the run ended without a result; [`Error::ReportTimeout`] if it has
    /// not ended in the time of `polling` or of
    /// [`CallOptions::time_budget`](crate::CallOptions::time_budget); as [`Client::send`].
    pub async fn wait_for_report(
        &self,
        report: Id,
        instance: Id,
        polling: Polling,
    ) -> Result<ReportResult, Error> {
        let client = self.begun();
        let mut looks = Looks::new(polling, client.options.deadline());
        let get = GetInstance::new(report, instance);
        loop {
            let ended = match client.send(&get).await {
                Ok(run) => match (run.instance.status, run.result) {
                    (_, Some(result)) => return Ok(result),
                    (RunStatus::Error, None) => {
                        return Err(Error::ReportFailed { report, instance });
                    }
                    _ => None,
                },
                Err(error) if error.is_retryable() => {
                    tracing::debug!(kind = ?error.kind(), "a look at a run of a report failed");
                    Some(error)
                }
                Err(error) => return Err(error),
            };
            let asked = ended.as_ref().and_then(Error::retry_after);
            if !looks.pause(asked).await {
                let timeout = Error::ReportTimeout { report, instance, waited: looks.waited() };
                return Err(ended.unwrap_or(timeout));
            }
        }
    }
}
