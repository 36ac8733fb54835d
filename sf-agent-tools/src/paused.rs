//! Calls that stop to ask a person and go on with the answer, for hosts that have no way to ask in
//! the middle of a call: the call is kept, and a handle leads back to it.
//!
//! The call is not made again: what it did before it asked is done once, and what it asked about is
//! what is then written. So a handle is good in the process that gave it, for a while, for the same
//! call of the same caller, and for one answer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::{
    Answer, AskPerson, CallContext, Filled, Form, Progress, Question, ToolError, ToolReply, ToolSet,
};

/// How far a call came.
#[derive(Debug)]
#[non_exhaustive]
pub enum Step {
    /// It is over.
    Done(Result<ToolReply, ToolError>),
    /// It waits for an answer, which [`PausedCalls::resume`] brings it.
    Asks {
        /// What leads back to the call.
        handle: String,
        /// What is asked.
        ask: Ask,
    },
}

/// What a call asks a person.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ask {
    /// To agree to something.
    Question(Question),
    /// To fill in a form.
    Form(Form),
}

/// What a person gave.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Given {
    /// To a question.
    Answer(Answer),
    /// To a form.
    Filled(Filled),
}

/// Calls that wait for an answer. Cheap to clone; clones share them.
#[derive(Clone)]
pub struct PausedCalls {
    calls: Arc<Mutex<HashMap<String, Paused>>>,
    most: usize,
    lifetime: Duration,
}

/// A call that waits.
struct Paused {
    call: Call,
    running: Running,
    asked: Asked,
}

/// Whose call of what it is.
#[derive(Debug, Clone, PartialEq)]
struct Call {
    identity: Option<String>,
    tool: String,
    arguments: Value,
}

/// A call in its own task.
struct Running {
    outcome: oneshot::Receiver<Result<ToolReply, ToolError>>,
    questions: mpsc::Receiver<Asked>,
    cancel: CancellationToken,
    progress: Arc<Relay>,
}

/// A question on its way.
struct Asked {
    ask: Ask,
    answer: oneshot::Sender<Given>,
}

impl PausedCalls {
    /// Room for `most` calls, each of which waits for `lifetime` and is then told that nobody
    /// answered.
    #[must_use]
    pub fn new(most: usize, lifetime: Duration) -> Self {
        Self { calls: Arc::default(), most, lifetime }
    }

    /// Makes a call, up to its end or its first question.
    ///
    /// A caller that gives up waiting cancels the call.
    pub async fn begin(
        &self,
        tools: &ToolSet,
        cx: &CallContext,
        tool: &str,
        arguments: Value,
    ) -> Step {
        let call =
            Call { identity: cx.identity().map(str::to_owned), tool: tool.to_owned(), arguments };
        let (asks, questions) = mpsc::channel(1);
        let (done, outcome) = oneshot::channel();
        let (cancel, progress) = (CancellationToken::new(), Arc::<Relay>::default());
        let person = Arc::new(Elsewhere { asks, lifetime: self.lifetime });
        let own = cx
            .clone()
            .with_person(person)
            .with_progress(Arc::clone(&progress) as Arc<dyn Progress>)
            .with_cancellation(cancel.clone());
        let (tools, made) = (tools.clone(), call.clone());
        let work = async move {
            let outcome = tools.call(&own, &made.tool, made.arguments).await;
            // Nobody waits any more for a call that was given up.
            let _ = done.send(outcome);
        };
        tokio::spawn(work.in_current_span());
        self.drive(cx, call, Running { outcome, questions, cancel, progress }).await
    }

    /// Brings a call what a person gave, and goes on to its end or its next question. `give` reads
    /// the answer to what was asked; if it finds none, the same is asked again.
    ///
    /// # Errors
    /// If no call of this caller with this tool and these arguments waits under `handle`: it was
    /// answered already, or waited too long, or was another process's.
    pub async fn resume(
        &self,
        cx: &CallContext,
        handle: &str,
        tool: &str,
        arguments: &Value,
        give: impl FnOnce(&Ask) -> Option<Given>,
    ) -> Result<Step, ToolError> {
        let same = |call: &Call| {
            call.identity.as_deref() == cx.identity()
                && call.tool == tool
                && call.arguments == *arguments
        };
        let paused = {
            let mut calls = self.lock();
            match calls.get(handle) {
                Some(paused) if same(&paused.call) && !paused.asked.answer.is_closed() => {
                    match give(&paused.asked.ask) {
                        Some(given) => calls.remove(handle).map(|paused| (paused, given)),
                        None => {
                            let ask = paused.asked.ask.clone();
                            return Ok(Step::Asks { handle: handle.to_owned(), ask });
                        }
                    }
                }
                _ => None,
            }
        };
        let Some((Paused { call, running, asked }, given)) = paused else {
            return Err(ToolError::fix_your_call(
                "No call waits for this answer: it was answered already, it waited too long, or it was \
                 another call. What was asked about was not done by this answer. If it is still wanted, \
                 make the call again from the start.",
            ));
        };
        // A call that stopped waiting in this very moment tells so itself.
        let _ = asked.answer.send(given);
        Ok(self.drive(cx, call, running).await)
    }

