//! Loads: rows that were checked go into one job, and every one of them is accounted for.

use std::collections::{BTreeMap, HashMap};

use futures_util::TryStreamExt;
use serde_json::{Value, json};
use sf_rest::bulk::{CsvFormat, IngestJob, IngestJobs, IngestOperation, RowOutcome};
use sf_rest::{ApiError, Client, Error, ErrorCode};
use tempfile::NamedTempFile;

use super::super::{Org, Values};
use super::handle::JobHandle;
use crate::audit::{Decision, Intent, Outcome, RecordChange, RecordOutcome, Who};
use crate::contract;
use crate::prepare::{Action, How, outcome_of};
use crate::results::{NewResult, ResultFile, ResultWriter};
use crate::{CallContext, ToolError, WriteMode};

/// Data of one job (Bulk API 2.0 Developer Guide, "Upload Job Data").
pub(crate) const MOST_BYTES: u64 = 100_000_000;

/// Failed rows that are told one by one.
const TOLD: usize = 20;

/// Reasons that are counted apart.
const REASONS: usize = 20;

/// Words of refusals that are kept: to find out whether they repeat any of a load's secrets takes as
/// long as there are secrets.
const TEXTS: usize = 1_000;

/// A load that was checked: its data as the platform demands it.
pub(crate) struct BulkLoad {
    pub(crate) object: String,
    pub(crate) action: Action,
    /// The external id field of an upsert.
    pub(crate) key: Option<String>,
    pub(crate) rows: u64,
    pub(crate) columns: Vec<String>,
    pub(crate) file: NamedTempFile,
    /// Of the data, for the log.
    pub(crate) sha256: String,
    /// What tokens stand for, which no answer may repeat.
    pub(crate) secrets: Vec<String>,
    /// What a person is shown who has to agree.
    pub(crate) preview: Value,
}

/// A load that was sent.
pub(crate) struct LoadOutcome {
    pub(crate) handle: JobHandle,
    pub(crate) end: LoadEnd,
}

/// How far a load is known.
pub(crate) enum LoadEnd {
    /// It is over, and what became of the rows is known.
    Over(Box<LoadReport>),
    /// It goes on; this is its state.
    Running(String),
    /// Whether it was closed, and thus whether it is processed, is not known.
    Unknown,
}

/// What became of the rows.
#[derive(Default)]
pub(crate) struct LoadReport {
    /// Why the job ended as a whole, if it did not complete.
    pub(crate) ended: Option<String>,
    pub(crate) written: u64,
    pub(crate) failed: u64,
    pub(crate) unprocessed: u64,
    /// The first rows that were not written: number, id, why.
    pub(crate) failures: Vec<(Option<u64>, Option<String>, String)>,
    /// How many rows failed for which reason.
    pub(crate) reasons: BTreeMap<String, u64>,
    /// All rows with what became of each; none if that could not be read to the end.
    pub(crate) file: Option<ResultFile>,
    /// Whether the rows add up.
    pub(crate) unaccounted: bool,
}

impl Org {
    /// Refuses a load that this connection wants prepared or shown value by value.
    ///
    /// # Errors
    /// How to go on instead.
    pub(crate) fn may_load(&self, action: Action, rows: u64) -> Result<(), ToolError> {
        let policy = &self.inner.policy;
        policy.check_effects("This load", action.effects())?;
        let why = match policy.write_mode() {
            WriteMode::Free => return Ok(()),
            WriteMode::PreparedAbove(most)
                if action != Action::Delete && rows <= most.try_into().unwrap_or(u64::MAX) =>
            {
                return Ok(());
            }
            WriteMode::PreparedAbove(_) => "deletions and larger writes to be prepared",
            WriteMode::Prepared => "every write to be prepared",
            WriteMode::Approved => "a person to see every value that is written",
        };
        Err(ToolError::fix_your_call(format!(
            "This connection wants {why}, which a bulk load cannot be. Nothing was sent. Up to 200 records \
             at a time can go through {} and {}; for more, whoever runs this connection has to allow \
             direct writes.",
            crate::tools::PREPARE_WRITE,
            crate::tools::APPLY_WRITE,
        )))
    }

    /// Sends a load and waits for its job, as long as this connection waits. Up to the moment when
    /// its data is sent it can be stopped; then it is waited for.
    ///
    /// # Errors
    /// If nothing was written and nothing will be.
    pub(crate) async fn bulk_load(
        &self,
        cx: &CallContext,
        load: BulkLoad,
    ) -> Result<LoadOutcome, ToolError> {
        self.may_load(load.action, load.rows)?;
        let effects = load.action.effects();
        let rows = usize::try_from(load.rows).unwrap_or(usize::MAX);
        let how = How { preview: Some(load.preview.clone()), ..How::default() };
        let approved = self.clear(cx, effects, rows, &how).await?;
        let new = NewResult {
            file_name: format!("{}_{}.csv", load.object, load.action.done()),
            media_type: "text/csv".to_owned(),
            title: format!("What became of {} rows of {}", load.rows, load.object),
        };
        // Before anything is sent: an outcome that cannot be kept is no outcome.
        let writer = self.results().begin(cx, new).await?;
        let mut intent = None;
        if self.log().is_some() {
            let mut announced = announced(&load);
            self.sign(cx, &mut announced, &how, effects, approved).await?;
            intent = Some(announced);
        }
        if let Some(guard) = &self.inner.guard {
            guard.request()?;
        }
        self.count_writes(rows)?;
        let (org, cx) = (self.clone(), cx.clone());
        self.logged(intent, async move {
            let told = org.send_load(&cx, &load, writer).await;
            let outcome = reported(&load, &told);
            (told, outcome)
        })
        .await
    }

