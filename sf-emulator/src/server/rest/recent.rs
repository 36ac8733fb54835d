//! `/recent`: what the user worked on last.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Query, State};
use axum::response::Response;
use serde_json::{Map, Value};

use crate::engine::{ApiError, Caller, Engine};
use crate::server::{Org, on_engine, reply};

const MOST: usize = 200;

/// Nobody looks at a record of this org, so what counts is who changed it last:
/// the caller, or for lack of such records nothing.
pub(crate) async fn recent(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Query(params): Query<HashMap<String, String>>,
) -> Result<Response, ApiError> {
    let limit = match params.get("limit").map(|limit| limit.trim().parse::<usize>()) {
        None => MOST,
        Some(Ok(limit)) if (1..=MOST).contains(&limit) => limit,
        Some(_) => {
            let message = format!("The limit must be a number from 1 to {MOST}");
            return Err(ApiError::bad_request("INVALID_QUERY_LIMIT", message));
        }
    };
    let rows = on_engine(&org, move |engine| changed(engine, &caller, limit)).await?;
    Ok(reply::ok(&Value::Array(rows)))
}

/// The latest changes of all objects, newest first.
fn changed(engine: &Engine, caller: &Caller, limit: usize) -> Result<Vec<Value>, ApiError> {
    let user = sf_soql::escape::string(&caller.user_id);
    let seen = engine.seen(caller)?;
    let mut found: Vec<(String, Value)> = Vec::new();
    for object in seen.recent_objects() {
        let name = seen.name_field(object)?;
        let soql = format!(
            "SELECT Id, {name}, LastModifiedDate FROM {object} WHERE LastModifiedById = '{user}' \
             ORDER BY LastModifiedDate DESC, Id DESC LIMIT {limit}"
        );
        let cursor = engine.query(caller, &soql, false)?;
        for row in engine.page(caller, &cursor, 0, limit)? {
            let mut row: Map<String, Value> = serde_json::from_str(&row.0).unwrap_or_default();
            let when = row.shift_remove("LastModifiedDate");
            // The key is the same for every object, whatever names its records.
            if let Some(name) = row.shift_remove(name) {
                row.insert("Name".to_owned(), name);
            }
            let when = when.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned();
            found.push((when, Value::Object(row)));
        }
    }
    found.sort_by(|(a, _), (b, _)| b.cmp(a));
    Ok(found.into_iter().take(limit).map(|(_, row)| row).collect())
}
