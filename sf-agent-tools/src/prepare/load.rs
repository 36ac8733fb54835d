//! A bulk load as a plan: where its rows come from, the digest of what they are, and the first of
//! them, which are shown.
//!
//! The rows are not kept until the plan is applied. They are read, checked and written as CSV again
//! then, and are sent only if that CSV has the digest of the one that was prepared: so a file may be
//! large, another process may apply the plan, and nothing is sent that differs from what was checked.

use serde::{Deserialize, Serialize};

use super::change::{Action, Change};
use super::diff::{OperationDiff, diff};
use super::how::Guard;
use super::plan::{Plan, Prepared};
use super::present::Present;
use super::warnings;
use crate::tools::count;
use crate::{CallContext, Org, ToolError, Values};

/// Rows of a load that are compared with the records they are about.
pub(crate) const COMPARED: usize = 20;

/// Where the rows of a load come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LoadSource {
    /// They were given.
    Rows(Vec<Values>),
    /// CSV: the id of a result, or a file that this connection lets be loaded.
    Named(String),
}

/// A bulk load that can be sent as it was shown, or not at all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct LoadPlan {
    pub(crate) source: LoadSource,
    pub(crate) rows: u64,
    /// Of the CSV that is sent.
    pub(crate) sha256: String,
    /// What is written, with its first rows.
    pub(crate) first: Change,
}

impl LoadPlan {
    /// Refuses other rows than those that were shown, and records that were changed since.
    ///
    /// # Errors
    /// If so.
    pub(crate) async fn holds(
        &self,
        org: &Org,
        cx: &CallContext,
        sha256: &str,
    ) -> Result<(), ToolError> {
        if sha256 != self.sha256 {
            return Err(ToolError::fix_your_call(match &self.source {
                LoadSource::Named(name) => format!(
                    "What {:?} holds is not what was prepared: it was changed since. Nothing was sent. \
                     Prepare the load again and look at what it shows now.",
                    crate::text::shorten(name, 80)
                ),
                LoadSource::Rows(_) => {
                    "The rows would not be sent as they were prepared. Nothing was \
                                        sent. Prepare the load again."
                        .to_owned()
                }
            }));
        }
        let present = self.present(org, cx).await?;
        Guard::Seen.holds(&self.first, &present, |row| row)
    }

    async fn present(&self, org: &Org, cx: &CallContext) -> Result<Present, ToolError> {
        let object = org.object(&self.first.object).await?;
        cx.unless_cancelled(org.present(&object, &self.first, false)).await
    }

    /// What it would do, by its first rows; what to consider; and how many rows are not shown.
    pub(super) async fn shown(
        &self,
        org: &Org,
        cx: &CallContext,
        budget: &mut usize,
    ) -> Result<(OperationDiff, Vec<String>, usize), ToolError> {
        let object = org.object(&self.first.object).await?;
        let present = self.present(org, cx).await?;
        let (mut shown, _) = diff(org, &object, &self.first, &present, budget);
        shown.rows = usize::try_from(self.rows).unwrap_or(usize::MAX);
        let left_out = shown.rows - shown.records.len();
        let found = warnings::find(org, &object, &self.first, &present, None);
        let mut notes = cx.unless_cancelled(found).await?;
        notes.extend(self.absent(&present));
        let compared = self.first.rows.len();
        if compared < shown.rows {
            let of_these = |note| format!("Of the first {compared} rows alone: {note}");
            notes = notes.into_iter().map(of_these).collect();
            notes.push(format!(
                "{} were checked against the schema and the rules, and not compared with the records \
                 they are about.",
                count(shown.rows - compared, "more row")
            ));
        }
        notes.push(
            "A bulk load writes each row on its own: some may fail while others are written, and it \
             cannot be taken back as a whole."
                .to_owned(),
        );
        Ok((shown, notes, left_out))
    }

    /// Rows whose record is not there, or not the only one.
    fn absent(&self, present: &Present) -> Option<String> {
        let change = &self.first;
        let will_fail = |row: &usize| match change.action {
            Action::Create => false,
            Action::Upsert => present.matches(change, *row) > 1,
            Action::Update | Action::Delete => present.of(change, *row).is_none(),
        };
        let rows: Vec<String> =
            (0..change.rows.len()).filter(will_fail).map(|row| (row + 1).to_string()).collect();
        (!rows.is_empty()).then(|| {
            format!(
                "{} will fail, since the record is not there, not visible to this user, or not the \
                 only one with this external id: {}.",
                count(rows.len(), "row"),
                rows.join(", ")
            )
        })
    }
}

/// Looks at the records that the first rows of a load are about, and finds out what would happen to
/// them.
pub(crate) async fn prepare_load(
    org: &Org,
    cx: &CallContext,
    mut load: LoadPlan,
) -> Result<Prepared, ToolError> {
    let present = load.present(org, cx).await?;
    for row in 0..load.first.rows.len() {
        let seen = present.of(&load.first, row).and_then(|found| found.changed);
        load.first.rows[row].seen = seen;
    }
    super::plan::preview_of(org, cx, &Plan { load: Some(load), ..Plan::default() }).await
}
