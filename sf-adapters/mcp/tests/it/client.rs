//! A connection between rmcp's client and the server under test.

use anyhow::Result;
use rmcp::service::RunningService;
use rmcp::{RoleClient, ServiceExt};
use sf_adapter_mcp::{ServeError, Server};
use sf_agent_tools::ToolSet;
use tokio::io::{DuplexStream, duplex};
use tokio::task::JoinHandle;

/// A client that has shaken hands.
pub(crate) type Client = RunningService<RoleClient, ()>;

/// The server's end of a task that serves one client.
pub(crate) type Serving = JoinHandle<Result<(), ServeError>>;

/// Serves `tools` on one end of a stream; the other end is the client's.
pub(crate) fn serve(tools: ToolSet) -> (Serving, DuplexStream) {
    serve_on(Server::new(tools))
}

/// Serves one client by `server`.
pub(crate) fn serve_on(server: Server) -> (Serving, DuplexStream) {
    let (near, far) = duplex(64 * 1024);
    let (reader, writer) = tokio::io::split(far);
    (tokio::spawn(server.serve_stream(reader, writer)), near)
}

/// Serves `tools` to a client of rmcp.
pub(crate) async fn connect(tools: ToolSet) -> Result<(Serving, Client)> {
    let (serving, stream) = serve(tools);
    Ok((serving, ().serve(stream).await?))
}
