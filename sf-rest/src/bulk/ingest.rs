//! Loads: rows into jobs.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use serde::Serialize;
use tokio::io::AsyncRead;
use tokio::sync::mpsc;

use super::jobs::{IngestJob, IngestJobs};
use super::lost;
use super::parts::{Part, Parts};
use super::source::{self, Csv, Feed, Values};
use super::wait::{Guard, Hold, OnDrop};
use crate::ops::bulk::{CreateIngestJob, CsvFormat, IngestOperation, JobKind};
use crate::polling::Polling;
use crate::{Client, Error, Id};

/// How far a load is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct IngestProgress {
    /// Jobs that have their data.
    pub jobs: u64,
    /// Rows in them.
    pub rows_sent: u64,
    /// Bytes of CSV in them, headers included.
    pub bytes_sent: u64,
    /// Rows that the platform has processed, failed ones among them.
    pub processed: u64,
    /// Rows that it refused.
    pub failed: u64,
}

pub(super) type OnProgress = Arc<dyn Fn(IngestProgress) + Send + Sync>;

/// A load of many rows in the background. Made by [`Client::bulk_ingest`].
///
/// What all ways to send have in common: rows go into jobs of at most
/// [`job_bytes`](Self::job_bytes) and [`job_rows`](Self::job_rows), one after the other; each is
/// given its data and closed before the next is made, so that the platform works on the first while
/// the second is sent. What is returned are the jobs, closed but not yet processed.
///
/// If that fails before anything was closed, it is an error, and nothing will be written. If it fails
/// later, the jobs before are returned, and the error is the last item of
/// [`outcomes`](IngestJobs::outcomes) and the result of [`wait`](IngestJobs::wait).
#[derive(Clone)]
#[must_use = "nothing is sent before one of the send methods"]
pub struct BulkIngest {
    client: Client,
    create: CreateIngestJob,
    format: CsvFormat,
    columns: Option<Vec<String>>,
    job_bytes: u64,
    job_rows: usize,
    pub(super) settings: Settings,
}

#[derive(Clone)]
pub(super) struct Settings {
    pub(super) polling: Polling,
    pub(super) on_drop: OnDrop,
    pub(super) on_progress: Option<OnProgress>,
    pub(super) hold: Hold,
}

impl BulkIngest {
    pub(crate) fn new(client: Client, object: String, operation: IngestOperation) -> Self {
        Self {
            client,
            create: CreateIngestJob::new(object, operation),
            format: CsvFormat::default(),
            columns: None,
            job_bytes: 100_000_000,
            job_rows: 500_000,
            settings: Settings {
                polling: Polling::default(),
                on_drop: OnDrop::Leave,
                on_progress: None,
                hold: None,
            },
        }
    }

    /// How the CSV is written, and how CSV that is sent is read. Commas and line feeds by default.
    pub fn format(mut self, format: CsvFormat) -> Self {
        self.format = format;
        self.create = self.create.format(format);
        self
    }

    /// The columns of rows that are values, when not those of the first row.
    pub fn columns(mut self, columns: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.columns = Some(columns.into_iter().map(Into::into).collect());
        self
    }

    /// The assignment rule for cases or leads.
    pub fn assignment_rule(mut self, rule: Id) -> Self {
        self.create = self.create.assignment_rule(rule);
        self
    }

    /// The most bytes of one job, 100,000,000 by default: the platform takes 150 MB of base64,
    /// which it makes of the data itself. This is also what is held in memory.
    pub fn job_bytes(mut self, bytes: u64) -> Self {
        self.job_bytes = bytes;
        self
    }

    /// The most rows of one job, 500,000 by default.
    pub fn job_rows(mut self, rows: usize) -> Self {
        self.job_rows = rows.max(1);
        self
    }

    /// How to wait for the jobs.
    pub fn polling(mut self, polling: Polling) -> Self {
        self.settings.polling = polling;
        self
    }

    /// What becomes of closed jobs when what waits for them is dropped: they go on by default. An
    /// open job is aborted in any case.
    pub fn on_drop(mut self, on_drop: OnDrop) -> Self {
        self.settings.on_drop = on_drop;
        self
    }

    /// A future that ends once this load and the jobs that it gave are gone, and with them the aborts
    /// that dropping them began: for a program that stops a load and ends.
    pub fn gone(&mut self) -> impl Future<Output = ()> + Send + use<> {
        let (hold, mut gone) = mpsc::channel(1);
        self.settings.hold = Some(hold);
        async move {
            // Nobody sends anything: it ends with the last sender.
            let _ = gone.recv().await;
        }
    }

    /// Calls this whenever more is known.
    pub fn on_progress(mut self, call: impl Fn(IngestProgress) + Send + Sync + 'static) -> Self {
        self.settings.on_progress = Some(Arc::new(call));
        self
    }

