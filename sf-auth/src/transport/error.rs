//! How far a request came before it failed.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

/// A failed exchange. The message names the origin, never the path or the query, which can carry
/// values.
#[derive(Debug, Clone)]
pub struct TransportError {
    kind: TransportErrorKind,
    origin: String,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// What happened, in terms of whether the server can have acted on the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// No connection; nothing was sent.
    Connect,
    /// The time was up; the request may have been acted on.
    Timeout,
    /// The connection broke before the response began; the request may have been acted on.
    Interrupted,
    /// The response began and its body ended before its end.
    BodyCut,
    /// The body is longer than the caller's cap.
    BodyTooLarge,
    /// The request cannot be expressed in HTTP; nothing was sent.
    InvalidRequest,
    /// The client that was given followed a redirect, which can carry secrets elsewhere.
    Redirected,
    /// The transport itself could not be set up.
    Setup,
}

impl TransportError {
    pub(super) fn new(
        kind: TransportErrorKind,
        origin: &str,
        source: impl StdError + Send + Sync + 'static,
    ) -> Self {
        Self { kind, origin: origin.to_owned(), source: Some(Arc::new(source)) }
    }

    pub(super) fn bare(kind: TransportErrorKind, origin: &str) -> Self {
        Self { kind, origin: origin.to_owned(), source: None }
    }

    pub(super) fn from_send(error: reqwest::Error, origin: &str) -> Self {
        let kind = if error.is_connect() {
            TransportErrorKind::Connect
        } else if error.is_timeout() {
            TransportErrorKind::Timeout
        } else if error.is_builder() {
            TransportErrorKind::InvalidRequest
        } else {
            TransportErrorKind::Interrupted
        };
        Self::new(kind, origin, error.without_url())
    }

    pub(super) fn from_body(error: reqwest::Error, origin: &str) -> Self {
        let kind = if error.is_timeout() {
            TransportErrorKind::Timeout
        } else {
            TransportErrorKind::BodyCut
        };
        Self::new(kind, origin, error.without_url())
    }

    /// What happened.
    pub fn kind(&self) -> TransportErrorKind {
        self.kind
    }

    /// Whether it is certain that the server has not seen the request.
    pub fn never_sent(&self) -> bool {
        use TransportErrorKind::{Connect, InvalidRequest, Setup};
        matches!(self.kind, Connect | InvalidRequest | Setup)
    }

    /// Whether the same request may succeed later. Whether it may be *repeated* depends on what it
    /// does: see [`never_sent`](Self::never_sent).
    pub fn is_retryable(&self) -> bool {
        use TransportErrorKind::{BodyCut, Connect, Interrupted, Timeout};
        matches!(self.kind, Connect | Timeout | Interrupted | BodyCut)
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = &self.origin;
        match self.kind {
            TransportErrorKind::Connect => write!(
                f,
                "cannot connect to {origin}; nothing was sent. Check the address, the network and the proxy"
            ),
            TransportErrorKind::Timeout => write!(f, "{origin} did not answer in time"),
            TransportErrorKind::Interrupted => {
                write!(f, "the connection to {origin} broke before it answered")
            }
            TransportErrorKind::BodyCut => write!(f, "the answer of {origin} was cut short"),
            TransportErrorKind::BodyTooLarge => {
                write!(f, "the answer of {origin} is longer than the limit set for it")
            }
            TransportErrorKind::InvalidRequest => {
                write!(f, "the request to {origin} cannot be expressed in HTTP")
            }
            TransportErrorKind::Redirected => write!(
                f,
                "the HTTP client followed a redirect of {origin}; build it with redirect::Policy::none()"
            ),
            TransportErrorKind::Setup => f.write_str("the HTTP transport cannot be set up"),
        }
    }
}

impl StdError for TransportError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|e| e as &(dyn StdError + 'static))
    }
}

pub(super) fn origin(uri: &http::Uri) -> String {
    match (uri.scheme_str(), uri.authority()) {
        (Some(scheme), Some(authority)) => {
            // The user part of an authority can hold a password.
            let host = authority.as_str().rsplit('@').next().unwrap_or_default();
            format!("{scheme}://{host}")
        }
        _ => "an address without a host".to_owned(),
    }
}
