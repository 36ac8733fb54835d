//! `/analytics/dashboards`: list, describe, results, refresh, clone, save
//! (deleting is in [`saved`]; Reports and Dashboards REST API Developer Guide, Dashboards).
//!
//! Every dashboard here is one of the logged-in user's (`dashboardType`
//! `LoggedInUser`): its components show what the caller may see.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, Query, State};
use bytes::Bytes;
use http::HeaderMap;
use serde_json::{Map, Value, json};

use super::dashboard_data::{Snapshot, read};
use super::error::bad;
use super::reports::Params;
use super::saved::{self, Saved, without_owner};
use super::{Answer, folders};
use crate::engine::{ApiError, Caller, Engine, Kind, id};
use crate::server::rest::body;
use crate::server::{Org, on_engine, reply};

pub(super) fn url(caller: &Caller, id: &str) -> String {
    format!("/services/data/v{}/analytics/dashboards/{id}", caller.version)
}

pub(super) async fn list(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
) -> Answer {
    let boards = on_engine(&org, move |engine| {
        let shown = saved::all(engine, &caller, Kind::Dashboard)?.into_iter().map(|(id, board)| {
            let url = url(&caller, &id);
            json!({
                "id": id, "name": board.get("name"), "statusUrl": format!("{url}/status"), "url": url,
            })
        });
        Ok(shown.collect())
    })
    .await?;
    Ok(reply::ok(&Value::Array(boards)))
}

/// A saved dashboard, if the user may see it; 404 otherwise.
async fn find(org: &Arc<Org>, caller: &Caller, id: String) -> Result<Saved, ApiError> {
    let asks = caller.clone();
    on_engine(org, move |engine| saved::find(engine, &asks, Kind::Dashboard, &id)).await
}

/// The metadata of a saved dashboard.
fn described(engine: &Engine, caller: &Caller, id: &str) -> Result<Value, ApiError> {
    let (id, board) = saved::find(engine, caller, Kind::Dashboard, id)?;
    metadata(engine, caller, &id, &board)
}

/// `dashboardMetadata`.
fn metadata(
    engine: &Engine,
    caller: &Caller,
    id: &str,
    board: &Map<String, Value>,
) -> Result<Value, ApiError> {
    let user = engine.logins()?.into_iter().find(|user| user.id == caller.user_id);
    let mut all = Map::new();
    all.insert(
        "attributes".to_owned(),
        json!({
            "dashboardId": id,
            "dashboardName": board.get("name"),
            "statusUrl": format!("{}/status", url(caller, id)),
            "type": "Dashboard",
        }),
    );
    all.extend(without_owner(board.clone()));
    all.insert("dashboardType".to_owned(), Value::from("LoggedInUser"));
    all.insert("id".to_owned(), Value::from(id));
    let name = user.map(|user| user.name);
    all.insert("runningUser".to_owned(), json!({ "displayName": name, "id": caller.user_id }));
    all.sort_keys();
    Ok(Value::Object(all))
}

