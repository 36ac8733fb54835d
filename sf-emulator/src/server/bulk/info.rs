//! Jobs as JSON, in the platform's key order.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::job::Job;
use super::query::Query;
use super::spec::Ingest;

/// How much of a job a reply shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    /// The reply to making it.
    Created,
    /// The reply to changing its state.
    Changed,
    /// One of a list.
    Listed,
    /// Asked for by its id.
    Full,
}

/// `2026-02-28T10:00:00.000+0000`.
fn stamp(time: Timestamp) -> Value {
    Value::from(time.strftime("%Y-%m-%dT%H:%M:%S.000+0000").to_string())
}

fn number(value: u128) -> Value {
    Value::from(u64::try_from(value).unwrap_or(u64::MAX))
}

fn start<T>(job: &Job<T>, operation: &str) -> Map<String, Value> {
    let mut map = Map::new();
    let mut add = |key: &str, value: Value| map.insert(key.to_owned(), value);
    let progress = job.progress();
    add("id", job.id.as_str().into());
    add("operation", operation.into());
    add("object", job.object.as_str().into());
    add("createdById", job.caller.user_id.as_str().into());
    add("createdDate", stamp(job.caller.now));
    add("systemModstamp", stamp(progress.modified));
    add("state", progress.state.name().into());
    map
}

/// The job's version is a number: `66.0`.
fn middle<T>(map: &mut Map<String, Value>, job: &Job<T>) {
    map.insert("concurrencyMode".into(), "Parallel".into());
    map.insert("contentType".into(), "CSV".into());
    let version: f64 = job.caller.version.parse().unwrap_or_default();
    map.insert("apiVersion".into(), version.into());
}

fn dialect<T>(map: &mut Map<String, Value>, job: &Job<T>) {
    map.insert("lineEnding".into(), job.dialect.line_ending.name().into());
    map.insert("columnDelimiter".into(), job.dialect.delimiter.name().into());
}

pub(super) fn ingest(job: &Job<Ingest>, view: View) -> Value {
    let mut map = start(job, job.task.operation.name());
    if let Some(field) = &job.task.external_id {
        map.insert("externalIdFieldName".into(), field.as_str().into());
    }
    middle(&mut map, job);
    if let Some(rule) = &job.task.assignment_rule {
        map.insert("assignmentRuleId".into(), rule.as_str().into());
    }
    if matches!(view, View::Listed | View::Full) {
        map.insert("jobType".into(), "V2Ingest".into());
    }
    // Where the data goes; of use only while the job is open.
    if view != View::Changed && job.state() == super::job::State::Open {
        let (version, id) = (&job.caller.version, &job.id);
        let url = format!("services/data/v{version}/jobs/ingest/{id}/batches");
        map.insert("contentUrl".into(), url.into());
    }
    if view != View::Changed {
        dialect(&mut map, job);
    }
    if view == View::Full {
        let progress = job.progress();
        let mut add = |key: &str, value: Value| map.insert(key.to_owned(), value);
        add("numberRecordsProcessed", progress.processed.into());
        add("numberRecordsFailed", progress.failed.into());
        add("retries", 0.into());
        add("totalProcessingTime", number(progress.total_ms));
        add("apiActiveProcessingTime", number(progress.active_ms));
        add("apexProcessingTime", 0.into());
        if let Some(message) = &progress.error {
            add("errorMessage", message.as_str().into());
        }
    }
    Value::Object(map)
}

pub(super) fn query(job: &Job<Query>, view: View) -> Value {
    let mut map = start(job, job.task.operation());
    middle(&mut map, job);
    if matches!(view, View::Listed | View::Full) {
        map.insert("jobType".into(), "V2Query".into());
    }
    if view != View::Changed {
        dialect(&mut map, job);
    }
    if view == View::Full {
        let progress = job.progress();
        let mut add = |key: &str, value: Value| map.insert(key.to_owned(), value);
        add("numberRecordsProcessed", progress.processed.into());
        add("retries", 0.into());
        add("totalProcessingTime", number(progress.total_ms));
        if let Some(message) = &progress.error {
            add("errorMessage", message.as_str().into());
        }
        add("isPkChunkingSupported", job.task.pk_chunking().into());
    }
    Value::Object(map)
}
