//! One request from its arrival to its reply: limits of the servlet container,
//! log, faults, routing.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream::{self, StreamExt};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use http::request::Parts;
use http::{HeaderMap, Method, Request, StatusCode, Uri};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use jiff::SignedDuration;

use super::finish::{self, Finish};
use super::rest::{apex, versions};
use super::{Org, admin, gate, reply};
use crate::Operation;
use crate::engine::{ApiError, ErrorItem};
use crate::fault::{FaultReply, Framing, Kind};
use crate::request_log::RequestRecord;

/// What the servlet container takes as URI, and as URI with headers.
const MAX_HEAD: usize = 16_384;

/// The data API's handlers see paths relative to the version.
#[derive(Clone)]
pub(crate) struct Routers {
    pub(crate) data: Router,
    pub(crate) other: Router,
}

/// The connection ends without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the org closes the connection without an answer")]
pub(crate) struct HangUp;

/// Rows of a collection that a fault locked, by their places.
#[derive(Debug, Clone, Default)]
pub(crate) enum LockedRows {
    #[default]
    None,
    These(Vec<usize>),
    All,
}

impl LockedRows {
    pub(crate) fn holds(&self, place: usize) -> bool {
        match self {
            Self::None => false,
            Self::These(places) => places.contains(&place),
            Self::All => true,
        }
    }
}

impl<S: Sync> FromRequestParts<S> for LockedRows {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().cloned().unwrap_or_default())
    }
}

/// A request as the handlers get it.
struct Call {
    method: Method,
    /// Without the query, further leading slashes and a trailing slash.
    path: String,
    query: Option<String>,
    headers: HeaderMap,
    operation: Operation,
}

pub(crate) async fn answer(
    org: Arc<Org>,
    routers: Routers,
    request: Request<Incoming>,
) -> Result<Response, HangUp> {
    let (parts, body) = request.into_parts();
    if let Some(refusal) = too_long(&parts) {
        return Ok(refusal);
    }
    if org.admin_token.is_some() && admin::is_here(parts.uri.path()) {
        return Ok(admin::answer(&org, &parts, body).await);
    }
    let mut call = Call::new(parts);
    let entry = org.log.begin(call.record());
    let mut releases = org.faults.releases();
    let (fault, delay, is_held) = match org.faults.take(&call.method, &call.path, call.operation) {
        Some((kind, delay, is_held)) => {
            org.log.fault(entry, kind.name());
            (Some(kind), delay, is_held)
        }
        None => (None, Duration::ZERO, false),
    };
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    if is_held {
        // The sender is the org's, so it cannot be gone.
        let _ = releases.changed().await;
    }
    if matches!(fault, Some(Kind::Dropped)) {
        return Err(HangUp);
    }
    if matches!(fault, Some(Kind::ExpiredLocator)) {
        expire_locator(&org, &mut call);
    }

    let finish = Finish::of(&call.headers, &call.path);
    let response = match finish::read_body(&call.headers, &call.path, body).await {
        Err(refusal) => refusal.into_response(),
        Ok(body) => match instead(&org, &call, fault.as_ref()) {
            Some(response) => response,
            None => {
                let locked = match &fault {
                    Some(Kind::RowLocked(Some(places))) => LockedRows::These(places.clone()),
                    Some(Kind::RowLocked(None)) => LockedRows::All,
                    _ => LockedRows::None,
                };
                dispatch(&org, routers, call, body, locked).await
            }
        },
    };
    if matches!(fault, Some(Kind::LostAnswer)) {
        return Err(HangUp);
    }
    let response = finish.apply(&org, response).await;
    org.log.end(entry, response.status().as_u16());
    Ok(match fault {
        // The connection's task ends with its client, or with the org.
        Some(Kind::Unanswered) => std::future::pending().await,
        Some(Kind::CutBody { framing, keep }) => cut(response, framing, keep).await,
        Some(Kind::ContentType(label)) => reply::with_header(response, CONTENT_TYPE, &label),
        _ => response,
    })
}

impl Call {
    fn new(parts: Parts) -> Self {
        let query = parts.uri.query().map(str::to_owned);
        let method = override_of(&parts.method, query.as_deref()).unwrap_or(parts.method);
        // The Salesforce CLI puts a path with a slash behind an instance URL with a slash.
        let path = format!("/{}", parts.uri.path().trim_matches('/'));
        let operation = Operation::of(&method, &path);
        Self { method, path, query, headers: parts.headers, operation }
    }

    fn record(&self) -> RequestRecord {
        let is_data = self.path.starts_with("/services/data/");
        RequestRecord {
            method: self.method.to_string(),
            path: self.path.clone(),
            query: self.query.clone().filter(|_| is_data),
            operation: self.operation,
            status: None,
            fault: None,
        }
    }
}

/// `POST …?_HttpMethod=PATCH`, for clients that cannot send PATCH.
fn override_of(method: &Method, query: Option<&str>) -> Option<Method> {
    if method != Method::POST {
        return None;
    }
    let mut pairs = url::form_urlencoded::parse(query?.as_bytes());
    let (_, wanted) = pairs.find(|(key, _)| key == "_HttpMethod")?;
    wanted.to_ascii_uppercase().parse().ok()
}