    /// Sends rows that serialize to objects of field values: structs, maps, `json!({…})`. A field is
    /// named as its column, that of a parent by the path (`Owner.Email`). Null clears the field, as
    /// an empty text does; a column that a row does not have is left as it is.
    ///
    /// # Errors
    /// As [`Client::send`], and [`Error::InvalidRequest`] for a row that has no place in CSV.
    pub async fn send<I>(self, rows: I) -> Result<IngestJobs, Error>
    where
        I: IntoIterator<Item: Serialize + Send, IntoIter: Send>,
    {
        let rows = stream::iter(rows.into_iter().map(Ok));
        self.run(Values { rows }).await
    }

    /// Sends rows of a stream, as [`send`](Self::send) does.
    ///
    /// # Errors
    /// The same, and [`Error::Source`] for an error of the stream.
    pub async fn send_stream<S, T, E>(self, rows: S) -> Result<IngestJobs, Error>
    where
        S: Stream<Item = Result<T, E>> + Send,
        T: Serialize + Send,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let rows = std::pin::pin!(rows.map(|row| row.map_err(source::unreadable)));
        self.run(Values { rows }).await
    }

    /// Sends CSV with a header row, in the declared format; it is read tolerantly (a byte order
    /// mark, other line ends, missing quotes) and written as the platform demands.
    ///
    /// # Errors
    /// As [`Client::send`], and [`Error::InvalidRequest`] for what is not CSV.
    pub async fn send_csv(self, csv: impl Into<Bytes>) -> Result<IngestJobs, Error> {
        let feed = Csv::new(source::pieces(csv.into()), self.format);
        self.run(feed).await
    }

    /// Sends CSV of a stream, as [`send_csv`](Self::send_csv) does.
    ///
    /// # Errors
    /// The same, and [`Error::Source`] for an error of the stream.
    pub async fn send_csv_stream<S, E>(self, csv: S) -> Result<IngestJobs, Error>
    where
        S: Stream<Item = Result<Bytes, E>> + Send,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let pieces = std::pin::pin!(csv.map(|piece| piece.map_err(source::unreadable)));
        let feed = Csv::new(pieces, self.format);
        self.run(feed).await
    }

    /// Sends CSV of a reader, as [`send_csv`](Self::send_csv) does.
    ///
    /// # Errors
    /// The same, and [`Error::Source`] for an error of the reader.
    pub async fn send_csv_reader(
        self,
        csv: impl AsyncRead + Send + Unpin + 'static,
    ) -> Result<IngestJobs, Error> {
        self.send_csv_stream(source::read(csv)).await
    }

    /// Sends the CSV of a file, as [`send_csv`](Self::send_csv) does.
    ///
    /// # Errors
    /// The same, and [`Error::Source`] if the file cannot be read.
    pub async fn send_csv_file(self, path: impl AsRef<Path> + Send) -> Result<IngestJobs, Error> {
        let file = tokio::fs::File::open(path).await.map_err(source::unreadable)?;
        self.send_csv_reader(file).await
    }

    async fn run(self, mut feed: impl Feed) -> Result<IngestJobs, Error> {
        let mut parts = Parts::new(self.format, self.job_bytes, self.job_rows);
        if let Some(columns) = self.columns.clone() {
            parts.set_columns(columns)?;
        }
        let mut made = IngestJobs::new(self.client.clone(), self.format, self.settings.clone());
        let mut fed = 0_u32;
        let result = loop {
            fed = fed.wrapping_add(1);
            // An iterator never waits; others on this thread get their turn.
            if fed.is_multiple_of(1_024) {
                tokio::task::yield_now().await;
            }
            let fed = feed.feed(&mut parts).await;
            let more = match fed {
                Ok(true) => true,
                Ok(false) => match parts.finish() {
                    Ok(()) => false,
                    Err(error) => break Err(error),
                },
                Err(error) => break Err(error),
            };
            if let Err(error) = self.load(&mut parts, &mut made).await {
                break Err(error);
            }
            if !more {
                break Ok(());
            }
        };
        match result {
            Ok(()) => Ok(made),
            Err(error) if made.is_empty() => Err(error),
            Err(error) => Ok(made.stopped_by(error)),
        }
    }

    async fn load(&self, parts: &mut Parts, made: &mut IngestJobs) -> Result<(), Error> {
        while let Some(part) = parts.take() {
            let known = made.ids();
            let loaded =
                lost::load(&self.client, &self.create, &part, &known, &self.settings).await?;
            let Part { bytes, first, digests, .. } = part;
            let guard = Guard::new(&self.client, JobKind::Ingest, loaded.id, self.settings.on_drop)
                .of_load(self.settings.hold.clone());
            made.push(IngestJob::new(loaded.id, first, digests), bytes, guard);
            if let Some(error) = loaded.unsettled {
                return Err(error);
            }
        }
        Ok(())
    }
}

impl fmt::Debug for BulkIngest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BulkIngest")
            .field("create", &self.create)
            .field("job_bytes", &self.job_bytes)
            .field("job_rows", &self.job_rows)
            .finish_non_exhaustive()
    }
}
