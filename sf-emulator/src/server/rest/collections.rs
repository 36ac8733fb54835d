//! `/composite/sobjects`: up to 200 records in one request.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value, json};

use super::body;
use crate::engine::{ApiError, Caller, ErrorItem, Json, Seen, Step, Write, Written, id};
use crate::server::exchange::{LockedRows, locked_item};
use crate::server::reply::error_item;
use crate::server::{Org, on_engine, reply};

const MAX_RECORDS: usize = 200;
/// Reading takes more, if the ids are in a body.
const MAX_READ: usize = 2_000;

type Params = Query<HashMap<String, String>>;

/// A record of the request as a write, or what is wrong with it alone.
type Prepared = Result<Write, ErrorItem>;

pub(crate) async fn create(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    locked: LockedRows,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    let seen = org.engine.metadata(&caller);
    let asked = Asked::read(&headers, body, |record| {
        let (object, fields) = typed(&seen, record)?;
        Ok(Write::Create { object, fields })
    })?;
    save(&org, caller, asked, locked, false).await
}

pub(crate) async fn update(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    locked: LockedRows,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    let seen = org.engine.metadata(&caller);
    let asked = Asked::read(&headers, body, |record| {
        let (object, mut fields) = typed(&seen, record)?;
        let missing =
            || ErrorItem::on_row("MISSING_ARGUMENT", "Id not specified in an update call", [""; 0]);
        let id = take(&mut fields, "Id").and_then(text).ok_or_else(missing)?;
        Ok(Write::Update { object, id, fields })
    })?;
    save(&org, caller, asked, locked, false).await
}

pub(crate) async fn upsert(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path((object, field)): Path<(String, String)>,
    locked: LockedRows,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    let seen = org.engine.metadata(&caller);
    let object = seen.object_name(&object).ok_or_else(ApiError::not_found)?.to_owned();
    let asked = Asked::read(&headers, body, |record| {
        let (kind, mut fields) = typed(&seen, record)?;
        if kind != object {
            let message = format!("The record is of type {kind}, but the request is for {object}");
            return Err(ErrorItem::on_row("INVALID_TYPE", message, [""; 0]));
        }
        // By `Id`, an empty one is an insert; by any other field it is missing.
        let value = take(&mut fields, &field).and_then(text);
        let by_id = field.eq_ignore_ascii_case("Id");
        let value = match value {
            Some(value) => value,
            None if by_id => String::new(),
            None => {
                let message = format!("{field} not specified");
                return Err(ErrorItem::on_row("MISSING_ARGUMENT", message, [""; 0]));
            }
        };
        Ok(Write::Upsert {
            object: object.clone(),
            field: field.clone(),
            value,
            fields,
            update_only: false,
        })
    })?;
    save(&org, caller, asked, locked, true).await
}

pub(crate) async fn delete(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Query(params): Params,
    locked: LockedRows,
) -> Result<Response, ApiError> {
    let ids = listed(&params, "ids");
    check_count(ids.len(), MAX_RECORDS)?;
    let prepared = ids.into_iter().map(|id| Ok(Write::Delete { object: None, id })).collect();
    let all_or_none =
        params.get("allOrNone").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    save(&org, caller, Asked { prepared, body: Bytes::new(), all_or_none }, locked, false).await
}

/// `GET …?ids=a,b&fields=Name`.
pub(crate) async fn retrieve_by_url(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path(object): Path<String>,
    Query(params): Params,
) -> Result<Response, ApiError> {
    retrieve(&org, caller, object, listed(&params, "ids"), listed(&params, "fields")).await
}

