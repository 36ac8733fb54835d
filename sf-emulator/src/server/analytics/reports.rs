//! `/analytics/reports`: list, describe, run, create, clone, save (deleting is
//! in [`saved`]; Reports and Dashboards REST API Developer Guide).

use std::collections::HashMap;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use bytes::Bytes;
use http::HeaderMap;
use serde_json::{Map, Value, json};

use super::error::{Refusal, bad};
use super::report::{Report, UNSAVED, url};
use super::saved::{self, without_owner};
use super::{Answer, folders};
use crate::engine::{ApiError, Caller, Engine, Kind};
use crate::server::rest::body;
use crate::server::{Org, on_engine, reply};

pub(super) type Params = Query<HashMap<String, String>>;

/// The most reports of the list.
const MOST_LISTED: usize = 200;

pub(super) async fn list(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
) -> Answer {
    let reports = on_engine(&org, move |engine| {
        let newest_first = saved::all(engine, &caller, Kind::Report)?.into_iter().rev();
        let shown = newest_first.take(MOST_LISTED).map(|(id, metadata)| {
            let url = url(&caller, &id);
            json!({
                "describeUrl": format!("{url}/describe"),
                "id": id,
                "instancesUrl": format!("{url}/instances"),
                "name": metadata.get("name"),
                "url": url,
            })
        });
        Ok(shown.collect())
    })
    .await?;
    Ok(reply::ok(&Value::Array(reports)))
}

