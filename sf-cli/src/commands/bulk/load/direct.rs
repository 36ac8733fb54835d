//! A load where no policy and no log is in the way: any number of rows, in as many jobs as they need.

use std::path::Path;

use anyhow::{Result, bail};
use futures_util::TryStreamExt;
use sf_rest::Client;
use sf_rest::bulk::{IngestJob, IngestJobs, IngestOperation, OnDrop, RowOutcome, SentRow};

use super::{Counts, Failed};
use crate::args::{BulkLoad, Format, LoadOperation};
use crate::exit::{self, Ended, Exit};
use crate::failure::render;
use crate::interrupt::Interrupt;
use crate::progress::Progress;

pub(super) async fn run(
    client: &Client,
    options: &BulkLoad,
    failed: &Path,
    interrupt: &Interrupt,
) -> Result<()> {
    let progress = Progress::rows();
    let Some(jobs) = send(client, options, interrupt, &progress).await? else {
        // Of the jobs that were closed nobody has seen the outcome.
        return Err(Ended(Exit::Unknown).into());
    };
    if jobs.jobs().is_empty() && jobs.stopped().is_none() {
        bail!("there is no row in {}; nothing was sent", options.csv.display());
    }
    let is_whole = jobs.stopped().is_none();
    let mut aborted = false;
    let waited = tokio::select! {
        () = interrupt.pressed() => None,
        waited = jobs.wait() => Some(waited),
    };
    if waited.is_none() {
        eprintln!("Interrupted: the job is being aborted. What it has written stays.");
        aborted = true;
        if let Err(error) = jobs.abort().await {
            tracing::debug!(%error, "a job was not aborted");
        }
    }
    let rows = |job: &IngestJob| job.positions().end - job.positions().start;
    let sent: u64 = jobs.jobs().iter().map(rows).sum();
    let Told { counts, ended, kept, printed } = tell(jobs, failed, &progress, options.format).await;
    progress.end();
    // What stopped the sending ends the outcomes, too, behind the last row that was sent.
    let is_known = kept.is_ok() && (ended.is_ok() || (!is_whole && counts.rows() == sent));
    // Why a job failed as a whole, why not all rows were sent, or why not all outcomes are known.
    let error = match waited {
        Some(Err(error)) => Some(anyhow::Error::from(error)),
        _ => ended.err().map(anyhow::Error::from).or(kept.err()),
    };
    if let Some(error) = error {
        return Err(broken(&error, is_known, aborted));
    }
    match (aborted, counts.lost()) {
        (true, _) => Err(Ended(Exit::Interrupted).into()),
        // Whether or not anybody reads it: what became of the rows decides the status.
        (false, 0) if is_whole => exit::unread(printed),
        _ => Err(Ended(Exit::Failed).into()),
    }
}

/// What went wrong once rows were sent. It is never told as what can be tried again: that would write
/// again what was written.
fn broken(error: &anyhow::Error, is_known: bool, aborted: bool) -> anyhow::Error {
    let exit = match exit::of(error) {
        _ if !is_known => Exit::Unknown,
        _ if aborted => Exit::Interrupted,
        Exit::Later => Exit::Failed,
        exit => exit,
    };
    eprintln!("{}", render(error));
    if !is_known {
        eprintln!("What became of some rows is not known: look before you send the file again.");
    }
    Ended(exit).into()
}

/// Sends the rows; none if Ctrl-C came before the last of them was sent.
async fn send(
    client: &Client,
    options: &BulkLoad,
    interrupt: &Interrupt,
    progress: &Progress,
) -> Result<Option<IngestJobs>> {
    let operation = match options.operation {
        LoadOperation::Insert => IngestOperation::Insert,
        LoadOperation::Update => IngestOperation::Update,
        LoadOperation::Delete => IngestOperation::Delete,
        LoadOperation::Upsert => {
            IngestOperation::Upsert { external_id: options.external_id.clone().unwrap_or_default() }
        }
    };
    let tell = progress.teller();
    let load = client.bulk_ingest(&options.object, operation).on_drop(OnDrop::Leave);
    let mut load = load.on_progress(move |now| tell.tell(now.processed, now.rows_sent));
    let gone = load.gone();
    let sending = load.send_csv_file(&options.csv);
    tokio::select! {
        () = interrupt.pressed() => {}
        jobs = sending => return Ok(Some(jobs?)),
    }
    progress.end();
    eprintln!(
        "Interrupted while the rows were sent. What is in no closed job is not written; closed jobs go on."
    );
    // If the process ended now, the job that was open for data would stay so for a week.
    gone.await;
    Ok(None)
}

/// What became of the rows.
struct Told {
    counts: Counts,
    /// Why what is told ends early.
    ended: Result<(), sf_rest::Error>,
    /// Whether the rows that were not written are all in their file.
    kept: Result<()>,
    /// Whether the counts could be printed.
    printed: Result<()>,
}

/// Writes the rows that were not written to a file, and prints how many there are of each kind.
async fn tell(jobs: IngestJobs, failed: &Path, progress: &Progress, format: Format) -> Told {
    let ids: Vec<String> = jobs.jobs().iter().map(|job| job.id().to_string()).collect();
    let mut outcomes = jobs.outcomes();
    let (mut counts, mut rows, mut failed) = (Counts::default(), 0_u64, Failed::new(failed));
    let mut kept = Ok(());
    let ended = loop {
        let sent = match outcomes.try_next().await {
            Ok(Some(sent)) => sent,
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        };
        rows += 1;
        progress.set(rows, None);
        match &sent.outcome {
            RowOutcome::Successful { created: true, .. } => counts.created += 1,
            RowOutcome::Successful { .. } => counts.written += 1,
            RowOutcome::Failed { .. } => counts.failed += 1,
            _ => counts.unprocessed += 1,
        }
        // Rows are counted all the same, in whatever way their file fails.
        if kept.is_ok()
            && let Some(why) = reason(&sent)
        {
            let (names, values) = sent.row.iter().unzip::<_, _, Vec<_>, Vec<_>>();
            kept = failed.keep(names, values, &why);
        }
    };
    let kept = kept.and_then(|()| failed.end());
    let printed = counts.print(&ids.join(" "), progress, format);
    Told { counts, ended, kept, printed }
}

/// Why a row was not written.
fn reason(sent: &SentRow) -> Option<String> {
    match &sent.outcome {
        RowOutcome::Successful { .. } => None,
        RowOutcome::Failed { error, .. } => Some(error.to_string()),
        RowOutcome::Unprocessed { reason: Some(reason) } => Some(format!("not reached: {reason}")),
        _ => Some("not reached".to_owned()),
    }
}