/// Makes the locator of a request one that is over: of a query for good, of a
/// bulk result for this request.
fn expire_locator(org: &Org, call: &mut Call) {
    // `{locator}-{offset}` is the last part of the path.
    let last = call.path.rsplit('/').next();
    if let Some((locator, _)) = last.and_then(|last| last.rsplit_once('-')) {
        org.cursors.forget(Some(locator));
    }
    if call.operation == Operation::BulkResults {
        let query = call.query.take().unwrap_or_default();
        let pairs = url::form_urlencoded::parse(query.as_bytes()).map(|(name, value)| {
            let value = if name == "locator" { "expired".into() } else { value };
            (name, value)
        });
        let changed =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        call.query = Some(changed);
    }
}

/// 414 and 431 come from the servlet container, in HTML.
fn too_long(parts: &Parts) -> Option<Response> {
    let uri = parts.uri.path_and_query().map_or(0, |target| target.as_str().len());
    let headers: usize =
        parts.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    if uri > MAX_HEAD {
        let body = "<h1>Bad Message 414</h1><pre>reason: URI Too Long</pre>";
        Some(reply::html(StatusCode::URI_TOO_LONG, body))
    } else if uri + headers > MAX_HEAD {
        let body = "<h1>Bad Message 431</h1><pre>reason: Request Header Fields Too Large</pre>";
        Some(reply::html(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, body))
    } else {
        None
    }
}

/// The reply of a fault that keeps the request from being handled.
fn instead(org: &Org, call: &Call, fault: Option<&Kind>) -> Option<Response> {
    match fault? {
        Kind::ExpiredSession => {
            if let Some(token) = gate::token(&call.headers) {
                org.sessions.end(token);
            }
            Some(gate::session_expired().into_response())
        }
        Kind::Reply(fault) => Some(fault_reply(fault)),
        // A collection reports the locked rows one by one, a composite the
        // locked subrequests.
        Kind::RowLocked(_) if !call.path.contains("/composite") => {
            let id = match call.operation {
                Operation::Update | Operation::Delete => call.path.rsplit('/').next(),
                _ => None,
            };
            Some(ApiError::new(400, locked_item(id)).into_response())
        }
        _ => None,
    }
}

/// As the platform words a lock that was not given within ten seconds.
pub(crate) fn locked_item(id: Option<&str>) -> ErrorItem {
    let which = id.map_or_else(String::new, |id| format!(" or 1 records: {id}"));
    let message = format!("unable to obtain exclusive access to this record{which}");
    ErrorItem::on_row("UNABLE_TO_LOCK_ROW", message, [""; 0])
}

fn fault_reply(fault: &FaultReply) -> Response {
    let status = StatusCode::from_u16(fault.status)
        .ok()
        .filter(|status| (200..600).contains(&status.as_u16()));
    let response =
        (status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), fault.body.clone()).into_response();
    let response = reply::with_header(response, CONTENT_TYPE, &fault.content_type);
    match fault.retry_after {
        // Rounded up: a client that waits as told must not come too early.
        Some(wait) => {
            let seconds = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
            let up = if seconds.subsec_nanos() > 0 { 1 } else { 0 };
            reply::with_header(
                response,
                RETRY_AFTER,
                &seconds.as_secs().saturating_add(up).to_string(),
            )
        }
        None => response,
    }
}

async fn dispatch(
    org: &Arc<Org>,
    routers: Routers,
    call: Call,
    body: Bytes,
    locked: LockedRows,
) -> Response {
    if let Some(path) = apex::path(&call.path) {
        return match gate::admit(org, &call.headers, versions::NEWEST).await {
            Ok(_) => apex::echo(&call.method, path, call.query.as_deref(), &body),
            Err(refusal) => refusal.into_response(),
        };
    }
    let _one_schema = org.schema_gate.read().await;
    let (router, path, caller) = match gate::data_path(&call.path) {
        Some((version, rest)) => match gate::admit(org, &call.headers, version).await {
            Ok(caller) => (routers.data, rest, Some(caller)),
            Err(refusal) => return refusal.into_response(),
        },
        None => (routers.other, call.path.as_str(), None),
    };
    let target = match &call.query {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    // What is not text once decoded cannot name a resource.
    let readable = percent_encoding::percent_decode_str(path).decode_utf8().is_ok();
    let Some(uri) = Uri::try_from(target).ok().filter(|_| readable) else {
        return ApiError::not_found().into_response();
    };
    let mut request = Request::new(Body::from(body));
    *request.method_mut() = call.method;
    *request.uri_mut() = uri;
    *request.headers_mut() = call.headers;
    if let Some(caller) = caller {
        request.extensions_mut().insert(caller);
    }
    request.extensions_mut().insert(locked);
    match TowerToHyperService::new(router).call(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// Sends the head and the first part of the body, then closes the connection or
/// says nothing more.
async fn cut(response: Response, framing: Framing, keep: Option<usize>) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(whole) = body.collect().await.map(http_body_util::Collected::to_bytes) else {
        return Response::from_parts(parts, Body::empty());
    };
    // A reply without a body has nothing that could be cut.
    let Some(most) = whole.len().checked_sub(1) else {
        return Response::from_parts(parts, Body::empty());
    };
    let part = whole.slice(..keep.unwrap_or(whole.len() / 2).min(most));
    if framing == Framing::Chunked {
        parts.headers.remove(CONTENT_LENGTH);
    } else {
        parts.headers.insert(CONTENT_LENGTH, whole.len().into());
    }
    let sent = stream::once(async move { Ok(part) });
    let closed = stream::once(async move {
        if framing == Framing::Stalled {
            std::future::pending::<()>().await;
        }
        // Lets hyper write out what it has, so that the client sees a part.
        tokio::task::yield_now().await;
        Err(std::io::Error::other(HangUp))
    });
    Response::from_parts(parts, Body::from_stream(sent.chain(closed)))
}
