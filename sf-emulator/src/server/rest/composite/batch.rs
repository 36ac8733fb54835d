//! `/composite/batch`: up to 25 requests that know nothing of each other.

use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use serde_json::{Map, Value};

use super::{MAX_SUBREQUESTS, each, limit, text};
use crate::engine::{ApiError, ErrorItem};
use crate::server::reply;
use crate::server::rest::body;
use crate::server::rest::sub::{Answer, Runner, Sub};

pub(crate) async fn batch(runner: Runner, body: Bytes) -> Result<Response, ApiError> {
    // A subrequest that cannot be read refuses the batch before any has run.
    let (halt, requests) = body::read(&runner.headers, &body, read_all)?;
    if requests.len() > MAX_SUBREQUESTS {
        return Err(limit(format!(
            "A batch can have at most {MAX_SUBREQUESTS} subrequests; this one has {}",
            requests.len()
        )));
    }
    let mut has_errors = false;
    let mut results = Vec::with_capacity(requests.len());
    for (place, request) in requests.into_iter().enumerate() {
        let answer = if halt && has_errors {
            halted()
        } else {
            let Request { method, url, body } = request;
            runner.run(Sub { place, method: &method, url, headers: None, body }).await
        };
        has_errors |= answer.failed();
        results.push(format!(
            r#"{{"statusCode":{},"result":{}}}"#,
            answer.status.as_u16(),
            answer.body
        ));
    }
    let text = format!(r#"{{"hasErrors":{has_errors},"results":[{}]}}"#, results.join(","));
    Ok(reply::json(StatusCode::OK, text))
}

struct Request {
    method: String,
    url: String,
    body: Option<Value>,
}

/// `haltOnError` and the subrequests.
fn read_all(body: &mut Map<String, Value>) -> Result<(bool, Vec<Request>), ApiError> {
    body::only_keys(body, &["haltOnError", "batchRequests"])?;
    Ok((body::flag(body, "haltOnError")?, each(body, "batchRequests", read)?))
}

/// The URL is relative to `/services/data/`, or has that in front.
fn read(value: Value) -> Result<Request, ApiError> {
    let Value::Object(mut map) = value else {
        return Err(body::misfit("subrequest", &value));
    };
    let known = ["method", "url", "richInput", "binaryPartName", "binaryPartNameAlias"];
    body::only_keys(&map, &known)?;
    let map: &mut Map<String, Value> = &mut map;
    let url = text(map, "url")?;
    let relative = url.trim_start_matches('/');
    let url =
        format!("/services/data/{}", relative.strip_prefix("services/data/").unwrap_or(relative));
    let body = map.shift_remove("richInput").filter(|body| !body.is_null());
    Ok(Request { method: text(map, "method")?, url, body })
}

fn halted() -> Answer {
    let message =
        "Batch processing was halted because an earlier subrequest failed and haltOnError is true";
    Answer::refused(&ApiError::new(412, ErrorItem::new("BATCH_PROCESSING_HALTED", message)))
}
