//! The runs of reports in the background, and when they go on.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use crate::engine::{ApiError, Caller, id};

/// The runs of reports that clients started in the background
/// (`POST /analytics/reports/{id}/instances`).
///
/// Left alone, a run is `New` when it is started and `Success` when a client
/// looks at it for the first time. A test that wants to see the states between
/// holds the runs and lets them go on one step at a time:
///
/// ```no_run
/// # fn example(org: &sf_emulator::Emulator) {
/// org.report_runs().hold();
/// // … a client starts a run: `New` …
/// org.report_runs().step(); // `Running`
/// org.report_runs().step(); // `Success`, or `Error`
/// org.report_runs().release();
/// # }
/// ```
///
/// A run is forgotten 24 hours after it was asked for, by the org's clock.
#[derive(Debug, Default)]
pub struct ReportRuns {
    all: Mutex<All>,
}

#[derive(Debug, Default)]
struct All {
    held: bool,
    begun: u64,
    /// The oldest first.
    runs: Vec<Run>,
}

/// One run.
#[derive(Debug, Clone)]
pub(super) struct Run {
    /// `0LG…`.
    pub(super) id: String,
    pub(super) report_id: String,
    pub(super) report_name: String,
    /// Who started it, and when.
    pub(super) caller: Caller,
    /// The report's metadata with the changes of this run.
    pub(super) metadata: Map<String, Value>,
    pub(super) details: bool,
    pub(super) requested: Timestamp,
    pub(super) stage: Stage,
}

/// How far a run is.
#[derive(Debug, Clone)]
pub(super) enum Stage {
    New,
    Running,
    /// Ends when somebody looks at it.
    Due,
    Over(Timestamp, Result<Arc<Map<String, Value>>, ApiError>),
}

impl Stage {
    pub(super) fn status(&self) -> &'static str {
        match self {
            Self::New => "New",
            Self::Running | Self::Due => "Running",
            Self::Over(_, Ok(_)) => "Success",
            Self::Over(_, Err(_)) => "Error",
        }
    }

    pub(super) fn completed(&self) -> Option<Timestamp> {
        match self {
            Self::Over(at, _) => Some(*at),
            _ => None,
        }
    }
}

/// How long a run and its result are kept.
const LIFE: SignedDuration = SignedDuration::from_hours(24);

impl ReportRuns {
    /// From now on a run goes on only by [`ReportRuns::step`].
    pub fn hold(&self) {
        self.lock().held = true;
    }

    /// Runs go on by themselves again.
    pub fn release(&self) {
        self.lock().held = false;
    }

    /// Lets the oldest run that is not over do one step: `New` becomes
    /// `Running`, and that `Success` or `Error`. `false` if all runs are over.
    pub fn step(&self) -> bool {
        let mut all = self.lock();
        let next = all.runs.iter_mut().find(|run| matches!(run.stage, Stage::New | Stage::Running));
        let Some(run) = next else { return false };
        run.stage = if matches!(run.stage, Stage::New) { Stage::Running } else { Stage::Due };
        true
    }

    pub(super) fn begin(&self, make: impl FnOnce(String) -> Run) -> Run {
        let mut all = self.lock();
        all.begun += 1;
        let run = make(id::make("0LG", all.begun));
        all.runs.push(run.clone());
        run
    }

    /// The caller's runs of a report, the newest first.
    pub(super) fn of(&self, report: &str, caller: &Caller) -> Vec<Run> {
        let mut all = self.lock();
        all.runs.retain(|run| caller.now.duration_since(run.requested) < LIFE);
        let mine = |run: &&Run| run.report_id == report && run.caller.user_id == caller.user_id;
        all.runs.iter().rev().filter(mine).cloned().collect()
    }

    pub(super) fn find(&self, report: &str, run: &str, caller: &Caller) -> Option<Run> {
        let (report, run) = (id::normalise(report)?, id::normalise(run)?);
        self.of(&report, caller).into_iter().find(|known| known.id == run)
    }

    /// Whether a look at the run ends it.
    pub(super) fn is_due(&self, run: &Run) -> bool {
        match run.stage {
            Stage::Due => true,
            Stage::New | Stage::Running => !self.lock().held,
            Stage::Over(..) => false,
        }
    }

    pub(super) fn put(&self, run: &Run) {
        let mut all = self.lock();
        if let Some(known) = all.runs.iter_mut().find(|known| known.id == run.id) {
            *known = run.clone();
        }
    }

    pub(super) fn forget(&self, id: &str) {
        self.lock().runs.retain(|run| run.id != id);
    }

    fn lock(&self) -> MutexGuard<'_, All> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
