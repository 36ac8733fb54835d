//! How a write is made: under which condition, and as part of what.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use serde_json::Value;

use super::change::{Action, Change};
use super::present::Present;
use crate::{Problem, ToolError};

/// What must hold for a write to be sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Guard {
    /// Nothing.
    #[default]
    None,
    /// No record was changed after this.
    Since(Timestamp),
    /// Every record is as the plan saw it.
    Seen,
}

/// How a write is made.
#[derive(Debug, Clone, Default)]
pub(crate) struct How {
    pub(crate) guard: Guard,
    /// The plan that it belongs to, and its step there.
    pub(crate) plan: Option<(String, u32)>,
    /// The entry of the audit log that it undoes.
    pub(crate) reverts: Option<u64>,
    /// What it does, value by value, for a person who has to agree.
    pub(crate) preview: Option<Value>,
    /// Set when something may have been sent.
    pub(crate) begun: Option<Arc<AtomicBool>>,
}

impl How {
    /// Whether it was shown before it is sent.
    pub(crate) fn prepared(&self) -> bool {
        self.plan.is_some() || self.reverts.is_some()
    }

    /// Notes that from here on something may be sent.
    pub(crate) fn begin(&self) {
        if let Some(begun) = &self.begun {
            begun.store(true, Ordering::Relaxed);
        }
    }

    /// Whether a failure leaves open if the write happened.
    pub(crate) fn is_unknown(&self, error: &sf_rest::Error) -> bool {
        matches!(error, sf_rest::Error::OutcomeUnknown { .. } | sf_rest::Error::Conflict { .. })
    }
}

impl Guard {
    /// The moment after which the one record of a change must not have been changed.
    pub(crate) fn moment(self, change: &Change) -> Option<Timestamp> {
        match self {
            Self::None => None,
            Self::Since(moment) => Some(moment),
            Self::Seen => change.rows.first()?.seen,
        }
    }

    /// Refuses a write whose records are not as they have to be. `place` tells where a row stands in
    /// the call.
    pub(crate) fn holds(
        self,
        change: &Change,
        present: &Present,
        place: impl Fn(usize) -> usize,
    ) -> Result<(), ToolError> {
        let mut problems = Vec::new();
        for (at, row) in change.rows.iter().enumerate() {
            let found = present.of(change, at);
            let changed = found.and_then(|found| found.changed);
            let named = || {
                let id = row.id.or(found.map(|found| found.id));
                id.map_or_else(String::new, |id| id.to_string())
            };
            let wrong = match self {
                Self::None => continue,
                Self::Since(since) => match (found, changed) {
                    (None, _) if change.action == Action::Upsert => continue,
                    (None, _) => "is not there any more, or not visible to this user".to_owned(),
                    (Some(_), None) => {
                        "belongs to an object that does not tell when its records were changed; leave \
                         unless_changed_since out".to_owned()
                    }
                    (Some(_), Some(changed)) if changed > since => {
                        format!("was changed at {changed}")
                    }
                    _ => continue,
                },
                Self::Seen => match (row.seen, found, changed) {
                    (None, None, _) if change.action == Action::Upsert => continue,
                    (None, Some(_), _) if change.action == Action::Upsert => {
                        "was created since".to_owned()
                    }
                    (None, ..) => continue,
                    (Some(_), None, _) => {
                        "is not there any more, or not visible to this user".to_owned()
                    }
                    (Some(seen), Some(_), Some(changed)) if changed != seen => {
                        format!("was changed at {changed}")
                    }
                    _ => continue,
                },
            };
            let text = format!("{} {wrong}.", named());
            problems.push(Problem::new(format!("records[{}]", place(at)), text));
        }
        if problems.is_empty() { Ok(()) } else { Err(conflict(&change.object, problems)) }
    }
}

/// The refusal of a write whose records are not as the caller knows them.
fn conflict(object: &str, problems: Vec<Problem>) -> ToolError {
    const LISTED: usize = 50;
    let more = problems.len().saturating_sub(LISTED);
    let count = problems.len();
    let mut listed: Vec<Problem> = problems.into_iter().take(LISTED).collect();
    if more > 0 {
        listed.push(Problem::new("", format!("{more} more records were changed.")));
    }
    ToolError::fix_your_call(format!(
        "Nothing was sent: {count} of the records of {object} were changed by someone else since you \
         read them. Read them again, decide anew, and call again."
    ))
    .with_problems(listed)
}
