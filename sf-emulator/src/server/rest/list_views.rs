//! `/sobjects/X/listviews`: list, describe, results (REST API Developer Guide,
//! List Views, List View Describe, List View Results).
//!
//! Every object that has a layout has the views that the platform makes by
//! itself, all records, the caller's and those of this week; some have more
//! from `data/list_views.json`. A view is one statement, run as the caller.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::list_view_columns::{Column, columns, row};
use crate::engine::{ApiError, Caller, Engine, id};
use crate::server::shown::Shown;
use crate::server::{Org, on_engine, reply};

/// What a file says of an object's views.
#[derive(Debug, Default, Deserialize)]
struct OfObject {
    columns: Vec<String>,
    views: Vec<Saved>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Saved {
    developer_name: String,
    label: String,
    #[serde(rename = "where")]
    conditions: Vec<(String, String, String)>,
    order: String,
}

static SAVED: LazyLock<BTreeMap<String, OfObject>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../data/list_views.json")).unwrap_or_default()
});

/// A list view, for one user.
pub(super) struct View {
    id: String,
    object: String,
    developer_name: String,
    label: String,
    scope: &'static str,
    /// Field, operator and value, as a statement writes them; all hold.
    conditions: Vec<(String, String, String)>,
    order: String,
    descending: bool,
    columns: Vec<Column>,
}

/// The views of each user that were looked at, the latest first.
#[derive(Default)]
pub(crate) struct Looked(Mutex<HashMap<String, Vec<String>>>);

impl Looked {
    fn note(&self, user: &str, view: &str) {
        /// As many as the platform lists.
        const MOST: usize = 200;
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let views = all.entry(user.to_owned()).or_default();
        views.retain(|known| known != view);
        views.insert(0, view.to_owned());
        views.truncate(MOST);
    }

    fn of(&self, user: &str) -> Vec<String> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(user).cloned().unwrap_or_default()
    }
}

