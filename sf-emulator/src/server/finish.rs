//! Bodies in, and replies out: compression, layout, the headers of every reply.

use std::io::{Read, Write};

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use futures_util::stream;
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG,
    HeaderName, HeaderValue, SERVER, SET_COOKIE, STRICT_TRANSPORT_SECURITY, VARY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;

use super::canned::Packed;
use super::pretty::pretty;
use super::{Org, xml};
use crate::engine::{ApiError, ErrorItem};

/// The platform takes 50 MB of JSON in one request, 150 MB of bulk data, and
/// files of 500 MB as parts of their own (REST API Developer Guide, "Insert or
/// Update Blob Data").
const MAX_BODY: usize = 50 * 1024 * 1024;
const MAX_BULK_BODY: usize = 150 * 1024 * 1024;
const MAX_PARTS: usize = 500 * 1024 * 1024;

/// Replies shorter than this are not worth compressing.
const MIN_GZIP: usize = 1_024;

/// The request's body, decompressed.
pub(crate) async fn read_body(
    headers: &HeaderMap,
    path: &str,
    body: Incoming,
) -> Result<Bytes, ApiError> {
    let is_bulk = path.contains("/jobs/ingest/") && path.ends_with("/batches");
    let has_parts = headers
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().to_ascii_lowercase().starts_with(b"multipart/"));
    let most = match (is_bulk, has_parts) {
        (true, _) => MAX_BULK_BODY,
        (false, true) => MAX_PARTS,
        (false, false) => MAX_BODY,
    };
    let too_large = || {
        let message = format!("The request body is over {} MB", most / 1024 / 1024);
        ApiError::new(413, ErrorItem::new("REQUEST_TOO_LARGE", message))
    };
    let raw = match Limited::new(body, most).collect().await {
        Ok(collected) => collected.to_bytes(),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => return Err(too_large()),
        Err(_) => {
            return Err(ApiError::bad_request(
                "JSON_PARSER_ERROR",
                "The request body ended too early",
            ));
        }
    };
    if !mentions_gzip(headers, CONTENT_ENCODING) {
        return Ok(raw);
    }
    let mut text = Vec::new();
    let limit = u64::try_from(most).unwrap_or(u64::MAX);
    match GzDecoder::new(raw.as_ref()).take(limit + 1).read_to_end(&mut text) {
        Ok(length) if length > most => Err(too_large()),
        Ok(_) => Ok(text.into()),
        Err(_) => Err(ApiError::bad_request("JSON_PARSER_ERROR", "The request body is not gzip")),
    }
}

fn mentions_gzip(headers: &HeaderMap, name: HeaderName) -> bool {
    headers.get(name).and_then(|value| value.to_str().ok()).is_some_and(|value| {
        value.split(',').any(|coding| {
            let mut parts = coding.split(';').map(str::trim);
            let named = parts.next().is_some_and(|coding| coding.eq_ignore_ascii_case("gzip"));
            named && !parts.any(|weight| weight == "q=0" || weight == "q=0.0")
        })
    })
}

/// How the reply to one request is laid out.
pub(crate) struct Finish {
    gzip: bool,
    pretty: bool,
    xml: bool,
    is_data: bool,
    counts: bool,
}

impl Finish {
    pub(crate) fn of(headers: &HeaderMap, path: &str) -> Self {
        let pretty =
            headers.get("x-prettyprint").is_some_and(|value| value == "1" || value == "true");
        Self {
            gzip: mentions_gzip(headers, ACCEPT_ENCODING),
            pretty,
            xml: xml::is_wanted(headers),
            is_data: path.starts_with("/services/data") || path.starts_with("/services/apexrest"),
            counts: path.starts_with("/services/data/v") || path.starts_with("/services/apexrest"),
        }
    }

