//! `/analytics/reports/{id}/instances`: runs in the background, kept for 24 hours (Reports and
//! Dashboards REST API Developer Guide, Instances List and Instance Results).

use http::Method;
use serde::{Deserialize, Serialize};

use super::RunReport;
use super::result::ReportResult;
use crate::decode::or_default;
use crate::ops::records::expect_done;
use crate::{Error, Id, Operation, Request, Response, Safety};

/// Starts a run in the background. The org has 1,200 of them an hour.
#[derive(Debug, Clone)]
pub struct StartReport(pub RunReport);

/// A run in the background.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all(deserialize = "camelCase"))]
#[non_exhaustive]
pub struct Instance {
    /// Its id, `0LG…`.
    pub id: Id,
    /// How far it is.
    #[serde(deserialize_with = "status")]
    pub status: RunStatus,
    /// The user who started it.
    #[serde(default)]
    pub owner_id: Option<Id>,
    /// When it was started, in UTC: `2026-06-15T09:00:00Z`.
    #[serde(default, deserialize_with = "or_default")]
    pub request_date: String,
    /// When it ended, in the same form; none while it runs.
    #[serde(default)]
    pub completion_date: Option<String>,
    /// Whether its result has detail rows, or the facts of its groups alone.
    #[serde(default)]
    pub has_detail_rows: bool,
}

/// How far a run is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub enum RunStatus {
    /// Not begun.
    New,
    /// Under way.
    Running,
    /// Ended with a result.
    Success,
    /// Ended without one.
    Error,
    /// A state that this crate does not know.
    Other(String),
}

impl RunStatus {
    /// Whether it has ended.
    pub fn is_over(&self) -> bool {
        matches!(self, Self::Success | Self::Error)
    }
}

fn status<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<RunStatus, D::Error> {
    let text = String::deserialize(deserializer)?;
    Ok(match text.as_str() {
        "New" => RunStatus::New,
        "Running" => RunStatus::Running,
        "Success" => RunStatus::Success,
        "Error" => RunStatus::Error,
        _ => RunStatus::Other(text),
    })
}

impl Operation for StartReport {
    type Output = Instance;

    fn request(&self) -> Result<Request, Error> {
        let path = [self.0.report.as_str()];
        let request = Request::new(Method::POST, "analytics/reports/{id}/instances", &path)?;
        self.0.add_to(request)
    }

    fn decode(&self, response: Response) -> Result<Instance, Error> {
        response.json("a run of a report")
    }

    /// Executed twice it makes two runs, which count against the org's limits.
    fn safety(&self) -> Safety {
        Safety::Write
    }
}

/// Lists the runs of a report of the last 24 hours, at most 2,000.
#[derive(Debug, Clone, Copy)]
pub struct Instances(pub Id);

impl Operation for Instances {
    type Output = Vec<Instance>;

    fn request(&self) -> Result<Request, Error> {
        Request::new(Method::GET, "analytics/reports/{id}/instances", &[self.0.as_str()])
    }

    fn decode(&self, response: Response) -> Result<Vec<Instance>, Error> {
        response.json("the runs of a report")
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}

/// Reads how far a run is, and its result once it has one.
#[derive(Debug, Clone, Copy)]
pub struct GetInstance {
    report: Id,
    instance: Id,
}

/// A run, and its result.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct InstanceResult {
    /// The run.
    pub instance: Instance,
    /// Its result, after [`RunStatus::Success`].
    pub result: Option<ReportResult>,
}

#[derive(Deserialize)]
struct Attributes {
    attributes: Instance,
}

impl GetInstance {
    /// A run of a report.
    pub fn new(report: Id, instance: Id) -> Self {
        Self { report, instance }
    }
}

impl Operation for GetInstance {
    type Output = InstanceResult;

    fn request(&self) -> Result<Request, Error> {
        let path = [self.report.as_str(), self.instance.as_str()];
        Request::new(Method::GET, "analytics/reports/{id}/instances/{instance}", &path)
    }

    fn decode(&self, response: Response) -> Result<InstanceResult, Error> {
        let head: Attributes = response.json("a run of a report")?;
        let instance = head.attributes;
        let result = match instance.status {
            RunStatus::Success => Some(response.json("the result of a report")?),
            _ => None,
        };
        Ok(InstanceResult { instance, result })
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}

/// Deletes a run and its result.
#[derive(Debug, Clone, Copy)]
pub struct DeleteInstance {
    report: Id,
    instance: Id,
}

impl DeleteInstance {
    /// A run of a report.
    pub fn new(report: Id, instance: Id) -> Self {
        Self { report, instance }
    }
}

impl Operation for DeleteInstance {
    type Output = ();

    fn request(&self) -> Result<Request, Error> {
        let path = [self.report.as_str(), self.instance.as_str()];
        Request::new(Method::DELETE, "analytics/reports/{id}/instances/{instance}", &path)
    }

    fn decode(&self, response: Response) -> Result<(), Error> {
        expect_done(&response, "DELETE analytics/reports/{id}/instances/{instance}")
    }

    fn safety(&self) -> Safety {
        Safety::Idempotent
    }
}
