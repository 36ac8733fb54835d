//! The object list and describes, with their conditional requests.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;
use http::header::{ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};
use http::{HeaderMap, StatusCode};

use super::conditions::names;
use crate::engine::{ApiError, Caller, Json, Seen};
use crate::server::reply::{date_header, empty, http_date, with_header};
use crate::server::{Org, on_engine, reply};

pub(crate) async fn global(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let seen = org.engine.metadata(&caller);
    if let Some(unchanged) = unchanged(&org, &seen, &headers) {
        return Ok(unchanged);
    }
    let json = on_engine(&org, move |engine| engine.describe_global(&caller)).await?;
    Ok(tagged(&org, &seen, json))
}

pub(crate) async fn full(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path(object): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let seen = org.engine.metadata(&caller);
    if seen.object_name(&object).is_none() {
        return Err(ApiError::not_found());
    }
    if let Some(unchanged) = unchanged(&org, &seen, &headers) {
        return Ok(unchanged);
    }
    let json = on_engine(&org, move |engine| engine.describe(&caller, &object)).await?;
    Ok(tagged(&org, &seen, json))
}

pub(crate) async fn basic(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path(object): Path<String>,
) -> Result<Response, ApiError> {
    let json = on_engine(&org, move |engine| engine.basic_describe(&caller, &object)).await?;
    Ok(reply::json(StatusCode::OK, json.0))
}

/// 304 if the client has the schema as it is. A tag, if sent, decides alone.
fn unchanged(org: &Org, seen: &Seen, headers: &HeaderMap) -> Option<Response> {
    let same = match headers.get(IF_NONE_MATCH) {
        Some(tags) => tags.to_str().is_ok_and(|tags| names(tags, seen.tag())),
        None => date_header(headers, IF_MODIFIED_SINCE)
            .is_some_and(|since| org.engine.schema_modified().as_second() <= since.as_second()),
    };
    same.then(|| validators(org, seen, empty(StatusCode::NOT_MODIFIED)))
}

fn tagged(org: &Org, seen: &Seen, json: Json) -> Response {
    validators(org, seen, reply::json(StatusCode::OK, json.0))
}

fn validators(org: &Org, seen: &Seen, response: Response) -> Response {
    let response = with_header(response, ETAG, &format!("\"{}\"", seen.tag()));
    with_header(response, LAST_MODIFIED, &http_date(org.engine.schema_modified()))
}
