//! Bulk API 2.0 as values: jobs that load or read many rows in the background (Bulk API 2.0 and
//! Bulk API Developer Guide).
//!
//! [`Client::bulk_ingest`](crate::Client::bulk_ingest) and
//! [`Client::bulk_query`](crate::Client::bulk_query) drive whole jobs; these are the calls they are
//! made of. Every one of them counts as one API request.

mod format;
mod ingest;
mod job;
mod query;

pub use format::{ColumnDelimiter, CsvFormat, LineEnding};
pub(crate) use ingest::CSV;
pub use ingest::{
    CloseJob, CreateIngestJob, GetIngestResults, IngestOperation, IngestResult, UploadData,
};
pub use job::{AbortJob, DeleteJob, GetJob, JobInfo, JobKind, JobList, JobState, ListJobs};
pub use query::{CreateQueryJob, GetResultPages, GetResults, ResultPage, ResultPages};

pub(crate) use query::{announced_rows, next_locator};