    /// Waits for the end of a call or its next question.
    async fn drive(&self, cx: &CallContext, call: Call, mut running: Running) -> Step {
        running.progress.to(cx.progress());
        let given_up = running.cancel.clone().drop_guard();
        loop {
            tokio::select! {
                biased;
                outcome = &mut running.outcome => {
                    given_up.disarm();
                    return Step::Done(outcome.unwrap_or_else(|_| Err(broke_off())));
                }
                Some(asked) = running.questions.recv() => {
                    running.progress.to(None);
                    let ask = asked.ask.clone();
                    if let Some(handle) = self.keep(Paused { call: call.clone(), running, asked }) {
                        given_up.disarm();
                        return Step::Asks { handle, ask };
                    }
                    return Step::Done(Err(ToolError::try_later(
                        "Too many calls wait for answers of people. Nothing was changed; try again \
                         when some of them are answered.",
                    )));
                }
                // The call decides itself up to when it can be stopped, so its end is waited for.
                () = cx.cancellation().cancelled(), if !running.cancel.is_cancelled() => {
                    running.cancel.cancel();
                }
            }
        }
    }

    /// Keeps a call under a new handle, if there is room.
    fn keep(&self, paused: Paused) -> Option<String> {
        let mut bytes = [0; 24];
        if let Err(error) = aws_lc_rs::rand::fill(&mut bytes) {
            tracing::error!(%error, "no random number for a call that waits");
            return None;
        }
        let handle = URL_SAFE_NO_PAD.encode(bytes);
        let mut calls = self.lock();
        calls.retain(|_, paused| !paused.asked.answer.is_closed());
        if calls.len() >= self.most {
            return None;
        }
        calls.insert(handle.clone(), paused);
        Some(handle)
    }

    /// The map is whole at every step, so a panic elsewhere does not spoil it.
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Paused>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for PausedCalls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PausedCalls").field("waiting", &self.lock().len()).finish_non_exhaustive()
    }
}

fn broke_off() -> ToolError {
    tracing::error!("a call ended in a fault");
    ToolError::outcome_unknown(
        "The call broke off inside the connector. Whether it changed anything is not known; look at \
         the records before you repeat it.",
    )
}

/// A person who is asked by way of the host's next request.
struct Elsewhere {
    asks: mpsc::Sender<Asked>,
    lifetime: Duration,
}

impl Elsewhere {
    async fn given(&self, ask: Ask) -> Option<Given> {
        let (answer, given) = oneshot::channel();
        self.asks.send(Asked { ask, answer }).await.ok()?;
        tokio::time::timeout(self.lifetime, given).await.ok()?.ok()
    }
}

#[async_trait]
impl AskPerson for Elsewhere {
    async fn ask(&self, question: Question) -> Answer {
        match self.given(Ask::Question(question)).await {
            Some(Given::Answer(answer)) => answer,
            _ => Answer::Unavailable,
        }
    }

    async fn fill(&self, form: Form) -> Filled {
        match self.given(Ask::Form(form)).await {
            Some(Given::Filled(filled)) => filled,
            _ => Filled::Unavailable,
        }
    }
}

/// Progress to whoever waits for the call just now.
#[derive(Default)]
struct Relay(Mutex<Option<Arc<dyn Progress>>>);

impl Relay {
    fn to(&self, listener: Option<Arc<dyn Progress>>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = listener;
    }
}

impl Progress for Relay {
    fn report(&self, done: u64, total: Option<u64>, message: &str) {
        let listener = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(listener) = listener {
            listener.report(done, total, message);
        }
    }
}
