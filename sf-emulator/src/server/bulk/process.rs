//! The background work of ingest jobs: 200 records at a time, as the platform
//! hands them to triggers (Bulk API 2.0 Developer Guide, "General Guidelines
//! for Data Loads").
//!
//! A job holds the org only while it works, so that an org that is dropped
//! does not live on in its jobs.

use std::io::Cursor;
use std::sync::{Arc, Weak};
use std::time::Instant;

use bytes::Bytes;

use super::check::check;
use super::columns::{Column, Refused, columns};
use super::control::BulkJobs;
use super::job::{Job, State};
use super::objects::Objects;
use super::row;
use super::spec::{Ingest, Operation};
use super::upload::Outcome;
use crate::engine::{Caller, Engine, Write};
use crate::server::Org;

/// Records that the platform counts as a batch against the day's allowance
/// (Bulk API 2.0 Developer Guide, "Limits").
const BATCH: usize = 10_000;

/// Records of one step.
const CHUNK: usize = 200;

/// Data that passed the checks, and where the work in it is.
struct Work {
    columns: Vec<Column>,
    reader: csv::Reader<Cursor<Bytes>>,
    records: usize,
}

/// Starts a job that has just been closed.
pub(super) fn start(org: &Arc<Org>, job: Arc<Job<Ingest>>) {
    let control = Arc::clone(&org.bulk.control);
    let running = control.begin();
    let org = Arc::downgrade(org);
    tokio::spawn(async move {
        run(&org, &control, Arc::clone(&job)).await;
        put_aside(&org, job).await;
        drop(running);
    });
}

async fn run(org: &Weak<Org>, control: &BulkJobs, job: Arc<Job<Ingest>>) {
    let began = Instant::now();
    let turn = control.turn().await;
    let Some(mut work) = step(org, &job, read).await else { return };
    if work.records == 0 {
        finish(org, &job, began);
        return;
    }
    drop(turn);
    loop {
        let _turn = control.turn().await;
        let Some(rest) = step(org, &job, move |org, job| save(org, job, work)).await else {
            return;
        };
        let processed = {
            let mut progress = job.progress();
            progress.total_ms = began.elapsed().as_millis();
            progress.processed
        };
        if processed >= rest.records {
            finish(org, &job, began);
            return;
        }
        work = rest;
    }
}

/// Runs blocking work for a job; `None` if the job ended with it, or the org.
async fn step<T, F>(org: &Weak<Org>, job: &Arc<Job<Ingest>>, work: F) -> Option<T>
where
    T: Send + 'static,
    F: FnOnce(&Org, &Job<Ingest>) -> Option<T> + Send + 'static,
{
    let org = org.upgrade()?;
    let (held, doing) = (Arc::clone(&org), Arc::clone(job));
    match tokio::task::spawn_blocking(move || work(&held, &doing)).await {
        Ok(result) => result,
        Err(error) => {
            tracing::error!(%error, job = %job.id, "a bulk job failed");
            job.fail(
                "InternalServerError : The job could not be processed".into(),
                org.clock.now(),
            );
            None
        }
    }
}

/// Makes room: the data of a job that is over is needed for its results alone.
async fn put_aside(org: &Weak<Org>, job: Arc<Job<Ingest>>) {
    let Some(org) = org.upgrade() else { return };
    let moved = tokio::task::spawn_blocking(move || {
        job.task.upload().put_aside();
        forget_oldest(&org.bulk.ingest.list(org.clock.now()), org.bulk.control.kept_bytes());
    });
    if let Err(error) = moved.await {
        tracing::error!(%error, "the data of a bulk job stays where it is");
    }
}

/// Forgets the data of the oldest finished jobs beyond this many bytes in all.
fn forget_oldest(newest_first: &[Arc<Job<Ingest>>], most: usize) {
    let mut kept = 0_usize;
    for job in newest_first.iter().filter(|job| job.state().is_over()) {
        let mut upload = job.task.upload();
        kept = kept.saturating_add(upload.kept());
        if kept > most && upload.kept() > 0 {
            upload.forget();
        }
    }
}

fn finish(org: &Weak<Org>, job: &Job<Ingest>, began: Instant) {
    if let Some(org) = org.upgrade() {
        job.progress().total_ms = began.elapsed().as_millis();
        job.go(State::InProgress, State::JobComplete, org.clock.now());
    }
}

