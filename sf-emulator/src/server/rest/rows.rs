//! Single records: by id, by external id.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value, json};

use super::conditions::{Guard, row_reply};
use super::{body, multipart, related};
use crate::engine::{ApiError, Caller, ErrorItem, Write, Written, id};
use crate::server::reply::{empty, with_header};
use crate::server::{Org, on_engine, reply};

type Params = Query<HashMap<String, String>>;

pub(crate) async fn get(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path((object, id)): Path<(String, String)>,
    Query(params): Params,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let fields = fields(&params);
    let row =
        on_engine(&org, move |engine| engine.get(&caller, &object, &id, fields.as_deref())).await?;
    Ok(row_reply(row, &headers))
}

/// `/sobjects/X/{field}/{value}`, or a relationship of a record.
pub(crate) async fn get_by_external_id(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path((object, field, value)): Path<(String, String, String)>,
    Query(params): Params,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    if related::is_record(&org, &caller, &object, &field) {
        let place = Path((object, field, value));
        return related::get(State(org), Extension(caller), place, Query(params), headers).await;
    }
    let fields = fields(&params);
    let row = on_engine(&org, move |engine| {
        engine.get_by_external_id(&caller, &object, &field, &value, fields.as_deref())
    })
    .await?;
    Ok(row_reply(row, &headers))
}

pub(crate) async fn create(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path(object): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    known(&org, &caller, &object)?;
    let fields = record(&headers, &body)?;
    let version = caller.version.clone();
    let written = write_one(&org, caller, None, Write::Create { object, fields }).await;
    Ok(created(&version, &written.map_err(|error| body::placed(error, &body))?, false))
}

