//! When bulk jobs go on: by themselves, or step by step as a test says.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, oneshot, watch};

/// Rows of a page of query results when the client names no number: the
/// platform's default for a chunk by primary key.
const PAGE_ROWS: usize = 100_000;

/// Of uploads, for the results of finished jobs.
const KEPT_BYTES: usize = 512 * 1024 * 1024;

/// A client that asks for more rows gets these, and a locator.
pub(super) const MAX_PAGE_ROWS: usize = 250_000;

/// The processing of Bulk API 2.0 jobs, which runs in the background.
///
/// Left alone, a job starts as soon as it may. A test that wants to see the
/// states between holds the jobs and lets them go on one step at a time:
///
/// ```no_run
/// # async fn example(org: &sf_emulator::Emulator) {
/// org.bulk_jobs().hold();
/// // … a client closes its ingest job: the state stays `UploadComplete` …
/// org.bulk_jobs().step().await; // `InProgress`
/// org.bulk_jobs().step().await; // 200 records are processed
/// org.bulk_jobs().release();
/// org.bulk_jobs().idle().await; // `JobComplete`
/// # }
/// ```
///
/// The first step of an ingest job reads its data, which may fail the job; each
/// further one writes 200 records, and the last of them completes it. The first
/// step of a query job makes it `InProgress`, the second runs the query.
#[derive(Debug)]
pub struct BulkJobs {
    gate: Mutex<Gate>,
    arrived: Notify,
    running: watch::Sender<usize>,
    settled: AtomicBool,
    page_rows: AtomicUsize,
    kept_bytes: AtomicUsize,
}

#[derive(Debug, Default)]
struct Gate {
    held: bool,
    /// Jobs that wait for their next step, longest first.
    waiting: VecDeque<oneshot::Sender<Turn>>,
}

/// The right to one step; the step is over when this is dropped.
#[derive(Debug, Default)]
pub(super) struct Turn {
    _over: Option<oneshot::Sender<()>>,
}

/// Counts as a running job until it is dropped.
pub(super) struct Running(std::sync::Arc<BulkJobs>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.send_modify(|count| *count -= 1);
    }
}

impl Default for BulkJobs {
    fn default() -> Self {
        Self {
            gate: Mutex::default(),
            arrived: Notify::new(),
            running: watch::Sender::new(0),
            settled: AtomicBool::new(false),
            page_rows: AtomicUsize::new(PAGE_ROWS),
            kept_bytes: AtomicUsize::new(KEPT_BYTES),
        }
    }
}

impl BulkJobs {
    /// From now on a job waits before each of its steps.
    pub fn hold(&self) {
        self.lock().held = true;
    }

    /// Jobs go on by themselves again, those that wait included.
    pub fn release(&self) {
        let mut gate = self.lock();
        gate.held = false;
        for job in gate.waiting.drain(..) {
            // A job whose receiver is gone has ended.
            let _ = job.send(Turn::default());
        }
    }

    /// Lets the job that has waited longest do one step, waiting until there
    /// is one, and returns when the step is done. Returns at once if the jobs
    /// are not held.
    pub async fn step(&self) {
        self.step_of_job().await;
    }

    /// As [`BulkJobs::step`]; `false` if the jobs are not held.
    pub(crate) async fn step_of_job(&self) -> bool {
        loop {
            // Made before the look at the queue, so that no arrival is missed.
            let arrival = self.arrived.notified();
            let next = {
                let mut gate = self.lock();
                if !gate.held {
                    return false;
                }
                gate.waiting.pop_front()
            };
            match next {
                None => arrival.await,
                Some(job) => {
                    let (over, done) = oneshot::channel();
                    if job.send(Turn { _over: Some(over) }).is_ok() {
                        // Nothing is sent: the step is over when the sender is dropped.
                        let _ = done.await;
                        return true;
                    }
                }
            }
        }
    }

    /// Returns when no closed job is left to process. While jobs are held this
    /// waits for their release.
    pub async fn idle(&self) {
        // The sender is part of this value, so it is there.
        let _ = self.running.subscribe().wait_for(|count| *count == 0).await;
    }

    /// From now on a look at a job (`GET` of its information) is answered when no job works any
    /// more, so that a client looks once, however fast the machine is: for tests that count
    /// requests. While jobs are held it is answered at once.
    pub fn settle(&self) {
        self.settled.store(true, Ordering::Relaxed);
    }

    /// Waits before a look at a job is answered.
    pub(super) async fn before_look(&self) {
        if self.settled.load(Ordering::Relaxed) && !self.lock().held {
            self.idle().await;
        }
    }

    /// How many rows a page of query results has when the client names no
    /// `maxRecords`: 100,000 unless set, 1 to 250,000. Pages for parallel download
    /// (`resultPages`) have this many.
    pub fn set_page_rows(&self, rows: usize) {
        self.page_rows.store(rows.clamp(1, MAX_PAGE_ROWS), Ordering::Relaxed);
    }

    pub(super) fn page_rows(&self) -> usize {
        self.page_rows.load(Ordering::Relaxed)
    }

    /// How many bytes of uploaded data the org keeps for the results of finished
    /// ingest jobs: 512 MiB unless set. Beyond that the oldest jobs lose theirs,
    /// and asking for their results answers `INVALIDJOBSTATE`. Large uploads
    /// are kept in files, small ones in memory.
    pub fn set_kept_bytes(&self, bytes: usize) {
        self.kept_bytes.store(bytes, Ordering::Relaxed);
    }

    pub(super) fn kept_bytes(&self) -> usize {
        self.kept_bytes.load(Ordering::Relaxed)
    }

    /// Waits for the next step.
    pub(super) async fn turn(&self) -> Turn {
        let turn = {
            let mut gate = self.lock();
            if !gate.held {
                return Turn::default();
            }
            let (sender, turn) = oneshot::channel();
            gate.waiting.push_back(sender);
            turn
        };
        self.arrived.notify_waiters();
        turn.await.unwrap_or_default()
    }

    pub(super) fn begin(self: &std::sync::Arc<Self>) -> Running {
        self.running.send_modify(|count| *count += 1);
        Running(std::sync::Arc::clone(self))
    }

    fn lock(&self) -> MutexGuard<'_, Gate> {
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
