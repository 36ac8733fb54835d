//! Jobs: what they are to do, how far they are, and where they are kept.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::dialect::Dialect;
use crate::engine::{Caller, id};

/// How long the platform keeps a job and its results.
const LIFE: SignedDuration = SignedDuration::from_hours(7 * 24);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Open,
    UploadComplete,
    InProgress,
    JobComplete,
    Failed,
    Aborted,
}

impl State {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Open => "Open",
            Self::UploadComplete => "UploadComplete",
            Self::InProgress => "InProgress",
            Self::JobComplete => "JobComplete",
            Self::Failed => "Failed",
            Self::Aborted => "Aborted",
        }
    }

    pub(super) fn is_over(self) -> bool {
        matches!(self, Self::JobComplete | Self::Failed | Self::Aborted)
    }

    /// As the platform's refusals call it.
    pub(super) fn participle(self) -> &'static str {
        match self {
            Self::JobComplete => "Completed",
            other => other.name(),
        }
    }
}

/// How far a job is.
#[derive(Debug)]
pub(super) struct Progress {
    pub(super) state: State,
    pub(super) modified: Timestamp,
    pub(super) processed: usize,
    pub(super) failed: usize,
    /// Milliseconds between start and end.
    pub(super) total_ms: u128,
    /// Milliseconds in the engine.
    pub(super) active_ms: u128,
    pub(super) error: Option<String>,
}

/// One job; `task` is what makes it an ingest or a query job.
#[derive(Debug)]
pub(super) struct Job<T> {
    pub(super) id: String,
    /// Who made it, at which version and when; it runs as this user.
    pub(super) caller: Caller,
    /// In the schema's capitalisation.
    pub(super) object: String,
    pub(super) dialect: Dialect,
    pub(super) task: T,
    progress: Mutex<Progress>,
}

impl<T> Job<T> {
    pub(super) fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn state(&self) -> State {
        self.progress().state
    }

    /// Goes from one state to another; `false` if the job is in a third one,
    /// because somebody aborted it.
    pub(super) fn go(&self, from: State, to: State, now: Timestamp) -> bool {
        let mut progress = self.progress();
        let fits = progress.state == from;
        if fits {
            progress.state = to;
            progress.modified = now;
        }
        fits
    }

    pub(super) fn fail(&self, message: String, now: Timestamp) {
        let mut progress = self.progress();
        if !progress.state.is_over() {
            progress.state = State::Failed;
            progress.modified = now;
            progress.error = Some(message);
        }
    }
}

/// The jobs of one kind, by id, which is by age.
#[derive(Debug)]
pub(super) struct Shelf<T> {
    jobs: Mutex<BTreeMap<String, Arc<Job<T>>>>,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self { jobs: Mutex::default() }
    }
}

impl<T> Shelf<T> {
    /// Keeps a new job; `number` counts the jobs of the org.
    pub(super) fn add(
        &self,
        number: u64,
        caller: Caller,
        object: String,
        dialect: Dialect,
        state: State,
        task: T,
    ) -> Arc<Job<T>> {
        let progress = Progress {
            state,
            modified: caller.now,
            processed: 0,
            failed: 0,
            total_ms: 0,
            active_ms: 0,
            error: None,
        };
        let job = Arc::new(Job {
            id: id::make("750", number),
            caller,
            object,
            dialect,
            task,
            progress: Mutex::new(progress),
        });
        self.lock(job.caller.now).insert(job.id.clone(), Arc::clone(&job));
        job
    }

    /// By an id of 15 or 18 characters.
    pub(super) fn find(&self, id: &str, now: Timestamp) -> Option<Arc<Job<T>>> {
        self.lock(now).get(&id::normalise(id)?).cloned()
    }

    pub(super) fn remove(&self, id: &str, now: Timestamp) {
        self.lock(now).remove(id);
    }

    /// Newest first.
    pub(super) fn list(&self, now: Timestamp) -> Vec<Arc<Job<T>>> {
        self.lock(now).values().rev().cloned().collect()
    }

    /// Without the jobs whose time is over.
    fn lock(&self, now: Timestamp) -> MutexGuard<'_, BTreeMap<String, Arc<Job<T>>>> {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(oldest) = jobs.first_entry() {
            if now.duration_since(oldest.get().caller.now) < LIFE {
                break;
            }
            oldest.remove();
        }
        jobs
    }
}
