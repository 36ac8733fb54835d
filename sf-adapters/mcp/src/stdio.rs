//! Serving over a byte stream, above all standard input and output.

use std::time::Duration;

use rmcp::ServiceExt;
use rmcp::service::{QuitReason, ServerInitializeError};
use sf_agent_tools::ToolSet;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::Server;

/// How long calls that were taken back, because the client has left, get to come to their end.
const PARTING: Duration = Duration::from_secs(30);

/// Why serving stopped other than by the client's leaving.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The client's first messages were no MCP handshake.
    #[error("the MCP handshake failed; the client must begin with initialize or server/discover")]
    Handshake(#[source] Box<ServerInitializeError>),
    /// The task that serves the connection broke off.
    #[error("the MCP server broke off")]
    Broken(#[source] tokio::task::JoinError),
}

/// Serves `tools` to the client at the other end of standard input and output,
/// until the client closes standard input.
///
/// Standard output carries protocol messages and nothing else: whoever calls
/// this sends logs to standard error. Requests still running when the input
/// ends get a few seconds to answer and are then cancelled; what those have begun,
/// jobs to abort and writes that were sent, gets half a minute to end.
///
/// # Errors
/// [`ServeError`] if the client never completed a handshake though it spoke.
/// A client that leaves without a word is no error.
///
/// # Panics
/// Outside a tokio runtime with I/O enabled.
pub async fn serve_stdio(tools: ToolSet) -> Result<(), ServeError> {
    Server::new(tools).serve_stdio().await
}

impl Server {
    /// As [`serve_stdio`], for a server with settings of its own.
    ///
    /// # Errors
    /// As [`serve_stdio`].
    ///
    /// # Panics
    /// Outside a tokio runtime with I/O enabled.
    pub async fn serve_stdio(self) -> Result<(), ServeError> {
        // Pipes are driven without blocking, so that a process told to stop is not
        // held back by a read that waits for the next line.
        let (reader, writer) = rmcp::transport::stdio_pipes();
        self.serve_stream(reader, writer).await
    }

    /// Serves one client over a pair of byte streams, one JSON-RPC message per
    /// line, until the reading side ends.
    ///
    /// A line that is no JSON gets no answer (JSON-RPC has -32700 for it): rmcp's transport ignores
    /// it on purpose, as MCP's other SDKs do, because an answer without an id helps no client, and
    /// two peers that answer each other's rubbish never stop. JSON that is no message is answered
    /// with -32600.
    ///
    /// # Errors
    /// As [`serve_stdio`].
    pub async fn serve_stream(
        self,
        reader: impl AsyncRead + Send + Unpin + 'static,
        writer: impl AsyncWrite + Send + Unpin + 'static,
    ) -> Result<(), ServeError> {
        let settled = self.settled();
        let running = match self.serve((reader, writer)).await {
            Ok(running) => running,
            Err(ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
            Err(error) => return Err(ServeError::Handshake(Box::new(error))),
        };
        let ended = running.waiting().await;
        // What was taken back has jobs to abort, and a write that was sent has an outcome to log.
        if tokio::time::timeout(PARTING, settled).await.is_err() {
            tracing::warn!("the server ends although calls still run");
        }
        match ended {
            Ok(QuitReason::JoinError(error)) | Err(error) => Err(ServeError::Broken(error)),
            Ok(_) => Ok(()),
        }
    }
}
