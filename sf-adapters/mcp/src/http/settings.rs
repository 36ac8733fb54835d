//! Who may come in, how much they may send, and how long things are kept.

use std::time::Duration;

/// Bounds and checks of an [`HttpService`](super::HttpService).
///
/// ```
/// use sf_adapter_mcp::http::HttpSettings;
///
/// let mut settings = HttpSettings::default();
/// settings.allowed_hosts.push("mcp.acme.example".to_owned());
/// settings.allowed_origins.push("https://inspector.acme.example".to_owned());
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct HttpSettings {
    /// Names that the `Host` header may have, as `host` (with any port) or `host:port`. By default
    /// those of loopback, so that a web page that gave its own name this machine's address (DNS
    /// rebinding) is refused.
    pub allowed_hosts: Vec<String>,
    /// Web pages that may call, besides any of the server's own address: `scheme://host`,
    /// `scheme://host:port`, or `scheme://host:*` for every port. None by default. They get the
    /// CORS headers that a browser asks for. A request without an `Origin` comes from no web page.
    pub allowed_origins: Vec<String>,
    /// Bytes that a request's body may have; 4 MiB.
    pub body_bytes: usize,
    /// How long a request's body may take to arrive; 30 s.
    pub body_time: Duration,
    /// Sessions that one identity may have at once; 256. The one that was used longest ago goes
    /// first, and its client begins another. The protocol of 2026-07-28 has none.
    pub sessions: usize,
    /// How long a session may go unused; 30 min.
    pub session_idle: Duration,
    /// How old a session may become; 24 h.
    pub session_age: Duration,
    /// Identities whose tools are kept ready at once; 1,000.
    pub identities: usize,
    /// How long the tools of an identity that makes no request are kept, and with them the rows
    /// behind its cursors and what it prepared; 1 h.
    pub identity_idle: Duration,
    /// How often it is asked whether an identity still holds; 15 s. Every request asks as well:
    /// this ends what goes on by itself, streams and running calls.
    pub check_every: Duration,
    /// Connections at once, of all clients; 1,024. More wait to be accepted.
    pub connections: usize,
    /// How long running calls may go on once the server was told to stop; 10 s.
    pub drain: Duration,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            allowed_hosts: ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec(),
            allowed_origins: Vec::new(),
            body_bytes: 4 << 20,
            body_time: Duration::from_secs(30),
            sessions: 256,
            session_idle: Duration::from_secs(30 * 60),
            session_age: Duration::from_secs(24 * 60 * 60),
            identities: 1_000,
            identity_idle: Duration::from_secs(60 * 60),
            check_every: Duration::from_secs(15),
            connections: 1_024,
            drain: Duration::from_secs(10),
        }
    }
}
