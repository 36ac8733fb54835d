//! What the writing tools share: how a write is sent, and how its outcome is told.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Serialize;
use sf_rest::{ApiError, SaveResult};

use super::problems::{count, with_bounded};
use super::read_back::{Differs, read_back};
use super::verify::Check;
use crate::contract::{self, class_of, explain, is_consequence};
use crate::prepare::{Action, Change, Checked, Guard, How, prepare};
use crate::{CallContext, Completeness, ErrorClass, Org, Problem, Reply, ToolError};

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(inline)]
pub(crate) struct Output {
    /// API name of the object.
    pub(super) object: String,
    /// Records written.
    pub(super) succeeded: usize,
    /// Records not written.
    pub(super) failed: usize,
    /// One per record, in the order given.
    pub(super) results: Vec<RecordOutcome>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
#[schemars(inline)]
pub(super) struct RecordOutcome {
    /// created, updated, created_or_updated, deleted, failed (not written), unknown (answer lost),
    /// not_sent.
    pub(super) outcome: String,
    /// The record's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<String>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub(super) problems: Vec<String>,
    /// With read_back: values that the org stored otherwise than they were sent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub(super) differs: Vec<Differs>,
}

/// Sends a checked write, in the way that this connection writes, and tells what came of it.
pub(super) async fn run(
    cx: &CallContext,
    org: &Org,
    checked: Checked,
    reads_back: bool,
) -> Result<Reply<Output>, ToolError> {
    let mut how = How::default();
    if let Some(since) = checked.since {
        how.guard = Guard::Since(since);
    }
    let object = checked.object.clone();
    let mut change = org.identified(checked.change.clone()).await?;
    if org.policy().shows(change.action.effects()) {
        let wanted = Checked { change, ..checked };
        let mut prepared = prepare(org, cx, vec![wanted]).await?;
        how.preview = Some(prepared.preview());
        how.guard = if how.guard == Guard::None { Guard::Seen } else { how.guard };
        change = prepared.plan.changes.remove(0);
    }
    let sent = Sent::new(&change, change.check(&object));
    let results = org.write(cx, change.clone(), how).await;
    let mut reply = sent.told(results)?;
    if reads_back {
        read_back(cx, org, &object, &change, &mut reply).await;
    }
    Ok(reply)
}

/// A write that was sent, as its outcome is told.
pub(super) struct Sent {
    object: String,
    action: Action,
    /// The call that tells whether it happened.
    check: Check,
    /// How many records there are.
    records: usize,
}

impl Sent {
    pub(super) fn new(change: &Change, check: Check) -> Self {
        let (object, records) = (change.object.clone(), change.rows.len());
        Self { object, action: change.action, check, records }
    }

    /// The answer to a write: as a whole, or with an outcome per record.
    pub(super) fn told(
        self,
        results: Result<Vec<SaveResult>, ToolError>,
    ) -> Result<Reply<Output>, ToolError> {
        match results {
            Ok(results) => self.outcome(&results),
            Err(error) if error.class == ErrorClass::OutcomeUnknown && error.next.is_none() => {
                Err(self.unknown())
            }
            Err(error) => Err(error),
        }
    }

    fn outcome(self, results: &[SaveResult]) -> Result<Reply<Output>, ToolError> {
        let saved = results.iter().filter(|r| r.is_saved()).count();
        let unknown = results.iter().filter(|r| matches!(r, SaveResult::Unknown { .. })).count();
        let failed = results.len() - saved;
        if saved == 0 && unknown > 0 {
            return Err(self.unknown());
        }
        if saved == 0 {
            return Err(self.nothing_written(results));
        }
        let completeness = if failed == 0 {
            Completeness::Complete
        } else {
            let mut reason = format!(
                "{failed} of {} were not written; results says why.",
                count(results.len(), "record")
            );
            if unknown > 0 {
                reason = format!(
                    "{failed} of {} are not known to be written: for {unknown} the answer was lost. Check \
                     before you repeat those.",
                    count(results.len(), "record")
                );
            }
            Completeness::Partial {
                returned: saved as u64,
                total: Some(results.len() as u64),
                reason,
                next: (unknown > 0).then(|| self.check.call.clone()),
            }
        };
        let mut told = HashMap::new();
        let results =
            results.iter().enumerate().map(|(at, r)| self.record(at, r, &mut told)).collect();
        Ok(Reply::new(
            Output { object: self.object, succeeded: saved, failed, results },
            completeness,
        ))
    }

