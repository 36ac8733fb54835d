//! `/jobs/ingest`: making, filling, closing and reading ingest jobs.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{FromRequest, Multipart, Path, Request, State as Shared};
use axum::response::Response;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value};

use super::info::{self, View};
use super::job::State;
use super::jobs::{abort, find};
use super::process;
use super::refusal::Refusal;
use super::results::{self, Which};
use super::spec::{Ingest, Spec, spec};
use crate::engine::{ApiError, Caller, ErrorItem};
use crate::server::rest::body;
use crate::server::{Org, on_engine, reply};

/// The most characters of data in a request that makes the job as well.
const MAX_MULTIPART: usize = 100_000;

/// `POST /jobs/ingest`, with the data when the body has several parts.
pub(super) async fn create(
    Shared(org): Shared<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Refusal> {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let (map, content) = if kind.to_ascii_lowercase().starts_with("multipart/") {
        let (map, content) = parts(request).await?;
        (map, Some(content))
    } else {
        let bytes = Bytes::from_request(request, &()).await.map_err(unreadable)?;
        (body::object(&headers, &bytes)?, None)
    };
    let asks = caller.clone();
    let made = on_engine(&org, move |engine| Ok(spec(engine, &asks, &map))).await?;
    let Spec { object, dialect, task } = made?;
    let state = if content.is_some() { State::UploadComplete } else { State::Open };
    if let Some(content) = content {
        task.upload().put(content);
    }
    let job = org.bulk.ingest.add(org.bulk.number(), caller, object, dialect, state, task);
    let response = reply::ok(&info::ingest(&job, View::Created));
    if state == State::UploadComplete {
        process::start(&org, job);
    }
    Ok(response)
}

fn unreadable(error: impl std::fmt::Display) -> Refusal {
    Refusal::job(format!("The request body cannot be read: {error}"))
}

/// The parts `job`, in JSON, and `content`, in CSV.
async fn parts(request: Request) -> Result<(Map<String, Value>, Bytes), Refusal> {
    let mut parts = Multipart::from_request(request, &()).await.map_err(unreadable)?;
    let (mut job, mut content) = (None, None);
    while let Some(part) = parts.next_field().await.map_err(unreadable)? {
        let name = part.name().unwrap_or_default().to_owned();
        let bytes = part.bytes().await.map_err(unreadable)?;
        match name.as_str() {
            "job" => job = Some(body::object(&HeaderMap::new(), &bytes)?),
            "content" => content = Some(bytes),
            _ => {
                let message = format!("Unknown part '{name}'. Valid parts are job, content");
                return Err(Refusal::job(message));
            }
        }
    }
    let missing = |name: &str| Refusal::job(format!("The part {name} is missing"));
    let content: Bytes = content.ok_or_else(|| missing("content"))?;
    if String::from_utf8_lossy(&content).chars().count() > MAX_MULTIPART {
        let message = format!(
            "The part content has over {MAX_MULTIPART} characters. Upload the data in a request of its own"
        );
        return Err(Refusal::job(message));
    }
    Ok((job.ok_or_else(|| missing("job"))?, content))
}

/// `PUT /jobs/ingest/{id}/batches`.
pub(super) async fn upload(
    Shared(org): Shared<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    headers: HeaderMap,
    data: Bytes,
) -> Result<Response, Refusal> {
    let job = find::<Ingest>(&org, &caller, &id)?;
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("text/csv") {
        let message = format!("Content-Type '{kind}' not supported. Use text/csv");
        return Err(ApiError::new(415, ErrorItem::new("UNSUPPORTED_MEDIA_TYPE", message)).into());
    }
    // Held over both looks: of two uploads at one time one is refused.
    let mut upload = job.task.upload();
    let state = job.state();
    if state != State::Open {
        return Err(Refusal::already("Uploading data to", state));
    }
    if upload.has_data() {
        let id = &job.id;
        let message = format!(
            "Found multiple contents for job: <{id}>, please 'Close' / 'Abort' / 'Delete' the current Job \
             then create a new Job and make sure you only do 'PUT' once on a given Job."
        );
        return Err(Refusal::new("CLIENTINPUTERROR", message));
    }
    upload.put(data);
    Ok(reply::empty(StatusCode::CREATED))
}

/// `PATCH /jobs/ingest/{id}` with `{"state":"UploadComplete"}` or `"Aborted"`.
pub(super) async fn change(
    Shared(org): Shared<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, Refusal> {
    let job = find::<Ingest>(&org, &caller, &id)?;
    let map = body::object(&headers, &bytes)?;
    match map.get("state").and_then(Value::as_str) {
        Some("UploadComplete") => {
            let has_data = job.task.upload().has_data();
            if has_data {
                if !job.go(State::Open, State::UploadComplete, caller.now) {
                    return Err(Refusal::already("Closing", job.state()));
                }
                process::start(&org, Arc::clone(&job));
            } else if job.state() == State::Open {
                return Err(Refusal::state("Closing a Job without data not allowed"));
            } else {
                return Err(Refusal::already("Closing", job.state()));
            }
        }
        Some("Aborted") => abort(&job, &caller)?,
        _ => {
            let message = "Invalid state. Valid values are UploadComplete, Aborted";
            return Err(Refusal::state(message));
        }
    }
    Ok(reply::ok(&info::ingest(&job, View::Changed)))
}

/// `GET /jobs/ingest/{id}/successfulResults` and its siblings.
pub(super) async fn records(
    which: Which,
    Shared(org): Shared<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let job = find::<Ingest>(&org, &caller, &id)?;
    let state = job.state();
    if !state.is_over() {
        return Err(super::no_results(state));
    }
    if job.task.upload().is_forgotten() {
        return Err(Refusal::state("The results of this Job are no longer kept"));
    }
    let csv = on_engine(&org, move |_| {
        results::render(&job, which).map_err(|error| ApiError::unexpected(&error))
    })
    .await?;
    Ok(super::csv(csv))
}
