//! `sf-agent bulk query`: rows into a file that has its name only once it is whole. The rows are those
//! that the policy lets be read, as it lets them be read, where the configuration names one.

use std::io::{BufWriter, ErrorKind, Write, stdout};
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use serde_json::{Map, Value};
use sf_agent_tools::BulkExport;
use sf_soql::ast::Query;

use crate::args::BulkQuery;
use crate::commands::data::{Work, count};
use crate::connect::connect;
use crate::exit::{Ended, Exit};
use crate::interrupt::Interrupt;
use crate::progress::Progress;
use crate::refused::{Refused, for_person};
use crate::rows::named;
use crate::sheet::Sheet;

pub(crate) async fn run(options: &BulkQuery, org: Option<&str>) -> Result<()> {
    let statement = sf_soql::parse(&options.soql).map_err(|error| anyhow!("{error}"))?;
    let cannot = || format!("{} cannot be written", options.out.display());
    // A place that cannot be written to is told before the job is made.
    let file = match options.out == Path::new("-") {
        true => None,
        false => Some(beside(&options.out).with_context(cannot)?),
    };
    let interrupt = Interrupt::of_reading();
    let work = Work::begin(connect(org).await?, interrupt.clone())?;
    let progress = Progress::rows();

    let mut export = work.export(&options.soql).await?;
    let waited = tokio::select! {
        () = interrupt.pressed() => None,
        total = export.wait() => Some(total),
    };
    let Some(total) = waited else {
        export.abort().await;
        progress.end();
        eprintln!("Interrupted; the job is aborted, and nothing was written.");
        return Err(Ended(Exit::Interrupted).into());
    };
    let rows = Rows { export, total: total.map_err(Refused)?, statement, interrupt };
    let Some(mut file) = file else {
        let out = BufWriter::new(progress.above(stdout().lock()));
        let sheet = Sheet::on_stdout(options.format, out);
        return told(&rows.copy(sheet, &progress).await?);
    };
    let sheet = Sheet::new(options.format, BufWriter::new(file.as_file_mut()));
    let copied = rows.copy(sheet, &progress).await?;
    if copied.is_whole {
        file.as_file().sync_all().with_context(cannot)?;
        if let Ok(there) = std::fs::metadata(&options.out) {
            // Who may read what it replaces may read this, and nobody else.
            file.as_file().set_permissions(there.permissions()).with_context(cannot)?;
        }
        file.persist(&options.out).with_context(cannot)?;
    }
    told(&copied)
}

/// A new file in the folder of `out`, which others may read as the umask of this user says, and other
/// temporary ones not.
fn beside(out: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    if out.is_dir() {
        return Err(ErrorKind::IsADirectory.into());
    }
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder.unwrap_or(Path::new(".")))
}

/// What was copied.
struct Copied {
    rows: u64,
    is_whole: bool,
    /// What is missing besides rows.
    flaw: Option<String>,
}

fn told(copied: &Copied) -> Result<()> {
    let rows = count(copied.rows);
    if !copied.is_whole {
        eprintln!("Interrupted after {rows}; a file takes its name only when it is whole.");
        return Err(Ended(Exit::Interrupted).into());
    }
    if let Some(flaw) = &copied.flaw {
        eprintln!("error: incomplete: {}", for_person(flaw));
        return Err(Ended(Exit::Failed).into());
    }
    eprintln!("{rows}");
    Ok(())
}

/// The rows of a job that is over.
struct Rows {
    export: BulkExport,
    total: u64,
    statement: Query,
    interrupt: Interrupt,
}

impl Rows {
    async fn copy<W: Write>(mut self, mut sheet: Sheet<W>, progress: &Progress) -> Result<Copied> {
        let mut rows = 0;
        let mut columns = Vec::new();
        let outcome = loop {
            let next = tokio::select! {
                biased;
                () = self.interrupt.pressed() => break Ok(false),
                next = self.export.rows() => next,
            };
            match next {
                Ok(Some(batch)) => {
                    if rows == 0 {
                        columns = self.export.columns();
                        sheet.head(columns.clone())?;
                    }
                    for row in batch {
                        put(&mut sheet, &columns, row)?;
                        rows += 1;
                    }
                    progress.set(rows, Some(self.total));
                }
                Ok(None) => {
                    if rows == 0 {
                        // The head, so that a program finds the columns that it expects.
                        sheet.head(named(&self.statement).unwrap_or_default())?;
                    }
                    break Ok(true);
                }
                Err(error) => break Err(error),
            }
        };
        sheet.flush()?;
        progress.end();
        match outcome {
            Ok(is_whole) => Ok(Copied { rows, is_whole, flaw: self.export.flaw() }),
            Err(error) => Err(anyhow::Error::from(Refused(error))
                .context(format!("the result is incomplete: stopped after {}", count(rows)))),
        }
    }
}

fn put<W: Write>(sheet: &mut Sheet<W>, columns: &[String], row: Vec<String>) -> Result<()> {
    if !sheet.is_json() {
        return sheet.line(row);
    }
    // Bulk results are text, in which an empty one is null.
    let value = |text: String| if text.is_empty() { Value::Null } else { Value::from(text) };
    let row: Map<String, Value> =
        columns.iter().zip(row).map(|(name, text)| (name.clone(), value(text))).collect();
    sheet.object(&row)
}
