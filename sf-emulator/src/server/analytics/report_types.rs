//! `/analytics/reportTypes`: what reports there can be.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use serde_json::{Map, Value, json};

use super::Answer;
use super::columns::{CUSTOM_ENTITY, ReportType, standard};
use super::error::unavailable;
use super::report::Report;
use super::type_metadata;
use crate::engine::{ApiError, Caller, Engine};
use crate::server::shown::Shown;
use crate::server::{Org, on_engine, reply};

/// Report types by category; those of custom objects are the last.
pub(super) async fn list(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
) -> Answer {
    let listed = on_engine(&org, move |engine| listed(engine, &caller)).await?;
    Ok(reply::ok(&listed))
}

fn listed(engine: &Engine, caller: &Caller) -> Result<Value, ApiError> {
    let mut shown = Shown::new(engine, caller);
    let mut categories: Vec<(String, Vec<Value>)> = Vec::new();
    let mut add = |category: &str, name: &str, label: &str| {
        let url = format!("/services/data/v{}/analytics/reportTypes/{name}", caller.version);
        let entry = json!({ "describeUrl": url, "label": label, "type": name });
        match categories.iter_mut().find(|(known, _)| known == category) {
            Some((_, entries)) => entries.push(entry),
            None => categories.push((category.to_owned(), vec![entry])),
        }
    };
    for one in standard() {
        if ReportType::find(&mut shown, &one.name).is_some() {
            add(&one.category, &one.name, &one.label);
        }
    }
    let all: Value = serde_json::from_str(&engine.describe_global(caller)?.0).unwrap_or_default();
    for object in all["sobjects"].as_array().into_iter().flatten() {
        let text = |key: &str| object[key].as_str().unwrap_or_default();
        if object["custom"] == true && object["queryable"] == true {
            let name = format!("{CUSTOM_ENTITY}{}", text("name"));
            add("Other Reports", &name, text("labelPlural"));
        }
    }
    let shown = categories.into_iter();
    Ok(shown.map(|(label, types)| json!({ "label": label, "reportTypes": types })).collect())
}

/// One report type, with the metadata that a new report of it starts with.
pub(super) async fn describe(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path(name): Path<String>,
) -> Answer {
    let described = on_engine(&org, move |engine| described(engine, &caller, &name)).await?;
    Ok(reply::ok(&described))
}

fn described(engine: &Engine, caller: &Caller, name: &str) -> Result<Value, ApiError> {
    let mut shown = Shown::new(engine, caller);
    let found = ReportType::find(&mut shown, name).ok_or_else(unavailable)?;
    let mut new = Map::new();
    new.insert("name".to_owned(), Value::from(format!("New {} Report", found.label)));
    new.insert("reportType".to_owned(), json!({ "type": found.name }));
    let first: Vec<&str> =
        found.columns.iter().take(5).map(|column| column.name.as_str()).collect();
    new.insert("detailColumns".to_owned(), json!(first));
    let report = Report::of(engine, caller, &Map::new(), &new)?;
    let described = report.describe(caller, super::report::UNSAVED)?;
    Ok(json!({
        "attributes": { "reportTypeName": found.name, "type": "ReportType" },
        "reportExtendedMetadata": described["reportExtendedMetadata"],
        "reportMetadata": described["reportMetadata"],
        "reportTypeMetadata": type_metadata::of(&found, caller.now),
    }))
}
