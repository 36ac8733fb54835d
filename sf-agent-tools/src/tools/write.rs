//! What the writing tools share: the check before, the outcome after.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;
use sf_rest::{ApiError, SaveResult};
use sf_schema::{Object, ProblemKind, WriteKind, WriteProblem, check_write};

use super::describe_object;
use super::verify::Check;
use crate::contract::{self, class_of, explain, is_consequence};
use crate::org::Values;
use crate::{CallContext, Completeness, ErrorClass, Org, Problem, Reply, ToolError};

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
    /// created, updated, created_or_updated, deleted, failed (not written), unknown (answer lost),
    /// not_sent.
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
    /// What was done to a record that was written, where Salesforce does not say: "created".
    pub(super) done: &'static str,
    /// The call that tells whether it happened.
    pub(super) check: Check,
    /// How many records there are.
    pub(super) records: usize,
}

/// What is wrong with the values to be written, of all records together.
pub(super) struct Problems<'a> {
    object: &'a Object,
    found: Vec<Problem>,
    unknown_field: bool,
}

impl<'a> Problems<'a> {
    pub(super) fn new(object: &'a Object) -> Self {
        Self { object, found: Vec::new(), unknown_field: false }
    }

    pub(super) fn add(&mut self, at: String, message: impl Into<String>) {
        self.found.push(Problem::new(at, message));
    }

    /// Checks one record's values; problems stand at `records[at].Field`.
    pub(super) fn check(&mut self, kind: WriteKind<'_>, at: usize, values: &Values) {
        // What the org takes all the same is no reason to refuse the call.
        for p in check_write(self.object, kind, values).into_iter().filter(WriteProblem::is_error) {
            self.unknown_field |= p.kind == ProblemKind::UnknownField;
            let allowed = p.allowed.into_iter().map(serde_json::Value::String).collect();
            self.found.push(
                Problem::new(format!("records[{at}].{}", p.field), p.message)
                    .allowed(allowed, ALLOWED)
                    .did_you_mean(p.suggestions),
            );
        }
    }

    /// Refuses with everything that is wrong, if anything is.
    pub(super) fn refuse(self) -> Result<(), ToolError> {
        if self.found.is_empty() {
            return Ok(());
        }
        let error = ToolError::fix_your_call(format!(
            "Nothing was sent: {} to correct first. All of them are listed; correct them and call again.",
            count(self.found.len(), "problem")
        ));
        let error = with_bounded(error, self.found);
        if !self.unknown_field {
            return Err(error);
        }
        Err(error.with_next(describe_object::call(&self.object.name)))
    }
}

/// The object to write to, if this user can write to it at all.
pub(super) async fn object(
    cx: &CallContext,
    org: &Org,
    name: &str,
    verb: &str,
    can: impl FnOnce(&Object) -> bool,
) -> Result<Arc<Object>, ToolError> {
    let object = cx.unless_cancelled(org.object(name)).await?;
    if can(&object) {
        return Ok(object);
    }
    Err(ToolError::ask_a_person(format!(
        "This user cannot {verb} records of {}: either the object does not support it, or a Salesforce \
         administrator has to grant the right. Nothing was sent.",
        object.name
    )))
}

impl Sent<'_> {
    /// The answer to a write: as a whole, or with an outcome per record.
    pub(super) fn told(
        self,
        results: Result<Vec<SaveResult>, ToolError>,
    ) -> Result<Reply<Output>, ToolError> {
        match results {
            Ok(results) => self.outcome(&results),
            Err(error) if error.class == ErrorClass::OutcomeUnknown => Err(self.unknown()),
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
            "The {} was sent and its answer was lost: it may or may not have happened.{} Make the call \
             in next first: what it returns tells whether it happened ({}). Repeat the {} only if it \
             did not.{part}",
            self.verb,
            // Other writes may have been sent again, since they do the same again.
            if self.verb == "create" { " It was not sent again." } else { "" },
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
