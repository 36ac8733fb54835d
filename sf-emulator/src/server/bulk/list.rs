//! Lists of jobs, page by page.

use std::collections::HashMap;
use std::sync::Arc;

use axum::response::Response;
use serde_json::{Value, json};

use super::job::Job;
use super::locator;
use super::refusal::Refusal;
use crate::engine::Caller;
use crate::server::reply;

/// Jobs of a page (Bulk API 2.0 Developer Guide, "Get Information About All
/// Jobs").
const PAGE: usize = 1_000;

/// The page that `queryLocator` names, the first without one.
pub(super) fn page<T>(
    caller: &Caller,
    kind: &str,
    params: &HashMap<String, String>,
    jobs: &[Arc<Job<T>>],
    show: impl Fn(&Job<T>) -> Value,
) -> Result<Response, Refusal> {
    let from = match params.get("queryLocator") {
        Some(text) => locator::read(text)
            .ok_or_else(|| Refusal::new("INVALID_QUERY_LOCATOR", "invalid query locator"))?,
        None => 0,
    };
    // This org never splits a job by primary key.
    let chunked = params.get("isPkChunkingEnabled").is_some_and(|value| value == "true");
    let jobs = if chunked { &[] } else { jobs };
    let next = from.saturating_add(PAGE);
    let records: Vec<Value> = jobs.iter().skip(from).take(PAGE).map(|job| show(job)).collect();
    let more = next < jobs.len();
    let url = more.then(|| {
        let (version, locator) = (&caller.version, locator::write(next));
        format!("/services/data/v{version}/jobs/{kind}?queryLocator={locator}")
    });
    Ok(reply::ok(&json!({ "done": !more, "nextRecordsUrl": url, "records": records })))
}
