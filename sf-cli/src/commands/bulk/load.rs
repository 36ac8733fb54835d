//! `sf-agent bulk load`: rows of a CSV file into jobs, and what became of every one of them. Where the
//! configuration names a policy or a log, the load is that of the agents' tool.

mod direct;
mod guarded;

use std::fs::File;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use sf_rest::Client;
use sf_schema::Catalog;

use crate::args::{BulkLoad, Format, LoadOperation};
use crate::commands::data::{agrees_to_load, heads, may_write, sheet};
use crate::connect::connect;
use crate::exit::{Ended, Exit, usage};
use crate::interrupt::Interrupt;
use crate::out::harmless;
use crate::progress::Progress;

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
    may_write(&connection)?;
    let terms = connection.terms();
    let is_guarded = terms.policy.is_some() || terms.audit.is_some();
    if !is_guarded {
        check_columns(connection.raw("sf-agent bulk load")?, options).await?;
    }
    let interrupt = Interrupt::of_writing();
    if options.operation == LoadOperation::Delete
        && !agrees_to_load(&options.object, &options.csv, options.yes, &interrupt).await?
    {
        eprintln!("Nothing was deleted.");
        return Err(Ended(Exit::Failed).into());
    }
    if is_guarded {
        return guarded::run(connection, options, &failed, interrupt).await;
    }
    direct::run(connection.raw("sf-agent bulk load")?, options, &failed, &interrupt).await
}

/// Refuses a file with columns that the object does not have, for which the org would refuse every row.
/// A parent's external id, which has a point in its name, is left to the org.
async fn check_columns(client: &Client, options: &BulkLoad) -> Result<()> {
    let mut file = csv::ReaderBuilder::new().flexible(true).from_path(&options.csv)?;
    let Ok(names) = file.headers() else { return Ok(()) };
    let object = Catalog::new(client.clone()).object(&options.object).await?;
    let unknown = names.iter().filter(|name| !name.contains('.') && object.field(name).is_none());
    let lines: Vec<String> = unknown
        .map(|name| {
            let near = object.suggest_fields(name).into_iter().next();
            let near = near.map(|near| format!(" Did you mean {near}?")).unwrap_or_default();
            harmless(&format!("\n  {} has no field {name:?}.{near}", object.name))
        })
        .collect();
    if lines.is_empty() {
        return Ok(());
    }
    bail!(
        "the columns of {} are not right; nothing was sent{}",
        options.csv.display(),
        lines.concat()
    )
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

    /// Prints how many there are of each kind.
    fn print(&self, jobs: &str, progress: &Progress, format: Format) -> Result<()> {
        let mut sheet = sheet(format, progress);
        let names = ["jobs", "created", "written", "failed", "unprocessed"];
        sheet.head(heads(format, &names))?;
        let numbers = [self.created, self.written, self.failed, self.unprocessed];
        let mut cells = vec![Value::from(jobs)];
        cells.extend(numbers.map(Value::from));
        sheet.values(&cells)?;
        sheet.flush()
    }
}

/// The file of the rows that were not written, made with the first of them.
struct Failed<'a> {
    path: &'a Path,
    file: Option<csv::Writer<File>>,
}

impl<'a> Failed<'a> {
    fn new(path: &'a Path) -> Self {
        Self { path, file: None }
    }

    /// Writes a row as it was given, with the reason in a last column.
    fn keep(&mut self, names: Vec<&str>, values: Vec<&str>, why: &str) -> Result<()> {
        let path = self.path;
        let cannot = || format!("{} cannot be written", path.display());
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                let made = File::create_new(path).with_context(cannot)?;
                let mut made = csv::Writer::from_writer(made);
                made.write_record(names.into_iter().chain(["sf__Error"])).with_context(cannot)?;
                self.file.insert(made)
            }
        };
        file.write_record(values.into_iter().chain([why])).with_context(cannot)
    }

    /// Says where they are, if there are any.
    fn end(self) -> Result<()> {
        if let Some(mut file) = self.file {
            file.flush().with_context(|| format!("{} cannot be written", self.path.display()))?;
            eprintln!("Rows that were not written: {}", self.path.display());
        }
        Ok(())
    }
}
