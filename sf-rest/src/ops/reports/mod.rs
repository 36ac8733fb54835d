//! `/analytics/reports`: list, describe, run now, clone, delete (Reports and Dashboards REST API
//! Developer Guide). Runs in the background are in [`instances`], results in [`result`].
//!
//! A run gives at most 2,000 detail rows and says so ([`ReportResult::all_data`]);
//! [`Client::report_rows`](crate::Client::report_rows) gets the others by dividing the report.
//! [`Client::run_report_in_background`](crate::Client::run_report_in_background) starts a run and
//! waits for it.
//!
//! [`ReportResult::all_data`]: result::ReportResult::all_data

pub mod instances;
pub mod metadata;
pub mod result;

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use self::metadata::{ReportMetadata, ReportOverride};
use self::result::ReportResult;
use super::records::expect_done;
use crate::decode::or_default;
use crate::{Error, Id, Operation, Request, Response, Safety};

/// The most detail rows of one run.
pub const MAX_ROWS: usize = 2_000;

/// Lists the reports that the user viewed last, at most 200. All reports: `SELECT Id, Name FROM
/// Report`.
#[derive(Debug, Clone, Copy)]
pub struct Reports;

/// A report in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReportName {
    /// Its id.
    pub id: Id,
    /// Its name.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
}

impl Operation for Reports {
    type Output = Vec<ReportName>;

    fn request(&self) -> Result<Request, Error> {
        Request::new(Method::GET, "analytics/reports", &[])
    }

    fn decode(&self, response: Response) -> Result<Self::Output, Error> {
        response.json("a list of reports")
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}

/// Describes a report without running it.
#[derive(Debug, Clone, Copy)]
pub struct DescribeReport(pub Id);

/// The description of a report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all(deserialize = "camelCase"))]
#[non_exhaustive]
pub struct ReportDescription {
    /// Columns, groupings and filters.
    pub report_metadata: ReportMetadata,
    /// Labels and types of the columns, as the platform sends it.
    #[serde(default, deserialize_with = "or_default")]
    pub report_extended_metadata: Map<String, Value>,
    /// What the report type offers, as the platform sends it.
    #[serde(default, deserialize_with = "or_default")]
    pub report_type_metadata: Map<String, Value>,
}

impl Operation for DescribeReport {
    type Output = ReportDescription;

    fn request(&self) -> Result<Request, Error> {
        Request::new(Method::GET, "analytics/reports/{id}/describe", &[self.0.as_str()])
    }

    fn decode(&self, response: Response) -> Result<Self::Output, Error> {
        response.json("the description of a report")
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}

/// Runs a report and waits for its result. The org has 500 such runs an hour, 20 at a time.
#[derive(Debug, Clone)]
pub struct RunReport {
    report: Id,
    details: bool,
    changes: Option<ReportOverride>,
}

impl RunReport {
    /// The report as it is saved, with detail rows.
    pub fn new(report: Id) -> Self {
        Self { report, details: true, changes: None }
    }

    /// Only groups and totals.
    #[must_use]
    pub fn without_details(mut self) -> Self {
        self.details = false;
        self
    }

    /// Other filters or columns for this run; the report is not changed.
    #[must_use]
    pub fn with(mut self, changes: ReportOverride) -> Self {
        self.changes = Some(changes);
        self
    }

    pub(crate) fn report(&self) -> Id {
        self.report
    }

    /// Adds `includeDetails` and the changes.
    fn add_to(&self, request: Request) -> Result<Request, Error> {
        let request = request.query("includeDetails", if self.details { "true" } else { "false" });
        match &self.changes {
            Some(changes) => request.json(&changes.body()),
            None => Ok(request),
        }
    }
}

impl Operation for RunReport {
    type Output = ReportResult;

    fn request(&self) -> Result<Request, Error> {
        let method = if self.changes.is_some() { Method::POST } else { Method::GET };
        let request = Request::new(method, "analytics/reports/{id}", &[self.report.as_str()])?;
        self.add_to(request)
    }

    fn decode(&self, response: Response) -> Result<ReportResult, Error> {
        response.json("the result of a report")
    }

    /// It only reads, also as a POST.
    fn safety(&self) -> Safety {
        Safety::Read
    }
}

/// Saves a copy of a report under another name.
#[derive(Debug, Clone)]
pub struct CloneReport {
    report: Id,
    changes: ReportOverride,
}

impl CloneReport {
    /// The name of the copy; the platform wants one.
    pub fn new(report: Id, name: impl Into<String>) -> Self {
        let changes = ReportOverride::new().set("name", Value::String(name.into()));
        Self { report, changes }
    }

    /// The folder of the copy.
    #[must_use]
    pub fn folder(mut self, folder: Id) -> Self {
        self.changes = self.changes.set("folderId", Value::String(folder.to_string()));
        self
    }
}

impl Operation for CloneReport {
    type Output = ReportDescription;

    fn request(&self) -> Result<Request, Error> {
        Request::new(Method::POST, "analytics/reports", &[])?
            .query("cloneId", self.report.as_str())
            .json(&self.changes.body())
    }

    fn decode(&self, response: Response) -> Result<Self::Output, Error> {
        response.json("the description of a report")
    }

    fn safety(&self) -> Safety {
        Safety::Write
    }
}

/// Deletes a report, which goes to the recycle bin.
#[derive(Debug, Clone, Copy)]
pub struct DeleteReport(pub Id);

impl Operation for DeleteReport {
    type Output = ();

    fn request(&self) -> Result<Request, Error> {
        Request::new(Method::DELETE, "analytics/reports/{id}", &[self.0.as_str()])
    }

    fn decode(&self, response: Response) -> Result<(), Error> {
        expect_done(&response, "DELETE analytics/reports/{id}")
    }

    fn safety(&self) -> Safety {
        Safety::Idempotent
    }
}
