//! What became of each row of a load.

use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::{Stream, TryStreamExt, stream};

use super::jobs::{IngestJob, IngestJobs};
use super::parts::digest;
use super::read::Reader;
use super::row::{Block, BulkRow};
use crate::ops::bulk::{CsvFormat, GetIngestResults, IngestResult, JobInfo, JobState};
use crate::{ApiError, Client, Error, ErrorCode, Id, Operation};

/// A row that was sent, and what became of it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SentRow {
    /// Its place among all rows that were sent, from 0: of rows with the same values each gets
    /// one. `None` if the platform sent the values back in another form.
    pub position: Option<u64>,
    /// The columns as they were sent.
    pub row: BulkRow,
    /// What became of it.
    pub outcome: RowOutcome,
}

/// What became of a row.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum RowOutcome {
    /// It was written.
    Successful {
        /// The record.
        id: Id,
        /// Whether the record is new.
        created: bool,
    },
    /// It was refused; nothing of it was written.
    Failed {
        /// The record, where the row names one.
        id: Option<Id>,
        /// Why.
        error: ApiError,
    },
    /// The job ended before it was reached.
    Unprocessed {
        /// Why the job ended, as far as the platform says.
        reason: Option<Arc<str>>,
    },
}

/// The outcomes of a load as a stream.
pub struct Outcomes {
    rows: Pin<Box<dyn Stream<Item = Result<SentRow, Error>> + Send>>,
}

impl Outcomes {
    pub(super) fn new(jobs: IngestJobs, only: Option<IngestResult>) -> Self {
        let walk = Walk { jobs, only, next: 0, job: None };
        let rows = stream::try_unfold(walk, |mut walk| async move {
            Ok(walk.next().await?.map(|row| (row, walk)))
        });
        Self { rows: Box::pin(rows) }
    }
}

impl Stream for Outcomes {
    type Item = Result<SentRow, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.rows.as_mut().poll_next(cx)
    }
}

impl fmt::Debug for Outcomes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outcomes").finish_non_exhaustive()
    }
}

/// The rows of one kind of a job that is over, as the platform gives them.
pub(super) fn rows_of(
    client: Client,
    job: Id,
    which: IngestResult,
) -> Result<impl Stream<Item = Result<BulkRow, Error>> + Send + 'static, Error> {
    let request = GetIngestResults::new(job, which).request()?;
    let reader = Reader::new(client, request, CsvFormat::default().delimiter);
    let blocks = stream::try_unfold(reader, |mut reader| async move {
        Ok::<_, Error>(reader.next().await?.map(|block| (Arc::new(block), reader)))
    });
    let rows =
        |block: Arc<Block>| stream::iter((0..block.len()).map(move |row| Ok(block.row(row))));
    Ok(blocks.map_ok(rows).try_flatten())
}

/// All jobs, one after the other.
struct Walk {
    jobs: IngestJobs,
    only: Option<IngestResult>,
    next: usize,
    job: Option<Job>,
}

/// One job whose results are being read.
struct Job {
    info: JobInfo,
    positions: Positions,
    /// Results that are left to read.
    left: std::vec::IntoIter<IngestResult>,
    reading: Option<(IngestResult, Reader)>,
    block: Option<(Arc<Block>, usize)>,
    counts: [u64; 3],
}

impl Walk {
    async fn next(&mut self) -> Result<Option<SentRow>, Error> {
        loop {
            if let Some(job) = &mut self.job {
                if let Some(row) = job.next(&self.jobs).await? {
                    return Ok(Some(row));
                }
                let sent = &self.jobs.jobs[self.next - 1];
                job.check(sent, self.only)?;
                self.job = None;
            }
            let Some(job) = self.jobs.jobs.get(self.next) else {
                return self.jobs.stopped.take().map_or(Ok(None), Err);
            };
            self.next += 1;
            let info = self.jobs.settle(job).await?;
            self.job = Some(Job::new(info, job, self.only));
        }
    }
}

