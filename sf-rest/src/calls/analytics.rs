//! One line per operation: reports and dashboards.

use crate::ops::dashboards::{DashboardData, DashboardResults};
use crate::ops::reports::instances::{GetInstance, Instance, InstanceResult, StartReport};
use crate::ops::reports::result::ReportResult;
use crate::ops::reports::{DescribeReport, ReportDescription, RunReport};
use crate::report_rows::{self, ReportRows, ReportRowsQuery};
use crate::{Client, Error, Id};

/// # Errors
/// All calls fail as [`Client::send`] does.
impl Client {
    /// The description of a report.
    pub async fn describe_report(&self, report: Id) -> Result<ReportDescription, Error> {
        self.send(&DescribeReport(report)).await
    }

    /// The result of a report as it is saved, with at most 2,000 detail rows.
    pub async fn run_report(&self, report: Id) -> Result<ReportResult, Error> {
        self.send(&RunReport::new(report)).await
    }

    /// Starts a report in the background; [`report_instance`](Self::report_instance) tells how far
    /// it is, and [`wait_for_report`](Self::wait_for_report) waits for it.
    pub async fn start_report(&self, report: Id) -> Result<Instance, Error> {
        self.send(&StartReport(RunReport::new(report))).await
    }

    /// How far a run in the background is, and its result once it has one.
    pub async fn report_instance(&self, report: Id, instance: Id) -> Result<InstanceResult, Error> {
        self.send(&GetInstance::new(report, instance)).await
    }

    /// All detail rows of a report: if one run does not give them, one run after the other for
    /// parts of it. What is missing all the same, [`ReportRows::incomplete`] says.
    ///
    /// # Errors
    /// Those of the first run; later ones are told in the output, beside the rows that came before.
    pub async fn report_rows(&self, query: &ReportRowsQuery) -> Result<ReportRows, Error> {
        report_rows::read(self, query).await
    }

    /// What the components of a dashboard showed after its last refresh.
    pub async fn dashboard(&self, dashboard: Id) -> Result<DashboardData, Error> {
        self.send(&DashboardResults::new(dashboard)).await
    }
}