pub(super) async fn describe(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Answer {
    let described = on_engine(&org, move |engine| {
        let (id, report) = Report::saved(engine, &caller, &id, &Map::new())?;
        report.describe(&caller, &id)
    })
    .await?;
    Ok(reply::ok(&described))
}

/// `GET`: as it is saved. `POST`: with changes for this run.
pub(super) async fn run(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Query(params): Params,
    headers: HeaderMap,
    bytes: Bytes,
) -> Answer {
    let changes = changes(&headers, &bytes)?;
    let details = details(&params, &changes, false);
    let result = on_engine(&org, move |engine| {
        let (id, report) = Report::saved(engine, &caller, &id, &changes)?;
        run_report(engine, &caller, &id, &report, details)
    })
    .await?;
    Ok(reply::ok(&result))
}

/// `POST /analytics/reports/query`: a run without a saved report.
pub(super) async fn query(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Query(params): Params,
    headers: HeaderMap,
    bytes: Bytes,
) -> Answer {
    let mut changes = metadata(&headers, &bytes)?;
    changes.insert("id".to_owned(), Value::Null);
    let details = details(&params, &changes, true);
    let result = on_engine(&org, move |engine| {
        let report = Report::of(engine, &caller, &Map::new(), &changes)?;
        run_report(engine, &caller, UNSAVED, &report, details)
    })
    .await?;
    Ok(reply::ok(&result))
}

fn run_report(
    engine: &Engine,
    caller: &Caller,
    id: &str,
    report: &Report,
    details: bool,
) -> Result<Value, ApiError> {
    let mut all = Map::new();
    all.insert("attributes".to_owned(), report.attributes(caller, id));
    all.extend(report.run(engine, caller, details)?);
    Ok(Value::Object(all))
}

/// `POST /analytics/reports`, with `cloneId` a copy.
pub(super) async fn create(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Query(params): Params,
    headers: HeaderMap,
    bytes: Bytes,
) -> Answer {
    let given = metadata(&headers, &bytes)?;
    let original = params.get("cloneId").cloned();
    let made = on_engine(&org, move |engine| {
        let mut saved = match original {
            Some(id) => without_owner(saved::find(engine, &caller, Kind::Report, &id)?.1),
            None => Map::new(),
        };
        // A copy is another report.
        saved.shift_remove("developerName");
        saved.shift_remove("folderId");
        save(engine, &caller, None, &saved, &given)
    })
    .await?;
    Ok(reply::ok(&made))
}

/// `PATCH`: saves the report with changes.
pub(super) async fn update(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Answer {
    let given = metadata(&headers, &bytes)?;
    let administrator = org.admin.id.clone();
    let made = on_engine(&org, move |engine| {
        let (id, saved) = saved::writable(engine, &caller, &administrator, Kind::Report, &id)?;
        save(engine, &caller, Some(&id), &saved, &given)
    })
    .await?;
    Ok(reply::ok(&made))
}

/// Checks and saves a report; answers with its description.
pub(super) fn save(
    engine: &Engine,
    caller: &Caller,
    id: Option<&str>,
    saved: &Map<String, Value>,
    given: &Map<String, Value>,
) -> Result<Value, ApiError> {
    let owner = saved.get(saved::OWNER).and_then(Value::as_str).unwrap_or(&caller.user_id);
    let saved_metadata = without_owner(saved.clone());
    let report = Report::of(engine, caller, &saved_metadata, given)?;
    if report.name().trim().is_empty() {
        return Err(bad("The report needs a name."));
    }
    report.check(caller)?;
    let mut metadata = report.metadata.clone();
    let folder = folders::of(engine, caller, metadata.get("folderId"))?;
    metadata["folderId"] = Value::from(folder.as_str());
    if metadata["developerName"].as_str().is_none_or(str::is_empty) {
        metadata["developerName"] = Value::from(folders::developer_name(report.name()));
    }
    // What only this run of the clock says is not kept.
    if metadata["standardDateFilter"]["durationValue"] != "CUSTOM" {
        metadata["standardDateFilter"]["startDate"] = Value::Null;
        metadata["standardDateFilter"]["endDate"] = Value::Null;
    }
    let id = store(engine, caller, id, &metadata, owner)?;
    let (id, report) = Report::saved(engine, caller, &id, &Map::new())?;
    report.describe(caller, &id)
}

/// Saves metadata that was checked, and gives its id.
pub(super) fn store(
    engine: &Engine,
    caller: &Caller,
    id: Option<&str>,
    metadata: &Map<String, Value>,
    owner: &str,
) -> Result<String, ApiError> {
    let folder_name = folders::name(engine, metadata["folderId"].as_str().unwrap_or_default())?;
    let format = match metadata["reportFormat"].as_str() {
        Some("SUMMARY") => "Summary",
        Some("MATRIX") => "Matrix",
        _ => "Tabular",
    };
    let text = |key: &str| metadata[key].as_str().map(str::to_owned);
    let (name, developer_name, description) =
        (text("name"), text("developerName"), text("description"));
    let columns = [
        ("Name", name.as_deref()),
        ("DeveloperName", developer_name.as_deref()),
        ("Description", description.as_deref()),
        ("FolderName", Some(folder_name.as_str())),
        ("Format", Some(format)),
    ];
    let body = |id: &str| {
        let mut body = metadata.clone();
        body["id"] = Value::from(id);
        body.insert(saved::OWNER.to_owned(), Value::from(owner));
        Value::Object(body)
    };
    engine.define(caller, Kind::Report, id, body, &columns)
}

/// Whether detail rows are wanted: the parameter, or else what the metadata of
/// the request says.
pub(super) fn details(
    params: &HashMap<String, String>,
    changes: &Map<String, Value>,
    otherwise: bool,
) -> bool {
    match params.get("includeDetails") {
        Some(given) => given.eq_ignore_ascii_case("true"),
        None => changes.get("hasDetailRows").and_then(Value::as_bool).unwrap_or(otherwise),
    }
}

/// The changes of a run; no body is none.
pub(super) fn changes(headers: &HeaderMap, bytes: &[u8]) -> Result<Map<String, Value>, Refusal> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(Map::new());
    }
    metadata(headers, bytes)
}

/// `{"reportMetadata": {…}}`.
pub(super) fn metadata(headers: &HeaderMap, bytes: &[u8]) -> Result<Map<String, Value>, Refusal> {
    let mut all = body::object(headers, bytes)?;
    match all.shift_remove("reportMetadata") {
        Some(Value::Object(metadata)) => Ok(metadata),
        _ => Err(body::parse_error("The request body is either invalid or incomplete.".to_owned())
            .into()),
    }
}

/// The statement of a report, for its plan.
pub(crate) fn statement(engine: &Engine, caller: &Caller, id: &str) -> Result<String, ApiError> {
    Report::saved(engine, caller, id, &Map::new())?.1.statement(caller)
}

/// `GET /analytics`: what there is.
pub(super) async fn resources(Extension(caller): Extension<Caller>) -> Response {
    let base = format!("/services/data/v{}/analytics", caller.version);
    reply::ok(&json!({
        "dashboards": format!("{base}/dashboards"),
        "reportTypes": format!("{base}/reportTypes"),
        "reports": format!("{base}/reports"),
    }))
}
