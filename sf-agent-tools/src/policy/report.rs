//! Which fields a report reads.

use std::collections::HashMap;

use serde_json::{Map, Value};
use sf_rest::ops::reports::ReportDescription;

/// Keys of a report's metadata that hold nothing of a record's, or what is looked at one by one
/// (Reports and Dashboards REST API Developer Guide, "Report Metadata").
const HARMLESS: &[&str] = &[
    "currency",
    "dashboardSetting",
    "description",
    "developerName",
    "division",
    "folderId",
    "hasDetailRows",
    "hasRecordCount",
    "presentationOptions",
    "reportType",
    "scope",
    "showGrandTotal",
    "showSubtotals",
    "supportsRoleHierarchy",
    "userOrHierarchyFilterId",
];

/// Every field that a report reads, as object and field.
///
/// # Errors
/// What of it cannot be told, as a part of a sentence.
pub(crate) fn report_fields(report: &ReportDescription) -> Result<Vec<(String, String)>, String> {
    let metadata = &report.report_metadata;
    let known = columns(report);
    let mut names: Vec<String> = metadata.detail_columns.clone();
    names.extend(metadata.report_filters.iter().map(|filter| filter.column.clone()));
    let groupings = metadata.groupings_down.iter().chain(&metadata.groupings_across);
    names.extend(groupings.map(|grouping| grouping.name.clone()));
    for aggregate in &metadata.aggregates {
        match aggregate.split_once('!') {
            Some((_, column)) => names.push(column.to_owned()),
            None if aggregate == "RowCount" => {}
            None => return Err("it computes with a formula of its own".to_owned()),
        }
    }
    for (key, value) in &metadata.rest {
        if HARMLESS.contains(&key.as_str()) || is_nothing(value) {
            continue;
        }
        match key.as_str() {
            "sortBy" => names.extend(texts(value, "sortColumn")),
            "standardDateFilter" => names.extend(text(value, "column")),
            // They are of the groupings and columns.
            "chart" | "topRows" => {}
            other => return Err(format!("its {other} cannot be checked")),
        }
    }
    let mut fields = Vec::new();
    for name in names {
        let field = known.get(&name).cloned();
        let field = field.or_else(|| by_path(&name));
        fields.push(field.ok_or_else(|| "a column of it cannot be told to be a field".to_owned())?);
    }
    if fields.is_empty() {
        return Err("nothing tells what it reads".to_owned());
    }
    // Rows come from every object of the report's type, whether or not a column of it is shown.
    let objects = known.into_values().map(|(object, _)| (object, "Id".to_owned()));
    fields.extend(objects);
    fields.sort_unstable();
    fields.dedup();
    Ok(fields)
}

/// The fields behind the columns, where the description tells them.
fn columns(report: &ReportDescription) -> HashMap<String, (String, String)> {
    let mut found = HashMap::new();
    let mut note = |columns: &Map<String, Value>| {
        for (name, column) in columns {
            let path = ["fullyQualifiedName", "entityColumnName"]
                .iter()
                .find_map(|key| column.get(*key)?.as_str())
                .and_then(by_path);
            if let Some(path) = path {
                found.insert(name.clone(), path);
            }
        }
    };
    for key in ["detailColumnInfo", "groupingColumnInfo"] {
        if let Some(Value::Object(columns)) = report.report_extended_metadata.get(key) {
            note(columns);
        }
    }
    let categories = report.report_type_metadata.get("categories").and_then(Value::as_array);
    for category in categories.into_iter().flatten() {
        if let Some(Value::Object(columns)) = category.get("columns") {
            note(columns);
        }
    }
    found
}

/// `Account.Name`: an object and its field. A longer path leads through parents.
fn by_path(path: &str) -> Option<(String, String)> {
    let (object, field) = path.split_once('.')?;
    let is_name = |text: &str| sf_soql::ast::Ident::new(text).is_ok();
    (is_name(object) && is_name(field)).then(|| (object.to_owned(), field.to_owned()))
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key)?.as_str().map(str::to_owned)
}

fn texts(list: &Value, key: &str) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(|item| text(item, key)).collect()
}