pub(super) async fn describe(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Answer {
    let described = on_engine(&org, move |engine| described(engine, &caller, &id)).await?;
    Ok(reply::ok(&described))
}

/// The choices of the filters: `filter1`, `filter2`, … name options by id.
fn chosen(params: &HashMap<String, String>) -> Vec<(usize, String)> {
    let mut chosen: Vec<(usize, String)> = params
        .iter()
        .filter_map(|(key, value)| {
            let place: usize = key.strip_prefix("filter")?.parse().ok()?;
            Some((place.checked_sub(1)?, value.clone()))
        })
        .filter(|(_, value)| !value.is_empty())
        .collect();
    chosen.sort();
    chosen
}

/// What the components showed after the last refresh, which a first look is too.
pub(super) async fn results(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Query(params): Params,
    headers: HeaderMap,
    bytes: Bytes,
) -> Answer {
    let wanted = wanted(&headers, &bytes)?;
    let chosen = chosen(&params);
    let (id, board) = find(&org, &caller, id).await?;
    let snapshot = match org.boards.find(&id, &caller.user_id, &chosen) {
        Some(snapshot) => snapshot,
        None => refreshed(&org, &caller, &id, &board, &chosen).await?,
    };
    let known: Vec<&str> =
        snapshot.components.iter().filter_map(|one| one["componentId"].as_str()).collect();
    if wanted.iter().flatten().any(|one| !known.contains(&one.as_str())) {
        return Err(bad("The component does not exist on this dashboard.").into());
    }
    let is_wanted = |component: &&Value| {
        let id = component["componentId"].as_str().unwrap_or_default();
        wanted.as_ref().is_none_or(|wanted| wanted.iter().any(|one| one == id))
    };
    let data: Vec<&Value> = snapshot.components.iter().filter(is_wanted).collect();
    let data = json!(data);
    let metadata = on_engine(&org, move |engine| metadata(engine, &caller, &id, &board)).await?;
    Ok(reply::ok(&json!({ "componentData": data, "dashboardMetadata": metadata })))
}

/// `{"componentIds": […]}` of a POST; `None` is all of them.
fn wanted(headers: &HeaderMap, bytes: &[u8]) -> Result<Option<Vec<String>>, ApiError> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    let given = body::object(headers, bytes)?;
    let ids = match given.get("componentIds") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(several)) => {
            several.iter().map(|one| one.as_str().unwrap_or_default().to_owned()).collect()
        }
        Some(_) => return Err(bad("The component ids are invalid.")),
    };
    let full = ids.iter().map(|given| {
        id::normalise(given).ok_or_else(|| bad(format!("The component id {given} is invalid.")))
    });
    full.collect::<Result<_, _>>().map(Some)
}

async fn refreshed(
    org: &Arc<Org>,
    caller: &Caller,
    id: &str,
    board: &Map<String, Value>,
    chosen: &[(usize, String)],
) -> Result<Arc<Snapshot>, ApiError> {
    let (asks, board, options) = (caller.clone(), board.clone(), chosen.to_vec());
    let snapshot = on_engine(org, move |engine| read(engine, &asks, &board, &options)).await?;
    Ok(org.boards.keep(id, &caller.user_id, chosen, snapshot))
}

/// `PUT`: reads the data anew.
pub(super) async fn refresh(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Query(params): Params,
) -> Answer {
    let (id, board) = find(&org, &caller, id).await?;
    refreshed(&org, &caller, &id, &board, &chosen(&params)).await?;
    org.boards.begin_refresh(&id, &caller.user_id);
    Ok(reply::ok(&json!({ "statusUrl": format!("{}/status", url(&caller, &id)) })))
}

/// Each component is `RUNNING` at the first look after a refresh, then `IDLE`.
pub(super) async fn status(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Query(params): Params,
) -> Answer {
    let (id, board) = find(&org, &caller, id).await?;
    let only: Option<Vec<String>> = params
        .get("componentIds")
        .map(|ids| ids.split(',').filter_map(|one| id::normalise(one.trim())).collect());
    let running = org.boards.is_running(&id, &caller.user_id);
    let snapshot = org.boards.find(&id, &caller.user_id, &[]);
    let components = board.get("components").and_then(Value::as_array).cloned().unwrap_or_default();
    let states = components.iter().filter_map(|component| {
        let id = component["id"].as_str()?;
        if only.as_ref().is_some_and(|only| !only.iter().any(|one| one == id)) {
            return None;
        }
        Some(json!({
            "componentId": id,
            "refreshDate": snapshot.as_ref().map(|snapshot| crate::engine::datetime(snapshot.at)),
            "refreshStatus": if running { "RUNNING" } else { "IDLE" },
        }))
    });
    Ok(reply::ok(&json!({ "componentStatus": states.collect::<Vec<_>>() })))
}

