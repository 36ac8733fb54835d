//! Loads: rows that were checked go into one job, with a line in the log before they are sent and
//! one that accounts for them after.

use serde_json::json;
use sf_rest::Id;
use tempfile::NamedTempFile;

use super::super::{Org, Values};
use super::handle::JobHandle;
use super::outcomes::LoadReport;
use crate::audit::{Intent, RecordChange, RecordOutcome};
use crate::prepare::{Action, How, LoadPlan, one, summed, unsigned};
use crate::results::NewResult;
use crate::{CallContext, ToolError};

/// Data of one job (Bulk API 2.0 Developer Guide, "Upload Job Data").
pub(crate) const MOST_BYTES: u64 = 100_000_000;

/// A load that was checked: its data as the platform demands it.
pub(crate) struct BulkLoad {
    pub(crate) object: String,
    pub(crate) action: Action,
    /// The external id field of an upsert.
    pub(crate) key: Option<String>,
    pub(crate) rows: u64,
    pub(crate) columns: Vec<String>,
    pub(crate) file: NamedTempFile,
    /// Of the data: what a plan promises to send, and what the log says was sent.
    pub(crate) sha256: String,
    /// What tokens stand for, which no answer may repeat.
    pub(crate) secrets: Vec<String>,
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

impl Org {
    /// Refuses a load that is not allowed, or has to be prepared, whatever its rows are.
    ///
    /// # Errors
    /// How to go on instead.
    pub(crate) fn may_load(&self, action: Action) -> Result<(), ToolError> {
        self.inner.policy.check_effects("This load", action.effects())?;
        self.may_be_direct(action.effects(), 1)
    }

    /// Sends a load and waits for its job, as long as this connection waits. Up to the moment when
    /// its data is sent it can be stopped; then its job is aborted, and what it has written is told.
    /// If it was `shown` before, it is sent as it was shown or not at all.
    ///
    /// # Errors
    /// If nothing was written and nothing will be.
    pub(crate) async fn bulk_load(
        &self,
        cx: &CallContext,
        load: BulkLoad,
        shown: Option<&LoadPlan>,
        how: How,
    ) -> Result<LoadOutcome, ToolError> {
        let effects = load.action.effects();
        let rows = usize::try_from(load.rows).unwrap_or(usize::MAX);
        let approved = self.clear(cx, effects, rows, &how).await?;
        if let Some(shown) = shown {
            // A person may have taken long to agree.
            shown.holds(self, cx, &load.sha256).await?;
        }
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
        self.count_writes(cx, rows)?;
        let (org, cx) = (self.clone(), cx.clone());
        self.logged_in_steps(intent, |announced| async move {
            how.begin();
            let told = org.send_load(&cx, &load, &announced, writer).await;
            let outcome = summed(vec![reported(load.action, &told)]);
            (told, outcome)
        })
        .await
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
    unsigned(vec![RecordChange {
        action: format!("bulk_{}", load.action.verb()),
        object: load.object.clone(),
        after,
        ..RecordChange::default()
    }])
}

/// What came of a load, as one record whose id is the job's.
fn reported(action: Action, told: &Result<LoadOutcome, ToolError>) -> RecordOutcome {
    let (id, word, note) = match told {
        Err(error) => (None, "not_sent", error.class.as_str().to_owned()),
        Ok(sent) => {
            let (word, note) = match &sent.end {
                LoadEnd::Running(state) => ("unknown", format!("the job goes on: {state}")),
                LoadEnd::Unknown => ("unknown", "the answer to the closing was lost".to_owned()),
                LoadEnd::Over(report) => return account(action, sent.handle.id, report),
            };
            (Some(sent.handle.id.to_string()), word, note)
        }
    };
    RecordOutcome { id, note: Some(note), ..one(word, &[]) }
}

/// What came of a load that is over, as one record whose id is the job's.
pub(super) fn account(action: Action, job: Id, report: &LoadReport) -> RecordOutcome {
    let (id, note) = (Some(job.to_string()), Some(report.in_short()));
    RecordOutcome { id, note, ..one(report.word(action), &[]) }
}