/// The id of a view follows from its names, so that it is the same at each start.
fn id_of(object: &str, developer_name: &str) -> String {
    // FNV-1a, cut to what an id can count.
    let bytes = object.bytes().chain(std::iter::once(0)).chain(developer_name.bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    id::make("00B", hash >> 12)
}

/// The views of an object that the caller is shown.
fn views(engine: &Engine, caller: &Caller, object: &str) -> Result<Vec<View>, ApiError> {
    let mut shown = Shown::new(engine, caller);
    let object = shown.known(object)?;
    let saved = SAVED.get(&object.name);
    let name = object.name_field().map_or("Id", |field| field.name.as_str());
    let wanted = saved.map_or_else(|| vec![name.to_owned()], |saved| saved.columns.clone());
    let columns = columns(&mut shown, &object.name, &wanted);
    let view = |developer_name: &str, label: String, scope, conditions, order: &str| View {
        id: id_of(&object.name, developer_name),
        object: object.name.clone(),
        developer_name: developer_name.to_owned(),
        label,
        scope,
        conditions,
        order: order.to_owned(),
        descending: false,
        columns: columns.clone(),
    };
    let plural: String = object.label_plural.chars().filter(char::is_ascii_alphanumeric).collect();
    let label = |what: &str| format!("{what} {}", object.label_plural);
    let mut views =
        vec![view(&format!("All{plural}"), label("All"), "everything", Vec::new(), name)];
    if object.has_scope("mine") {
        views.push(view(&format!("My{plural}"), label("My"), "mine", Vec::new(), name));
    }
    if object.field("CreatedDate").is_some() {
        let week = vec![("CreatedDate".to_owned(), "=".to_owned(), "THIS_WEEK".to_owned())];
        let new =
            view("NewThisWeek", "New This Week".to_owned(), "everything", week, "CreatedDate");
        views.push(View { descending: true, ..new });
    }
    for one in saved.into_iter().flat_map(|saved| &saved.views) {
        let fits = one.conditions.iter().all(|(field, ..)| object.field(field).is_some())
            && object.field(&one.order).is_some();
        if fits {
            let conditions = one.conditions.clone();
            views.push(view(
                &one.developer_name,
                one.label.clone(),
                "everything",
                conditions,
                &one.order,
            ));
        }
    }
    Ok(views)
}

/// One view by its id or API name.
fn find(engine: &Engine, caller: &Caller, object: &str, wanted: &str) -> Result<View, ApiError> {
    let full = id::normalise(wanted);
    let found = views(engine, caller, object)?.into_iter().find(|view| {
        full.as_ref() == Some(&view.id) || view.developer_name.eq_ignore_ascii_case(wanted)
    });
    found.ok_or_else(ApiError::not_found)
}

/// The statement of the view that has this id, for its plan.
pub(super) fn statement(
    engine: &Engine,
    caller: &Caller,
    wanted: &str,
) -> Result<String, ApiError> {
    let wanted = id::normalise(wanted).ok_or_else(ApiError::not_found)?;
    let all: Value = serde_json::from_str(&engine.describe_global(caller)?.0).unwrap_or_default();
    for object in all["sobjects"].as_array().into_iter().flatten() {
        let name = object["name"].as_str().unwrap_or_default();
        let known = views(engine, caller, name)?.into_iter().find(|view| view.id == wanted);
        if let Some(view) = known {
            return Ok(view.soql());
        }
    }
    Err(ApiError::not_found())
}

impl View {
    fn soql(&self) -> String {
        let columns: Vec<&str> =
            self.columns.iter().map(|column| column.selected.as_str()).collect();
        let mut soql = format!("SELECT {} FROM {}", columns.join(", "), self.object);
        if self.scope == "mine" {
            soql.push_str(" USING SCOPE mine");
        }
        let conditions = self.conditions.iter();
        let conditions: Vec<String> = conditions
            .map(|(field, operator, value)| format!("{field} {operator} {value}"))
            .collect();
        if !conditions.is_empty() {
            soql.push_str(&format!(" WHERE {}", conditions.join(" AND ")));
        }
        let direction = if self.descending { "DESC NULLS LAST" } else { "ASC NULLS FIRST" };
        soql.push_str(&format!(" ORDER BY {} {direction}", self.order));
        if self.order != "Id" {
            soql.push_str(", Id ASC NULLS FIRST");
        }
        soql
    }

    fn url(&self, caller: &Caller) -> String {
        format!("/services/data/v{}/sobjects/{}/listviews/{}", caller.version, self.object, self.id)
    }

    fn summary(&self, caller: &Caller) -> Value {
        let url = self.url(caller);
        json!({
            "describeUrl": format!("{url}/describe"),
            "developerName": self.developer_name,
            "id": self.id,
            "label": self.label,
            "resultsUrl": format!("{url}/results"),
            "soqlCompatible": true,
            "url": url,
        })
    }

    fn column_list(&self) -> Value {
        self.columns.iter().map(|column| column.shown(&self.order, self.descending)).collect()
    }

    fn where_condition(&self) -> Value {
        let one = |(field, operator, value): &(String, String, String)| {
            let operator = match operator.as_str() {
                "=" => "equals",
                "!=" => "notEquals",
                "<" => "lessThan",
                ">" => "greaterThan",
                "<=" => "lessThanOrEqualTo",
                ">=" => "greaterThanOrEqualTo",
                other => other,
            };
            json!({ "field": field, "operator": operator, "values": [value] })
        };
        match self.conditions.as_slice() {
            [] => json!({}),
            [single] => one(single),
            several => {
                let conditions: Vec<Value> = several.iter().map(one).collect();
                json!({ "conditions": conditions, "conjunction": "and" })
            }
        }
    }
}

fn page(object: &str, views: &[Value]) -> Value {
    json!({
        "done": true, "listviews": views, "nextRecordsUrl": null, "size": views.len(), "sobjectType": object,
    })
}

/// `/sobjects/X/listviews`.
pub(crate) async fn list(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path(object): Path<String>,
) -> Result<Response, ApiError> {
    let page = on_engine(&org, move |engine| {
        let views = views(engine, &caller, &object)?;
        let object = views.first().map_or(object, |view| view.object.clone());
        let shown: Vec<Value> = views.iter().map(|view| view.summary(&caller)).collect();
        Ok(page(&object, &shown))
    })
    .await?;
    Ok(reply::ok(&page))
}

/// `/sobjects/X/listviews/recent`: those whose results the user read.
pub(crate) async fn recent(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path(object): Path<String>,
) -> Result<Response, ApiError> {
    let looked = org.looked_at_views.of(&caller.user_id);
    let page = on_engine(&org, move |engine| {
        let views = views(engine, &caller, &object)?;
        let object = views.first().map_or(object, |view| view.object.clone());
        let known = looked.iter().filter_map(|id| views.iter().find(|view| view.id == *id));
        let shown: Vec<Value> = known.map(|view| view.summary(&caller)).collect();
        Ok(page(&object, &shown))
    })
    .await?;
    Ok(reply::ok(&page))
}

/// `/sobjects/X/listviews/{id}`.
pub(crate) async fn get(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path((object, view)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let shown =
        on_engine(&org, move |engine| Ok(find(engine, &caller, &object, &view)?.summary(&caller)))
            .await?;
    Ok(reply::ok(&shown))
}

/// `/sobjects/X/listviews/{id}/describe`.
pub(crate) async fn describe(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path((object, view)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let shown = on_engine(&org, move |engine| {
        let view = find(engine, &caller, &object, &view)?;
        let (nulls, direction) =
            if view.descending { ("last", "descending") } else { ("first", "ascending") };
        let order = |field: &str| {
            json!({ "fieldNameOrPath": field, "nullsPosition": nulls, "sortDirection": direction })
        };
        Ok(json!({
            "columns": view.column_list(),
            "id": view.id,
            "orderBy": [order(&view.order), order("Id")],
            "query": view.soql(),
            "relatedEntityId": null,
            "scope": view.scope,
            "scopeEntityId": null,
            "sobjectType": view.object,
            "whereCondition": view.where_condition(),
        }))
    })
    .await?;
    Ok(reply::ok(&shown))
}

/// Rows of an answer, unless it asks for another number, and at most.
const ROWS: usize = 25;
const MOST_ROWS: usize = 2_000;

/// A number in the address.
fn number(
    params: &HashMap<String, String>,
    name: &str,
    otherwise: usize,
) -> Result<usize, ApiError> {
    let Some(given) = params.get(name) else { return Ok(otherwise) };
    given.trim().parse().map_err(|_| wrong(name, given))
}

fn wrong(name: &str, given: &str) -> ApiError {
    ApiError::bad_request(
        "ILLEGAL_QUERY_PARAMETER_VALUE",
        format!("The value of {name} is invalid: {given}"),
    )
}

/// `/sobjects/X/listviews/{id}/results`: the rows after the first `offset`.
pub(crate) async fn results(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path((object, view)): Path<(String, String)>,
    Query(params): Query<HashMap<String, String>>,
) -> Result<Response, ApiError> {
    let limit = number(&params, "limit", ROWS)?;
    if !(1..=MOST_ROWS).contains(&limit) {
        return Err(wrong("limit", &limit.to_string()));
    }
    let offset = number(&params, "offset", 0)?;
    let user = caller.user_id.clone();
    let (id, shown) = on_engine(&org, move |engine| {
        let view = find(engine, &caller, &object, &view)?;
        let cursor = engine.query(&caller, &view.soql(), false)?;
        let rows = match offset < cursor.len() {
            true => engine.page(&caller, &cursor, offset, limit)?,
            false => Vec::new(),
        };
        let records: Vec<Value> = rows
            .iter()
            .map(|json| {
                let values: Map<String, Value> = serde_json::from_str(&json.0).unwrap_or_default();
                row(&view.columns, &values)
            })
            .collect();
        let shown = json!({
            "columns": view.column_list(),
            "developerName": view.developer_name,
            "done": offset.saturating_add(records.len()) >= cursor.len(),
            "id": view.id,
            "label": view.label,
            "records": records,
            "size": records.len(),
        });
        Ok((view.id, shown))
    })
    .await?;
    org.looked_at_views.note(&user, &id);
    Ok(reply::ok(&shown))
}
