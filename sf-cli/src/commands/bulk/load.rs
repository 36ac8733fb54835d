//! `sf-agent bulk load`: rows of a CSV file into jobs, and what became of every one of them.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use futures_util::TryStreamExt;
use serde_json::Value;
use sf_rest::Client;
use sf_rest::bulk::{IngestJob, IngestJobs, IngestOperation, OnDrop, RowOutcome, SentRow};

use crate::args::{BulkLoad, Format, LoadOperation};
use crate::commands::data::{agrees_to_load, sheet};
use crate::connect::{Connection, connect};
use crate::exit::{self, Ended, Exit, person, usage};
use crate::failure::render;
use crate::interrupt::Interrupt;
use crate::progress::Progress;

/// What the abortion of the job that was being sent is given when Ctrl-C stops that. A job that is
/// left open writes nothing all the same.
const ABORT: Duration = Duration::from_secs(2);

pub(crate) async fn run(options: &BulkLoad, org: Option<&str>) -> Result<()> {
    let failed = options.failed.clone().unwrap_or_else(|| options.csv.with_extension("failed.csv"));
    if failed.exists() {
        return Err(usage(format!(
            "{} exists; remove it, or name another file for failed rows with --failed",
            failed.display()
        )));
    }
    if options.external_id.is_some() && options.operation != LoadOperation::Upsert {
        return Err(usage("--external-id is for an upsert"));
    }
    if let Err(error) = File::open(&options.csv) {
        return Err(error).with_context(|| format!("{} cannot be read", options.csv.display()));
    }
    let connection = connect(org).await?;
    let client = allowed(&connection)?;
    let interrupt = Interrupt::of_writing();
    if options.operation == LoadOperation::Delete
        && !agrees_to_load(&options.object, &options.csv, options.yes, &interrupt).await?
    {
        eprintln!("Nothing was deleted.");
        return Err(Ended(Exit::Failed).into());
    }
    let progress = Progress::rows();
    let Some(jobs) = send(client, options, &interrupt, &progress).await? else {
        progress.end();
        eprintln!(
            "Interrupted while the rows were sent. What is in no closed job is not written; closed jobs go on."
        );
        // Of those nobody has seen the outcome.
        return Err(Ended(Exit::Unknown).into());
    };
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
    let told = tell(jobs, &failed, &progress, options.format).await;
    progress.end();
    let (counts, ended) = told?;
    // What stopped the sending ends the outcomes, too, behind the last row that was sent.
    let is_known = ended.is_ok() || (!is_whole && counts.rows() == sent);
    // Why a job failed as a whole, why not all rows were sent, or why not all outcomes are known.
    let error = match waited {
        Some(Err(error)) => Some(error),
        _ => ended.err(),
    };
    if let Some(error) = error {
        return Err(broken(&error.into(), is_known, aborted));
    }
    match (aborted, counts.lost()) {
        (true, _) => Err(Ended(Exit::Interrupted).into()),
        (false, 0) if is_whole => Ok(()),
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
    anstream::eprintln!("{}", render(error));
    if !is_known {
        eprintln!("What became of some rows is not known: look before you send the file again.");
    }
    Ended(exit).into()
}

/// The client, if nothing of the configuration stands in the way of a load.
fn allowed(connection: &Connection) -> Result<&Client> {
    let client = connection.raw("sf-agent bulk load")?;
    let terms = connection.terms();
    let name = terms.name.as_deref().unwrap_or_default();
    if terms.write == Some(false) {
        return Err(person(format!("the config says write = false for the org {name:?}")));
    }
    if let Some(audit) = &terms.audit {
        return Err(person(format!(
            "sf-agent bulk load is not possible in the org {name:?}: its writes are logged to {}, and those \
             of a bulk job cannot be. Nothing was sent",
            audit.display()
        )));
    }
    Ok(client)
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
    let load = load.on_progress(move |now| tell(now.processed, now.rows_sent));
    let sending = load.send_csv_file(&options.csv);
    tokio::select! {
        () = interrupt.pressed() => {
            // By a task of its own.
            tokio::time::sleep(ABORT).await;
            Ok(None)
        }
        jobs = sending => Ok(Some(jobs?)),
    }
}

/// What became of the rows.
#[derive(Default)]
struct Counts {
    created: u64,
    written: u64,
    failed: u64,
    unprocessed: u64,
}

impl Counts {
    /// Rows that were not written.
    fn lost(&self) -> u64 {
        self.failed + self.unprocessed
    }

    /// Rows of which it is known what became of them.
    fn rows(&self) -> u64 {
        self.created + self.written + self.lost()
    }
}

/// Writes the rows that were not written to a file, and prints how many there are of each kind. The
/// inner result is why what is told ends early.
async fn tell(
    jobs: IngestJobs,
    failed: &Path,
    progress: &Progress,
    format: Format,
) -> Result<(Counts, Result<(), sf_rest::Error>)> {
    let ids: Vec<String> = jobs.jobs().iter().map(|job| job.id().to_string()).collect();
    let mut outcomes = jobs.outcomes();
    let (mut counts, mut rows, mut file) = (Counts::default(), 0_u64, None);
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
        if let Some(why) = reason(&sent) {
            keep(&mut file, failed, &sent, &why)?;
        }
    };
    if let Some(mut file) = file {
        file.flush()?;
        eprintln!("Rows that were not written: {}", failed.display());
    }
    let mut sheet = sheet(format, progress);
    let names = ["jobs", "created", "written", "failed", "unprocessed"];
    let head =
        |name: &str| if format == Format::Table { name.to_uppercase() } else { name.to_owned() };
    sheet.head(names.map(head).to_vec())?;
    let numbers = [counts.created, counts.written, counts.failed, counts.unprocessed];
    let mut cells = vec![Value::from(ids.join(" "))];
    cells.extend(numbers.map(Value::from));
    sheet.values(&cells)?;
    sheet.flush()?;
    Ok((counts, ended))
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

type Failed = csv::Writer<File>;

/// Writes a row as it was sent, with the reason in a last column.
fn keep(file: &mut Option<Failed>, path: &Path, sent: &SentRow, why: &str) -> Result<()> {
    let told = || format!("{} cannot be written", path.display());
    let file = match file {
        Some(file) => file,
        None => {
            let mut made = csv::Writer::from_writer(File::create_new(path).with_context(told)?);
            let names = sent.row.iter().map(|(name, _)| name).chain(["sf__Error"]);
            made.write_record(names).with_context(told)?;
            file.insert(made)
        }
    };
    let values = sent.row.iter().map(|(_, value)| value).chain([why]);
    file.write_record(values).with_context(told)
}
