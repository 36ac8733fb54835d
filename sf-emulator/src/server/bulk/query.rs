//! `/jobs/query`: making, running and reading query jobs.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;

use axum::Extension;
use axum::extract::{Path, Query as Params, State as Shared};
use axum::response::Response;
use bytes::Bytes;
use http::HeaderMap;
use http::header::HeaderName;
use serde_json::{Value, json};

use super::control::{BulkJobs, MAX_PAGE_ROWS};
use super::dialect::Dialect;
use super::export;
use super::info::{self, View};
use super::job::{Job, State};
use super::jobs::{Pairs, abort, find};
use super::refusal::Refusal;
use super::soql::{Plan, plan};
use super::spec::{content_type, text};
use super::{QUERY_JOBS_PER_DAY, locator, no_results};
use crate::engine::{Caller, Cursor};
use crate::server::rest::body;
use crate::server::{Org, on_engine, reply};

/// Links of one answer of `resultPages`.
const LINKS: usize = 5;
/// The version that brought `resultPages`.
const PAGES_SINCE: f64 = 58.0;

/// The task of a query job.
#[derive(Debug)]
pub(super) struct Query {
    plan: Plan,
    include_deleted: bool,
    found: Mutex<Found>,
}

#[derive(Debug, Default)]
struct Found {
    cursor: Option<Arc<Cursor>>,
    /// Offsets that a locator was given out for.
    handed_out: BTreeSet<usize>,
}

impl Query {
    pub(super) fn operation(&self) -> &'static str {
        if self.include_deleted { "queryAll" } else { "query" }
    }

    pub(super) fn pk_chunking(&self) -> bool {
        self.plan.pk_chunking
    }

    fn found(&self) -> MutexGuard<'_, Found> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A locator for a place in the result.
    fn hand_out(&self, offset: usize) -> String {
        self.found().handed_out.insert(offset);
        locator::write(offset)
    }

    /// The place that a locator names, if this job gave it out.
    fn place(&self, text: Option<&String>) -> Result<usize, Refusal> {
        let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(0) };
        let place = locator::read(text).filter(|place| self.found().handed_out.contains(place));
        place.ok_or_else(|| Refusal::new("INVALID_QUERY_LOCATOR", "invalid query locator"))
    }
}

