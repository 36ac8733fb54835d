//! `/analytics/reports/{id}/instances`: runs in the background (Reports and
//! Dashboards REST API Developer Guide, Instances List and Instance Results).

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, Query, State};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::error::unavailable;
use super::report::{Report, url};
use super::reports::{Params, changes, details};
use super::runs::{Run, Stage};
use super::{Answer, saved};
use crate::engine::{ApiError, Caller, Engine, Kind};
use crate::server::{Org, on_engine, reply};

/// `POST`: the run is `New` until somebody looks at it.
pub(super) async fn start(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Query(params): Params,
    headers: HeaderMap,
    bytes: Bytes,
) -> Answer {
    let changes = changes(&headers, &bytes)?;
    let details = details(&params, &changes, false);
    let asks = caller.clone();
    let (report_id, saved, report_name) = on_engine(&org, move |engine| {
        let (id, report) = Report::saved(engine, &asks, &id, &changes)?;
        report.check(&asks)?;
        Ok((id, report.metadata.clone(), report.name().to_owned()))
    })
    .await?;
    let requested = caller.now;
    let run = org.report_runs.begin(|id| Run {
        id,
        report_id,
        report_name,
        caller: caller.clone(),
        metadata: saved,
        details,
        requested,
        stage: Stage::New,
    });
    Ok(reply::ok(&summary(&caller, &run)))
}

pub(super) async fn list(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Answer {
    let asks = caller.clone();
    let (report_id, _) =
        on_engine(&org, move |engine| saved::find(engine, &asks, Kind::Report, &id)).await?;
    let mut shown = Vec::new();
    for run in org.report_runs.of(&report_id, &caller) {
        let run = looked_at(&org, run, caller.now).await?;
        shown.push(summary(&caller, &run));
    }
    Ok(reply::ok(&Value::Array(shown)))
}

pub(super) async fn get(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path((report, id)): Path<(String, String)>,
) -> Answer {
    let run = org.report_runs.find(&report, &id, &caller).ok_or_else(unavailable)?;
    let run = looked_at(&org, run, caller.now).await?;
    let mut all = Map::new();
    let mut attributes = json!({
        "completionDate": run.stage.completed().map(time),
        "id": run.id,
        "ownerId": run.caller.user_id,
        "queryable": false,
        "reportId": run.report_id,
        "reportName": run.report_name,
        "requestDate": time(run.requested),
        "status": run.stage.status(),
        "type": "ReportInstance",
    });
    if let Stage::Over(_, Err(error)) = &run.stage {
        attributes["errorMessage"] =
            Value::from(error.items.first().map(|item| item.message.as_str()));
    }
    all.insert("attributes".to_owned(), attributes);
    if let Stage::Over(_, Ok(result)) = &run.stage {
        all.extend(result.as_ref().clone());
    }
    Ok(reply::ok(&Value::Object(all)))
}

pub(super) async fn delete(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path((report, id)): Path<(String, String)>,
) -> Answer {
    let run = org.report_runs.find(&report, &id, &caller).ok_or_else(unavailable)?;
    org.report_runs.forget(&run.id);
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// A run that may end ends now.
async fn looked_at(org: &Arc<Org>, run: Run, now: Timestamp) -> Result<Run, ApiError> {
    if !org.report_runs.is_due(&run) {
        return Ok(run);
    }
    let due = run.clone();
    let result = on_engine(org, move |engine| Ok(result(engine, &due))).await?;
    let over = Run { stage: Stage::Over(now, result), ..run };
    org.report_runs.put(&over);
    Ok(over)
}

/// The result of a run, as the user who started it.
fn result(engine: &Engine, run: &Run) -> Result<Arc<Map<String, Value>>, ApiError> {
    let report = Report::of(engine, &run.caller, &run.metadata, &Map::new())?;
    report.run(engine, &run.caller, run.details).map(Arc::new)
}

/// A run in a list.
fn summary(caller: &Caller, run: &Run) -> Value {
    json!({
        "completionDate": run.stage.completed().map(time),
        "hasDetailRows": run.details,
        "id": run.id,
        "ownerId": run.caller.user_id,
        "queryable": false,
        "requestDate": time(run.requested),
        "status": run.stage.status(),
        "url": format!("{}/instances/{}", url(caller, &run.report_id), run.id),
    })
}

/// `2026-06-15T09:00:00Z`.
fn time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
