//! `jobs/ingest`: made, filled once, closed, and asked what became of the rows.

use bytes::Bytes;
use http::Method;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use serde::Serialize;

use super::CsvFormat;
use super::job::{JobInfo, JobKind, change, read_info};
use crate::bulk::{BulkRow, parse_all};
use crate::ops::records::expect_done;
use crate::{Error, Id, Operation, Request, Response, Safety};

/// What an ingest job does with its rows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum IngestOperation {
    /// Creates records. The platform recognises no row that was sent before: two jobs with the same
    /// rows make two records of each.
    Insert,
    /// Changes records by the column `Id`.
    Update,
    /// Changes or creates records by an external id field, which is one of the columns.
    Upsert {
        /// The field.
        external_id: String,
    },
    /// Deletes records; the only column is `Id`.
    Delete,
    /// Deletes records past the recycle bin; the only column is `Id`. The user needs the permission
    /// "Bulk API Hard Delete".
    HardDelete,
}

impl IngestOperation {
    /// The platform's name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Insert => "insert",
            Self::Update => "update",
            Self::Upsert { .. } => "upsert",
            Self::Delete => "delete",
            Self::HardDelete => "hardDelete",
        }
    }

    pub(crate) fn external_id(&self) -> Option<&str> {
        match self {
            Self::Upsert { external_id } => Some(external_id),
            _ => None,
        }
    }
}

/// Makes an ingest job, which is open for its data.
///
/// It is a [`Safety::Write`], although an open job writes nothing until it has data and is closed: a
/// second one would stand there for seven days.
#[derive(Debug, Clone)]
pub struct CreateIngestJob {
    object: String,
    operation: IngestOperation,
    format: CsvFormat,
    assignment_rule: Option<Id>,
}

impl CreateIngestJob {
    /// A job for rows of one object.
    pub fn new(object: impl Into<String>, operation: IngestOperation) -> Self {
        let format = CsvFormat::default();
        Self { object: object.into(), operation, format, assignment_rule: None }
    }

    /// How the CSV is written.
    #[must_use]
    pub fn format(mut self, format: CsvFormat) -> Self {
        self.format = format;
        self
    }

    /// The assignment rule for cases or leads.
    #[must_use]
    pub fn assignment_rule(mut self, rule: Id) -> Self {
        self.assignment_rule = Some(rule);
        self
    }

    /// Whether an answer describes a job that this makes.
    pub(crate) fn describes(&self, job: &JobInfo) -> bool {
        let same = |told: &Option<String>, own: &str| told.as_deref().is_none_or(|t| t == own);
        job.operation == self.operation.name()
            && job.object.eq_ignore_ascii_case(&self.object)
            && same(&job.line_ending, self.format.line_ending.name())
            && same(&job.column_delimiter, self.format.delimiter.name())
            && match (self.operation.external_id(), job.external_id_field_name.as_deref()) {
                (Some(own), Some(told)) => own.eq_ignore_ascii_case(told),
                (own, told) => own.is_none() && told.is_none(),
            }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NewJob<'a> {
    object: &'a str,
    operation: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id_field_name: Option<&'a str>,
    content_type: &'a str,
    column_delimiter: &'a str,
    line_ending: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    assignment_rule_id: Option<&'a str>,
}

impl Operation for CreateIngestJob {
    type Output = JobInfo;

    fn request(&self) -> Result<Request, Error> {
        Request::new(Method::POST, "jobs/ingest", &[])?.json(&NewJob {
            object: &self.object,
            operation: self.operation.name(),
            external_id_field_name: self.operation.external_id(),
            content_type: "CSV",
            column_delimiter: self.format.delimiter.name(),
            line_ending: self.format.line_ending.name(),
            assignment_rule_id: self.assignment_rule.as_ref().map(Id::as_str),
        })
    }

    fn decode(&self, response: Response) -> Result<JobInfo, Error> {
        read_info(&response)
    }

    fn safety(&self) -> Safety {
        Safety::Write
    }
}

/// The data of an open job, at most 100 MB (150 MB after base64, which the platform adds up itself:
/// Bulk API 2.0 Developer Guide, "Upload Job Data"). A job takes data once.
#[derive(Debug, Clone)]
pub struct UploadData {
    job: Id,
    csv: Bytes,
}

impl UploadData {
    /// CSV as the job was made for, with its header.
    pub fn new(job: Id, csv: impl Into<Bytes>) -> Self {
        Self { job, csv: csv.into() }
    }

    pub(crate) fn headers_of(job: Id) -> Result<Request, Error> {
        let request = Request::new(Method::PUT, "jobs/ingest/{id}/batches", &[job.as_str()])?;
        Ok(request.header(CONTENT_TYPE, CSV))
    }
}

/// The data of a job.
pub(crate) const CSV: HeaderValue = HeaderValue::from_static("text/csv");

impl Operation for UploadData {
    type Output = ();

    fn request(&self) -> Result<Request, Error> {
        Ok(Self::headers_of(self.job)?.bytes(CSV, self.csv.clone()))
    }

    fn decode(&self, response: Response) -> Result<(), Error> {
        expect_done(&response, "PUT jobs/ingest/{id}/batches")
    }

    fn safety(&self) -> Safety {
        Safety::Write
    }
}

/// Closes a job that has its data; the platform then processes it. Closing it twice closes it once:
/// the second is refused.
#[derive(Debug, Clone)]
pub struct CloseJob {
    job: Id,
}

impl CloseJob {
    /// The job to close.
    pub fn new(job: Id) -> Self {
        Self { job }
    }
}

impl Operation for CloseJob {
    type Output = JobInfo;

    fn request(&self) -> Result<Request, Error> {
        change(JobKind::Ingest, self.job, "UploadComplete")
    }

    fn decode(&self, response: Response) -> Result<JobInfo, Error> {
        read_info(&response)
    }

    fn safety(&self) -> Safety {
        Safety::Idempotent
    }
}

/// Which rows of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IngestResult {
    /// Written: `sf__Id`, `sf__Created`, and the columns as they were uploaded.
    Successful,
    /// Refused: `sf__Id`, `sf__Error`, and the columns as they were uploaded.
    Failed,
    /// Not reached, since the job failed or was aborted: the columns as they were uploaded.
    Unprocessed,
}

/// Rows of a job that is over, all of them in memory; [`IngestJobs`](crate::bulk::IngestJobs)
/// streams them.
#[derive(Debug, Clone)]
pub struct GetIngestResults {
    job: Id,
    which: IngestResult,
    format: CsvFormat,
}

impl GetIngestResults {
    /// Rows of a job.
    pub fn new(job: Id, which: IngestResult) -> Self {
        Self { job, which, format: CsvFormat::default() }
    }

    /// How the job's CSV is written.
    #[must_use]
    pub fn format(mut self, format: CsvFormat) -> Self {
        self.format = format;
        self
    }
}

impl Operation for GetIngestResults {
    type Output = Vec<BulkRow>;

    fn request(&self) -> Result<Request, Error> {
        let template = match self.which {
            IngestResult::Successful => "jobs/ingest/{id}/successfulResults",
            IngestResult::Failed => "jobs/ingest/{id}/failedResults",
            // Lower case in the platform's documentation.
            IngestResult::Unprocessed => "jobs/ingest/{id}/unprocessedrecords",
        };
        let request = Request::new(Method::GET, template, &[self.job.as_str()])?;
        Ok(request.header(ACCEPT, HeaderValue::from_static("text/csv")))
    }

    fn decode(&self, response: Response) -> Result<Vec<BulkRow>, Error> {
        parse_all(&response, self.format)
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}