    async fn send_load(
        &self,
        cx: &CallContext,
        load: &BulkLoad,
        writer: ResultWriter,
    ) -> Result<LoadOutcome, ToolError> {
        let operation = match (load.action, &load.key) {
            (Action::Create, _) => IngestOperation::Insert,
            (Action::Update, _) => IngestOperation::Update,
            (Action::Upsert, key) => {
                IngestOperation::Upsert { external_id: key.clone().unwrap_or_default() }
            }
            (Action::Delete, _) => IngestOperation::Delete,
        };
        let progress = cx.clone();
        let (rows, client): (u64, &Client) = (load.rows, &self.inner.client);
        let sent = client
            .bulk_ingest(load.object.as_str(), operation)
            .format(CsvFormat::default())
            // One job, so that there is one thing to look at.
            .job_bytes(u64::MAX)
            .job_rows(usize::MAX)
            .polling(self.polling())
            .on_progress(move |now| progress.report(now.processed, Some(rows), "rows processed"))
            .send_csv_file(load.file.path())
            .await;
        let jobs = match sent {
            Ok(jobs) => jobs,
            Err(error) => return Err(self.not_loaded(&error, load)),
        };
        let Some(id) = jobs.jobs().first().map(IngestJob::id) else {
            return Err(ToolError::fix_your_call("There is no row to load. Nothing was sent."));
        };
        let handle = JobHandle { id, query: None, sealed: true };
        if jobs.stopped().is_some() {
            return Ok(LoadOutcome { handle, end: LoadEnd::Unknown });
        }
        let mut report = LoadReport::default();
        match jobs.wait().await {
            Ok(summary) => {
                (report.written, report.failed) = (summary.successful, summary.failed);
                report.unprocessed = summary.unprocessed;
            }
            Err(Error::BulkTimeout { state, .. }) => {
                return Ok(LoadOutcome { handle, end: LoadEnd::Running(state) });
            }
            Err(Error::BulkJob { state, message, .. }) => {
                let why = ApiError::new(ErrorCode::new(state.clone()), message);
                let why = self.errors_to_show(&load.object, vec![why], &load.secrets);
                let why = why.first().map_or("", |error| error.message.as_str());
                let why = crate::text::shorten(why, 500);
                report.ended = Some(format!("The job ended as {state}: {why}"));
            }
            Err(Error::Unaccounted { .. }) => report.unaccounted = true,
            Err(error) => {
                tracing::warn!(%error, "a load cannot be looked at");
                return Ok(LoadOutcome { handle, end: LoadEnd::Running("unknown".to_owned()) });
            }
        }
        self.read_outcomes(cx, load, jobs, writer, &mut report).await;
        Ok(LoadOutcome { handle, end: LoadEnd::Over(Box::new(report)) })
    }

