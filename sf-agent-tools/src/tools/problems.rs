//! Everything that is wrong with a write, gathered before anything is sent.

use std::collections::HashSet;

use sf_schema::{Object, ProblemKind, WriteKind, WriteProblem, check_write};

use super::describe_object;
use crate::{Problem, ToolError, Values};

/// Most problems that one answer lists.
const PROBLEMS: usize = 50;

/// Most allowed values that one problem lists.
const ALLOWED: usize = 60;

/// What is wrong with the values to be written, of all records together.
#[derive(Default)]
pub(super) struct Problems {
    /// Where the records stand in the call: empty, or `operations[1].`.
    at: String,
    found: Vec<Problem>,
    /// An object that does not have a field that was named.
    unknown_field_of: Option<String>,
}

impl Problems {
    /// What is found from here on stands below `at`.
    pub(super) fn within(&mut self, at: impl Into<String>) {
        self.at = at.into();
    }

    pub(super) fn at(&self) -> &str {
        &self.at
    }

    pub(super) fn add(&mut self, place: impl std::fmt::Display, message: impl Into<String>) {
        self.push(Problem::new(format!("{}{place}", self.at), message));
    }

    pub(super) fn push(&mut self, problem: Problem) {
        self.found.push(problem);
    }

    /// Checks one record's values; problems stand at `records[at].Field`.
    pub(super) fn check(
        &mut self,
        object: &Object,
        kind: WriteKind<'_>,
        at: usize,
        values: &Values,
    ) {
        self.check_except(&[], object, kind, at, values);
    }

    /// As [`check`](Self::check), without what it has to say about some fields.
    pub(super) fn check_except(
        &mut self,
        told: &[String],
        object: &Object,
        kind: WriteKind<'_>,
        at: usize,
        values: &Values,
    ) {
        let is_told =
            |p: &WriteProblem| told.iter().any(|name| name.eq_ignore_ascii_case(&p.field));
        // What the org takes all the same is no reason to refuse the call.
        let wrong = |p: &WriteProblem| p.is_error() && !is_told(p);
        for p in check_write(object, kind, values).into_iter().filter(wrong) {
            if p.kind == ProblemKind::UnknownField {
                self.unknown_field_of.get_or_insert_with(|| object.name.clone());
            }
            let allowed = p.allowed.into_iter().map(serde_json::Value::String).collect();
            self.found.push(
                Problem::new(format!("{}records[{at}].{}", self.at, p.field), p.message)
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
        let error = with_bounded(error, self.found).by_schema();
        match self.unknown_field_of {
            Some(object) => Err(error.with_next(describe_object::call(&object))),
            None => Err(error),
        }
    }
}

/// The error with as many of the problems as an answer lists.
pub(super) fn with_bounded(error: ToolError, mut problems: Vec<Problem>) -> ToolError {
    let more = problems.len().saturating_sub(PROBLEMS);
    problems.truncate(PROBLEMS);
    // The values that a field allows are listed where it is first wrong.
    let mut listed = HashSet::new();
    for problem in problems.iter_mut().filter(|p| !p.allowed.is_empty()) {
        let at = problem.at.as_deref().unwrap_or_default();
        let field = at.rsplit_once("].").map_or(at, |(_, field)| field).to_owned();
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

pub(crate) fn count(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}