/// `POST …?cloneId=`: a copy. Dashboards are not made from nothing here.
pub(super) async fn create(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Query(params): Params,
    headers: HeaderMap,
    bytes: Bytes,
) -> Answer {
    let changes = body::object(&headers, &bytes)?;
    let original = params.get("cloneId").cloned();
    let original =
        original.ok_or_else(|| bad("A dashboard is made as a copy: cloneId is missing."))?;
    let made = on_engine(&org, move |engine| {
        let (_, mut board) = saved::find(engine, &caller, Kind::Dashboard, &original)?;
        let name = board.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        board.shift_remove("folderId");
        board.insert("name".to_owned(), Value::from(format!("Copy of {name}")));
        board.insert("developerName".to_owned(), Value::Null);
        board.insert(saved::OWNER.to_owned(), Value::from(caller.user_id.as_str()));
        let id = save(engine, &caller, None, board, &changes)?;
        described(engine, &caller, &id)
    })
    .await?;
    Ok(reply::ok(&made))
}

/// `PATCH`: another name, folder or description.
pub(super) async fn update(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Answer {
    let mut changes = body::object(&headers, &bytes)?;
    if let Some(Value::Object(inner)) = changes.shift_remove("dashboardMetadata") {
        changes = inner;
    }
    let administrator = org.admin.id.clone();
    let made = on_engine(&org, move |engine| {
        let (id, board) = saved::writable(engine, &caller, &administrator, Kind::Dashboard, &id)?;
        let id = save(engine, &caller, Some(&id), board, &changes)?;
        described(engine, &caller, &id)
    })
    .await?;
    Ok(reply::ok(&made))
}

/// Saves a dashboard, with the keys of `changes` that may be changed.
pub(super) fn save(
    engine: &Engine,
    caller: &Caller,
    known: Option<&str>,
    mut board: Map<String, Value>,
    changes: &Map<String, Value>,
) -> Result<String, ApiError> {
    for key in ["name", "folderId", "description", "developerName"] {
        if let Some(value) = changes.get(key) {
            board.insert(key.to_owned(), value.clone());
        }
    }
    let name = board.get("name").and_then(Value::as_str).unwrap_or_default().trim().to_owned();
    if name.is_empty() {
        return Err(bad("The dashboard needs a name."));
    }
    let folder = folders::of(engine, caller, board.get("folderId"))?;
    board.insert("folderId".to_owned(), Value::from(folder.as_str()));
    let developer_name = match board.get("developerName").and_then(Value::as_str) {
        Some(name) if !name.is_empty() => name.to_owned(),
        _ => folders::developer_name(&name),
    };
    board.insert("developerName".to_owned(), Value::from(developer_name.as_str()));
    let folder_name = folders::name(engine, &folder)?;
    let description = board.get("description").and_then(Value::as_str).map(str::to_owned);
    let columns = [
        ("Title", Some(name.as_str())),
        ("DeveloperName", Some(developer_name.as_str())),
        ("Description", description.as_deref()),
        ("FolderId", Some(folder.as_str())),
        ("FolderName", Some(folder_name.as_str())),
        ("Type", Some("LoggedInUser")),
        ("RunningUserId", Some(caller.user_id.as_str())),
    ];
    let body = |id: &str| {
        let mut board = board.clone();
        board.insert("id".to_owned(), Value::from(id));
        number_components(&mut board, id);
        Value::Object(board)
    };
    engine.define(caller, Kind::Dashboard, known, body, &columns)
}

/// Gives every component and filter option an id that no other dashboard has.
fn number_components(board: &mut Map<String, Value>, dashboard: &str) {
    /// More components than a dashboard can have.
    const STEP: u64 = 100;
    let own = dashboard.get(6..15).unwrap_or_default();
    let base =
        own.bytes().fold(0_u64, |sum, byte| sum.wrapping_mul(62).wrapping_add(u64::from(byte)));
    let first = (base % 1_000_000_000) * STEP;
    let components = board.get_mut("components").and_then(Value::as_array_mut);
    for (at, component) in (1..).zip(components.into_iter().flatten()) {
        component["id"] = Value::from(id::make("01a", first + at));
    }
    let mut at = 0;
    let filters = board.get_mut("filters").and_then(Value::as_array_mut);
    for filter in filters.into_iter().flatten() {
        for option in filter["options"].as_array_mut().into_iter().flatten() {
            at += 1;
            option["id"] = Value::from(id::make("0IC", first + at));
        }
    }
}
