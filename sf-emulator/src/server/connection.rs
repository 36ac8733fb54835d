//! The accept loop and the connections.
//!
//! hyper is driven here rather than through `axum::serve`, because a fault must
//! be able to close a connection without an answer, and because stopping the
//! org must close the connections that clients keep alive.

use std::sync::Arc;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::exchange::{Routers, answer};
use super::{Org, oauth, rest};

/// Serves until it is aborted, which closes every connection.
pub(crate) async fn serve(listener: TcpListener, org: Arc<Org>) {
    let routers =
        Routers { data: rest::router(Arc::clone(&org)), other: oauth::router(Arc::clone(&org)) };
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, Arc::clone(&org), routers.clone()));
                }
                Err(error) => {
                    tracing::warn!(%error, "could not accept a connection");
                    // Out of file descriptors is the usual cause; let some close.
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(stream: TcpStream, org: Arc<Org>, routers: Routers) {
    // Small replies must not wait for the client's delayed acknowledgement.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "no TCP_NODELAY");
    }
    let Some(tls) = &org.tls else {
        return speak(stream, org, routers).await;
    };
    match tls.accept(stream).await {
        Ok(stream) => speak(stream, org, routers).await,
        // Clients that do not trust the org's certificate end here.
        Err(error) => tracing::debug!(%error, "no TLS handshake"),
    }
}

/// HTTP/1.1 until either side closes.
async fn speak(stream: impl AsyncRead + AsyncWrite + Unpin, org: Arc<Org>, routers: Routers) {
    let service = service_fn(|request| answer(Arc::clone(&org), routers.clone(), request));
    let served = http1::Builder::new()
        .header_read_timeout(None)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        // A fault that closes the connection ends here too.
        tracing::debug!(%error, "connection closed");
    }
}
