//! `/query`, `/queryAll` and the pages behind a locator.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};

use crate::engine::{ApiError, Caller, Cursor, Json};
use crate::server::{Org, on_engine, reply};

/// The most rows of a page, which is also the default, and the fewest that can
/// be asked for.
const MAX_BATCH: usize = 2_000;
const MIN_BATCH: usize = 200;

type Params = Query<HashMap<String, String>>;

pub(crate) async fn query(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Query(params): Params,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    first_page(&org, caller, &params, &headers, false).await
}

pub(crate) async fn query_all(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Query(params): Params,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
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
    let batch = batch_size(headers).unwrap_or(MAX_BATCH);
    let asks = caller.clone();
    let (cursor, rows) = on_engine(org, move |engine| {
        let cursor = engine.query(&asks, &soql, include_deleted)?;
        if cursor.is_aggregate() && cursor.len() > MAX_BATCH {
            let message = "Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch";
            return Err(ApiError::bad_request("EXCEEDED_ID_LIMIT", message));
        }
        let size = if cursor.is_aggregate() { MAX_BATCH } else { batch };
        let rows = engine.page(&asks, &cursor, 0, size)?;
        Ok((cursor, rows))
    })
    .await?;
    let next = rows.len();
    if next >= cursor.len() {
        return Ok(page(&caller, &cursor, &rows, None));
    }
    let locator = format!("0r8{}", org.random.text(15));
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
    let position =
        org.cursors.find(name, offset, &caller.user_id, caller.now).ok_or_else(unknown)?;
    let batch = batch_size(&headers).unwrap_or(position.batch_size);
    let (asks, cursor) = (caller.clone(), Arc::clone(&position.cursor));
    let rows =
        on_engine(&org, move |engine| engine.page(&asks, &cursor, position.offset, batch)).await?;
    let next = offset + rows.len();
    // A page without rows cannot lead on: its successor would be itself.
    let open = (next < position.cursor.len() && !rows.is_empty()).then_some((name, next));
    if open.is_some() {
        org.cursors.hand_out(name, next);
    }
    Ok(page(&caller, &position.cursor, &rows, open))
}

/// Values outside the allowed range are clamped to it.
fn batch_size(headers: &HeaderMap) -> Option<usize> {
    let options = headers.get("sforce-query-options")?.to_str().ok()?;
    let mut pairs = options.split([',', ';']).filter_map(|option| option.split_once('='));
    let (_, size) = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("batchSize"))?;
    let size: usize = size.trim().parse().ok()?;
    Some(size.clamp(MIN_BATCH, MAX_BATCH))
}

/// Written as text: the rows are finished JSON.
fn page(caller: &Caller, cursor: &Cursor, rows: &[Json], next: Option<(&str, usize)>) -> Response {
    let length: usize = rows.iter().map(|row| row.0.len() + 1).sum();
    let mut text = String::with_capacity(length + 160);
    // Writing to a string cannot fail.
    let _ = write!(text, r#"{{"totalSize":{},"done":{}"#, cursor.total_size(), next.is_none());
    if let Some((locator, offset)) = next {
        let version = &caller.version;
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
    reply::json(StatusCode::OK, text)
}
