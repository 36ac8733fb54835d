//! A server around the service: connections, and their end.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::HttpService;
use super::body::{Answer, refused};
use super::guard::Refusal;

/// The path on which [`serve_http`] answers.
pub const PATH: &str = "/mcp";

/// How long a client may take to send the head of its next request, idling included.
const HEAD_TIME: Duration = Duration::from_secs(90);
/// How long connections may take to close once every stream has ended.
const CLOSE_TIME: Duration = Duration::from_secs(2);

/// Why a server did not begin.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// Others than this machine could use the tools without a token.
    #[error(
        "{address} can be reached from other machines, and the service asks for no bearer token; listen \
         on 127.0.0.1, or ask for tokens"
    )]
    Open {
        /// Where it should have listened.
        address: SocketAddr,
    },
    /// The listener does not tell its address.
    #[error("the address to listen on cannot be told")]
    Address(#[source] std::io::Error),
}

/// Serves `service` over HTTP/1.1 on the path [`PATH`], until `stop` is done.
///
/// Then nothing more is accepted, running calls get a while to be answered
/// ([`HttpSettings::drain`](super::HttpSettings::drain)), and every session and stream ends. It
/// speaks no TLS: where it is reached over a network, put a proxy that does before it.
///
/// # Errors
/// [`HttpError`], before anything is served: above all if `listener` can be reached from elsewhere
/// and `service` asks for no token.
pub async fn serve_http(
    listener: TcpListener,
    service: HttpService,
    stop: impl Future<Output = ()>,
) -> Result<(), HttpError> {
    let address = listener.local_addr().map_err(HttpError::Address)?;
    if !service.wants_bearer() && !address.ip().is_loopback() {
        return Err(HttpError::Open { address });
    }
    let room = Arc::new(Semaphore::new(service.settings().connections.max(1)));
    let stopping = CancellationToken::new();
    let mut connections = JoinSet::new();
    let mut stop = pin!(stop);
    loop {
        let accepted = async {
            let place = Arc::clone(&room).acquire_owned().await;
            (listener.accept().await, place)
        };
        tokio::select! {
            () = &mut stop => break,
            (accepted, place) = accepted => match accepted {
                Ok((stream, _)) => {
                    let (service, stopping) = (service.clone(), stopping.clone());
                    connections.spawn(async move {
                        speak(stream, service, stopping).await;
                        drop(place);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    // Out of file descriptors is the usual cause; let some close.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    stopping.cancel();
    service.stop().await;
    let closed = async { while connections.join_next().await.is_some() {} };
    // Who reads nothing any more is not waited for.
    let _ = tokio::time::timeout(CLOSE_TIME, closed).await;
    Ok(())
}

/// One connection, until either side closes it.
async fn speak(stream: TcpStream, service: HttpService, stopping: CancellationToken) {
    // Small answers must not wait for the client's delayed acknowledgement.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "no TCP_NODELAY");
    }
    let answer = service_fn(move |request| {
        let service = service.clone();
        async move { Ok::<_, Infallible>(route(&service, request).await) }
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .serve_connection(TokioIo::new(stream), answer);
    let mut serving = pin!(serving);
    let served = tokio::select! {
        served = serving.as_mut() => served,
        () = stopping.cancelled() => {
            // What is being answered is answered to its end.
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(%error, "a connection ended early");
    }
}

async fn route(service: &HttpService, request: Request<Incoming>) -> Answer {
    if request.uri().path().trim_end_matches('/') != PATH {
        let text = format!("There is nothing here. The MCP endpoint is {PATH}.");
        return refused(Refusal::new(StatusCode::NOT_FOUND, text));
    }
    service.answer(request).await
}
