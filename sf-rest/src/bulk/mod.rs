//! Bulk API 2.0 jobs from beginning to end: load rows, read rows, account for every one of them.
//!
//! ```no_run
//! use futures_util::TryStreamExt;
//! use sf_rest::bulk::{BulkRow, IngestOperation, RowOutcome};
//! # async fn example(client: sf_rest::Client) -> Result<(), sf_rest::Error> {
//! // Down: as many rows as there are, in a few hundred KB of memory.
//! let mut rows = client.bulk_query::<BulkRow>("SELECT Id, Name FROM Account").rows();
//! while let Some(row) = rows.try_next().await? {
//!     println!("{:?}", row.get("Name"));
//! }
//!
//! // Up: rows of any type that serializes to an object.
//! let rows = (0..1_000_000).map(|n| serde_json::json!({ "Name": format!("Account {n}") }));
//! let jobs = client.bulk_ingest("Account", IngestOperation::Insert).send(rows).await?;
//! let mut outcomes = jobs.outcomes();
//! while let Some(row) = outcomes.try_next().await? {
//!     if let RowOutcome::Failed { error, .. } = &row.outcome {
//!         println!("row {:?}: {error}", row.position);
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # What is never lost or doubled
//!
//! - An answer that ends early is asked for again; the rows that were handed over are compared with
//!   their repetition and left out. It is that, or an error: never fewer rows. The rows of a page
//!   are counted against `Sforce-NumberOfRecords`, those of a job against its
//!   `numberRecordsProcessed`.
//! - Of an ingest job every row that was sent is accounted for: successful + failed + unprocessed =
//!   sent, or [`Error::Unaccounted`].
//! - The data of a job is sent once. If the answer to that is lost, the job, which is still open and
//!   thus not processed, is aborted, and a new one takes its place. A lost answer to the closing is
//!   settled by looking at the state of the job.
//! - A lost answer to the making of an ingest job is settled by looking at the list of jobs: the one
//!   open job of this user with the same settings and made since then is taken; with several of
//!   them it is [`Error::OutcomeUnknown`]. If two programs of one user do this within the same
//!   seconds, one of them can take the job of the other. A job takes data once: whoever comes second
//!   is refused, makes a job of its own if it is this program, and no row is doubled or lost
//!   unnoticed.
//! - A query job is made again: it changes no record, and to take another's by mistake would give
//!   other rows.
//!
//! # Compression
//!
//! Answers are compressed, except on loopback. Uploads are not: the Bulk API 2.0 Developer Guide says
//! of answers that they can be, and nothing of the data of a job, which the platform counts in bytes
//! as it gets them. An upload that was taken wrongly would write wrong records.
//!
//! # Memory
//!
//! | what | at most |
//! | --- | --- |
//! | rows of a query, page by page; outcomes of an ingest job | 5 blocks of 64 KiB or one row each, and one piece of the network |
//! | rows of a query with `parallel(n)` | `n + 1` pages of the size that the platform chooses, each at most the client's `body_cap` |
//! | rows sent | the data of one job, 100 MB unless [`job_bytes`](BulkIngest::job_bytes) says less, besides what the caller holds |
//! | to join outcomes with rows | 8 bytes per row sent, and 16 more per row of the job that is being read |

use futures_util::Stream;

use crate::{Client, Error, Id};

mod csv_reader;
mod encode;
mod ingest;
mod jobs;
mod lost;
mod outcomes;
mod parts;
mod query;
mod read;
mod row;
mod rows;
mod source;
mod wait;

pub use crate::ops::bulk::{
    ColumnDelimiter, CsvFormat, IngestOperation, IngestResult, JobInfo, JobState, LineEnding,
};
pub use ingest::{BulkIngest, IngestProgress};
pub use jobs::{IngestJob, IngestJobs, IngestSummary};
pub use outcomes::{Outcomes, RowOutcome, SentRow};
pub use query::{BulkQuery, QueryJob};
pub use row::{BulkRow, FromBulkRow};
pub use rows::BulkRows;
pub use wait::OnDrop;

pub use crate::polling::Polling;

pub(crate) use read::parse_all;
pub(crate) use source::{read as read_pieces, unreadable};

impl Client {
    /// Loads many rows of one object in the background; see [`bulk`](self).
    pub fn bulk_ingest(&self, object: impl Into<String>, operation: IngestOperation) -> BulkIngest {
        BulkIngest::new(self.clone(), object.into(), operation)
    }

    /// The rows of one kind of an ingest job that is over, as a stream: the platform's columns before
    /// those that were sent, commas between them, in no promised order. What
    /// [`outcomes`](IngestJobs::outcomes) gives is accounted for; this is for whoever has the id alone.
    ///
    /// # Errors
    /// If there can be no such request. An item that is an error is the last.
    pub fn bulk_ingest_results(
        &self,
        job: Id,
        which: IngestResult,
    ) -> Result<impl Stream<Item = Result<BulkRow, Error>> + Send + use<>, Error> {
        outcomes::rows_of(self.clone(), job, which)
    }

    /// Reads the rows of a query in the background, as [`BulkRow`] or any deserializable type; see
    /// [`bulk`](self).
    pub fn bulk_query<R: FromBulkRow>(&self, soql: impl Into<String>) -> BulkQuery<R> {
        BulkQuery::new(self.clone(), soql.into())
    }

    /// A query job that was made before; its result is kept for seven days. It is read at the API
    /// version that it was made with.
    pub fn bulk_query_job<R: FromBulkRow>(&self, id: Id) -> QueryJob<R> {
        QueryJob::new(self.clone(), id)
    }
}
