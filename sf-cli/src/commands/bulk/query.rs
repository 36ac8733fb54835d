//! `sf-agent bulk query`: rows into a file that has its name only once it is whole.

use std::io::{BufWriter, Write, stdout};
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use futures_util::{FutureExt, TryStreamExt};
use serde_json::{Map, Value};
use sf_rest::bulk::{BulkRow, OnDrop};
use sf_soql::ast::Query;

use crate::args::BulkQuery;
use crate::commands::data::count;
use crate::connect::connect;
use crate::exit::{Ended, Exit};
use crate::interrupt::Interrupt;
use crate::progress::Progress;
use crate::rows::named;
use crate::sheet::Sheet;

pub(crate) async fn run(options: &BulkQuery, org: Option<&str>) -> Result<()> {
    let statement = sf_soql::parse(&options.soql).map_err(|error| anyhow!("{error}"))?;
    let connection = connect(org).await?;
    let client = connection.raw("sf-agent bulk query")?;
    let interrupt = Interrupt::of_reading();
    let progress = Progress::rows();

    let job = client.bulk_query::<BulkRow>(statement.to_string()).on_drop(OnDrop::Leave);
    let job = job.start().await?;
    let waited = tokio::select! {
        () = interrupt.pressed() => None,
        info = job.wait() => Some(info),
    };
    let Some(info) = waited else {
        // One that ended in this moment cannot be aborted, and needs not be.
        if let Err(error) = job.abort().await {
            tracing::debug!(%error, "the job was not aborted");
        }
        progress.end();
        eprintln!("Interrupted; the job is aborted, and nothing was written.");
        return Err(Ended(Exit::Interrupted).into());
    };
    let total = info?.number_records_processed;
    let rows = job.rows();
    if options.out == Path::new("-") {
        let out = BufWriter::new(progress.above(stdout().lock()));
        let sheet = Sheet::on_stdout(options.format, out);
        return written(copy(rows, sheet, &statement, &interrupt, (&progress, total)).await?);
    }
    let told = || format!("{} cannot be written", options.out.display());
    let folder = options.out.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut file = beside(folder.unwrap_or(Path::new("."))).with_context(told)?;
    let sheet = Sheet::new(options.format, BufWriter::new(file.as_file_mut()));
    let copied = copy(rows, sheet, &statement, &interrupt, (&progress, total)).await?;
    if matches!(copied, Copied::Whole(_)) {
        file.as_file().sync_all().with_context(told)?;
        if let Ok(there) = std::fs::metadata(&options.out) {
            // Who may read what it replaces may read this, and nobody else.
            file.as_file().set_permissions(there.permissions()).with_context(told)?;
        }
        file.persist(&options.out).with_context(told)?;
    }
    written(copied)
}

/// A file that others may read as the umask of this user says, which temporary ones are not.
fn beside(folder: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

#[derive(Clone, Copy)]
enum Copied {
    Whole(u64),
    Interrupted(u64),
}

fn written(copied: Copied) -> Result<()> {
    match copied {
        Copied::Whole(rows) => {
            eprintln!("{}", count(rows));
            Ok(())
        }
        Copied::Interrupted(rows) => {
            eprintln!(
                "Interrupted after {}; a file takes its name only when it is whole.",
                count(rows)
            );
            Err(Ended(Exit::Interrupted).into())
        }
    }
}

async fn copy<W: Write>(
    mut rows: sf_rest::bulk::BulkRows<BulkRow>,
    mut sheet: Sheet<W>,
    statement: &Query,
    interrupt: &Interrupt,
    (progress, total): (&Progress, Option<u64>),
) -> Result<Copied> {
    let mut copied = 0;
    let outcome = loop {
        if interrupt.is_pressed() {
            break Ok(Copied::Interrupted(copied));
        }
        let next = match rows.try_next().now_or_never() {
            Some(next) => next,
            None => tokio::select! {
                () = interrupt.pressed() => continue,
                next = rows.try_next() => next,
            },
        };
        match next {
            Ok(Some(row)) => {
                if copied == 0 {
                    sheet.head(row.iter().map(|(name, _)| name.to_owned()).collect())?;
                }
                put(&mut sheet, &row)?;
                copied += 1;
                progress.set(copied, total);
            }
            Ok(None) => {
                if copied == 0 {
                    // The head, so that a program finds the columns that it expects.
                    sheet.head(named(statement).unwrap_or_default())?;
                }
                break Ok(Copied::Whole(copied));
            }
            Err(error) => break Err(error),
        }
    };
    sheet.flush()?;
    progress.end();
    outcome.with_context(|| format!("the result is incomplete: stopped after {}", count(copied)))
}

fn put<W: Write>(sheet: &mut Sheet<W>, row: &BulkRow) -> Result<()> {
    if !sheet.is_json() {
        return sheet.line(row.iter().map(|(_, value)| value.to_owned()).collect());
    }
    // Bulk results are text, in which an empty one is null.
    let value = |text: &str| if text.is_empty() { Value::Null } else { Value::from(text) };
    let row: Map<String, Value> =
        row.iter().map(|(name, text)| (name.to_owned(), value(text))).collect();
    sheet.object(&row)
}
