//! Calls that jobs of both kinds have: look, list, abort, delete.

use http::Method;
use http::header::DATE;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use serde::Deserialize;
use serde_json::json;

use crate::ops::records::expect_done;
use crate::{Error, ErrorCode, Id, Operation, Request, Response, Safety};

/// Which kind of job: the two have resources of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobKind {
    /// `jobs/ingest`
    Ingest,
    /// `jobs/query`
    Query,
}

impl JobKind {
    fn list(self) -> &'static str {
        match self {
            Self::Ingest => "jobs/ingest",
            Self::Query => "jobs/query",
        }
    }

    pub(super) fn one(self) -> &'static str {
        match self {
            Self::Ingest => "jobs/ingest/{id}",
            Self::Query => "jobs/query/{id}",
        }
    }
}

/// Where a job is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum JobState {
    /// An ingest job that waits for its data, or to be closed. Nothing of it is processed.
    Open,
    /// Closed, and waiting to be processed; a query job begins here.
    UploadComplete,
    /// Being processed.
    InProgress,
    /// All records were processed; some of them may have failed.
    JobComplete,
    /// The job failed as a whole; records processed before stay written.
    Failed,
    /// Aborted; records processed before stay written.
    Aborted,
    /// A state that this version does not know.
    Other(String),
}

impl JobState {
    /// The platform's name.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Open => "Open",
            Self::UploadComplete => "UploadComplete",
            Self::InProgress => "InProgress",
            Self::JobComplete => "JobComplete",
            Self::Failed => "Failed",
            Self::Aborted => "Aborted",
            Self::Other(name) => name,
        }
    }

    /// Whether the job does not change any more.
    pub fn is_over(&self) -> bool {
        matches!(self, Self::JobComplete | Self::Failed | Self::Aborted)
    }
}

impl<'de> Deserialize<'de> for JobState {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Ok(match name.as_str() {
            "Open" => Self::Open,
            "UploadComplete" => Self::UploadComplete,
            "InProgress" => Self::InProgress,
            "JobComplete" => Self::JobComplete,
            "Failed" => Self::Failed,
            "Aborted" => Self::Aborted,
            _ => Self::Other(name),
        })
    }
}

/// What the platform says about a job. Answers to creating and changing one lack the counters.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct JobInfo {
    /// The id.
    pub id: Id,
    /// `insert`, `hardDelete`, `queryAll` and so on.
    pub operation: String,
    /// The object.
    #[serde(default)]
    pub object: String,
    /// The user who made it.
    #[serde(default)]
    pub created_by_id: Option<Id>,
    /// When it was made: `2024-09-09T19:25:27.000+0000`.
    #[serde(default)]
    pub created_date: Option<String>,
    /// Where it is.
    pub state: JobState,
    /// Of an upsert.
    #[serde(default)]
    pub external_id_field_name: Option<String>,
    /// `LF` or `CRLF`.
    #[serde(default)]
    pub line_ending: Option<String>,
    /// `COMMA` and so on.
    #[serde(default)]
    pub column_delimiter: Option<String>,
    /// Records processed so far, those that failed among them.
    #[serde(default)]
    pub number_records_processed: Option<u64>,
    /// Records that failed so far; ingest jobs only.
    #[serde(default)]
    pub number_records_failed: Option<u64>,
    /// Milliseconds.
    #[serde(default)]
    pub total_processing_time: Option<u64>,
    /// Why the job failed.
    #[serde(default)]
    pub error_message: Option<String>,
}

impl JobInfo {
    /// When it was made, as a time.
    pub fn created(&self) -> Option<Timestamp> {
        Timestamp::strptime("%Y-%m-%dT%H:%M:%S%.f%z", self.created_date.as_deref()?).ok()
    }
}

pub(super) fn read_info(response: &Response) -> Result<JobInfo, Error> {
    response.json("a bulk job")
}

/// Looks at a job.
#[derive(Debug, Clone)]
pub struct GetJob {
    kind: JobKind,
    id: Id,
}

impl GetJob {
    /// The job to look at.
    pub fn new(kind: JobKind, id: Id) -> Self {
        Self { kind, id }
    }
}

