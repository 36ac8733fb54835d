//! A list of changes with what was seen when it was made.

use serde::{Deserialize, Serialize};
use sf_schema::Object;
use std::sync::Arc;

use super::change::{Action, Change};
use super::diff::{OperationDiff, diff};
use super::graph::Tree;
use super::load::LoadPlan;
use super::present::Present;
use super::warnings;
use crate::{CallContext, Org, Problem, ToolError};

const AUTOMATION: &str = "What the org's own automation (flows, triggers, roll-ups) adds to this cannot \
                          be seen beforehand.";

/// Changes that are sent one after the other.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(crate) changes: Vec<Change>,
    /// Or records that are written together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tree: Option<Tree>,
    /// Or many rows that are loaded in the background.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) load: Option<LoadPlan>,
    /// The entry of the audit log that it undoes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reverts: Option<u64>,
}

/// A plan, and what it would do.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) plan: Plan,
    pub(crate) operations: Vec<OperationDiff>,
    pub(crate) warnings: Vec<String>,
    /// Records that `operations` does not show.
    pub(crate) left_out: usize,
}

/// A change that was checked against the schema.
pub(crate) struct Checked {
    pub(crate) object: Arc<Object>,
    pub(crate) change: Change,
    /// When the agent read the records.
    pub(crate) since: Option<jiff::Timestamp>,
    /// Where it stands in the call: `operations[1].`
    pub(crate) at: String,
}

/// Looks at the records that are to be changed, and finds out what would happen to them.
pub(crate) async fn prepare(
    org: &Org,
    cx: &CallContext,
    wanted: Vec<Checked>,
) -> Result<Prepared, ToolError> {
    let mut budget = org.limits().tokens * 3 / 4;
    let (mut changes, mut operations, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    let (mut problems, mut left_out) = (Vec::new(), 0);
    for Checked { object, change, since, at } in wanted {
        org.policy().check_effects("This write", change.action.effects())?;
        // The plan keeps the values as they were given: tokens are resolved when it is sent.
        org.permit_change(change.clone()).await.map_err(|error| within(error, &at))?;
        let mut change = org.identified(change).await?;
        let present = cx.unless_cancelled(org.present(&object, &change, false)).await?;
        problems.extend(absent(&change, &present, &at));
        for row in 0..change.rows.len() {
            let seen = present.of(&change, row).and_then(|found| found.changed);
            change.rows[row].seen = seen;
        }
        let (shown, hidden) = diff(org, &object, &change, &present, &mut budget);
        operations.push(shown);
        left_out += hidden;
        let found = warnings::find(org, &object, &change, &present, since);
        notes.extend(cx.unless_cancelled(found).await?);
        changes.push(change);
    }
    if !problems.is_empty() {
        return Err(ToolError::fix_your_call(
            "Nothing was prepared: some of the records cannot be written as asked.",
        )
        .with_problems(problems));
    }
    notes.push(AUTOMATION.to_owned());
    let plan = Plan { changes, ..Plan::default() };
    Ok(Prepared { plan, operations, warnings: notes, left_out })
}

/// What a plan would do as things are now.
pub(crate) async fn preview_of(
    org: &Org,
    cx: &CallContext,
    plan: &Plan,
) -> Result<Prepared, ToolError> {
    let mut budget = org.limits().tokens * 3 / 4;
    let (mut operations, mut notes, mut left_out) = (Vec::new(), Vec::new(), 0);
    let of_tree = plan.tree.iter().flat_map(Tree::changes).collect::<Vec<_>>();
    let changes = plan.changes.iter().map(|change| (change, None));
    let all = changes.chain(of_tree.iter().map(|(change, places)| (change, Some(places))));
    for (change, places) in all {
        let object = org.object(&change.object).await?;
        let present = cx.unless_cancelled(org.present(&object, change, false)).await?;
        let (mut shown, hidden) = diff(org, &object, change, &present, &mut budget);
        if let (Some(places), Some(tree)) = (places, &plan.tree) {
            // Where the records stand in the call.
            shown.records.iter_mut().for_each(|one| one.at = tree.nodes[places[one.at]].at);
        }
        operations.push(shown);
        left_out += hidden;
        let found = warnings::find(org, &object, change, &present, None);
        notes.extend(cx.unless_cancelled(found).await?);
    }
    if let Some(load) = &plan.load {
        let (shown, found, hidden) = load.shown(org, cx, &mut budget).await?;
        operations.push(shown);
        notes.extend(found);
        left_out += hidden;
    }
    notes.push(AUTOMATION.to_owned());
    Ok(Prepared { plan: plan.clone(), operations, warnings: notes, left_out })
}

/// An error of one operation, with its place in the call.
fn within(mut error: ToolError, at: &str) -> ToolError {
    for problem in &mut error.problems {
        problem.at = problem.at.take().map(|own| format!("{at}{own}"));
    }
    error
}

/// Rows whose record is not there, or not the only one.
fn absent(change: &Change, present: &Present, at: &str) -> Vec<Problem> {
    let list = if change.action == Action::Delete { "ids" } else { "records" };
    let problem = |row: usize| {
        let place = format!("{at}{list}[{row}]");
        if change.action == Action::Upsert {
            let matches = present.matches(change, row);
            return (matches > 1).then(|| {
                let text = format!(
                    "{matches} records have this external id; use a record's own id and an update."
                );
                Problem::new(place, text)
            });
        }
        let id = change.rows.get(row)?.id?;
        present.of(change, row).is_none().then(|| {
            let text = format!("{id} does not exist, was deleted, or is not visible to this user.");
            Problem::new(place, text)
        })
    };
    (0..change.rows.len()).filter_map(problem).take(50).collect()
}
