//! `/query?q=…&columns=true`: the columns of a statement's result instead of
//! its rows.
//!
//! Not documented; the Salesforce CLI lays out its tables by it. It reads the
//! names, whether a column is an aggregate, and the columns behind a parent or
//! in a subquery, so that is what there is here.

use std::sync::Arc;

use axum::response::Response;
use serde_json::{Value, json};
use sf_soql::ast::{Path, Query, SelectItem};

use crate::engine::{ApiError, Caller};
use crate::server::{Org, on_engine, reply};

/// Answers for a statement that the engine accepts.
pub(super) async fn columns(
    org: &Arc<Org>,
    caller: Caller,
    soql: String,
) -> Result<Response, ApiError> {
    let statement = soql.clone();
    on_engine(org, move |engine| engine.query(&caller, &statement, false)).await?;
    // The engine has parsed it a moment ago.
    let query = sf_soql::parse(&soql).map_err(|_| ApiError::not_found())?;
    let body = json!({
        "columnMetadata": of(&query),
        "entityName": query.from.name.last(),
        "groupBy": query.group_by.is_some(),
        "idSelected": query.select.iter().any(
            |item| matches!(item, SelectItem::Field { path, .. } if path.is("Id")),
        ),
    });
    Ok(reply::ok(&body))
}

fn of(query: &Query) -> Vec<Value> {
    let mut unnamed = 0;
    let mut columns: Vec<Value> = Vec::new();
    for item in &query.select {
        match item {
            SelectItem::Field { path, alias: Some(alias) } => {
                columns.push(column(alias.as_str(), path.as_str(), false, Vec::new()));
            }
            SelectItem::Field { path, alias: None } => add_path(&mut columns, path.as_str()),
            SelectItem::Call { call, alias } => {
                let name = alias.as_ref().map_or_else(
                    || {
                        unnamed += 1;
                        format!("expr{}", unnamed - 1)
                    },
                    ToString::to_string,
                );
                columns.push(column(&name, &display(call), true, Vec::new()));
            }
            SelectItem::Subquery(children) => {
                let name = children.from.name.last();
                columns.push(column(name, name, true, of(children)));
            }
            SelectItem::TypeOf(type_of) => {
                let name = type_of.relationship.as_str();
                let fields = type_of.whens.iter().flat_map(|when| &when.fields);
                let inner = fields.map(Path::as_str).map(|f| column(f, f, false, Vec::new()));
                columns.push(column(name, name, false, inner.collect()));
            }
            SelectItem::Fields { .. } => {}
        }
    }
    columns
}

/// `Owner.Name` is a column `Owner` with the column `Name` behind it.
fn add_path(columns: &mut Vec<Value>, path: &str) {
    let Some((parent, rest)) = path.split_once('.') else {
        columns.push(column(path, path, false, Vec::new()));
        return;
    };
    let same = |column: &&mut Value| column["columnName"] == parent && column["aggregate"] == false;
    match columns.iter_mut().find(same).and_then(|column| column["joinColumns"].as_array_mut()) {
        Some(behind) => add_path(behind, rest),
        None => {
            let mut behind = Vec::new();
            add_path(&mut behind, rest);
            columns.push(column(parent, parent, false, behind));
        }
    }
}

/// `COUNT(Id)` is shown as `count`, with the field in parentheses.
fn display(call: &sf_soql::ast::Call) -> String {
    let text = call.to_string();
    match text.split_once('(') {
        Some((name, rest)) => format!("{}({rest}", name.to_lowercase()),
        None => text,
    }
}

fn column(name: &str, shown: &str, aggregate: bool, behind: Vec<Value>) -> Value {
    let mut column = json!({
        "aggregate": aggregate,
        "columnName": name,
        "custom": name.ends_with("__c") || name.ends_with("__r"),
        "displayName": shown,
        "foreignKeyName": null,
        "joinColumns": null,
    });
    column["joinColumns"] = Value::Array(behind);
    column
}