/// A parameter that is a list with commas.
fn listed(params: &HashMap<String, String>, name: &str) -> Vec<String> {
    let text = params.get(name).map(String::as_str).unwrap_or_default();
    text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

/// `POST {"ids":[…],"fields":[…]}`.
pub(crate) async fn retrieve_by_body(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path(object): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    let (ids, fields) = body::read(&headers, &body, |body| {
        body::only_keys(body, &["ids", "fields"])?;
        Ok((texts(body, "ids")?, texts(body, "fields")?))
    })?;
    retrieve(&org, caller, object, ids, fields).await
}

async fn retrieve(
    org: &Arc<Org>,
    caller: Caller,
    object: String,
    ids: Vec<String>,
    fields: Vec<String>,
) -> Result<Response, ApiError> {
    check_count(ids.len(), MAX_READ)?;
    if org.engine.metadata(&caller).object_name(&object).is_none() {
        return Err(ApiError::not_found());
    }
    if fields.is_empty() {
        return Err(ApiError::bad_request(
            "MISSING_ARGUMENT",
            "fields not specified in a retrieve call",
        ));
    }
    let rows = on_engine(org, move |engine| {
        let mut rows = Vec::with_capacity(ids.len());
        for id in &ids {
            if !id::is_id(id) {
                let item = ErrorItem::new("MALFORMED_ID", format!("malformed id {id}"));
                return Err(ApiError::new(400, item));
            }
            match engine.get(&caller, &object, id, Some(&fields)) {
                Ok(row) => rows.push(row.json),
                // Rows that are not there are null; a wrong field is an error.
                Err(error) if error.status == 404 => rows.push(Json("null".to_owned())),
                Err(error) => return Err(error),
            }
        }
        Ok(rows)
    })
    .await?;
    let rows: Vec<&str> = rows.iter().map(|row| row.0.as_str()).collect();
    Ok(reply::json(StatusCode::OK, format!("[{}]", rows.join(","))))
}

/// What a request wants written.
struct Asked {
    prepared: Vec<Prepared>,
    /// The body, for the places in error texts.
    body: Bytes,
    all_or_none: bool,
}

impl Asked {
    /// The records of a body, each as the write that `prepare` makes of it.
    fn read(
        headers: &HeaderMap,
        body: Bytes,
        prepare: impl FnMut(Map<String, Value>) -> Prepared,
    ) -> Result<Self, ApiError> {
        let (records, all_or_none) = body::read(headers, &body, records)?;
        Ok(Self { prepared: records.into_iter().map(prepare).collect(), body, all_or_none })
    }
}

/// Writes what can be written and reports on every record, in order.
async fn save(
    org: &Arc<Org>,
    caller: Caller,
    Asked { mut prepared, body, all_or_none }: Asked,
    locked: LockedRows,
    with_created: bool,
) -> Result<Response, ApiError> {
    for (place, record) in prepared.iter_mut().enumerate() {
        if locked.holds(place) {
            let id = match record {
                Ok(Write::Update { id, .. } | Write::Delete { id, .. }) => Some(id.as_str()),
                _ => None,
            };
            *record = Err(locked_item(id));
        }
    }
    let refused = prepared.iter().any(Result::is_err);
    let mut results: Vec<Option<Result<Written, ApiError>>> = Vec::with_capacity(prepared.len());
    let mut writes = Vec::new();
    for record in prepared {
        match record {
            Err(item) => results.push(Some(Err(ApiError::new(400, item)))),
            Ok(_) if all_or_none && refused => results.push(Some(Err(rolled_back()))),
            Ok(write) => {
                writes.push(write);
                results.push(None);
            }
        }
    }
    let written = if writes.is_empty() {
        Vec::new()
    } else {
        on_engine(org, move |engine| Ok(engine.write(&caller, &writes, all_or_none))).await?
    };
    let mut written = written.into_iter();
    let items: Vec<Value> = results
        .into_iter()
        .filter_map(|result| result.or_else(|| written.next()))
        .enumerate()
        .map(|(place, result)| {
            let steps = [Step::Index(place), Step::Key("records".to_owned())];
            let placed = |error| body::placed(steps.iter().fold(error, ApiError::within), &body);
            item(result.map_err(|error| placed(in_list(error))), with_created)
        })
        .collect();
    Ok(reply::ok(&Value::Array(items)))
}

fn item(result: Result<Written, ApiError>, with_created: bool) -> Value {
    let created = result.as_ref().map_or_else(|error| error.created, |written| written.created);
    let mut value = match result {
        Ok(written) => json!({ "id": written.id, "success": true, "errors": [] }),
        Err(error) => {
            let errors: Vec<Value> =
                error.items.iter().map(|item| error_item(item, "statusCode")).collect();
            json!({ "success": false, "errors": errors })
        }
    };
    if with_created && let Value::Object(map) = &mut value {
        map.insert("created".to_owned(), Value::from(created));
    }
    value
}

/// What a row's own resource calls 404 is in a list a wrong reference.
fn in_list(error: ApiError) -> ApiError {
    let is_missing = |item: &ErrorItem| item.code == "NOT_FOUND" && item.fields.is_none();
    if !error.items.iter().any(is_missing) {
        return error;
    }
    let message = "invalid cross reference id";
    ApiError::new(400, ErrorItem::on_row("INVALID_CROSS_REFERENCE_KEY", message, [""; 0]))
}

fn rolled_back() -> ApiError {
    let message = "Record rolled back because not all records were valid and the request was using AllOrNone header";
    ApiError::new(400, ErrorItem::on_row("ALL_OR_NONE_OPERATION_ROLLED_BACK", message, [""; 0]))
}

/// The records of the body and its `allOrNone`.
fn records(body: &mut Map<String, Value>) -> Result<(Vec<Map<String, Value>>, bool), ApiError> {
    body::only_keys(body, &["allOrNone", "records"])?;
    let all_or_none = body::flag(body, "allOrNone")?;
    let in_records = |error: ApiError| error.within(&Step::Key("records".to_owned()));
    let records = match body.shift_remove("records") {
        Some(Value::Array(records)) => records,
        None | Some(Value::Null) => Vec::new(),
        Some(other) => return Err(in_records(body::misfit("list of records", &other))),
    };
    check_count(records.len(), MAX_RECORDS)?;
    let records = records.into_iter().enumerate().map(|(place, record)| match record {
        Value::Object(map) => Ok(map),
        other => Err(in_records(body::misfit("record", &other).within(&Step::Index(place)))),
    });
    Ok((records.collect::<Result<_, _>>()?, all_or_none))
}

/// A list of texts in a body.
fn texts(body: &Map<String, Value>, name: &str) -> Result<Vec<String>, ApiError> {
    let at = || Step::Key(name.to_owned());
    match body.get(name) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(items)) => {
            let texts = items.iter().enumerate().map(|(place, item)| match item {
                Value::String(text) => Ok(text.clone()),
                other => {
                    Err(body::misfit("string", other).within(&Step::Index(place)).within(&at()))
                }
            });
            texts.collect()
        }
        Some(other) => Err(body::misfit("list of texts", other).within(&at())),
    }
}