/// `POST /jobs/query`.
pub(super) async fn create(
    Shared(org): Shared<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, Refusal> {
    let map = body::object(&headers, &bytes)?;
    let include_deleted = match text(&map, "operation")? {
        Some("query") => false,
        Some("queryAll") => true,
        _ => {
            let message = "Invalid operation. Valid values are query, queryAll";
            return Err(Refusal::job(message));
        }
    };
    content_type(&map)?;
    let dialect = Dialect::new(text(&map, "columnDelimiter")?, text(&map, "lineEnding")?)?;
    let missing = || Refusal::new("MALFORMED_QUERY", "A query string has to be specified");
    let soql = text(&map, "query")?.ok_or_else(missing)?.to_owned();
    if org.bulk.query_jobs.used(caller.now) >= QUERY_JOBS_PER_DAY {
        let message =
            format!("Max bulk v2 query jobs ({QUERY_JOBS_PER_DAY}) per 24 hrs has been reached");
        return Err(Refusal::new("LIMIT_EXCEEDED", message));
    }
    let asks = caller.clone();
    let plan = on_engine(&org, move |engine| plan(engine, &asks, &soql, include_deleted)).await?;
    let object = plan.object.clone();
    let task = Query { plan, include_deleted, found: Mutex::default() };
    let number = org.bulk.number();
    org.bulk.query_jobs.add(caller.now, 1);
    let job = org.bulk.query.add(number, caller, object, dialect, State::UploadComplete, task);
    let response = reply::ok(&info::query(&job, View::Created));
    start(&org, job);
    Ok(response)
}

fn start(org: &Arc<Org>, job: Arc<Job<Query>>) {
    let control = Arc::clone(&org.bulk.control);
    let running = control.begin();
    let org = Arc::downgrade(org);
    tokio::spawn(async move {
        run(&org, &control, &job).await;
        drop(running);
    });
}

async fn run(org: &Weak<Org>, control: &BulkJobs, job: &Arc<Job<Query>>) {
    let began = Instant::now();
    {
        let _turn = control.turn().await;
        let Some(org) = org.upgrade() else { return };
        if !job.go(State::UploadComplete, State::InProgress, org.clock.now()) {
            return;
        }
    }
    let _turn = control.turn().await;
    let Some(org) = org.upgrade() else { return };
    if job.state() != State::InProgress {
        return;
    }
    let asked = Arc::clone(job);
    let caller = Caller { now: org.clock.now(), ..job.caller.clone() };
    let result = on_engine(&org, move |engine| {
        engine.query(&caller, &asked.task.plan.soql, asked.task.include_deleted)
    });
    match result.await {
        Ok(cursor) => {
            let processed = cursor.len();
            job.task.found().cursor = Some(Arc::new(cursor));
            {
                let mut progress = job.progress();
                progress.processed = processed;
                progress.total_ms = began.elapsed().as_millis();
            }
            job.go(State::InProgress, State::JobComplete, org.clock.now());
        }
        Err(error) => {
            let item = error.items.first();
            let text =
                item.map_or_else(String::new, |item| format!("{}: {}", item.code, item.message));
            let message = format!("InvalidBatch : Failed to process query: {text}");
            job.fail(message, org.clock.now());
        }
    }
}

/// `PATCH /jobs/query/{id}` with `{"state":"Aborted"}`.
pub(super) async fn change(
    Shared(org): Shared<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, Refusal> {
    let job = find::<Query>(&org, &caller, &id)?;
    let map = body::object(&headers, &bytes)?;
    if map.get("state").and_then(Value::as_str) != Some("Aborted") {
        return Err(Refusal::state("Invalid state. The valid value is Aborted"));
    }
    abort(&job, &caller)?;
    Ok(reply::ok(&info::query(&job, View::Changed)))
}

/// `GET /jobs/query/{id}/results?locator=…&maxRecords=…`.
pub(super) async fn results(
    Shared(org): Shared<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Params(params): Pairs,
) -> Result<Response, Refusal> {
    let job = find::<Query>(&org, &caller, &id)?;
    let cursor = finished(&job, &caller)?;
    let offset = job.task.place(params.get("locator"))?;
    let max = match params.get("maxRecords") {
        None => org.bulk.control.page_rows(),
        Some(text) => text.parse().ok().filter(|max| *max > 0).ok_or_else(|| {
            let message = format!("maxRecords must be a whole number of at least 1, not '{text}'");
            Refusal::new("INVALID_QUERY_VALUE", message)
        })?,
    };
    let max = max.min(MAX_PAGE_ROWS);
    let (asked, rows) = (Arc::clone(&job), Arc::clone(&cursor));
    let page = on_engine(&org, move |engine| {
        let columns = &asked.task.plan.columns;
        export::page(engine, &asked.caller, &rows, columns, asked.dialect, offset, max)
    })
    .await?;
    let next = offset + page.rows;
    // The end of the result is the literal text.
    let next = if next < cursor.len() { job.task.hand_out(next) } else { "null".to_owned() };
    let response = super::csv(page.csv);
    let response = reply::with_header(response, HeaderName::from_static("sforce-locator"), &next);
    let rows = page.rows.to_string();
    Ok(reply::with_header(response, HeaderName::from_static("sforce-numberofrecords"), &rows))
}

/// `GET /jobs/query/{id}/resultPages?locator=…`: links to pages that can be
/// read at the same time.
pub(super) async fn pages(
    Shared(org): Shared<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Params(params): Pairs,
) -> Result<Response, Refusal> {
    if caller.version.parse::<f64>().is_ok_and(|version| version < PAGES_SINCE) {
        return Err(Refusal::not_found());
    }
    let job = find::<Query>(&org, &caller, &id)?;
    let total = finished(&job, &caller)?.len();
    let from = job.task.place(params.get("locator"))?;
    let size = org.bulk.control.page_rows();
    let base = format!("/services/data/v{}/jobs/query/{}", caller.version, job.id);
    // A result without rows has one page, with its header.
    let last = total.max(1);
    let links = (from..last).step_by(size).take(LINKS).map(|offset| {
        let locator = job.task.hand_out(offset);
        json!({ "resultUrl": format!("{base}/results?locator={locator}") })
    });
    let links: Vec<Value> = links.collect();
    let next = from.saturating_add(size.saturating_mul(LINKS));
    let more = next < last;
    let url = more.then(|| format!("{base}/resultpages?locator={}", job.task.hand_out(next)));
    Ok(reply::ok(&json!({ "resultPages": links, "nextRecordsUrl": url, "done": !more })))
}

/// The rows of a finished job, for a request at its version.
fn finished(job: &Job<Query>, caller: &Caller) -> Result<Arc<Cursor>, Refusal> {
    if caller.version != job.caller.version {
        return Err(Refusal::version(&job.caller.version));
    }
    let state = job.state();
    let cursor = job.task.found().cursor.clone();
    cursor.filter(|_| state == State::JobComplete).ok_or_else(|| no_results(state))
}