const ALL: [IngestResult; 3] =
    [IngestResult::Successful, IngestResult::Failed, IngestResult::Unprocessed];

fn place(which: IngestResult) -> usize {
    match which {
        IngestResult::Successful => 0,
        IngestResult::Failed => 1,
        IngestResult::Unprocessed => 2,
    }
}

impl Job {
    fn new(info: JobInfo, job: &IngestJob, only: Option<IngestResult>) -> Self {
        let expected = expected(&info, job);
        // What there is none of need not be asked for.
        let left = ALL.into_iter().filter(|which| {
            only.is_none_or(|only| only == *which)
                && expected.is_none_or(|expected| expected[place(*which)] > 0)
        });
        let left = left.collect::<Vec<_>>().into_iter();
        let positions = Positions::new(job);
        Self { info, positions, left, reading: None, block: None, counts: [0; 3] }
    }

    async fn next(&mut self, jobs: &IngestJobs) -> Result<Option<SentRow>, Error> {
        loop {
            if let Some((block, row)) = &mut self.block {
                if *row < block.len()
                    && let Some((which, _)) = &self.reading
                {
                    *row += 1;
                    let row = block.row(*row - 1);
                    self.counts[place(*which)] += 1;
                    return self.outcome(*which, row).map(Some);
                }
                self.block = None;
            }
            let Some((_, reader)) = &mut self.reading else {
                let Some(which) = self.left.next() else { return Ok(None) };
                let request = GetIngestResults::new(self.info.id, which).request()?;
                let reader = Reader::new(jobs.client.clone(), request, jobs.format.delimiter);
                self.reading = Some((which, reader));
                continue;
            };
            match reader.next().await? {
                Some(block) => self.block = Some((Arc::new(block), 0)),
                None => self.reading = None,
            }
        }
    }

    fn outcome(&mut self, which: IngestResult, row: BulkRow) -> Result<SentRow, Error> {
        let reason = || self.info.error_message.as_deref().map(Arc::from);
        let (row, outcome) = match which {
            IngestResult::Unprocessed => (row, RowOutcome::Unprocessed { reason: reason() }),
            IngestResult::Successful => {
                let id = row.get("sf__Id").and_then(|id| Id::parse(id).ok());
                let created = row.get("sf__Created");
                let (Some(id), Some(created)) = (id, created) else { return Err(no_result(&row)) };
                let created = created.eq_ignore_ascii_case("true");
                (row.without(2), RowOutcome::Successful { id, created })
            }
            IngestResult::Failed => {
                let Some(error) = row.refusal() else { return Err(no_result(&row)) };
                let id = row.get("sf__Id").and_then(|id| Id::parse(id).ok());
                (row.without(2), RowOutcome::Failed { id, error })
            }
        };
        let position = self.positions.take(&row);
        Ok(SentRow { position, row, outcome })
    }

    /// Whether every row is accounted for.
    fn check(&self, job: &IngestJob, only: Option<IngestResult>) -> Result<(), Error> {
        let [successful, failed, unprocessed] = self.counts;
        let sent = job.digests.len() as u64;
        let as_told = match (expected(&self.info, job), only) {
            (Some(expected), Some(only)) => expected[place(only)] == self.counts[place(only)],
            (Some(expected), None) => expected == self.counts,
            (None, _) => true,
        };
        if as_told && (only.is_some() || successful + failed + unprocessed == sent) {
            return Ok(());
        }
        Err(Error::Unaccounted { job: job.id(), sent, successful, failed, unprocessed })
    }
}

/// How many rows of each kind there must be. Only a complete job's counters are relied on.
fn expected(info: &JobInfo, job: &IngestJob) -> Option<[u64; 3]> {
    let (processed, failed) = (info.number_records_processed?, info.number_records_failed?);
    let unprocessed = (job.digests.len() as u64).checked_sub(processed)?;
    (info.state == JobState::JobComplete).then_some([
        processed.checked_sub(failed)?,
        failed,
        unprocessed,
    ])
}

