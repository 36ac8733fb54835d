//! `/sobjects/X/{id}/{relationship}`: the children or the parent of a record.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use serde_json::{Map, Value};

use super::query::{batch_size, first_of};
use super::rows;
use crate::engine::{ApiError, Caller, Relationship};
use crate::server::{Org, on_engine, reply};

type Params = Query<HashMap<String, String>>;
type Place = Path<(String, String, String)>;

/// The path names a record of the object, not one of its fields.
pub(crate) fn is_record(org: &Org, caller: &Caller, object: &str, id: &str) -> bool {
    let seen = org.engine.metadata(caller);
    matches!(id.len(), 15 | 18)
        && seen.object_name(object).is_some()
        && seen.object_of_id(id) == seen.object_name(object)
}

pub(crate) async fn get(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path((object, id, name)): Place,
    Query(params): Params,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let seen = org.engine.metadata(&caller);
    match seen.relationship(&object, &name) {
        Some(Relationship::Parent { field }) => {
            let field = field.to_owned();
            let Some((parent, parent_id)) = parent(&org, &caller, &object, &id, &field).await?
            else {
                return Ok(reply::empty(StatusCode::NO_CONTENT));
            };
            let place = Path((parent, parent_id));
            rows::get(State(org), Extension(caller), place, Query(params), headers).await
        }
        Some(Relationship::Children { object: child, field }) => {
            let fields = match rows::fields(&params) {
                Some(fields) => fields.join(", "),
                None => seen.field_names(child)?.join(", "),
            };
            let soql = format!(
                "SELECT {fields} FROM {child} WHERE {field} = '{}'",
                sf_soql::escape::string(&id)
            );
            exists(&org, &caller, object, id).await?;
            first_of(&org, caller, soql, false, batch_size(&headers)).await
        }
        None => rows::blob(&org, caller, object, id, name).await,
    }
}

/// Changes the parent.
pub(crate) async fn update(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path((object, id, name)): Place,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    let place = Path(to_one(&org, &caller, &object, &id, &name, &Method::PATCH).await?);
    rows::update(State(org), Extension(caller), place, headers, body).await
}

/// Deletes the parent.
pub(crate) async fn delete(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path((object, id, name)): Place,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let place = Path(to_one(&org, &caller, &object, &id, &name, &Method::DELETE).await?);
    rows::delete(State(org), Extension(caller), place, headers).await
}

/// The parent of a relationship that has one.
async fn to_one(
    org: &Arc<Org>,
    caller: &Caller,
    object: &str,
    id: &str,
    name: &str,
    method: &Method,
) -> Result<(String, String), ApiError> {
    let seen = org.engine.metadata(caller);
    match seen.relationship(object, name) {
        Some(Relationship::Parent { field }) => {
            let field = field.to_owned();
            parent(org, caller, object, id, &field).await?.ok_or_else(ApiError::not_found)
        }
        Some(Relationship::Children { .. }) => Err(reply::not_allowed(method, "GET,HEAD")),
        None => Err(ApiError::not_found()),
    }
}

/// Object and id of the record that a lookup points to.
async fn parent(
    org: &Arc<Org>,
    caller: &Caller,
    object: &str,
    id: &str,
    field: &str,
) -> Result<Option<(String, String)>, ApiError> {
    let (asks, object, id, field) =
        (caller.clone(), object.to_owned(), id.to_owned(), field.to_owned());
    on_engine(org, move |engine| {
        let row = engine.get(&asks, &object, &id, Some(std::slice::from_ref(&field)))?;
        let row: Map<String, Value> = serde_json::from_str(&row.json.0).unwrap_or_default();
        let Some(parent_id) = row.get(&field).and_then(Value::as_str) else { return Ok(None) };
        let seen = engine.seen(&asks)?;
        let parent = seen.object_of_id(parent_id).ok_or_else(ApiError::not_found)?;
        Ok(Some((parent.to_owned(), parent_id.to_owned())))
    })
    .await
}

async fn exists(
    org: &Arc<Org>,
    caller: &Caller,
    object: String,
    id: String,
) -> Result<(), ApiError> {
    let asks = caller.clone();
    on_engine(org, move |engine| {
        engine.get(&asks, &object, &id, Some(&["Id".to_owned()])).map(|_| ())
    })
    .await
}
