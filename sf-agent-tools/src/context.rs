//! What surrounds one call: who asks, how to stop it, where progress and questions go.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use crate::{Effect, Note, Notes, ToolError};

/// What surrounds one call. All parts are optional; `default()` is a plain call.
#[derive(Clone, Default)]
pub struct CallContext {
    identity: Option<String>,
    /// The identity before an org of several was chosen.
    caller: Option<Option<String>>,
    cancellation: CancellationToken,
    progress: Option<Arc<dyn Progress>>,
    person: Option<Arc<dyn AskPerson>>,
    notes: Option<Arc<dyn Notes>>,
    clearance: Option<Clearance>,
}

/// What a tool set found out about a call before it ran the tool.
#[derive(Debug, Clone)]
pub(crate) struct Clearance {
    /// The effects that the tool declares.
    pub(crate) declared: Vec<Effect>,
    /// Those of them that a person was asked for, and agreed to.
    pub(crate) approved: Vec<Effect>,
    /// The tool.
    pub(crate) tool: Option<String>,
    /// Whether the person was shown every value.
    pub(crate) shown: bool,
    /// Whether a write of the call, or of a call within it, may have been sent.
    pub(crate) wrote: Arc<AtomicBool>,
}

/// Receives how far a long call has come.
pub trait Progress: Send + Sync {
    /// `done` units of `total` (when known) are finished; `message` is for people.
    fn report(&self, done: u64, total: Option<u64>, message: &str);
}

/// Puts a question to a person, by whatever means the host has.
#[async_trait]
pub trait AskPerson: Send + Sync {
    /// Asks and waits for the answer.
    async fn ask(&self, question: Question) -> Answer;

    /// Has a form filled in and waits for it; by default nobody can.
    async fn fill(&self, form: Form) -> Filled {
        let _ = form;
        Filled::Unavailable
    }
}

/// A question that a person answers with yes or no.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Question {
    /// The tool whose call waits for the answer.
    pub tool: String,
    /// The question in one sentence.
    pub text: String,
    /// What the call may do that a person must agree to.
    pub effects: Vec<Effect>,
    /// The arguments of the call, as the model gave them; null if `preview` shows what it does.
    pub arguments: serde_json::Value,
    /// What would be written, with every value before and after:
    /// `{"operations": [...], "warnings": [...], "completeness": {...}}`, as
    /// `salesforce_prepare_write` shows it. None if the question is put before that is known.
    pub preview: Option<serde_json::Value>,
}

/// A form that a person fills in.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Form {
    /// The tool whose call waits for it.
    pub tool: String,
    /// What it is about, in a sentence or two.
    pub text: String,
    /// A JSON Schema of an object whose properties are texts, numbers, truth values and choices of
    /// texts, and nothing nested.
    pub schema: serde_json::Value,
}

impl Form {
    /// A form for the call of a tool that was given `cx`.
    #[must_use]
    pub fn new(cx: &CallContext, text: impl Into<String>, schema: serde_json::Value) -> Self {
        Self { tool: cx.tool(), text: text.into(), schema }
    }
}

/// What became of a form.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Filled {
    /// It was filled in with these values, which nobody has checked.
    Values(serde_json::Map<String, serde_json::Value>),
    /// The person does not want to.
    Declined,
    /// Nobody answered, or nobody can be asked.
    Unavailable,
}

/// What a person answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// Go on.
    Approved,
    /// Do not.
    Declined,
    /// Nobody answered, or nobody can be asked.
    Unavailable,
}

impl CallContext {
    /// Names the caller on the host's side (its own user id, say). Cursors are
    /// bound to it: one caller's cursor is refused to another.
    #[must_use]
    pub fn with_identity(mut self, identity: impl Into<String>) -> Self {
        self.identity = Some(identity.into());
        self
    }

    /// Stops the call when `token` is cancelled. A write that was already sent
    /// is waited for, since only its answer tells what happened.
    #[must_use]
    pub fn with_cancellation(mut self, token: CancellationToken) -> Self {
        self.cancellation = token;
        self
    }

    /// Reports progress to `progress`.
    #[must_use]
    pub fn with_progress(mut self, progress: Arc<dyn Progress>) -> Self {
        self.progress = Some(progress);
        self
    }

