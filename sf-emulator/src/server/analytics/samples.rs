//! The reports and dashboards of a new org, from `data/analytics`.

use serde_json::{Map, Value, json};

use super::columns::path_of;
use super::definition::merged;
use super::{dashboards, reports, saved};
use crate::engine::{ApiError, Caller, Engine, Kind, Seen};

const SAMPLES: &str = include_str!("../../data/analytics/samples.json");

/// Defines the samples if nothing was ever defined here. What the org has no
/// objects or fields for is left out.
pub(crate) fn install(engine: &Engine, caller: &Caller) -> Result<(), ApiError> {
    if !engine.is_undefined()? {
        return Ok(());
    }
    // One transaction: an org in a file is written to once.
    engine.transaction(|| define(engine, caller))
}

fn define(engine: &Engine, caller: &Caller) -> Result<(), ApiError> {
    let samples: Value = serde_json::from_str(SAMPLES).unwrap_or_default();
    let (name, developer_name) = ("Sales Reports", "Sales_Reports");
    let columns = [
        ("Name", Some(name)),
        ("DeveloperName", Some(developer_name)),
        ("Type", Some("Report")),
        ("AccessType", Some("Public")),
    ];
    let body = |id: &str| json!({ "id": id, "name": name, "developerName": developer_name });
    let folder = engine.define(caller, Kind::Folder, None, body, &columns)?;
    let mut ids: Map<String, Value> = Map::new();
    let seen = engine.seen(caller)?;
    for sample in samples["reports"].as_array().into_iter().flatten() {
        let mut metadata = sample.as_object().cloned().unwrap_or_default();
        metadata.insert("folderId".to_owned(), Value::from(folder.as_str()));
        // Checked by its names alone: the start of an org must be fast.
        if fits(&seen, sample) {
            let metadata = merged(&Map::new(), &metadata)?;
            let id = reports::store(engine, caller, None, &metadata, &caller.user_id)?;
            let key = sample["developerName"].as_str().unwrap_or_default();
            ids.insert(key.to_owned(), Value::from(id));
        }
    }
    for sample in samples["dashboards"].as_array().into_iter().flatten() {
        let mut board = sample.as_object().cloned().unwrap_or_default();
        let components = board.get_mut("components").and_then(Value::as_array_mut);
        for component in components.into_iter().flatten() {
            let report = component["reportId"].as_str().and_then(|name| ids.get(name));
            component["reportId"] = report.cloned().unwrap_or_default();
        }
        let is_there = |component: &Value| component["reportId"].is_string();
        if board["components"].as_array().is_some_and(|all| all.iter().all(is_there)) {
            board.insert("folderId".to_owned(), Value::from(folder.as_str()));
            board.insert(saved::OWNER.to_owned(), Value::from(caller.user_id.as_str()));
            dashboards::save(engine, caller, None, board, &Map::new())?;
        }
    }
    Ok(())
}

/// Whether the org has the object and the fields of a sample.
fn fits(seen: &Seen, sample: &Value) -> bool {
    let columns =
        sample["detailColumns"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let groupings = ["groupingsDown", "groupingsAcross"].into_iter();
    let groupings = groupings.flat_map(|key| sample[key].as_array().into_iter().flatten());
    let groupings = groupings.filter_map(|grouping| grouping["name"].as_str());
    let type_name = sample["reportType"]["type"].as_str().unwrap_or_default();
    columns.chain(groupings).all(|column| {
        path_of(type_name, column).is_some_and(|(object, path)| match path.split_once('.') {
            None => seen.label(object, path).is_some(),
            Some((relationship, _)) => seen.relationship(object, relationship).is_some(),
        })
    })
}