/// The caller of a job at the org's present time.
fn caller(org: &Org, job: &Job<Ingest>) -> Caller {
    Caller { now: org.clock.now(), ..job.caller.clone() }
}

/// The first step: the data as a whole, and its header.
fn read(org: &Org, job: &Job<Ingest>) -> Option<Work> {
    let caller = caller(org, job);
    if !job.go(State::UploadComplete, State::InProgress, caller.now) {
        return None;
    }
    let data = job.task.upload().data().unwrap_or_default();
    match prepare(&org.engine, &caller, job, data) {
        Ok(work) => {
            let batches = work.records.div_ceil(BATCH);
            org.bulk.batches.add(caller.now, u64::try_from(batches).unwrap_or(u64::MAX));
            Some(work)
        }
        Err(message) => {
            job.fail(message, caller.now);
            None
        }
    }
}

fn prepare(
    engine: &Engine,
    caller: &Caller,
    job: &Job<Ingest>,
    data: Bytes,
) -> Result<Work, String> {
    let records = check(&data, job.dialect)?;
    let mut reader = job.dialect.reader(Cursor::new(data));
    let mut header = csv::StringRecord::new();
    reader.read_record(&mut header).map_err(|error| unreadable(&error))?;
    let columns = columns(&mut Objects::new(engine, caller), job, &header);
    let columns = columns.map_err(|refused| match refused {
        Refused::Header(message) => message,
        Refused::Org(error) => format!("InvalidBatch : {}", row::error_text(&error)),
    })?;
    Ok(Work { columns, reader, records })
}

/// The check has let the data pass, so this is not reached.
fn unreadable(error: &csv::Error) -> String {
    format!("InvalidBatch : Failed to parse CSV. {error}")
}

/// The next records.
fn save(org: &Org, job: &Job<Ingest>, mut work: Work) -> Option<Work> {
    let caller = caller(org, job);
    if job.state() != State::InProgress {
        return None;
    }
    let began = Instant::now();
    let mut outcomes: Vec<Option<Outcome>> = Vec::with_capacity(CHUNK);
    let mut writes = Vec::with_capacity(CHUNK);
    let mut record = csv::StringRecord::new();
    while outcomes.len() < CHUNK {
        match work.reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                job.fail(unreadable(&error), caller.now);
                return None;
            }
        }
        match row::write(job, &work.columns, &record) {
            Ok(write) => {
                writes.push(write);
                outcomes.push(None);
            }
            Err(error) => {
                let id =
                    work.columns.iter().zip(&record).find(|(column, _)| **column == Column::Id);
                let id = id.map_or_else(String::new, |(_, id)| id.to_owned());
                outcomes.push(Some(Outcome::Refused { id, error }));
            }
        }
    }
    let hard = job.task.operation == Operation::HardDelete;
    let mut written = write(&org.engine, &caller, writes, hard).into_iter();
    let outcomes = outcomes.into_iter().filter_map(|known| known.or_else(|| written.next()));
    let outcomes: Vec<Outcome> = outcomes.collect();

    let failed = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Refused { .. }));
    let (count, failed) = (outcomes.len(), failed.count());
    job.task.upload().outcomes.extend(outcomes);
    let mut progress = job.progress();
    progress.processed += count;
    progress.failed += failed;
    progress.modified = caller.now;
    progress.active_ms += began.elapsed().as_millis();
    drop(progress);
    Some(work)
}

fn write(engine: &Engine, caller: &Caller, writes: Vec<Write>, hard: bool) -> Vec<Outcome> {
    let results = engine.write(caller, &writes, false);
    if hard {
        let gone = results.iter().flatten();
        let gone: Vec<_> =
            gone.map(|written| (written.object.clone(), written.id.clone())).collect();
        if let Err(error) = engine.purge(&gone) {
            tracing::error!(?error, "the recycle bin was not emptied");
        }
    }
    let outcomes = results.into_iter().zip(writes).map(|(result, write)| match result {
        Ok(written) => Outcome::Written { id: written.id, created: written.created },
        Err(error) => {
            let id = match write {
                Write::Update { id, .. } | Write::Delete { id, .. } => id,
                Write::Upsert { field, value, .. } if field == "Id" => value,
                _ => String::new(),
            };
            Outcome::Refused { id, error: row::error_text(&error) }
        }
    });
    outcomes.collect()
}
