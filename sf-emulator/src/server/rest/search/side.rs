//! Beside a search: the objects a user searches, their columns, suggestions.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Query, State};
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::malformed;
use crate::engine::{ApiError, Caller};
use crate::server::{Org, on_engine, reply};

type Params = Query<HashMap<String, String>>;

/// Rows of a search page, as layouts report it.
const LIMIT_ROWS: u64 = 25;
/// The shortest text that suggestions are made for.
const MIN_LETTERS: usize = 3;

/// `/search/scopeOrder`: every searchable object; nobody has pinned any.
pub(crate) async fn scope_order(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
) -> Response {
    let base = format!("/services/data/v{}/sobjects", caller.version);
    let seen = org.engine.metadata(&caller);
    let objects = seen.searchable_objects();
    let scope =
        objects.map(|name| json!({ "type": name, "url": format!("{base}/{name}/describe") }));
    reply::ok(&scope.collect())
}

/// `/search/layout?q=Account,Contact`: one column, the name.
pub(crate) async fn layout(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Query(params): Params,
) -> Result<Response, ApiError> {
    let wanted = params.get("q").map(String::as_str).unwrap_or_default();
    let seen = org.engine.metadata(&caller);
    let mut layouts = Vec::new();
    for asked in wanted.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let object = seen.object_name(asked).ok_or_else(ApiError::not_found)?;
        let field = seen.name_field(object)?;
        let (name, label) = seen.label(object, field).unwrap_or((field, field));
        layouts.push(json!({
            "label": "Search Results",
            "limitRows": LIMIT_ROWS,
            "searchColumns": [{
                "field": format!("{object}.{name}"),
                "format": null,
                "label": label,
                "name": name,
            }],
        }));
    }
    Ok(reply::ok(&Value::Array(layouts)))
}

/// `/search/suggestions?q=&sobject=&limit=`: records in whose name a word
/// begins so.
pub(crate) async fn suggestions(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Query(params): Params,
) -> Result<Response, ApiError> {
    let text = params.get("q").map(|q| q.trim()).unwrap_or_default();
    if text.chars().count() < MIN_LETTERS && text.is_ascii() {
        return Err(malformed(&format!("q must be at least {MIN_LETTERS} characters long")));
    }
    let limit = params.get("limit").map_or(Ok(5), |limit| limit.parse::<usize>());
    let limit = limit.ok().filter(|limit| (1..=200).contains(limit));
    let limit = limit.ok_or_else(|| malformed("limit must be a number from 1 to 200"))?;
    let asked = params.get("sobject").map(String::as_str).unwrap_or_default();
    let seen = org.engine.metadata(&caller);
    let mut objects = Vec::new();
    for name in asked.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        objects.push(seen.object_name(name).ok_or_else(ApiError::not_found)?.to_owned());
    }
    if objects.is_empty() {
        return Err(ApiError::bad_request("MISSING_ARGUMENT", "The parameter sobject is required"));
    }
    let text = sf_soql::escape::like(text);
    let rows = on_engine(&org, move |engine| {
        let mut rows: Vec<Value> = Vec::new();
        for object in &objects {
            let name = seen.name_field(object)?;
            let soql = format!(
                "SELECT Id, {name} FROM {object} WHERE {name} LIKE '{text}%' OR {name} LIKE '% {text}%' \
                 ORDER BY {name} LIMIT {}",
                limit + 1
            );
            let cursor = engine.query(&caller, &soql, false)?;
            for row in engine.page(&caller, &cursor, 0, limit + 1)? {
                let mut row: Map<String, Value> = serde_json::from_str(&row.0).unwrap_or_default();
                if let Some(name) = row.shift_remove(name) {
                    row.insert("Name".to_owned(), name);
                }
                rows.push(Value::Object(row));
            }
        }
        Ok(rows)
    });
    let mut rows = rows.await?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    Ok(reply::ok(&json!({ "autoSuggestResults": rows, "hasMoreResults": more })))
}
