//! `/query`, `/queryAll` and the pages behind a locator.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};

use super::{columns, explain};
use crate::engine::{ApiError, Caller, Children, Cursor, Engine, Json};
use crate::server::{Org, on_engine, reply};

/// The most rows of a page, which is also the default, and the fewest that can
/// be asked for.
pub(crate) const MAX_BATCH: usize = 2_000;
const MIN_BATCH: usize = 200;

/// Rows of a page whose rows have children, both counted: one parent with 499
/// children is what clients of the platform report.
const NESTED_BATCH: usize = 500;

type Params = Query<HashMap<String, String>>;

/// The parameters of a subrequest whose address is longer than a URI of the
/// `http` crate can be; statements that are too long for an address of their own
/// come that way.
#[derive(Debug, Clone)]
pub(crate) struct LongQuery(HashMap<String, String>);

impl LongQuery {
    pub(crate) fn of(query: &str) -> Self {
        Self(url::form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }
}

type Long = Option<Extension<LongQuery>>;

pub(crate) async fn query(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Query(params): Params,
    long: Long,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let params = long.map_or(params, |Extension(long)| long.0);
    if let Some(what) = params.get("explain") {
        return explain::explain(&org, caller, what.clone()).await;
    }
    if params.get("columns").is_some_and(|wanted| wanted == "true")
        && let Some(soql) = params.get("q")
    {
        return columns::columns(&org, caller, soql.clone()).await;
    }
    first_page(&org, caller, &params, &headers, false).await
}

pub(crate) async fn query_all(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Query(params): Params,
    long: Long,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let params = long.map_or(params, |Extension(long)| long.0);
    first_page(&org, caller, &params, &headers, true).await
}

async fn first_page(
    org: &Arc<Org>,
    caller: Caller,
    params: &HashMap<String, String>,
    headers: &HeaderMap,
    include_deleted: bool,
) -> Result<Response, ApiError> {
    let missing = || ApiError::bad_request("MALFORMED_QUERY", "A query string has to be specified");
    let soql = params.get("q").filter(|soql| !soql.trim().is_empty()).ok_or_else(missing)?.clone();
    if !include_deleted && let Some(answer) = org.canned.first(org, &caller, &soql).await {
        return answer;
    }
    first_of(org, caller, soql, include_deleted, batch_size(headers)).await
}

/// The first page of a statement's result; `batch` as the client asked for it.
pub(crate) async fn first_of(
    org: &Arc<Org>,
    caller: Caller,
    soql: String,
    include_deleted: bool,
    batch: Option<usize>,
) -> Result<Response, ApiError> {
    let (asks, held) = (caller.clone(), Arc::clone(org));
    let (cursor, rows) = on_engine(org, move |engine| {
        let cursor = engine.query(&asks, &soql, include_deleted)?;
        if cursor.is_aggregate() && cursor.len() > MAX_BATCH {
            let message = "Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch";
            return Err(ApiError::bad_request("EXCEEDED_ID_LIMIT", message));
        }
        let rows = render(&held, engine, &asks, &cursor, 0, batch)?;
        Ok((cursor, rows))
    })
    .await?;
    let next = rows.len();
    if next >= cursor.len() {
        return Ok(page(&caller, &cursor, &rows, None));
    }
    let locator = locator(org);
    let cursor = Arc::new(cursor);
    org.cursors.open(&locator, Arc::clone(&cursor), &caller.user_id, batch, next, caller.now);
    Ok(page(&caller, &cursor, &rows, Some((&locator, next))))
}

pub(crate) async fn more(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path(locator): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let unknown = || ApiError::bad_request("INVALID_QUERY_LOCATOR", "invalid query locator");
    let (name, offset) = locator.split_once('-').ok_or_else(unknown)?;
    let offset: usize = offset.parse().map_err(|_| unknown())?;
    if let Some(page) = org.canned.more(&caller, name, offset) {
        return Ok(page);
    }
    let position =
        org.cursors.find(name, offset, &caller.user_id, caller.now).ok_or_else(unknown)?;
    let batch = batch_size(&headers).or(position.batch_size);
    let (asks, cursor, held) = (caller.clone(), Arc::clone(&position.cursor), Arc::clone(&org));
    let rows = on_engine(&org, move |engine| {
        render(&held, engine, &asks, &cursor, position.offset, batch)
    })
    .await?;
    let next = offset + rows.len();
    // A page without rows cannot lead on: its successor would be itself.
    let open = (next < position.cursor.len() && !rows.is_empty()).then_some((name, next));
    if open.is_some() {
        org.cursors.hand_out(name, offset, next);
    }
    Ok(page(&caller, &position.cursor, &rows, open))
}

/// The rows of one page. Where rows have children, both count; a row whose
/// children do not fit any more waits for the next page, and at the start of
/// a page its sets go on behind locators of their own.
fn render(
    org: &Arc<Org>,
    engine: &Engine,
    caller: &Caller,
    cursor: &Cursor,
    offset: usize,
    batch: Option<usize>,
) -> Result<Vec<Json>, ApiError> {
    if cursor.is_aggregate() {
        return engine.page(caller, cursor, offset, MAX_BATCH);
    }
    if !cursor.has_children() {
        let size = org.cursors.size(batch.unwrap_or(MAX_BATCH));
        return engine.page(caller, cursor, offset, size);
    }
    let size = org.cursors.size(batch.unwrap_or(NESTED_BATCH));
    let (mut rows, mut used) = (Vec::new(), 0);
    while used < size && offset + rows.len() < cursor.len() {
        let max = (size - used - 1).max(1);
        let (mut shown, mut cut) = (0, Vec::new());
        let mut next_url = |children: Cursor| {
            let locator = locator(org);
            let url = format!("/services/data/v{}/query/{locator}-{max}", caller.version);
            cut.push((locator, children));
            url
        };
        let children = Children { max, shown: &mut shown, next_url: &mut next_url };
        let row = engine.page_with(caller, cursor, (offset + rows.len(), 1), children)?;
        if !rows.is_empty() && !cut.is_empty() {
            break;
        }
        for (locator, children) in cut {
            let children = Arc::new(children);
            org.cursors.open(&locator, children, &caller.user_id, batch, max, caller.now);
        }
        rows.extend(row);
        used += 1 + shown;
    }
    Ok(rows)
}

fn locator(org: &Org) -> String {
    format!("0r8{}", org.random.text(15))
}

/// Values outside the allowed range are clamped to it.
pub(crate) fn batch_size(headers: &HeaderMap) -> Option<usize> {
    let options = headers.get("sforce-query-options")?.to_str().ok()?;
    let mut pairs = options.split([',', ';']).filter_map(|option| option.split_once('='));
    let (_, size) = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("batchSize"))?;
    let size: usize = size.trim().parse().ok()?;
    Some(size.clamp(MIN_BATCH, MAX_BATCH))
}

fn page(caller: &Caller, cursor: &Cursor, rows: &[Json], next: Option<(&str, usize)>) -> Response {
    reply::json(StatusCode::OK, page_text(&caller.version, cursor.total_size(), rows, next))
}

/// Written as text: the rows are finished JSON.
pub(crate) fn page_text(
    version: &str,
    total: usize,
    rows: &[Json],
    next: Option<(&str, usize)>,
) -> String {
    let length: usize = rows.iter().map(|row| row.0.len() + 1).sum();
    let mut text = String::with_capacity(length + 160);
    // Writing to a string cannot fail.
    let _ = write!(text, r#"{{"totalSize":{total},"done":{}"#, next.is_none());
    if let Some((locator, offset)) = next {
        let _ = write!(
            text,
            r#","nextRecordsUrl":"/services/data/v{version}/query/{locator}-{offset}""#
        );
    }
    text.push_str(r#","records":["#);
    for (index, row) in rows.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push_str(&row.0);
    }
    text.push_str("]}");
    text
}
