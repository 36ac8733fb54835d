//! `/sobjects/X/updated` and `/deleted`: what changed in a span of time.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use crate::engine::{ApiError, Caller, Engine, datetime};
use crate::server::{Org, on_engine, reply};

/// How far back each feed goes.
const UPDATED: SignedDuration = SignedDuration::from_hours(30 * 24);
const DELETED: SignedDuration = SignedDuration::from_hours(15 * 24);

/// More changes than this are refused.
const MAX_IDS: usize = 600_000;

type Params = Query<HashMap<String, String>>;

/// The time asked for, in whole minutes.
struct Span {
    start: Timestamp,
    end: Timestamp,
}

pub(crate) async fn updated(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path(object): Path<String>,
    Query(params): Params,
) -> Result<Response, ApiError> {
    let object = replicated(&org, &caller, &object)?;
    let span = Span::of(&params, &caller, UPDATED)?;
    let covered = covered(&span, &caller);
    let rows = on_engine(&org, move |engine| {
        rows(engine, &caller, &object, "Id", &span.condition(), false)
    });
    let ids: Vec<Value> =
        rows.await?.into_iter().filter_map(|mut row| row.shift_remove("Id")).collect();
    Ok(reply::ok(&json!({ "ids": ids, "latestDateCovered": covered })))
}

pub(crate) async fn deleted(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path(object): Path<String>,
    Query(params): Params,
) -> Result<Response, ApiError> {
    let object = replicated(&org, &caller, &object)?;
    let span = Span::of(&params, &caller, DELETED)?;
    let covered = covered(&span, &caller);
    let earliest = text(minute(caller.now.saturating_sub(DELETED).unwrap_or(caller.now)));
    let rows = on_engine(&org, move |engine| {
        let condition = format!("IsDeleted = true AND {}", span.condition());
        rows(engine, &caller, &object, "Id, SystemModstamp", &condition, true)
    });
    let records: Vec<Value> = rows
        .await?
        .into_iter()
        .map(|row| json!({ "deletedDate": row.get("SystemModstamp"), "id": row.get("Id") }))
        .collect();
    Ok(reply::ok(&json!({
        "deletedRecords": records,
        "earliestDateAvailable": earliest,
        "latestDateCovered": covered,
    })))
}

/// Objects whose changes are kept: those with a recycle bin.
fn replicated(org: &Org, caller: &Caller, object: &str) -> Result<String, ApiError> {
    let seen = org.engine.metadata(caller);
    let name = seen.object_name(object).ok_or_else(ApiError::not_found)?;
    if seen.is_replicated(name) {
        return Ok(name.to_owned());
    }
    let message = format!("The object {name} is not replicable");
    Err(ApiError::bad_request("INVALID_TYPE_FOR_OPERATION", message))
}

fn rows(
    engine: &Engine,
    caller: &Caller,
    object: &str,
    fields: &str,
    condition: &str,
    include_deleted: bool,
) -> Result<Vec<Map<String, Value>>, ApiError> {
    let soql = format!("SELECT {fields} FROM {object} WHERE {condition}");
    let cursor = engine.query(caller, &soql, include_deleted)?;
    if cursor.len() > MAX_IDS {
        let message = "exceeded the limit on the number of ids; use a shorter time span";
        return Err(ApiError::bad_request("EXCEEDED_ID_LIMIT", message));
    }
    let rows = engine.page(caller, &cursor, 0, cursor.len())?;
    Ok(rows.iter().filter_map(|row| serde_json::from_str(&row.0).ok()).collect())
}

impl Span {
    fn of(
        params: &HashMap<String, String>,
        caller: &Caller,
        back: SignedDuration,
    ) -> Result<Self, ApiError> {
        let (start, end) = (time(params, "start")?, time(params, "end")?);
        let refused = |message: &str| ApiError::bad_request("INVALID_REPLICATION_DATE", message);
        if end <= start {
            return Err(refused("endDate must be at least one minute greater than startDate"));
        }
        if caller.now.duration_since(start) > back {
            let days = back.as_hours() / 24;
            return Err(refused(&format!("startDate cannot be more than {days} days ago")));
        }
        Ok(Self { start, end })
    }

    fn condition(&self) -> String {
        format!("SystemModstamp >= {} AND SystemModstamp < {}", self.start, self.end)
    }
}

/// A parameter in ISO 8601, its seconds dropped.
fn time(params: &HashMap<String, String>, name: &str) -> Result<Timestamp, ApiError> {
    let missing = || {
        let message = format!("The parameter {name} is required");
        ApiError::bad_request("MISSING_ARGUMENT", message)
    };
    // A plus that was not escaped has become a blank.
    let given = params.get(name).ok_or_else(missing)?.trim().replace(' ', "+");
    let parsed: Timestamp = given.parse().map_err(|_| {
        let message = format!("The parameter {name} is not a date and time: {given}");
        ApiError::bad_request("INVALID_REPLICATION_DATE", message)
    })?;
    Ok(minute(parsed))
}

fn minute(time: Timestamp) -> Timestamp {
    let seconds = time.as_second();
    Timestamp::from_second(seconds - seconds.rem_euclid(60)).unwrap_or(time)
}

/// What happens from now on is not covered.
fn covered(span: &Span, caller: &Caller) -> String {
    text(span.end.min(minute(caller.now)))
}

fn text(time: Timestamp) -> String {
    datetime(time.as_millisecond())
}
