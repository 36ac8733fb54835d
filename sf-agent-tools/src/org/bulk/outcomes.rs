//! What became of each row of a load: counted, told, and kept as a file.

use futures_util::TryStreamExt;
use sf_rest::Error;
use sf_rest::bulk::{IngestJobs, RowOutcome, SentRow};

use super::super::Org;
use super::load::BulkLoad;
use super::refused::{Refusals, Refused};
use crate::prepare::Action;
use crate::results::{ResultFile, ResultWriter};

/// What became of the rows.
#[derive(Default)]
pub(crate) struct LoadReport {
    /// Salesforce's state of the job, and why it ended so, if it did not complete.
    pub(crate) ended: Option<(String, String)>,
    pub(crate) written: u64,
    pub(crate) failed: u64,
    pub(crate) unprocessed: u64,
    /// Which rows were refused, and why.
    pub(crate) refused: Refused,
    /// All rows with what became of each; none if that could not be read to the end.
    pub(crate) file: Option<ResultFile>,
    /// Whether the rows do not add up.
    pub(crate) unaccounted: bool,
}

impl LoadReport {
    /// What came of the load as a whole, in a word of the log.
    pub(super) fn word(&self, action: Action) -> &'static str {
        match (self.written, self.failed + self.unprocessed) {
            _ if self.unaccounted => "unknown",
            (0, _) => "failed",
            (_, 0) => action.done(),
            _ => "partly",
        }
    }

    /// The counts, for the log.
    pub(super) fn in_short(&self) -> String {
        let Self { written, failed, unprocessed, .. } = self;
        format!("{written} written, {failed} failed, {unprocessed} not processed")
    }
}

/// A row of the file: number, outcome, id, problem.
type Line = [String; 4];

impl Org {
    /// Writes what became of each row to the file, and counts.
    pub(super) async fn read_outcomes(
        &self,
        load: &BulkLoad,
        jobs: IngestJobs,
        writer: ResultWriter,
        report: &mut LoadReport,
    ) {
        let mut outcomes = jobs.outcomes();
        let mut csv = csv::Writer::from_writer(writer);
        let mut wrote = csv.write_record(["row", "outcome", "id", "problem"]);
        let mut refusals = Refusals::new(self, &load.object, &load.secrets).await;
        let mut counted = LoadReport::default();
        let whole = loop {
            match outcomes.try_next().await {
                Ok(Some(row)) => {
                    let line = line(load.action, row, &mut refusals, &mut counted);
                    wrote = wrote.and_then(|()| csv.write_record(&line));
                }
                // The job's own end comes last, when every row was read.
                Ok(None) | Err(Error::BulkJob { .. }) => break true,
                Err(error) => {
                    tracing::warn!(%error, "the outcomes of a load cannot be read");
                    report.unaccounted |= matches!(error, Error::Unaccounted { .. });
                    break false;
                }
            }
        };
        report.refused = refusals.told();
        if whole {
            (report.written, report.failed) = (counted.written, counted.failed);
            report.unprocessed = counted.unprocessed;
        } else if report.ended.is_some() {
            // The end of such a job has no counts, and some rows may be written.
            report.unaccounted = true;
        }
        report.file = match csv.into_inner() {
            Ok(writer) if whole && wrote.is_ok() => self.results().finish(writer).ok(),
            _ => None,
        };
    }
}

/// One row as the file has it; it is counted, and noted if it was refused.
fn line(
    action: Action,
    sent: SentRow,
    refusals: &mut Refusals<'_>,
    counted: &mut LoadReport,
) -> Line {
    let number = sent.position.map(|at| at + 1);
    let (word, id, problem) = match sent.outcome {
        RowOutcome::Successful { id, created } => {
            counted.written += 1;
            let word = match (action, created) {
                (Action::Upsert, true) => "created",
                (Action::Upsert, false) => "updated",
                (action, _) => action.done(),
            };
            (word, Some(id), String::new())
        }
        RowOutcome::Failed { id, error } => {
            counted.failed += 1;
            ("failed", id, refusals.note(number, id, error, &sent.row))
        }
        RowOutcome::Unprocessed { .. } => {
            counted.unprocessed += 1;
            ("not_processed", None, String::new())
        }
        _ => ("unknown", None, String::new()),
    };
    let text = |id: sf_rest::Id| id.to_string();
    [
        number.map_or_else(String::new, |number| number.to_string()),
        word.to_owned(),
        id.map_or_else(String::new, text),
        problem,
    ]
}