fn check_count(count: usize, most: usize) -> Result<(), ApiError> {
    if count == 0 {
        return Err(ApiError::bad_request(
            "REQUIRED_FIELD_MISSING",
            "At least 1 record is required",
        ));
    }
    if count > most {
        let message =
            format!("record limit reached. cannot submit more than {most} records into this call");
        return Err(ApiError::bad_request("EXCEEDED_ID_LIMIT", message));
    }
    Ok(())
}

/// Splits a record into its object, from `attributes.type`, and its fields.
fn typed(
    seen: &Seen,
    mut record: Map<String, Value>,
) -> Result<(String, Map<String, Value>), ErrorItem> {
    let attributes = record.shift_remove("attributes");
    let kind = attributes.as_ref().and_then(|attributes| attributes.get("type"));
    let missing = "attributes.type is required in each record";
    let refused = |code, message: &str| ErrorItem::on_row(code, message, [""; 0]);
    let kind = kind.and_then(Value::as_str).ok_or_else(|| refused("INVALID_INPUT", missing))?;
    let Some(object) = seen.object_name(kind) else {
        let message = format!(
            "sObject type '{kind}' is not supported. If you are attempting to use a custom object, \
             be sure to append the '__c' after the entity name. Please reference your WSDL or the \
             describe call for the appropriate names."
        );
        return Err(refused("INVALID_TYPE", &message));
    };
    Ok((object.to_owned(), record))
}

/// Takes a field out of a record, whatever its case.
fn take(fields: &mut Map<String, Value>, name: &str) -> Option<Value> {
    let key = fields.keys().find(|key| key.eq_ignore_ascii_case(name))?.clone();
    fields.shift_remove(&key)
}

/// The text of an id or an external id.
fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}
