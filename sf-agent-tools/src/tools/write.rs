//! What the writing tools share: the check before, the outcome after.

use std::collections::{HashMap, HashSet};

use schemars::JsonSchema;
use serde::Serialize;
use sf_rest::{ApiError, SaveResult};
use sf_schema::{Object, WriteKind, check_write};

use super::verify::Check;
use crate::contract::{self, class_of, explain, is_consequence};
use crate::org::Values;
use crate::{CallContext, Completeness, ErrorClass, Problem, Reply, ToolError};

/// Most problems that one answer lists.
const PROBLEMS: usize = 50;

/// Most allowed values that one problem lists.
const ALLOWED: usize = 60;

#[derive(Serialize, JsonSchema)]
pub(crate) struct Output {
    /// API name of the object.
    object: String,
    /// Records written.
    succeeded: usize,
    /// Records not written.
    failed: usize,
    /// One per record, in the order given.
    results: Vec<RecordOutcome>,
}

#[derive(Serialize, JsonSchema)]
struct RecordOutcome {
    /// created, updated, deleted, failed (not written), unknown (answer lost), not_sent.
    outcome: &'static str,
    /// The record's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    problems: Vec<String>,
}

/// A write that was sent, as its outcome is told.
pub(super) struct Sent<'a> {
    pub(super) object: &'a Object,
    /// What was to be done: "create".
    pub(super) verb: &'static str,
    /// What was done to a record that was written: "created".
    pub(super) done: &'static str,
    /// The call that tells whether it happened.
    pub(super) check: Check,
    /// How many records there are.
    pub(super) records: usize,
}

/// The problems of one record's values, as `records[at].Field`.
pub(super) fn problems(
    object: &Object,
    kind: WriteKind<'_>,
    at: usize,
    values: &Values,
) -> Vec<Problem> {
    check_write(object, kind, values)
        .into_iter()
        .map(|p| {
            let allowed = p.allowed.into_iter().map(serde_json::Value::String).collect();
            Problem::new(format!("records[{at}].{}", p.field), p.message)
                .allowed(allowed, ALLOWED)
                .did_you_mean(p.suggestions)
        })
        .collect()
}

/// Refuses with everything that is wrong, if anything is.
pub(super) fn refuse(problems: Vec<Problem>) -> Result<(), ToolError> {
    if problems.is_empty() {
        return Ok(());
    }
    Err(with_bounded(
        ToolError::fix_your_call(format!(
            "Nothing was sent: {} to correct first. All of them are listed; correct them and call again.",
            count(problems.len(), "problem")
        )),
        problems,
    ))
}

/// Refuses objects that do not support the operation for this user.
pub(super) fn allowed(object: &Object, can: bool, verb: &str) -> Result<(), ToolError> {
    if can {
        return Ok(());
    }
    Err(ToolError::ask_a_person(format!(
        "This user cannot {verb} records of {}: either the object does not support it, or a Salesforce \
         administrator has to grant the right. Nothing was sent.",
        object.name
    )))
}

/// Before the point of no return: a cancelled call sends nothing.
pub(super) fn not_cancelled(cx: &CallContext) -> Result<(), ToolError> {
    if cx.cancellation().is_cancelled() { Err(ToolError::cancelled()) } else { Ok(()) }
}

impl Sent<'_> {
    /// The answer to a write that failed as a whole.
    pub(super) fn failed(self, mut error: ToolError) -> ToolError {
        if error.class == ErrorClass::OutcomeUnknown {
            return self.unknown();
        }
        error.message.push_str(" Nothing was written.");
        error
    }

    /// The answer to a write with an outcome per record.
    pub(super) fn outcome(self, results: &[SaveResult]) -> Result<Reply<Output>, ToolError> {
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
            Output { object: self.object.name.clone(), succeeded: saved, failed, results },
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
        let outcome = match result {
            SaveResult::Saved { created: Some(true), .. } => "created",
            SaveResult::Saved { created: Some(false), .. } => "updated",
            SaveResult::Saved { created: None, .. } => self.done,
            SaveResult::Unknown { .. } => "unknown",
            SaveResult::NotSent { .. } => "not_sent",
            _ => "failed",
        };
        let mut problems: Vec<String> = errors(result)
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
        RecordOutcome { outcome, id: result.id().map(|id| id.to_string()), problems }
    }

    fn nothing_written(&self, results: &[SaveResult]) -> ToolError {
        let reason = results.iter().find_map(|r| match r {
            SaveResult::NotSent { reason } => Some(reason),
            _ => None,
        });
        let codes: Vec<&str> = results.iter().flat_map(errors).map(|e| e.code.as_str()).collect();
        if let (true, Some(reason)) = (codes.is_empty(), reason) {
            return explain(reason);
        }
        let class = class_of(codes, 400);
        let way_out = match class {
            ErrorClass::AskAPerson => "A person has to clear what is listed.",
            ErrorClass::TryLater => {
                "Nothing is wrong with the call; make it again in a few seconds."
            }
            _ => "Correct what is listed and call again.",
        };
        let problems: Vec<Problem> = results
            .iter()
            .enumerate()
            .flat_map(|(at, result)| {
                errors(result)
                    .iter()
                    .filter(|e| !is_consequence(e.code.as_str()))
                    .map(move |e| contract::problem(&format!("records[{at}]"), e))
            })
            .collect();
        with_bounded(
            ToolError::new(
                class,
                format!(
                    "Salesforce refused to {} the records; nothing was written. {way_out}",
                    self.verb
                ),
            ),
            problems,
        )
    }

    fn unknown(&self) -> ToolError {
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
            "The {} was sent and its answer was lost: it may or may not have happened. It was not sent \
             again. Make the call in next first: what it returns tells whether it happened ({}). Repeat \
             the {} only if it did not.{part}",
            self.verb,
            match self.verb {
                "create" => "rows created just now, by CreatedDate, are yours",
                "delete" => "records that it still returns were not deleted",
                _ => "compare the values and LastModifiedDate",
            },
            self.verb
        ))
        .with_next(self.check.call.clone())
    }
}

fn errors(result: &SaveResult) -> &[ApiError] {
    match result {
        SaveResult::Failed { errors } => errors,
        _ => &[],
    }
}

fn with_bounded(error: ToolError, mut problems: Vec<Problem>) -> ToolError {
    let more = problems.len().saturating_sub(PROBLEMS);
    problems.truncate(PROBLEMS);
    // The values that a field allows are listed where it is first wrong.
    let mut listed = HashSet::new();
    for problem in problems.iter_mut().filter(|p| !p.allowed.is_empty()) {
        let at = problem.at.as_deref().unwrap_or_default();
        let field = at.split_once("].").map_or(at, |(_, field)| field).to_owned();
        if !listed.insert(field) {
            problem.allowed.clear();
            problem.more_allowed = 0;
        }
    }
    let error = error.with_problems(problems);
    if more == 0 {
        return error;
    }
    error.with_problem(Problem::new(
        "",
        format!("{} more, of the same kinds.", count(more, "problem")),
    ))
}

pub(super) fn count(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}