    /// Writes what became of each row to the file, and counts.
    async fn read_outcomes(
        &self,
        cx: &CallContext,
        load: &BulkLoad,
        jobs: IngestJobs,
        writer: ResultWriter,
        report: &mut LoadReport,
    ) {
        let mut outcomes = jobs.outcomes();
        let mut csv = csv::Writer::from_writer(writer);
        let mut wrote = csv.write_record(["row", "outcome", "id", "problem"]);
        let (mut written, mut failed, mut unprocessed) = (0, 0, 0);
        let mut texts: HashMap<String, String> = HashMap::new();
        let whole = loop {
            let row = match outcomes.try_next().await {
                Ok(Some(row)) => row,
                Ok(None) => break true,
                // The job's own end comes last, when every row was read.
                Err(Error::BulkJob { .. }) => break true,
                Err(error) => {
                    tracing::warn!(%error, "the outcomes of a load cannot be read");
                    report.unaccounted |= matches!(error, Error::Unaccounted { .. });
                    break false;
                }
            };
            let number = row.position.map(|at| at + 1);
            let (word, id, problem) = match row.outcome {
                RowOutcome::Successful { id, created } => {
                    written += 1;
                    let word = match (load.action, created) {
                        (Action::Upsert, true) => "created",
                        (Action::Upsert, false) => "updated",
                        (action, _) => action.done(),
                    };
                    (word, Some(id.to_string()), String::new())
                }
                RowOutcome::Failed { id, error } => {
                    failed += 1;
                    let key =
                        format!("{}:{}:{}", error.code, error.message, error.fields.join(","));
                    let text = match texts.get(&key) {
                        Some(text) => String::clone(text),
                        None => self.problem_of(load, error),
                    };
                    if texts.len() < TEXTS {
                        texts.insert(key, text.clone());
                    }
                    ("failed", id.map(|id| id.to_string()), text)
                }
                RowOutcome::Unprocessed { .. } => {
                    unprocessed += 1;
                    ("not_processed", None, String::new())
                }
                _ => ("unknown", None, String::new()),
            };
            if word == "failed" {
                let known = report.reasons.len() < REASONS || report.reasons.contains_key(&problem);
                let reason = if known { problem.clone() } else { "Other reasons.".to_owned() };
                *report.reasons.entry(reason).or_default() += 1;
                if report.failures.len() < TOLD {
                    report.failures.push((number, id.clone(), problem.clone()));
                }
            }
            let number = number.map_or_else(String::new, |number| number.to_string());
            let id = id.unwrap_or_default();
            wrote = wrote.and_then(|()| csv.write_record([&number, word, &id, &problem]));
        };
        report.failures.sort();
        if whole {
            (report.written, report.failed, report.unprocessed) = (written, failed, unprocessed);
        }
        let flushed = wrote.is_ok() && whole;
        report.file = match csv.into_inner() {
            Ok(writer) if flushed => self.results().finish(writer).ok(),
            _ => None,
        };
        cx.report(load.rows, Some(load.rows), "rows processed");
    }

    /// Why a row was refused, in words that may be shown.
    fn problem_of(&self, load: &BulkLoad, error: ApiError) -> String {
        let shown = self.errors_to_show(&load.object, vec![error], &load.secrets);
        let told = shown.first().map(|error| contract::problem("", error));
        told.map_or_else(String::new, |problem| match problem.at {
            Some(at) => format!("{at}: {}", problem.message),
            None => problem.message,
        })
    }

    /// What is told of a load that did not come as far as being closed: nothing of it is processed.
    fn not_loaded(&self, error: &Error, load: &BulkLoad) -> ToolError {
        self.forget_if_stale(error, &load.object);
        if let Error::OutcomeUnknown { check, .. } = error {
            tracing::warn!(check, "a bulk job may stand open");
            return ToolError::try_later(
                "Salesforce did not answer while the job was made, so the load was given up: nothing was \
                 written, and nothing will be, since a job is not processed before it is closed. The same \
                 call can be made again.",
            );
        }
        self.failed(error, Some(&load.object), &load.secrets)
    }
}

/// The intent of a load: what it is, not its rows.
fn announced(load: &BulkLoad) -> Intent {
    let mut after = Values::new();
    after.insert("rows".to_owned(), json!(load.rows));
    after.insert("columns".to_owned(), json!(load.columns));
    after.insert("sha256".to_owned(), json!(load.sha256));
    if let Some(key) = &load.key {
        after.insert("external_id_field".to_owned(), json!(key));
    }
    let record = RecordChange {
        action: format!("bulk_{}", load.action.verb()),
        object: load.object.clone(),
        after,
        ..RecordChange::default()
    };
    Intent {
        who: Who::default(),
        tool: None,
        decision: Decision {
            effects: Vec::new(),
            approved: Vec::new(),
            mode: WriteMode::default(),
        },
        plan: None,
        step: 0,
        reverts: None,
        all_or_none: false,
        records: vec![record],
        check: None,
    }
}

fn reported(load: &BulkLoad, told: &Result<LoadOutcome, ToolError>) -> Outcome {
    let record = match told {
        Err(error) => RecordOutcome {
            outcome: "not_sent".to_owned(),
            note: Some(error.class.as_str().to_owned()),
            ..RecordOutcome::default()
        },
        Ok(sent) => {
            let (word, note) = match &sent.end {
                LoadEnd::Running(state) => ("unknown", format!("the job goes on: {state}")),
                LoadEnd::Unknown => ("unknown", "the answer to the closing was lost".to_owned()),
                LoadEnd::Over(report) => {
                    let word = match (report.written, report.failed + report.unprocessed) {
                        _ if report.unaccounted => "unknown",
                        (0, _) => "failed",
                        (_, 0) => load.action.done(),
                        _ => "partly",
                    };
                    let LoadReport { written, failed, unprocessed, .. } = &**report;
                    (
                        word,
                        format!("{written} written, {failed} failed, {unprocessed} not processed"),
                    )
                }
            };
            let id = Some(sent.handle.id.to_string());
            RecordOutcome { outcome: word.to_owned(), id, codes: Vec::new(), note: Some(note) }
        }
    };
    let word = if record.outcome == "partly" { "partly" } else { "" };
    let records = vec![record];
    let outcome = if word.is_empty() { outcome_of(&records) } else { word };
    Outcome { of: 0, outcome: outcome.to_owned(), records }
}
