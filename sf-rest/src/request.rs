//! Requests and responses as values: nothing here sends anything.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, HeaderName, Method};
use serde::Serialize;

use crate::ops::reference::{Reference, Segment};
use crate::path;
use crate::{ApiVersion, Error, Fields};

/// A request, relative to the API version or to the instance. Its `Debug` shows none of the values
/// in its path, query or body.
#[derive(Clone)]
pub struct Request {
    method: Method,
    template: Cow<'static, str>,
    target: Target,
    query: String,
    headers: HeaderMap,
    body: Option<Bytes>,
    anonymous: bool,
    references: Vec<Reference>,
    accepted: Option<u16>,
    composable: bool,
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
        let segments: Vec<Segment<'_>> = segments.iter().copied().map(Segment::Text).collect();
        Self::with_segments(method, template, &segments)
    }

    /// As [`new`](Self::new), where a segment may be a reference.
    pub(crate) fn with_segments(
        method: Method,
        template: &'static str,
        segments: &[Segment<'_>],
    ) -> Result<Self, Error> {
        let path = path::fill(template, segments)?;
        let mut request =
            Self::with_target(method, Cow::Borrowed(template), Target::Versioned(path));
        for segment in segments {
            if let Segment::Reference(reference) = segment {
                request.references.push((*reference).clone());
            }
        }
        Ok(request)
    }

    /// A request to a path on the instance that the platform itself gave, such as `nextRecordsUrl`:
    /// either `/services/…`, or a URL, which must then be of the session's own origin.
    /// `template` names it in traces.
    pub fn absolute(
        method: Method,
        template: &'static str,
        path_or_url: impl Into<String>,
    ) -> Self {
        Self::with_target(method, Cow::Borrowed(template), Target::Absolute(path_or_url.into()))
    }

    fn with_target(method: Method, template: Cow<'static, str>, target: Target) -> Self {
        Self {
            method,
            template,
            target,
            query: String::new(),
            headers: HeaderMap::new(),
            body: None,
            anonymous: false,
            references: Vec::new(),
            accepted: None,
            composable: false,
        }
    }

    /// The same request below a prefix of the version: `tooling`. A path that the platform gave has
    /// its prefix already.
    #[must_use]
    pub(crate) fn below(mut self, prefix: &'static str) -> Self {
        if let Target::Versioned(path) = &mut self.target {
            *path = format!("{prefix}/{path}");
            self.template = Cow::Owned(format!("{prefix}/{}", self.template));
        }
        self
    }

    /// Hands an answer with this status to the operation although it is a refusal, since its body
    /// says more than an error can hold. It is then not retried.
    #[must_use]
    pub(crate) fn accept(mut self, status: u16) -> Self {
        self.accepted = Some(status);
        self
    }

    /// Whether an answer with this status is for the operation to read.
    pub(crate) fn accepts(&self, status: u16) -> bool {
        status < 400 || self.accepted == Some(status)
    }

    /// Allows that the request is sent inside a composite when its address is too long for one.
    #[must_use]
    pub(crate) fn composable(mut self) -> Self {
        self.composable = true;
        self
    }

    pub(crate) fn is_composable(&self) -> bool {
        self.composable
    }

    /// The references to other parts of a composite, in the path and in the body.
    pub(crate) fn references(&self) -> &[Reference] {
        &self.references
    }

    /// Sets the fields of a record as the body.
    pub(crate) fn fields(mut self, fields: &Fields) -> Result<Self, Error> {
        self.references.extend_from_slice(fields.references());
        self.json(fields)
    }

    /// Says which references a body has.
    #[must_use]
    pub(crate) fn referring<'a>(
        mut self,
        references: impl IntoIterator<Item = &'a Reference>,
    ) -> Self {
        self.references.extend(references.into_iter().cloned());
        self
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

    /// Asks for these fields of a record alone; for all, if there are none.
    pub(crate) fn only_fields(self, fields: &[String]) -> Self {
        if fields.is_empty() { self } else { self.query("fields", &fields.join(",")) }
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

    /// Sets a body of another type.
    #[must_use]
    pub fn bytes(mut self, content_type: HeaderValue, body: impl Into<Bytes>) -> Self {
        self.headers.insert(CONTENT_TYPE, content_type);
        self.body = Some(body.into());
        self
    }

    /// The method.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The path with its values left out: `sobjects/{object}/{id}`.
    pub fn template(&self) -> &str {
        &self.template
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

    /// A value whose text is part of the body, as a body of its own.
    pub(crate) fn part(&self, raw: &serde_json::value::RawValue) -> Bytes {
        self.body.slice_ref(raw.get().as_bytes())
    }

    /// Rows whose texts are parts of the body.
    pub(crate) fn records(
        &self,
        raws: &[&serde_json::value::RawValue],
    ) -> Result<Vec<crate::Record>, Error> {
        raws.iter().map(|raw| crate::Record::parse(&self.part(raw))).collect()
    }

    /// The error for a JSON body that does not say what it should.
    pub(crate) fn unexpected(&self, what: &'static str, problem: impl Into<String>) -> Error {
        Error::Decode {
            status: self.status,
            what,
            problem: problem.into(),
            excerpt: crate::decode::excerpt(&self.body),
        }
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
