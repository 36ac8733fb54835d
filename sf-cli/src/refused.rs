//! What a tool says when it did not do what it was called for, as a person reads it.

use std::borrow::Cow;
use std::fmt;

use sf_agent_tools::{Problem, ToolError};

use crate::out::harmless;

/// Values of a list that are shown.
const SHOWN: usize = 12;

/// An error of a tool, told to the person who used a command instead.
#[derive(Debug)]
pub(crate) struct Refused(pub(crate) ToolError);

impl std::error::Error for Refused {}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = &self.0;
        f.write_str(&for_person(&error.message))?;
        for problem in &error.problems {
            write!(f, "\n  {}", line(problem))?;
        }
        let next = error.next.as_ref().filter(|next| next.tool == "salesforce_query");
        if let Some(soql) = next.and_then(|next| next.arguments.get("soql")?.as_str()) {
            write!(f, "\n  next: sf-agent query {}", quoted(soql))?;
        }
        let job = error.next.as_ref().filter(|next| next.tool == JOB_STATUS);
        if let Some(job) = job.and_then(|next| next.arguments.get("job")?.as_str()) {
            write!(f, "\n  next: {}", look_at_job(job))?;
        }
        if let Some(wait) = error.retry_after {
            write!(f, "\n  try again in {} s", wait.as_secs().max(1))?;
        }
        Ok(())
    }
}

const JOB_STATUS: &str = "salesforce_job_status";

/// The command that tells what has become of a job.
pub(crate) fn look_at_job(job: &str) -> String {
    format!("sf-agent tools call {JOB_STATUS} '{{\"job\": \"{job}\"}}'")
}

fn line(problem: &Problem) -> String {
    let mut text = match &problem.at {
        Some(at) => format!("{}: {}", place(at), for_person(&problem.message)),
        None => for_person(&problem.message),
    };
    if let Some(near) = problem.did_you_mean.first()
        && !text.contains(near.as_str())
    {
        text.push_str(&format!(" Did you mean {near}?"));
    }
    if !problem.allowed.is_empty() {
        let values: Vec<String> = problem.allowed.iter().take(SHOWN).map(plain).collect();
        let more = problem.allowed.len() - values.len() + problem.more_allowed;
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        text.push_str(&format!(" Allowed: {}{more}.", values.join(", ")));
    }
    text
}

fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Where on the command line: the option of an argument, and the name of a field without the record
/// where there is but one.
fn place(at: &str) -> Cow<'_, str> {
    const OPTIONS: [(&str, &str); 5] = [
        ("where[", "--where"),
        ("logic", "--logic"),
        ("fields[", "--field"),
        ("order_by[", "--order"),
        ("objects[", "--in"),
    ];
    let Some((start, option)) = OPTIONS.iter().find(|(start, _)| at.starts_with(start)) else {
        return Cow::Borrowed(at.strip_prefix("records[0].").unwrap_or(at));
    };
    match at[start.len()..].split_once(']').and_then(|(n, _)| n.parse::<usize>().ok()) {
        Some(n) if n > 0 => Cow::Owned(format!("{option}, number {}", n + 1)),
        _ => Cow::Borrowed(option),
    }
}

/// The words of a tool, with the commands that a person has for the tools that they name.
pub(crate) fn for_person(text: &str) -> String {
    const COMMANDS: [(&str, &str); 19] = [
        ("salesforce_next_page", "sf-agent tools call salesforce_next_page"),
        ("salesforce_bulk_query", "sf-agent bulk query"),
        ("salesforce_bulk_load", "sf-agent bulk load"),
        ("salesforce_list_reports", "sf-agent report list"),
        ("salesforce_describe_report", "sf-agent report describe"),
        ("salesforce_run_report", "sf-agent report run"),
        ("salesforce_org_limits", "sf-agent limits"),
        ("salesforce_query", "sf-agent query"),
        ("salesforce_find_records", "sf-agent find"),
        ("salesforce_get_record", "sf-agent get"),
        ("salesforce_search", "sf-agent search"),
        ("salesforce_create_records", "sf-agent create"),
        ("salesforce_update_records", "sf-agent update"),
        ("salesforce_upsert_records", "sf-agent upsert"),
        ("salesforce_delete_records", "sf-agent delete"),
        ("salesforce_list_objects", "sf-agent objects"),
        ("salesforce_describe_object", "sf-agent describe"),
        ("salesforce_aggregate", "sf-agent query"),
        ("salesforce_count", "sf-agent query \"SELECT COUNT() ...\""),
    ];
    let text = COMMANDS.iter().fold(text.to_owned(), |text, (tool, name)| text.replace(tool, name));
    harmless(&text)
}

/// A statement as one word of a shell.
fn quoted(soql: &str) -> String {
    let mut text = String::from("\"");
    for c in soql.chars() {
        if matches!(c, '"' | '\\' | '$' | '`') {
            text.push('\\');
        }
        text.push(c);
    }
    text.push('"');
    text
}