    /// A reason is told once; later records that failed alike refer to it.
    fn record(
        &self,
        at: usize,
        result: &SaveResult,
        told: &mut HashMap<String, usize>,
    ) -> RecordOutcome {
        let outcome = outcome_word(self.action.done(), result);
        let mut problems: Vec<String> = result
            .errors()
            .iter()
            .map(|error| {
                let problem = contract::problem("", error);
                match problem.at {
                    Some(at) => format!("{at}: {}", problem.message),
                    None => problem.message,
                }
            })
            .collect();
        if !problems.is_empty() {
            let first = *told.entry(problems.join("\n")).or_insert(at);
            if first != at {
                problems = vec![format!("As results[{first}].")];
            }
        }
        let id = result.id().map(|id| id.to_string());
        RecordOutcome { outcome: outcome.to_owned(), id, problems, differs: Vec::new() }
    }

    fn nothing_written(&self, results: &[SaveResult]) -> ToolError {
        let reason = results.iter().find_map(|r| match r {
            SaveResult::NotSent { reason } => Some(reason),
            _ => None,
        });
        let errors = || results.iter().flat_map(SaveResult::errors);
        if let (0, Some(reason)) = (errors().count(), reason) {
            return explain(reason);
        }
        let class = class_of(errors().map(|e| e.code.as_str()), 400);
        let problems: Vec<Problem> = results
            .iter()
            .enumerate()
            .flat_map(|(at, result)| refusals(&format!("records[{at}]"), result.errors()))
            .collect();
        refused(class, self.action.verb(), problems)
    }

    fn unknown(&self) -> ToolError {
        let verb = self.action.verb();
        let part = if self.check.covers < self.records {
            format!(
                " It looks for the first {} of {} records; look for the others in the same way unless \
                 all_or_none was true.",
                self.check.covers, self.records
            )
        } else {
            String::new()
        };
        ToolError::outcome_unknown(format!(
            "The {verb} was sent and its answer was lost: it may or may not have happened.{} Make the call \
             in next first: what it returns tells whether it happened ({}). Repeat the {verb} only if it \
             did not.{part}",
            // Other writes may have been sent again, since they do the same again.
            if self.action == Action::Create { " It was not sent again." } else { "" },
            match self.action {
                Action::Create => "rows created just now, by CreatedDate, are yours",
                Action::Delete => "records that it still returns were not deleted",
                _ => "compare the values and LastModifiedDate",
            },
        ))
        .with_next(self.check.call.clone())
    }
}

/// What became of a record, in a word.
pub(crate) fn outcome_word(done: &'static str, result: &SaveResult) -> &'static str {
    match result {
        SaveResult::Saved { created: Some(true), .. } => "created",
        SaveResult::Saved { created: Some(false), .. } => "updated",
        SaveResult::Saved { created: None, .. } => done,
        SaveResult::Unknown { .. } => "unknown",
        SaveResult::NotSent { .. } => "not_sent",
        _ => "failed",
    }
}

/// The errors of a record as problems, without those that only follow from another record's.
pub(super) fn refusals(at: &str, errors: &[ApiError]) -> Vec<Problem> {
    errors
        .iter()
        .filter(|e| !is_consequence(e.code.as_str()))
        .map(|e| contract::problem(at, e))
        .collect()
}

/// A write that Salesforce refused, record by record.
pub(super) fn refused(class: ErrorClass, verb: &str, problems: Vec<Problem>) -> ToolError {
    let way_out = match class {
        ErrorClass::AskAPerson => "A person has to clear what is listed.",
        ErrorClass::TryLater => "Nothing is wrong with the call; make it again in a few seconds.",
        _ => "Correct what is listed and call again.",
    };
    let message =
        format!("Salesforce refused to {verb} the records; nothing was written. {way_out}");
    with_bounded(ToolError::new(class, message), problems)
}
