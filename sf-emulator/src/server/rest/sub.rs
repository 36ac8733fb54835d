//! Requests inside a request: a composite, a batch or a graph runs them through
//! the same handlers.

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::extract::rejection::ExtensionRejection;
use axum::{Extension, Router};
use http::header::{
    CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, IF_MATCH,
    IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_UNMODIFIED_SINCE, LAST_MODIFIED, LOCATION,
};
use http::request::Parts;
use http::{HeaderMap, Method, Request, StatusCode, Uri};
use http_body_util::BodyExt;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Map, Value};

use super::query::LongQuery;
use super::versions;
use crate::Operation;
use crate::engine::{ApiError, Caller, ErrorItem};
use crate::server::exchange::{LockedRows, locked_item};
use crate::server::reply::error_item;

/// The longest address that the `http` crate takes.
const MAX_URI: usize = 65_534;

/// The resources that a subrequest may name.
#[derive(Clone)]
pub(crate) struct Resources(pub(crate) Router);

/// Who runs the subrequests of one request, with what it sent itself.
pub(crate) struct Runner {
    pub(crate) resources: Resources,
    pub(crate) caller: Caller,
    pub(crate) headers: HeaderMap,
    pub(crate) locked: LockedRows,
}

/// A subrequest whose references are resolved.
pub(crate) struct Sub<'a> {
    /// Place among its siblings, from 0.
    pub(crate) place: usize,
    pub(crate) method: &'a str,
    /// `/services/data/v66.0/…`.
    pub(crate) url: String,
    pub(crate) headers: Option<&'a Map<String, Value>>,
    pub(crate) body: Option<Value>,
}

/// What a subrequest was answered.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// `Location`, `ETag`, `Last-Modified`: what of them there is.
    pub(crate) headers: Map<String, Value>,
    /// JSON text; `null` for an empty body.
    pub(crate) body: String,
}

/// What a URL in a body may hold without being one; `%` is an escape already.
const LOOSE: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'\\').add(b'^');

/// What the subrequests do not inherit from the request around them.
const OWN: [HeaderName; 7] = [
    CONTENT_ENCODING,
    CONTENT_LENGTH,
    CONTENT_TYPE,
    IF_MATCH,
    IF_MODIFIED_SINCE,
    IF_NONE_MATCH,
    IF_UNMODIFIED_SINCE,
];

impl Runner {
    pub(crate) async fn run(&self, sub: Sub<'_>) -> Answer {
        match self.request(sub) {
            Ok(request) => {
                match TowerToHyperService::new(self.resources.0.clone()).call(request).await {
                    Ok(response) => Answer::of(response).await,
                    Err(never) => match never {},
                }
            }
            Err(refusal) => Answer::refused(&refusal),
        }
    }

    fn request(&self, sub: Sub<'_>) -> Result<Request<Body>, ApiError> {
        let method: Method = sub.method.to_ascii_uppercase().parse().map_err(|_| {
            let message = format!("HTTP Method '{}' not allowed", sub.method);
            ApiError::new(405, ErrorItem::new("METHOD_NOT_ALLOWED", message))
        })?;
        let (version, rest) = split(&sub.url).ok_or_else(ApiError::not_found)?;
        let version = versions::check(version)?;
        let encoded = utf8_percent_encode(&rest, LOOSE).to_string();
        let (address, long) = match encoded.split_once('?') {
            Some((path, query)) if encoded.len() > MAX_URI => (path, Some(LongQuery::of(query))),
            _ => (encoded.as_str(), None),
        };
        let uri: Uri = address.parse().map_err(|_| ApiError::not_found())?;
        let full = format!("/services/data/v{version}{}", uri.path());
        if self.locked.holds(sub.place) && Operation::of(&method, &full).is_write() {
            return Err(ApiError::new(400, locked_item(None)));
        }
        let mut request = Request::new(Body::empty());
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        *request.headers_mut() = self.headers_of(sub.headers);
        if let Some(body) = sub.body {
            *request.body_mut() = Body::from(body.to_string());
            request
                .headers_mut()
                .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        request.extensions_mut().insert(Caller { version, ..self.caller.clone() });
        if let Some(long) = long {
            request.extensions_mut().insert(long);
        }
        Ok(request)
    }

    /// Its own headers over those of the request around it.
    fn headers_of(&self, own: Option<&Map<String, Value>>) -> HeaderMap {
        let mut headers = self.headers.clone();
        for name in &OWN {
            headers.remove(name);
        }
        for (name, value) in own.into_iter().flatten() {
            let value = value.as_str().and_then(|value| HeaderValue::from_str(value).ok());
            if let (Ok(name), Some(value)) = (name.parse::<HeaderName>(), value) {
                headers.insert(name, value);
            }
        }
        headers
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Runner {
    type Rejection = ExtensionRejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ExtensionRejection> {
        let Extension(resources) = Extension::from_request_parts(parts, state).await?;
        let Extension(caller) = Extension::from_request_parts(parts, state).await?;
        let locked = parts.extensions.get().cloned().unwrap_or_default();
        Ok(Self { resources, caller, headers: parts.headers.clone(), locked })
    }
}

impl Answer {
    async fn of(response: axum::response::Response) -> Self {
        let (parts, body) = response.into_parts();
        // Handlers answer from memory, so this neither waits nor fails.
        let bytes =
            body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        let headers = [(LOCATION, "Location"), (ETAG, "ETag"), (LAST_MODIFIED, "Last-Modified")]
            .into_iter()
            .filter_map(|(name, shown)| {
                let value = parts.headers.get(name)?.to_str().ok()?;
                Some((shown.to_owned(), Value::from(value)))
            })
            .collect();
        let is_json = parts
            .headers
            .get(CONTENT_TYPE)
            .is_none_or(|kind| kind.as_bytes().starts_with(b"application/json"));
        if !is_json {
            let message = "Blob data is not supported in a subrequest";
            return Self::refused(&ApiError::bad_request("INVALID_INPUT", message));
        }
        let body = match String::from_utf8_lossy(&bytes).into_owned() {
            text if text.is_empty() => "null".to_owned(),
            text => text,
        };
        Self { status: parts.status, headers, body }
    }

    pub(crate) fn refused(error: &ApiError) -> Self {
        let items: Vec<Value> =
            error.items.iter().map(|item| error_item(item, "errorCode")).collect();
        Self {
            status: StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST),
            headers: Map::new(),
            body: Value::Array(items).to_string(),
        }
    }

    pub(crate) fn failed(&self) -> bool {
        self.status.is_client_error()
            || self.status.is_server_error()
            || self.status == StatusCode::MULTIPLE_CHOICES
    }
}

/// `/services/data/v66.0/limits/?x=y` as `v66.0` and `/limits?x=y`.
fn split(url: &str) -> Option<(&str, String)> {
    let rest = url.strip_prefix("/services/data/")?;
    let (path, query) = rest.split_once('?').map_or((rest, None), |(path, q)| (path, Some(q)));
    let (version, path) = path.split_once('/').unwrap_or((path, ""));
    // A trailing slash means nothing, as outside.
    let path = path.trim_end_matches('/');
    Some((version, query.map_or_else(|| format!("/{path}"), |query| format!("/{path}?{query}"))))
}
