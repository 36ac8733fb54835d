//! Refusals of the analytics resources: the platform's error array, each item
//! with one more key (Reports and Dashboards REST API Developer Guide, Report
//! Error Codes).

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::Value;

use crate::engine::{ApiError, ErrorItem};
use crate::server::reply;

/// A refusal of a report or dashboard.
pub(crate) struct Refusal(ApiError);

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        Self(error)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let items = self.0.items.iter().map(|item| {
            let mut value = reply::error_item(item, "errorCode");
            if let Value::Object(map) = &mut value {
                // The numbers of the platform are not published.
                map.insert("specificErrorCode".to_owned(), Value::from(0));
            }
            value
        });
        let body = Value::Array(items.collect());
        let status = StatusCode::from_u16(self.0.status);
        reply::json(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), body.to_string())
    }
}

/// 400: the metadata of a report is wrong.
pub(super) fn bad(message: impl Into<String>) -> ApiError {
    ApiError::bad_request("BAD_REQUEST", message)
}

/// 403: the user may not do it.
pub(super) fn forbidden() -> ApiError {
    let message = "You don\u{2019}t have sufficient privileges to perform this operation.";
    ApiError::new(403, ErrorItem::new("FORBIDDEN", message))
}

/// 404: no such report, dashboard or run.
pub(super) fn unavailable() -> ApiError {
    let message = "The data you\u{2019}re trying to access is unavailable.";
    ApiError::new(404, ErrorItem::new("NOT_FOUND", message))
}

/// 501: a kind of report that this resource does not run.
pub(super) fn not_supported(what: &str) -> ApiError {
    let message = format!("{what} aren\u{2019}t supported by this API.");
    ApiError::new(501, ErrorItem::new("NOT_IMPLEMENTED", message))
}
