//! `/limits` and `/limits/recordCount`.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Query, State};
use axum::response::Response;
use serde_json::{Map, Value, json};

use crate::engine::{ApiError, Caller};
use crate::server::{Org, on_engine, reply};

/// Limits that this org does not consume, with their allowance in a developer
/// org, in the platform's alphabetical order.
const UNUSED: [(&str, u64); 12] = [
    ("ConcurrentAsyncGetReportInstances", 200),
    ("ConcurrentSyncReportRuns", 20),
    ("DailyAsyncApexExecutions", 250_000),
    ("DailyBulkApiBatches", 15_000),
    ("DailyBulkV2QueryFileStorageMB", 976_562),
    ("DailyBulkV2QueryJobs", 10_000),
    ("DailyWorkflowEmails", 8_040),
    ("DataStorageMB", 5),
    ("FileStorageMB", 20),
    ("HourlyAsyncReportRuns", 1_200),
    ("HourlySyncReportRuns", 500),
    ("SingleEmail", 15),
];

pub(crate) async fn limits(State(org): State<Arc<Org>>) -> Response {
    let max = org.usage.limit;
    let mut rows: Vec<(&str, u64, u64)> =
        UNUSED.iter().map(|(name, max)| (*name, *max, *max)).collect();
    rows.push(("DailyApiRequests", max, max.saturating_sub(org.usage.used())));
    rows.sort_unstable_by_key(|(name, ..)| *name);
    let map: Map<String, Value> = rows
        .into_iter()
        .map(|(name, max, remaining)| {
            (name.to_owned(), json!({ "Max": max, "Remaining": remaining }))
        })
        .collect();
    reply::ok(&Value::Object(map))
}

/// Objects without rows, and unknown ones, are left out.
pub(crate) async fn record_count(
    State(org): State<Arc<Org>>,
    Extension(_caller): Extension<Caller>,
    Query(params): Query<HashMap<String, String>>,
) -> Result<Response, ApiError> {
    let wanted = params.get("sObjects").cloned().unwrap_or_default();
    let counts = on_engine(&org, move |engine| {
        let mut counts = Vec::new();
        for asked in wanted.split(',').map(str::trim) {
            let Some(name) = engine.object_name(asked) else { continue };
            let count = engine.record_count(name)?;
            if count > 0 {
                counts.push(json!({ "count": count, "name": name }));
            }
        }
        Ok(counts)
    })
    .await?;
    Ok(reply::ok(&json!({ "sObjects": counts })))
}
