//! `sf-agent audit`: is the log whole, what does it say, and how a write is undone.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Result, bail};
use serde_json::{Value, json};
use sf_agent_tools::audit::{Entry, HeadState, Intent, Outcome, Reversal, entries, verify};
use sf_agent_tools::{CallContext, Completeness};

use crate::args::{Audit, AuditCommand};
use crate::connect::connect;
use crate::exit::{self, Ended, Exit};
use crate::interrupt::Interrupt;
use crate::{guard, out};

pub(crate) async fn run(options: Audit, org: Option<&str>) -> Result<()> {
    match options.command {
        AuditCommand::Verify { file, expect } => check(&file, expect.as_deref()),
        AuditCommand::Show { file, entry: None } => list(&file),
        AuditCommand::Show { file, entry: Some(entry) } => show(&file, entry),
        AuditCommand::Revert { file, entry, yes, force } => {
            revert(&file, entry, yes, force, org).await
        }
    }
}

fn check(file: &Path, expected: Option<&str>) -> Result<()> {
    let found = verify(file, expected)?;
    let counted = |n: u64, one: &str, many: &str| {
        if n == 1 { format!("1 {one}") } else { format!("{n} {many}") }
    };
    let entries = counted(found.entries, "entry", "entries");
    match found.entries {
        0 => out::line(format_args!("whole: {entries}"))?,
        _ => out::line(format_args!("whole: {entries}, the last with the digest {}", found.hash))?,
    }
    if found.parts > 1 || found.first > 0 {
        out::line(format_args!("in {}", counted(found.parts, "file", "files")))?;
    }
    if found.first > 0 {
        out::line(format_args!(
            "entries before {} are not here: files were taken away",
            found.first
        ))?;
    }
    for seq in &found.open {
        out::line(format_args!("entry {seq}: no outcome; whether it happened is unknown"))?;
    }
    if found.replaced > 0 {
        let lines = counted(found.replaced, "line was", "lines were");
        out::line(format_args!("{lines} cut short and replaced"))?;
    }
    if found.torn > 0 {
        let bytes = counted(found.torn, "byte", "bytes");
        out::line(format_args!(
            "the last line was cut short after {bytes}: a write that it was to announce was not sent, \
             and one whose outcome it was to tell is among those without"
        ))?;
    }
    match found.head {
        HeadState::Missing => {
            eprintln!(
                "There is no .head file beside it: entries cut from its end would not be noticed."
            );
        }
        HeadState::Damaged => {
            eprintln!("The .head file is damaged: entries cut from its end would not be noticed.");
        }
        _ => {}
    }
    Ok(())
}

fn list(file: &Path) -> Result<()> {
    let entries = entries(file)?;
    let outcomes: BTreeMap<u64, &Outcome> = entries
        .iter()
        .filter_map(|stamped| match &stamped.entry {
            Entry::Outcome(outcome) => Some((outcome.of, outcome)),
            _ => None,
        })
        .collect();
    for stamped in &entries {
        let what = match &stamped.entry {
            Entry::Opened { file, .. } => format!("log {file} begun"),
            Entry::Continued { file, part, .. } => format!("file {part} begun ({file})"),
            Entry::Torn { bytes, .. } => format!("a line cut short after {bytes} bytes was here"),
            Entry::Intent(intent) => {
                let outcome = outcomes.get(&stamped.seq).map_or("unknown", |o| o.outcome.as_str());
                format!("{}: {outcome}", summary(intent))
            }
            Entry::Read { tool, outcome, .. } => format!("{tool}: {outcome}"),
            _ => continue,
        };
        let at = stamped.at.strftime("%Y-%m-%d %H:%M:%SZ");
        out::line(format_args!("{:>5}  {at}  {}", stamped.seq, out::harmless(&what)))?;
    }
    Ok(())
}

