//! The HTTP transport: the only code of the workspace that touches reqwest.
//!
//! It sends one request and reports exactly how far it came ([`TransportError`]); it follows no
//! redirect, adds no credentials and repeats nothing.

mod body;
mod builder;
mod error;
mod request_body;

use std::fmt;
use std::time::Duration;

use http::header::{ACCEPT_ENCODING, CONTENT_LENGTH, HeaderValue};
use http::{Request, Response};
use tokio::time::Instant;

pub use body::Body;
pub use builder::TransportBuilder;
#[cfg(any(feature = "postgres", feature = "redis"))]
pub(crate) use builder::client_config;
pub use error::{TransportError, TransportErrorKind};
pub use request_body::RequestBody;

/// An HTTP client over rustls with aws-lc-rs. Cloning is cheap and shares the connections.
#[derive(Clone)]
pub struct Transport {
    client: reqwest::Client,
    /// Goes past the system's proxy, which could not reach this computer's own loopback.
    loopback: Option<reqwest::Client>,
    response_timeout: Duration,
    read_timeout: Duration,
    total_timeout: Duration,
}

/// A limit for one whole exchange, from the first byte sent to the last byte read. Put it in the
/// request's extensions to override the transport's own timeouts, all of them.
#[derive(Debug, Clone, Copy)]
pub struct TotalTimeout(pub Duration);

/// Lifts the limit for the whole exchange, so that a body can be read as slowly as its consumer
/// likes; those for the response headers and for silence remain. Put it in the request's
/// extensions.
#[derive(Debug, Clone, Copy)]
pub struct NoTotalTimeout;

impl Transport {
    /// A transport with the operating system's root certificates and proxy settings.
    ///
    /// # Errors
    /// [`TransportErrorKind::Setup`] if TLS cannot be set up.
    pub fn new() -> Result<Self, TransportError> {
        Self::builder().build()
    }

    /// A transport with settings.
    pub fn builder() -> TransportBuilder {
        TransportBuilder::default()
    }

    /// Sends a request and returns as soon as the response headers are here. The body is `Bytes`, or
    /// a [`RequestBody`] that is a stream; a stream takes its time within the limit for the response
    /// headers, so give it a [`TotalTimeout`].
    ///
    /// # Errors
    /// A [`TransportError`] whose kind says whether the request can have reached the server. An
    /// HTTP error status is not an error here.
    pub async fn send<B: Into<RequestBody>>(
        &self,
        request: Request<B>,
    ) -> Result<Response<Body>, TransportError> {
        let mut request = request.map(Into::into);
        let origin = error::origin(request.uri());
        let (total, response_timeout, read_timeout) =
            match request.extensions().get::<TotalTimeout>() {
                Some(TotalTimeout(total)) => (*total, *total, Duration::MAX),
                None if request.extensions().get::<NoTotalTimeout>().is_some() => {
                    (Duration::MAX, self.response_timeout, self.read_timeout)
                }
                None => (self.total_timeout, self.response_timeout, self.read_timeout),
            };
        let deadline = Instant::now().checked_add(total);
        let limit = response_timeout.min(total);

        if let Some(length) = request.body().length {
            request.headers_mut().insert(CONTENT_LENGTH, length.into());
        }
        let mut request = reqwest::Request::try_from(request.map(|body| body.body))
            .map_err(|e| TransportError::new(TransportErrorKind::InvalidRequest, &origin, e))?;
        let mut client = &self.client;
        if is_loopback(request.url()) {
            client = self.loopback.as_ref().unwrap_or(client);
            // Compressing costs more than it saves where no network lies between.
            let identity = HeaderValue::from_static("identity");
            request.headers_mut().entry(ACCEPT_ENCODING).or_insert(identity);
        }
        let target = request.url().clone();
        let response = match tokio::time::timeout(limit, client.execute(request)).await {
            Ok(Ok(response)) => response,
            Ok(Err(e)) => return Err(TransportError::from_send(e, &origin)),
            Err(_) => return Err(TransportError::bare(TransportErrorKind::Timeout, &origin)),
        };

        if *response.url() != target {
            return Err(TransportError::bare(TransportErrorKind::Redirected, &origin));
        }
        let (status, version) = (response.status(), response.version());
        let headers = response.headers().clone();
        let body = Body::new(response, origin, deadline, read_timeout);
        let mut response = Response::new(body);
        *response.status_mut() = status;
        *response.version_mut() = version;
        *response.headers_mut() = headers;
        Ok(response)
    }
}

/// Without the client, whose proxy settings can hold a password.
impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport")
            .field("response_timeout", &self.response_timeout)
            .field("read_timeout", &self.read_timeout)
            .field("total_timeout", &self.total_timeout)
            .finish_non_exhaustive()
    }
}

fn is_loopback(url: &url::Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
