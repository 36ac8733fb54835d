//! What came of a bulk load, as it is told.

use schemars::JsonSchema;
use serde::Serialize;

use crate::org::{LoadEnd, LoadReport, Refused};
use crate::results::ResultFile;
use crate::{Completeness, Reply, SuggestedCall, ToolError};

/// A load that was sent.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(inline)]
pub(crate) struct Loaded {
    /// Salesforce's state of the job: over if JobComplete, Failed or Aborted.
    state: String,
    /// Rows sent.
    rows: u64,
    /// Rows written.
    succeeded: u64,
    /// Rows refused.
    failed: u64,
    /// Rows that the job did not reach.
    not_processed: u64,
    #[serde(flatten)]
    refused: Refused,
    /// A CSV file with number, outcome, id and problem of each row.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<ResultFile>,
    /// The job, for salesforce_job_status.
    job: String,
    /// What to know besides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    notes: Vec<String>,
}

impl Loaded {
    /// A load of which nothing is known yet but its job.
    pub(super) fn new(job: String, rows: u64, notes: Vec<String>) -> Self {
        Self {
            state: "JobComplete".to_owned(),
            rows,
            succeeded: 0,
            failed: 0,
            not_processed: 0,
            refused: Refused::default(),
            file: None,
            job,
            notes,
        }
    }
}

/// What is told of a load that was sent.
///
/// # Errors
/// If it is not known whether it is processed.
pub(super) fn told(end: LoadEnd, mut loaded: Loaded) -> Result<Reply<Loaded>, ToolError> {
    let look = super::job_status::look(&loaded.job);
    match end {
        LoadEnd::Unknown => Err(ToolError::outcome_unknown(
            "The rows were sent, and the answer to the closing of their job was lost: it may be \
             processed or stand open, in which case nothing is written. It was not sent again. Make \
             the call in next first, and load the rows again only if the job is Open or Aborted.",
        )
        .with_next(look)),
        LoadEnd::Running(state) => {
            loaded.state = state;
            let completeness = Completeness::Partial {
                returned: 0,
                total: Some(loaded.rows),
                reason: "The job goes on and is not over yet: rows may be written or not. Make the \
                         call in next in a minute; do not load the rows again."
                    .to_owned(),
                next: Some(look),
            };
            Ok(Reply::new(loaded, completeness))
        }
        LoadEnd::Over(report) => Ok(over(*report, loaded, look)),
    }
}

fn over(report: LoadReport, mut loaded: Loaded, look: SuggestedCall) -> Reply<Loaded> {
    let LoadReport { ended, written, failed, unprocessed, refused, file, unaccounted } = report;
    (loaded.succeeded, loaded.failed, loaded.not_processed) = (written, failed, unprocessed);
    loaded.refused = refused;
    let (rows, link) = (loaded.rows, file.as_ref().map(ResultFile::link));
    let mut missing = Vec::new();
    if let Some((state, why)) = ended {
        missing.push(format!("The job ended as {state}: {why}"));
        loaded.state = state;
    }
    if unaccounted {
        missing.push(
            "Salesforce's counts do not account for every row: some may be written and not told. Look \
             at the records before you load any of them again."
                .to_owned(),
        );
    }
    if failed + unprocessed > 0 {
        missing.push(format!(
            "{} of {rows} rows were not written; failures and the file say which and why. Correct and \
             load those alone.",
            failed + unprocessed
        ));
    }
    if file.is_none() {
        missing.push(
            "What became of each row could not be read to its end, so there is no file of it; the \
             records tell."
                .to_owned(),
        );
    }
    let completeness = if missing.is_empty() {
        Completeness::Complete
    } else {
        Completeness::Partial {
            returned: written,
            total: Some(rows),
            reason: missing.join(" "),
            next: file.is_none().then_some(look),
        }
    };
    loaded.file = file;
    let mut reply = Reply::new(loaded, completeness);
    reply.links.extend(link);
    reply
}
