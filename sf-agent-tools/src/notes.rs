//! What happens behind a call, told to whoever runs the host: retries, new sessions, a changed
//! schema. Models do not read it.

use std::sync::Arc;

use sf_rest::notice::{Listener, Notice, listening};

use crate::CallContext;

/// Receives notes while a call runs. It must not block.
pub trait Notes: Send + Sync {
    /// Something happened.
    fn note(&self, note: Note);
}

/// Something that happened behind a call. It holds no secret and no name that the policy hides.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Note {
    /// How grave it is.
    pub level: NoteLevel,
    /// What happened, in a sentence.
    pub text: String,
}

/// How grave a note is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum NoteLevel {
    /// As it should be.
    Info,
    /// Worth knowing, such as a schema that has changed.
    Notice,
    /// It may become a trouble, such as requests that fail and are sent again.
    Warning,
}

impl Note {
    /// A note for people.
    pub fn new(level: NoteLevel, text: impl Into<String>) -> Self {
        Self { level, text: text.into() }
    }
}

tokio::task_local! {
    static NOTES: Arc<dyn Notes>;
}

/// Does the work of a call, and tells the listener of its context what happens behind it.
pub(crate) async fn noted<T>(cx: &CallContext, work: impl Future<Output = T>) -> T {
    match cx.notes() {
        Some(notes) => heard(notes, work).await,
        None => work.await,
    }
}

/// Work for another task, which tells whoever listens to this one.
pub(crate) fn carried<T>(work: impl Future<Output = T>) -> impl Future<Output = T> {
    let notes = NOTES.try_with(Arc::clone).ok();
    async move {
        match notes {
            Some(notes) => heard(notes, work).await,
            None => work.await,
        }
    }
}

/// Tells whoever listens to the call that runs just now.
pub(crate) fn tell(note: Note) {
    // Without a listener nobody is told.
    let _ = NOTES.try_with(|notes| notes.note(note));
}

async fn heard<T>(notes: Arc<dyn Notes>, work: impl Future<Output = T>) -> T {
    let of_client = Arc::clone(&notes);
    let listener: Listener = Arc::new(move |notice| of_client.note(told(&notice)));
    NOTES.scope(notes, listening(listener, work)).await
}

fn told(notice: &Notice) -> Note {
    match notice {
        Notice::SentAgain { attempts, delay } => Note::new(
            NoteLevel::Warning,
            format!(
                "A request to Salesforce failed (attempt {attempts}) and is sent again after {:.1} s.",
                delay.as_secs_f64()
            ),
        ),
        Notice::NewSession => {
            Note::new(NoteLevel::Info, "Salesforce refused the session; a new one was obtained.")
        }
        Notice::SlowedDown { delay } => Note::new(
            NoteLevel::Warning,
            format!(
                "The budget of requests is running low; a request waits {:.1} s.",
                delay.as_secs_f64()
            ),
        ),
        _ => Note::new(NoteLevel::Info, "The client did something by itself."),
    }
}