    pub(crate) async fn apply(self, org: &Org, response: Response) -> Response {
        let (mut parts, body) = response.into_parts();
        // Handlers answer from memory, so this neither waits nor fails.
        let mut bytes =
            body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        let headers = &mut parts.headers;
        let is_json = headers
            .get(CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
        if self.xml
            && is_json
            && (parts.status.is_client_error() || parts.status.is_server_error())
            && let Some(text) = std::str::from_utf8(&bytes).ok().and_then(xml::errors)
        {
            bytes = text.into();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/xml;charset=UTF-8"));
        } else if self.pretty
            && is_json
            && let Ok(text) = std::str::from_utf8(&bytes)
        {
            bytes = pretty(text).into();
        }
        // What has a tag is always compressed: the tag of a later 304 says so too.
        let is_tagged = headers.contains_key(ETAG) && !bytes.is_empty();
        if self.gzip {
            mark_etag(headers);
        }
        let packed = match parts.extensions.remove::<Packed>() {
            Some(Packed(packed)) if self.gzip && !self.pretty => Some(packed),
            _ if self.gzip && (bytes.len() >= MIN_GZIP || is_tagged) => gzip(bytes.clone()).await,
            _ => None,
        };
        if let Some(packed) = packed {
            bytes = packed;
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        self.add_headers(org, parts.status, headers);
        if bytes.is_empty() {
            return Response::from_parts(parts, Body::empty());
        }
        if !self.is_data {
            parts.headers.insert(CONTENT_LENGTH, bytes.len().into());
            return Response::from_parts(parts, Body::from(bytes));
        }
        // A stream has no length known beforehand: chunked, as the platform sends.
        parts.headers.remove(CONTENT_LENGTH);
        let chunk = stream::once(async move { Ok::<_, std::convert::Infallible>(bytes) });
        Response::from_parts(parts, Body::from_stream(chunk))
    }

    fn add_headers(&self, org: &Org, status: StatusCode, headers: &mut HeaderMap) {
        let request_id = org.random.hex(32);
        let fixed = [
            (CACHE_CONTROL, "no-cache,must-revalidate,max-age=0,no-store,private"),
            (VARY, "Accept-Encoding"),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (HeaderName::from_static("x-robots-tag"), "none"),
            (SERVER, "sfdcedge"),
            (HeaderName::from_static("x-sfdc-edge-cache"), "none"),
        ];
        for (name, value) in fixed {
            headers.insert(name, HeaderValue::from_static(value));
        }
        // A browser that trusts the org's certificate would hold every site of
        // this machine to https for two years.
        if org.tls.is_none() {
            let policy = HeaderValue::from_static("max-age=63072000; includeSubDomains");
            headers.insert(STRICT_TRANSPORT_SECURITY, policy);
        }
        // A login sets a cookie of its own.
        let browser = format!("BrowserId={}; path=/; Max-Age=31536000", org.random.text(22));
        if let Ok(cookie) = HeaderValue::from_str(&browser) {
            headers.append(SET_COOKIE, cookie);
        }
        let mut add = |name: HeaderName, value: String| {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        };
        add(HeaderName::from_static("x-sfdc-request-id"), request_id.clone());
        add(HeaderName::from_static("x-request-id"), request_id);
        if self.counts && status != StatusCode::UNAUTHORIZED {
            let usage = format!("api-usage={}/{}", org.usage.used(), org.usage.limit);
            add(HeaderName::from_static("sforce-limit-info"), usage);
        }
    }
}

/// On a blocking thread: a full page takes milliseconds.
pub(crate) async fn gzip(bytes: Bytes) -> Option<Bytes> {
    let packed = tokio::task::spawn_blocking(move || {
        let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 4), Compression::fast());
        encoder.write_all(&bytes)?;
        encoder.finish()
    });
    packed.await.ok()?.ok().map(Bytes::from)
}

/// The tag of a compressed reply says so: `"e8178a2d--gzip"`.
fn mark_etag(headers: &mut HeaderMap) {
    let marked =
        headers.get(ETAG).and_then(|tag| tag.to_str().ok()).and_then(|tag| tag.strip_suffix('"'));
    let marked = marked.map(|tag| HeaderValue::from_str(&format!("{tag}--gzip\"")));
    if let Some(Ok(tag)) = marked {
        headers.insert(ETAG, tag);
    }
}