fn no_result(row: &BulkRow) -> Error {
    let names: Vec<&str> = row.iter().map(|(name, _)| name).collect();
    Error::Decode {
        status: 200,
        what: "a result of a bulk job",
        problem: "the columns of the platform are missing, or have no value".to_owned(),
        excerpt: crate::decode::excerpt(names.join(",").as_bytes()),
    }
}

/// `CODE:message:Field1 Field2 --`. A text in another form is the message as a whole.
pub(super) fn row_error(text: &str) -> ApiError {
    let whole = text.trim();
    let text = whole.strip_suffix("--").unwrap_or(whole).trim_end();
    let is_code = |code: &str| {
        !code.is_empty()
            && code.bytes().all(|b| b.is_ascii_uppercase() || b"_0123456789".contains(&b))
    };
    let Some((code, rest)) = text.split_once(':').filter(|(code, _)| is_code(code)) else {
        return ApiError::new(ErrorCode::new("UNKNOWN_EXCEPTION"), whole);
    };
    let (message, fields) = rest.rsplit_once(':').unwrap_or((rest, ""));
    let mut error = ApiError::new(ErrorCode::new(code.to_owned()), message);
    error.fields = fields.split_whitespace().map(str::to_owned).collect();
    error
}

/// Where the rows of a job stood among those that were sent, by their values.
struct Positions {
    first: u64,
    /// Sorted, so that a digest is found and the first of equal rows is taken first.
    places: Vec<(u64, u32)>,
    /// Of rows that are equal to others: how many were taken, by the place of the first.
    taken: HashMap<usize, usize>,
}

const TAKEN: u32 = u32::MAX;

impl Positions {
    fn new(job: &IngestJob) -> Self {
        let digests = job.digests.iter().copied();
        let mut places: Vec<(u64, u32)> = digests.zip(0..TAKEN).collect();
        places.sort_unstable();
        Self { first: job.positions().start, places, taken: HashMap::new() }
    }

    fn take(&mut self, row: &BulkRow) -> Option<u64> {
        let digest = digest(row.iter().map(|(_, value)| value));
        let first = self.places.partition_point(|place| place.0 < digest);
        let is_equal = |place: &&mut (u64, u32)| place.0 == digest;
        let has_equals = self.places.get(first + 1).is_some_and(|place| place.0 == digest);
        let mut at = first;
        if has_equals {
            let taken = self.taken.entry(first).or_default();
            at += *taken;
            *taken += 1;
        }
        let place = self.places.get_mut(at).filter(is_equal)?;
        let position = std::mem::replace(&mut place.1, TAKEN);
        (position != TAKEN).then(|| self.first + u64::from(position))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_rows() {
        let texts = [
            "REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --",
            "INVALID_FIELD:Failed to deserialize field at col 3. Due to, 'x:y' is not a valid value for the type xsd:date:CloseDate --",
            "DUPLICATE_VALUE:duplicate value found: Ext__c duplicates value on record with id: 001:Ext__c Name --",
            "UNABLE_TO_LOCK_ROW:unable to obtain exclusive access to this record:--",
            "something else",
        ];
        let read: Vec<String> = texts.iter().map(|text| row_error(text).to_string()).collect();
        insta::assert_snapshot!(read.join("\n"), @"
        REQUIRED_FIELD_MISSING: Required fields are missing: [Name] (fields: Name)
        INVALID_FIELD: Failed to deserialize field at col 3. Due to, 'x:y' is not a valid value for the type xsd:date (fields: CloseDate)
        DUPLICATE_VALUE: duplicate value found: Ext__c duplicates value on record with id: 001 (fields: Ext__c, Name)
        UNABLE_TO_LOCK_ROW: unable to obtain exclusive access to this record
        UNKNOWN_EXCEPTION: something else
        ");
    }
}
