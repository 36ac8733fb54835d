//! Refused requests: the error array, whose items here have the code first.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::{Value, json};

use super::job::State;
use crate::engine::{ApiError, ErrorItem};
use crate::server::reply;

/// An error that the Bulk API serialises in its own key order.
#[derive(Debug)]
pub(super) struct Refusal(pub(super) ApiError);

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        Self(error)
    }
}

impl Refusal {
    /// 400 with one item.
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self(ApiError::bad_request(code, message))
    }

    /// 400 for a job that cannot be made.
    pub(super) fn job(message: impl std::fmt::Display) -> Self {
        Self::new("INVALIDJOB", format!("InvalidJob : {message}"))
    }

    /// 400 for what a job's state does not allow.
    pub(super) fn state(message: impl Into<String>) -> Self {
        Self::new("INVALIDJOBSTATE", message)
    }

    /// `Aborting already Completed Job not allowed`.
    pub(super) fn already(doing: &str, state: State) -> Self {
        let already = if state.is_over() { "already " } else { "" };
        Self::state(format!("{doing} {already}{} Job not allowed", state.participle()))
    }

    pub(super) fn not_found() -> Self {
        Self(ApiError::not_found())
    }

    /// 409: results are read at the version of the job.
    pub(super) fn version(job: &str) -> Self {
        let message = format!("The job was created with API version {job}; use the same version");
        Self(ApiError::new(409, ErrorItem::new("API_VERSION_MISMATCH", message)))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let items = self.0.items.iter();
        let items: Vec<Value> =
            items.map(|item| json!({ "errorCode": item.code, "message": item.message })).collect();
        reply::json(status, Value::Array(items).to_string())
    }
}