/// "salesforce_update_records: update 2 Contact".
fn summary(intent: &Intent) -> String {
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for record in &intent.records {
        *counts.entry((&record.action, &record.object)).or_default() += 1;
    }
    let counts: Vec<String> =
        counts.iter().map(|((action, object), n)| format!("{action} {n} {object}")).collect();
    let made_by = intent.tool.as_deref().unwrap_or("a program");
    match intent.reverts {
        Some(entry) => format!("undoing of entry {entry}: {}", counts.join(", ")),
        None => format!("{made_by}: {}", counts.join(", ")),
    }
}

fn show(file: &Path, seq: u64) -> Result<()> {
    let entries = entries(file)?;
    let Some(stamped) = entries.iter().find(|stamped| stamped.seq == seq) else {
        return Err(exit::not_found(format!(
            "there is no entry {seq} in {}; it has {}",
            file.display(),
            entries.len()
        )));
    };
    let mut shown = json!({ "seq": seq, "at": stamped.at, "hash": stamped.hash });
    let entry = serde_json::to_value(&stamped.entry)?;
    if let (Value::Object(shown), Value::Object(entry)) = (&mut shown, entry) {
        shown.extend(entry);
        if matches!(stamped.entry, Entry::Intent(_)) {
            let outcome = entries.iter().rev().find_map(|other| match &other.entry {
                Entry::Outcome(outcome) if outcome.of == seq => Some(outcome),
                _ => None,
            });
            let outcome = match outcome {
                Some(outcome) => serde_json::to_value(outcome)?,
                None => json!("unknown"),
            };
            shown.insert("outcome".to_owned(), outcome);
        }
    }
    out::line(out::harmless(&serde_json::to_string_pretty(&shown)?))?;
    Ok(())
}

async fn revert(file: &Path, seq: u64, yes: bool, force: bool, org: Option<&str>) -> Result<()> {
    // Before anything else: a log that was changed is no ground to write on.
    verify(file, None)?;
    let connection = connect(org).await?;
    let org = guard::org_of_log(&connection, file)?;
    // A write that was sent is waited for: only its answer tells what happened.
    let cx = CallContext::default().with_cancellation(Interrupt::of_writing().token());
    let reversal = Reversal::prepare(&org, &cx, file, seq, force).await?;
    for note in &reversal.notes {
        eprintln!("{}", out::harmless(note));
    }
    for refused in &reversal.refused {
        eprintln!("cannot be undone: {}", out::harmless(refused));
    }
    if reversal.is_empty() {
        bail!("there is nothing in entry {seq} that can be undone");
    }
    let preview = out::harmless(&serde_json::to_string_pretty(&reversal.preview())?);
    let unseen = "nothing was undone, since what it would do could not be printed";
    exit::shown(out::line(preview).map_err(Into::into), unseen)?;
    if !yes {
        eprintln!("Nothing was done. Run it again with --yes to do what is shown.");
        return Ok(());
    }
    match reversal.apply(&org, &cx).await {
        Ok(reply) => {
            let printed = out::line(serde_json::to_string_pretty(&reply.data)?);
            match reply.completeness {
                Completeness::Partial { reason, .. } => {
                    eprintln!("error: {}", out::harmless(&reason));
                    let exit = if is_unknown(&reply.data) { Exit::Unknown } else { Exit::Failed };
                    Err(Ended(exit).into())
                }
                _ => exit::unread(printed.map_err(Into::into)),
            }
        }
        Err(error) => {
            // The status tells it, whether or not anybody reads it.
            drop(out::line(serde_json::to_string_pretty(&error.to_model())?));
            eprintln!("error: it was not undone: {}", error.class);
            Err(Ended(exit::of_tool(&error)).into())
        }
    }
}

/// Whether it is not known of some record what became of it.
fn is_unknown(applied: &Value) -> bool {
    let all = |value: &Value, key: &str| value[key].as_array().cloned().unwrap_or_default();
    let mut results = all(applied, "operations").into_iter().flat_map(|one| all(&one, "results"));
    results.any(|result| result["outcome"] == "unknown")
}
