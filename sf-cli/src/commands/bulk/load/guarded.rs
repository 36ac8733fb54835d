//! A load under a policy, or into a log: all rows are checked before the first is sent, and go into one
//! job.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::json;
use sf_agent_tools::Completeness;

use super::{Counts, Failed};
use crate::args::{BulkLoad, LoadOperation, Reach};
use crate::commands::data::{Work, arguments, tell_notes};
use crate::connect::Connection;
use crate::exit::{Ended, Exit, unread};
use crate::failure::render;
use crate::interrupt::Interrupt;
use crate::progress::Progress;
use crate::refused::{for_person, look_at_job};

/// The states of a job that is over.
const OVER: [&str; 3] = ["JobComplete", "Failed", "Aborted"];

pub(super) async fn run(
    connection: Connection,
    options: &BulkLoad,
    failed: &Path,
    interrupt: Interrupt,
) -> Result<()> {
    let csv = options.csv.canonicalize();
    let csv = csv.with_context(|| format!("{} cannot be read", options.csv.display()))?;
    let name = csv.file_name().and_then(|name| name.to_str());
    let name = name.with_context(|| format!("the name of {} is not UTF-8", csv.display()))?;
    let reach = Reach { input: csv.parent().map(Path::to_owned), ..Reach::default() };
    let progress = Progress::rows();
    let work = Work::reaching(connection, interrupt.clone(), &reach)?.telling(&progress);
    let object = work.object(&options.object).await?;
    let operation = match options.operation {
        LoadOperation::Insert => "insert",
        LoadOperation::Update => "update",
        LoadOperation::Upsert => "upsert",
        LoadOperation::Delete => "delete",
    };
    let arguments = arguments([
        ("object", json!(object.name)),
        ("operation", json!(operation)),
        ("external_id_field", json!(options.external_id)),
        ("source", json!(name)),
    ]);
    let reply = work.call("salesforce_bulk_load", arguments).await;
    progress.end();
    let reply = reply.inspect_err(|error| {
        if error.is::<Ended>() {
            eprintln!("Interrupted. Nothing was changed.");
        }
    })?;
    tell_notes(&reply);

    let number = |key: &str| reply.data[key].as_u64().unwrap_or_default();
    let mut counts = Counts {
        created: 0,
        written: number("succeeded"),
        failed: number("failed"),
        unprocessed: number("not_processed"),
    };
    let state = reply.data["state"].as_str().unwrap_or_default();
    let job = reply.data["job"].as_str().unwrap_or_default();
    let mut is_read = false;
    if let Some(file) = reply.data["file"]["id"].as_str() {
        let result = work.result(file).await;
        // The rows were sent: that this fails is no reason to send them again.
        match result.and_then(|result| outcomes(&result, &csv, Failed::new(failed))) {
            Ok(created) => {
                counts.created = created.min(counts.written);
                counts.written -= counts.created;
                is_read = true;
            }
            Err(error) => eprintln!("{}", render(&error)),
        }
    }
    let is_known = OVER.contains(&state) && is_read && counts.rows() == number("rows");
    if let (Completeness::Partial { reason, .. }, true) =
        (&reply.completeness, !is_known || state != OVER[0])
    {
        eprintln!("error: {}", for_person(reason));
    }
    if !is_known {
        eprintln!("Look before you send the file again: {}", look_at_job(job));
    }
    // What became of the rows decides the status, whether or not anybody reads it.
    let printed = counts.print(job, &progress, options.format);
    let exit = match counts.lost() {
        _ if !is_known => Exit::Unknown,
        _ if interrupt.is_pressed() => Exit::Interrupted,
        0 if state == OVER[0] => return unread(printed),
        _ => Exit::Failed,
    };
    Err(Ended(exit).into())
}

/// Keeps the rows of `csv` that were not written, by what a result says of each. Gives the number of
/// those that were created.
fn outcomes(result: &Path, csv: &Path, mut failed: Failed<'_>) -> Result<u64> {
    let (mut created, mut reasons, mut nameless) = (0, HashMap::new(), 0_u64);
    for row in csv::Reader::from_path(result)?.into_deserialize() {
        let (number, outcome, _, problem): (Option<u64>, String, Option<String>, String) = row?;
        match (outcome.as_str(), number) {
            ("created", _) => created += 1,
            ("updated" | "upserted" | "deleted", _) => {}
            (_, None) => nameless += 1,
            (_, Some(number)) => {
                let why = if problem.is_empty() { "not reached".to_owned() } else { problem };
                reasons.insert(number, why);
            }
        }
    }
    if !reasons.is_empty() {
        let mut rows = csv::Reader::from_path(csv)?;
        let names = rows.headers()?.clone();
        for (number, row) in (1_u64..).zip(rows.records()) {
            if let Some(why) = reasons.get(&number) {
                failed.keep(names.iter().collect(), row?.iter().collect(), why)?;
            }
        }
    }
    failed.end()?;
    if nameless > 0 {
        eprintln!(
            "{nameless} more rows were not written, of which it is not known which they are."
        );
    }
    Ok(created)
}