    /// Puts questions (see [`Policy::ask_before`](crate::Policy::ask_before)) to `person`.
    #[must_use]
    pub fn with_person(mut self, person: Arc<dyn AskPerson>) -> Self {
        self.person = Some(person);
        self
    }

    /// Tells `notes` what happens behind the call, such as requests that are sent again.
    #[must_use]
    pub fn with_notes(mut self, notes: Arc<dyn Notes>) -> Self {
        self.notes = Some(notes);
        self
    }

    /// The caller on the host's side, if named.
    #[must_use]
    pub fn identity(&self) -> Option<&str> {
        self.identity.as_deref()
    }

    /// The caller, whichever of several orgs the call goes to.
    pub(crate) fn caller(&self) -> Option<&str> {
        self.caller.as_ref().unwrap_or(&self.identity).as_deref()
    }

    /// The call of the same caller in one of several orgs, as `identity`.
    pub(crate) fn in_org(&self, identity: String) -> Self {
        let caller = Some(self.caller().map(str::to_owned));
        Self { identity: Some(identity), caller, ..self.clone() }
    }

    /// The token that stops this call.
    #[must_use]
    pub fn cancellation(&self) -> &CancellationToken {
        &self.cancellation
    }

    /// Who is told what happens behind the call.
    pub(crate) fn notes(&self) -> Option<Arc<dyn Notes>> {
        self.notes.clone()
    }

    /// Tells whoever runs the host what happens behind the call.
    pub fn note(&self, note: Note) {
        if let Some(notes) = &self.notes {
            notes.note(note);
        }
    }

    /// Who listens to progress.
    pub(crate) fn progress(&self) -> Option<Arc<dyn Progress>> {
        self.progress.clone()
    }

    /// This context for one call of a tool. Replaces the clearance of an outer call, so that what a
    /// person agreed to is good for one call of one tool.
    pub(crate) fn with_clearance(&self, clearance: Clearance) -> Self {
        Self { clearance: Some(clearance), ..self.clone() }
    }

    /// What this call may do; none if no tool set made it.
    pub(crate) fn clearance(&self) -> Option<&Clearance> {
        self.clearance.as_ref()
    }

    /// Notes that a write is about to be sent: from here on the call must not be made once more.
    pub(crate) fn begins_to_write(&self) {
        if let Some(clearance) = &self.clearance {
            clearance.wrote.store(true, Ordering::Relaxed);
        }
    }

    /// Runs a step that changes nothing, and gives it up when the call is cancelled.
    ///
    /// # Errors
    /// Those of `step`, or [`ToolError::cancelled`].
    pub async fn unless_cancelled<T>(
        &self,
        step: impl Future<Output = Result<T, ToolError>>,
    ) -> Result<T, ToolError> {
        tokio::select! {
            biased;
            () = self.cancellation.cancelled() => Err(ToolError::cancelled()),
            result = step => result,
        }
    }

    /// Reports progress, if anyone listens.
    pub fn report(&self, done: u64, total: Option<u64>, message: &str) {
        if let Some(progress) = &self.progress {
            progress.report(done, total, message);
        }
    }

    /// Puts a question to a person; [`Answer::Unavailable`] if the host gave no way to.
    pub async fn ask(&self, question: Question) -> Answer {
        match &self.person {
            Some(person) => person.ask(question).await,
            None => Answer::Unavailable,
        }
    }

    /// Has a person fill in a form; [`Filled::Unavailable`] if the host gave no way to.
    pub async fn fill(&self, form: Form) -> Filled {
        match &self.person {
            Some(person) => person.fill(form).await,
            None => Filled::Unavailable,
        }
    }

    /// The tool that this is a call of; empty if no tool set made it.
    pub(crate) fn tool(&self) -> String {
        self.clearance.as_ref().and_then(|clearance| clearance.tool.clone()).unwrap_or_default()
    }
}

impl std::fmt::Debug for CallContext {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CallContext")
            .field("identity", &self.identity)
            .field("cancelled", &self.cancellation.is_cancelled())
            .field("progress", &self.progress.is_some())
            .field("person", &self.person.is_some())
            .field("clearance", &self.clearance)
            .finish_non_exhaustive()
    }
}