/// `POST /sobjects/X/Id`: an insert in the form of an upsert.
pub(crate) async fn create_by_id_path(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path((object, field)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    known(&org, &caller, &object)?;
    if !field.eq_ignore_ascii_case("Id") {
        return Err(reply::not_allowed(&http::Method::POST, "DELETE,GET,HEAD,PATCH"));
    }
    let fields = record(&headers, &body)?;
    let version = caller.version.clone();
    let written = write_one(&org, caller, None, Write::Create { object, fields }).await;
    let written = written.map_err(|error| body::placed(error, &body))?;
    Ok(created(&version, &written, has_created_key(&version)))
}

pub(crate) async fn update(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path((object, id)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    known(&org, &caller, &object)?;
    let fields = record(&headers, &body)?;
    let guard = Guard::of(&headers, &object, &id)?;
    check_id(&id)?;
    let written = write_one(&org, caller, guard, Write::Update { object, id, fields }).await;
    written.map_err(|error| body::placed(error, &body))?;
    Ok(empty(StatusCode::NO_CONTENT))
}

pub(crate) async fn delete(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path((object, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    known(&org, &caller, &object)?;
    let guard = Guard::of(&headers, &object, &id)?;
    check_id(&id)?;
    write_one(&org, caller, guard, Write::Delete { object: Some(object), id }).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

pub(crate) async fn upsert(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path((object, field, value)): Path<(String, String, String)>,
    Query(params): Params,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    known(&org, &caller, &object)?;
    if related::is_record(&org, &caller, &object, &field) {
        let place = Path((object, field, value));
        return related::update(State(org), Extension(caller), place, headers, body).await;
    }
    let fields = record(&headers, &body)?;
    if fields.keys().any(|name| name.eq_ignore_ascii_case(&field)) {
        let message = format!("The {field} field should not be specified in the sobject data.");
        return Err(ApiError::bad_request("INVALID_FIELD", message));
    }
    let update_only =
        params.get("updateOnly").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let version = caller.version.clone();
    let write = Write::Upsert { object, field, value, fields, update_only };
    let written = write_one(&org, caller, None, write).await;
    let written = written.map_err(|error| body::placed(error, &body))?;
    Ok(match (written.created, has_created_key(&version)) {
        (true, with_key) => created(&version, &written, with_key),
        (false, true) => with_location(reply::ok(&saved(&written, true)), &version, &written),
        (false, false) => empty(StatusCode::NO_CONTENT),
    })
}

pub(crate) async fn delete_by_external_id(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path((object, field, value)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    if related::is_record(&org, &caller, &object, &field) {
        let place = Path((object, field, value));
        return related::delete(State(org), Extension(caller), place, headers).await;
    }
    let found = on_engine(&org, move |engine| {
        let only_id = ["Id".to_owned()];
        let row = engine.get_by_external_id(&caller, &object, &field, &value, Some(&only_id))?;
        first(engine.write(
            &caller,
            &[Write::Delete { object: Some(row.object), id: row.id }],
            true,
        ))
    });
    found.await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

/// The bytes of a blob field.
pub(crate) async fn blob(
    org: &Arc<Org>,
    caller: Caller,
    object: String,
    id: String,
    field: String,
) -> Result<Response, ApiError> {
    let bytes = on_engine(org, move |engine| engine.blob(&caller, &object, &id, &field)).await?;
    let response = Response::new(bytes.unwrap_or_default().into());
    // Spelled as the platform spells it.
    Ok(with_header(response, CONTENT_TYPE, "application/octetstream"))
}

async fn write_one(
    org: &Arc<Org>,
    caller: Caller,
    guard: Option<Guard>,
    write: Write,
) -> Result<Written, ApiError> {
    on_engine(org, move |engine| {
        let Some(guard) = guard else { return first(engine.write(&caller, &[write], true)) };
        // Nobody changes the record between the check and the write.
        engine.transaction(|| {
            guard.check(engine, &caller)?;
            first(engine.write(&caller, &[write], true))
        })
    })
    .await
}

/// The one result of one write.
fn first(results: Vec<Result<Written, ApiError>>) -> Result<Written, ApiError> {
    let missing =
        || Err(ApiError::new(500, ErrorItem::new("UNKNOWN_EXCEPTION", "the write has no result")));
    results.into_iter().next().unwrap_or_else(missing)
}

/// What stands in a path for the id and is none is taken for a field.
fn check_id(id: &str) -> Result<(), ApiError> {
    if id::is_id(id) { Ok(()) } else { Err(id::no_external_id(id)) }
}

/// An unknown object is a path that does not exist, whatever the body holds.
fn known(org: &Org, caller: &Caller, object: &str) -> Result<(), ApiError> {
    org.engine.metadata(caller).object_name(object).map(|_| ()).ok_or_else(ApiError::not_found)
}

/// The fields of a record; its `attributes` say nothing that the path does not.
fn record(headers: &HeaderMap, bytes: &[u8]) -> Result<Map<String, Value>, ApiError> {
    let mut fields = match multipart::boundary(headers) {
        Some(boundary) => multipart::record(boundary, bytes)?,
        None => body::object(headers, bytes)?,
    };
    fields.shift_remove("attributes");
    if fields.keys().any(|name| name.eq_ignore_ascii_case("Id")) {
        let message = "The Id field should not be specified in the sobject data.";
        return Err(ApiError::bad_request("INVALID_FIELD", message));
    }
    Ok(fields)
}

/// `?fields=Name,Owner.Name`.
pub(crate) fn fields(params: &HashMap<String, String>) -> Option<Vec<String>> {
    let list = params.get("fields")?;
    Some(
        list.split(',')
            .map(|field| field.trim().to_owned())
            .filter(|field| !field.is_empty())
            .collect(),
    )
}

fn created(version: &str, written: &Written, with_key: bool) -> Response {
    let response = reply::json(StatusCode::CREATED, saved(written, with_key).to_string());
    with_location(response, version, written)
}

/// From version 46 on an upsert says whether it created the record.
fn has_created_key(version: &str) -> bool {
    version
        .split('.')
        .next()
        .and_then(|major| major.parse::<u32>().ok())
        .is_some_and(|major| major >= 46)
}

fn saved(written: &Written, with_key: bool) -> Value {
    let mut value = json!({ "id": written.id, "success": true, "errors": [] });
    if with_key && let Value::Object(map) = &mut value {
        map.insert("created".to_owned(), Value::from(written.created));
    }
    value
}

fn with_location(response: Response, version: &str, written: &Written) -> Response {
    let path = format!("/services/data/v{version}/sobjects/{}/{}", written.object, written.id);
    with_header(response, LOCATION, &path)
}
