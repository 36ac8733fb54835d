//! Bodies that are not held in memory, up and down.

use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use sf_auth::transport::{Body, NoTotalTimeout, RequestBody, TotalTimeout, TransportError};

use crate::buffers::Buffers;
use crate::send::{self, Progress};
use crate::{Client, Error, Request, Response, Safety};

/// How the bodies of a request go.
#[derive(Clone, Copy)]
pub(crate) enum Exchange<'a> {
    /// Both are held in memory.
    Whole,
    /// Both are held in memory, that of the answer in memory that was used before.
    Again(&'a Buffers),
    /// The answer's is left for the caller to read.
    Down,
    /// The request's comes from a source.
    Up(&'a dyn Source, Duration),
}

/// Where the body of an upload comes from.
pub(crate) trait Source: Send + Sync {
    /// The body from its beginning.
    fn open(&self) -> Result<RequestBody, Error>;

    /// Whether it can be opened once more.
    fn is_spent(&self) -> bool {
        false
    }
}

impl Exchange<'_> {
    /// Puts the body and the limits into a request.
    pub(crate) fn prepare(
        self,
        request: http::Request<Bytes>,
    ) -> Result<http::Request<RequestBody>, Error> {
        let mut request = request.map(RequestBody::from);
        match self {
            Self::Whole | Self::Again(_) => {}
            Self::Down => {
                request.extensions_mut().insert(NoTotalTimeout);
            }
            Self::Up(source, limit) => {
                *request.body_mut() = source.open()?;
                if request.extensions().get::<TotalTimeout>().is_none() {
                    request.extensions_mut().insert(TotalTimeout(limit));
                }
            }
        }
        Ok(request)
    }

    /// Whether another attempt would have nothing to send.
    pub(crate) fn is_spent(self) -> bool {
        matches!(self, Self::Up(source, _) if source.is_spent())
    }

    /// Reads the body of an answer to its end.
    pub(crate) async fn read(self, body: Body, cap: usize) -> Result<Bytes, TransportError> {
        match self {
            Self::Again(buffers) => buffers.read(body, cap).await,
            Self::Whole | Self::Down | Self::Up(..) => body.bytes(cap).await,
        }
    }

    pub(crate) fn leaves_body(self) -> bool {
        matches!(self, Self::Down)
    }
}

/// An answer below 400 whose body is still to be read.
pub(crate) struct Opened {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
}

/// Sends a read until its answer begins.
pub(crate) async fn download(client: &Client, request: &Request) -> Result<Opened, Error> {
    let client = client.begun();
    let mut progress = Progress::new(&client);
    let (response, body) =
        send::exchange(&client, request, Safety::Read, &mut progress, Exchange::Down).await?;
    let body = body.unwrap_or_else(|| Body::from_bytes(response.body));
    Ok(Opened { status: response.status, headers: response.headers, body })
}

/// Sends a write whose body comes from a source. It is sent again only if it was certainly not
/// executed, and if the source can be read again.
pub(crate) async fn upload(
    client: &Client,
    request: &Request,
    source: &dyn Source,
    limit: Duration,
) -> Result<Response, Error> {
    let client = client.begun();
    let mut progress = Progress::new(&client);
    let exchange = Exchange::Up(source, limit);
    let sent = send::exchange(&client, request, Safety::Write, &mut progress, exchange).await;
    sent.map(|(response, _)| response)
}