impl Operation for GetJob {
    type Output = JobInfo;

    fn request(&self) -> Result<Request, Error> {
        Request::new(Method::GET, self.kind.one(), &[self.id.as_str()])
    }

    fn decode(&self, response: Response) -> Result<JobInfo, Error> {
        read_info(&response)
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}

/// Jobs of the org, one page of them.
#[derive(Debug, Clone)]
pub struct ListJobs {
    kind: JobKind,
    next: Option<String>,
}

/// A page of jobs.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct JobList {
    /// Whether this is the last page.
    pub done: bool,
    /// The jobs; they lack their counters.
    pub records: Vec<JobInfo>,
    /// For [`ListJobs::next`].
    #[serde(default, rename = "nextRecordsUrl")]
    pub next: Option<String>,
    /// The platform's time, of the header `Date`.
    #[serde(skip)]
    pub date: Option<Timestamp>,
}

impl ListJobs {
    /// The first page of the jobs that Bulk API 2.0 made.
    pub fn new(kind: JobKind) -> Self {
        Self { kind, next: None }
    }

    /// A later page, by the `next` of the page before.
    pub fn next(kind: JobKind, url: impl Into<String>) -> Self {
        Self { kind, next: Some(url.into()) }
    }
}

impl Operation for ListJobs {
    type Output = JobList;

    fn request(&self) -> Result<Request, Error> {
        let template = self.kind.list();
        if let Some(url) = &self.next {
            return Ok(Request::absolute(Method::GET, template, url));
        }
        let kind = match self.kind {
            JobKind::Ingest => "V2Ingest",
            JobKind::Query => "V2Query",
        };
        Ok(Request::new(Method::GET, template, &[])?.query("jobType", kind))
    }

    fn decode(&self, response: Response) -> Result<JobList, Error> {
        let mut list: JobList = response.json("a list of bulk jobs")?;
        let date = response.headers.get(DATE).and_then(|date| date.to_str().ok());
        list.date = date.and_then(|date| Some(rfc2822::parse(date).ok()?.timestamp()));
        Ok(list)
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}

/// Aborts a job that is not over. What it has written stays; the rest is left unprocessed.
#[derive(Debug, Clone)]
pub struct AbortJob {
    kind: JobKind,
    id: Id,
}

impl AbortJob {
    /// The job to abort.
    pub fn new(kind: JobKind, id: Id) -> Self {
        Self { kind, id }
    }
}

impl Operation for AbortJob {
    type Output = JobInfo;

    fn request(&self) -> Result<Request, Error> {
        change(self.kind, self.id, "Aborted")
    }

    fn decode(&self, response: Response) -> Result<JobInfo, Error> {
        read_info(&response)
    }

    fn safety(&self) -> Safety {
        Safety::Idempotent
    }
}

pub(super) fn change(kind: JobKind, id: Id, state: &str) -> Result<Request, Error> {
    Request::new(Method::PATCH, kind.one(), &[id.as_str()])?.json(&json!({ "state": state }))
}

/// Deletes a job that is over, with its data and its results. Records it wrote stay.
#[derive(Debug, Clone)]
pub struct DeleteJob {
    kind: JobKind,
    id: Id,
}

impl DeleteJob {
    /// The job to delete.
    pub fn new(kind: JobKind, id: Id) -> Self {
        Self { kind, id }
    }
}

impl Operation for DeleteJob {
    type Output = ();

    fn request(&self) -> Result<Request, Error> {
        Request::new(Method::DELETE, self.kind.one(), &[self.id.as_str()])
    }

    fn decode(&self, response: Response) -> Result<(), Error> {
        expect_done(&response, "DELETE jobs/{kind}/{id}")
    }

    fn safety(&self) -> Safety {
        Safety::Idempotent
    }

    /// The second attempt meets a job that the first, whose answer was lost, has deleted.
    fn recover(&self, error: Error, resent: bool) -> Result<(), Error> {
        if resent && error.has_code(&ErrorCode::NOT_FOUND) {
            return Ok(());
        }
        Err(error)
    }
}
