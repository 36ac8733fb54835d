//! What a model is told when a call does not succeed: what to do, then why.

use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::SuggestedCall;

/// What is to be done about an error. Every error has exactly one class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorClass {
    /// The call was wrong; a corrected one can succeed. Nothing was changed.
    FixYourCall,
    /// Only a person can clear it: a permission, a new sign-in, an approval.
    AskAPerson,
    /// Nothing is wrong with the call; the same call can succeed later.
    /// Short outages were already retried.
    TryLater,
    /// A write was sent and its answer was lost: it may or may not have
    /// happened. It must be checked before it is sent again.
    OutcomeUnknown,
}

impl ErrorClass {
    /// The class as models see it: `fix_your_call`, `ask_a_person`,
    /// `try_later`, `outcome_unknown`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FixYourCall => "fix_your_call",
            Self::AskAPerson => "ask_a_person",
            Self::TryLater => "try_later",
            Self::OutcomeUnknown => "outcome_unknown",
        }
    }
}

impl std::fmt::Display for ErrorClass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// One thing that is wrong with a call.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[non_exhaustive]
pub struct Problem {
    /// Where: a path into the arguments such as `records[2].Rating`, or a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// What is wrong, and what to do.
    pub message: String,
    /// The values that are allowed there, if they can be listed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed: Vec<Value>,
    /// How many more allowed values there are than `allowed` lists.
    #[serde(skip_serializing_if = "is_zero")]
    pub more_allowed: usize,
    /// Names or values that were probably meant, best first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub did_you_mean: Vec<String>,
    /// Salesforce's own error code, if the problem came from there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde asks for")]
fn is_zero(n: &usize) -> bool {
    *n == 0
}

impl Problem {
    /// A problem at `at` (empty: with the call as a whole).
    pub fn new(at: impl Into<String>, message: impl Into<String>) -> Self {
        let at = at.into();
        Self { at: (!at.is_empty()).then_some(at), message: message.into(), ..Self::default() }
    }

    /// States the allowed values, at most `bound` of them listed.
    #[must_use]
    pub fn allowed(mut self, values: Vec<Value>, bound: usize) -> Self {
        self.more_allowed = values.len().saturating_sub(bound);
        self.allowed = values;
        self.allowed.truncate(bound);
        self
    }

    /// States what was probably meant.
    #[must_use]
    pub fn did_you_mean(mut self, names: Vec<String>) -> Self {
        self.did_you_mean = names;
        self
    }

    /// States Salesforce's code.
    #[must_use]
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }
}

/// A call that did not succeed, written for the model that made it.
///
/// It never holds infrastructure detail (hosts, sockets, tokens, status
/// codes): that goes to `tracing`, so that no model reads an outage as a
/// refusal.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{class}: {message}")]
#[non_exhaustive]
pub struct ToolError {
    /// What is to be done.
    pub class: ErrorClass,
    /// What happened and what to do, in a sentence or two.
    pub message: String,
    /// Everything that is wrong with the call, at once.
    pub problems: Vec<Problem>,
    /// An example of arguments that would be accepted.
    pub example: Option<Box<Value>>,
    /// The call that helps: that checks a lost write, or lists what exists.
    pub next: Option<Box<SuggestedCall>>,
    /// How long to wait before trying again, if known.
    pub retry_after: Option<Duration>,
    /// Whether what is known of the schema says so, and what it refuses was not sent.
    pub(crate) by_schema: bool,
}

impl ToolError {
    /// An error of the given class.
    pub fn new(class: ErrorClass, message: impl Into<String>) -> Self {
        Self {
            class,
            message: message.into(),
            problems: Vec::new(),
            example: None,
            next: None,
            retry_after: None,
            by_schema: false,
        }
    }

    /// The call was wrong and can be corrected.
    pub fn fix_your_call(message: impl Into<String>) -> Self {
        Self::new(ErrorClass::FixYourCall, message)
    }

    /// A person has to act.
    pub fn ask_a_person(message: impl Into<String>) -> Self {
        Self::new(ErrorClass::AskAPerson, message)
    }

    /// The same call can succeed later.
    pub fn try_later(message: impl Into<String>) -> Self {
        Self::new(ErrorClass::TryLater, message)
    }

    /// A write whose answer was lost.
    pub fn outcome_unknown(message: impl Into<String>) -> Self {
        Self::new(ErrorClass::OutcomeUnknown, message)
    }

    /// The call was cancelled by its caller before it changed anything.
    #[must_use]
    pub fn cancelled() -> Self {
        Self::try_later("The call was cancelled by its caller. Nothing was changed.")
    }

    /// Adds a problem.
    #[must_use]
    pub fn with_problem(mut self, problem: Problem) -> Self {
        self.problems.push(problem);
        self
    }

    /// Adds problems.
    #[must_use]
    pub fn with_problems(mut self, problems: impl IntoIterator<Item = Problem>) -> Self {
        self.problems.extend(problems);
        self
    }

    /// Gives an example of arguments that would be accepted.
    #[must_use]
    pub fn with_example(mut self, example: Value) -> Self {
        self.example = Some(Box::new(example));
        self
    }

    /// Names the call that helps.
    #[must_use]
    pub fn with_next(mut self, next: SuggestedCall) -> Self {
        self.next = Some(Box::new(next));
        self
    }

    /// Says that it was what is known of the schema that refused it, and that it was not sent.
    pub(crate) fn by_schema(mut self) -> Self {
        self.by_schema = true;
        self
    }

    /// Says how long to wait.
    #[must_use]
    pub fn with_retry_after(mut self, wait: Option<Duration>) -> Self {
        self.retry_after = wait;
        self
    }

    /// The one JSON object that a model sees:
    /// `{"error": {"class", "message", "problems"?, "example"?, "next"?, "retry_after_seconds"?}}`.
    #[must_use]
    pub fn to_model(&self) -> Value {
        let mut map = Map::new();
        map.insert("class".into(), json!(self.class));
        map.insert("message".into(), Value::String(self.message.clone()));
        if !self.problems.is_empty() {
            map.insert("problems".into(), json!(self.problems));
        }
        if let Some(example) = &self.example {
            map.insert("example".into(), Value::clone(example));
        }
        if let Some(next) = &self.next {
            map.insert("next".into(), json!(next));
        }
        if let Some(wait) = self.retry_after {
            map.insert("retry_after_seconds".into(), json!(wait.as_secs().max(1)));
        }
        json!({ "error": map })
    }
}
