//! Replies in the platform's shape: JSON text, error arrays, headers.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::engine::{ApiError, ErrorItem};

pub(crate) const JSON: &str = "application/json;charset=UTF-8";

/// A JSON reply.
pub(crate) fn json(status: StatusCode, text: String) -> Response {
    (status, [(CONTENT_TYPE, JSON)], text).into_response()
}

/// 200 with a value that has no numbers whose format matters.
pub(crate) fn ok(value: &Value) -> Response {
    json(StatusCode::OK, value.to_string())
}

/// A reply without a body.
pub(crate) fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// Plain HTML, as the servlet container in front of the API answers.
pub(crate) fn html(status: StatusCode, body: &str) -> Response {
    (status, [(CONTENT_TYPE, "text/html;charset=iso-8859-1")], body.to_owned()).into_response()
}

/// Adds a header if its value can be one.
pub(crate) fn with_header(mut response: Response, name: HeaderName, value: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
    response
}

/// `EEE, dd MMM yyyy HH:mm:ss GMT`, as in `Last-Modified`.
pub(crate) fn http_date(time: Timestamp) -> String {
    jiff::fmt::rfc2822::DateTimePrinter::new()
        .timestamp_to_rfc9110_string(&time)
        .unwrap_or_default()
}

/// A date header; `None` if there is none or it is not a date.
pub(crate) fn date_header(headers: &HeaderMap, name: HeaderName) -> Option<Timestamp> {
    let text = headers.get(name)?.to_str().ok()?;
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

/// An item in its key order; `code_key` is `errorCode`, or `statusCode` inside
/// collections.
pub(crate) fn error_item(item: &ErrorItem, code_key: &str) -> Value {
    let mut map = Map::new();
    // The router's own 404 and what a composite skips put the code first,
    // everything else the message.
    let code_first = ["NOT_FOUND", "PROCESSING_HALTED", "BATCH_PROCESSING_HALTED"];
    if item.fields.is_none() && code_first.contains(&item.code.as_ref()) || code_key == "statusCode"
    {
        map.insert(code_key.to_owned(), Value::from(item.code.as_ref()));
        map.insert("message".to_owned(), Value::from(item.message.as_str()));
    } else {
        map.insert("message".to_owned(), Value::from(item.message.as_str()));
        map.insert(code_key.to_owned(), Value::from(item.code.as_ref()));
    }
    if let Some(duplicates) = &item.duplicates {
        // The platform's own spelling.
        map.insert("duplicateResut".to_owned(), duplicates.as_ref().clone());
    }
    if let Some(fields) = &item.fields {
        map.insert("fields".to_owned(), Value::from(fields.as_slice()));
    } else if code_key == "statusCode" {
        map.insert("fields".to_owned(), Value::Array(Vec::new()));
    }
    Value::Object(map)
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body: Vec<Value> = if self.choices.is_empty() {
            self.items.iter().map(|item| error_item(item, "errorCode")).collect()
        } else {
            self.choices.into_iter().map(Value::from).collect()
        };
        json(status, Value::Array(body).to_string())
    }
}

/// 405 with the methods that this resource has, comma-joined.
pub(crate) fn not_allowed(method: &http::Method, allowed: &str) -> ApiError {
    let message = format!("HTTP Method '{method}' not allowed. Allowed are {allowed}");
    ApiError::new(405, ErrorItem::new("METHOD_NOT_ALLOWED", message))
}
