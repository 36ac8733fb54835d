//! Requests and responses as values: nothing here sends anything.

use std::fmt;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, HeaderName, Method};
use serde::Serialize;

use crate::path;
use crate::{ApiVersion, Error};

/// A request, relative to the API version or to the instance. Its `Debug` shows none of the values
/// in its path, query or body.
#[derive(Clone)]
pub struct Request {
    method: Method,
    template: &'static str,
    target: Target,
    query: String,
    headers: HeaderMap,
    body: Option<Bytes>,
    anonymous: bool,
}

#[derive(Clone)]
enum Target {
    /// Below `/services/data/vNN.0`, without a leading slash.
    Versioned(String),
    /// A path on the instance, or a URL with its origin.
    Absolute(String),
}

impl Request {
    /// A request below `/services/data/vNN.0/`. Each `{name}` of the template is replaced by the
    /// next of `segments`, percent-encoded as one path segment; the template itself is what traces
    /// show, so that no value ends up in them.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] for a segment that no path can hold (empty, `.`, `..`), or when
    /// their number does not fit.
    pub fn new(method: Method, template: &'static str, segments: &[&str]) -> Result<Self, Error> {
        let path = path::fill(template, segments)?;
        Ok(Self::with_target(method, template, Target::Versioned(path)))
    }

    /// A request to a path on the instance that the platform itself gave, such as `nextRecordsUrl`:
    /// either `/services/…`, or a URL, which must then be of the session's own origin.
    /// `template` names it in traces.
    pub fn absolute(
        method: Method,
        template: &'static str,
        path_or_url: impl Into<String>,
    ) -> Self {
        Self::with_target(method, template, Target::Absolute(path_or_url.into()))
    }

    fn with_target(method: Method, template: &'static str, target: Target) -> Self {
        Self {
            method,
            template,
            target,
            query: String::new(),
            headers: HeaderMap::new(),
            body: None,
            anonymous: false,
        }
    }

    /// Sends no token, for the few resources that need none.
    #[must_use]
    pub fn anonymous(mut self) -> Self {
        self.anonymous = true;
        self
    }

    /// Whether it is sent without a token.
    pub fn is_anonymous(&self) -> bool {
        self.anonymous
    }

    /// Adds a query parameter, percent-encoded.
    #[must_use]
    pub fn query(mut self, name: &str, value: &str) -> Self {
        path::push_parameter(&mut self.query, name, value);
        self
    }

    /// Sets a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Sets a JSON body.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] if the value cannot be written as JSON.
    pub fn json(mut self, body: &impl Serialize) -> Result<Self, Error> {
        let text = serde_json::to_vec(body).map_err(|e| {
            Error::invalid(format!("the body of {} is not JSON: {e}", self.template))
        })?;
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self.body = Some(text.into());
        Ok(self)
    }

    /// The method.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The path with its values left out: `sobjects/{object}/{id}`.
    pub fn template(&self) -> &'static str {
        self.template
    }

    /// The headers, without authorization.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The body.
    pub fn body(&self) -> Option<&Bytes> {
        self.body.as_ref()
    }

    /// Path and query on the instance (`/services/data/v66.0/…`), or the URL given to
    /// [`absolute`](Self::absolute).
    pub fn path(&self, version: ApiVersion) -> String {
        let mut text = match &self.target {
            Target::Versioned(path) => format!("/services/data/v{version}/{path}"),
            Target::Absolute(path) => path.clone(),
        };
        if !self.query.is_empty() {
            text.push(if text.contains('?') { '&' } else { '?' });
            text.push_str(&self.query);
        }
        text
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("template", &self.template)
            .field("body_bytes", &self.body.as_ref().map(Bytes::len))
            .field("anonymous", &self.anonymous)
            .finish_non_exhaustive()
    }
}

/// An answer, read to its end. Its `Debug` shows no header and nothing of the body.
#[derive(Clone)]
#[non_exhaustive]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
    /// Whether an earlier attempt of the same request may have been executed.
    pub resent: bool,
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("body_bytes", &self.body.len())
            .field("resent", &self.resent)
            .finish_non_exhaustive()
    }
}

impl Response {
    /// A response, for tests of [`Operation::decode`](crate::Operation::decode).
    pub fn new(status: u16, body: impl Into<Bytes>) -> Self {
        Self { status, headers: HeaderMap::new(), body: body.into(), resent: false }
    }

    /// Reads the body as JSON.
    ///
    /// # Errors
    /// [`Error::Decode`] with the place and a safe excerpt; [`Error::NotJson`] for an HTML page.
    pub fn json<'de, T: serde::Deserialize<'de>>(
        &'de self,
        what: &'static str,
    ) -> Result<T, Error> {
        crate::decode::json(self.status, &self.body, what)
    }
}
