//! Connecting to Redis. The library is given a stream, so that TLS is set up as everywhere else here.

use std::fmt;
use std::sync::Arc;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, ConnectionAddr, ConnectionInfo, IntoConnectionInfo};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::{STORE, errors};
use crate::store::StoreError;
use crate::store::link::{Connect, Link};

pub(super) struct Server {
    info: ConnectionInfo,
    tls: Option<TlsConnector>,
}

impl Server {
    pub(super) fn new(url: &str, roots_pem: &[Vec<u8>]) -> Result<Self, StoreError> {
        // The URL may hold a password and is not quoted.
        let unusable = |why: &str| {
            errors::configuration(format!(
                "the address is not usable ({why}); write rediss://user:password@host:6379/0, or redis:// without TLS"
            ))
        };
        let (plain, with_tls) = match url.strip_prefix("rediss://") {
            Some(rest) => (format!("redis://{rest}"), true),
            None => (url.to_owned(), false),
        };
        if plain.contains('#') {
            return Err(unusable("a # has to be written %23; certificates are always verified"));
        }
        let info = plain.as_str().into_connection_info().map_err(|e| unusable(&e.to_string()))?;
        let tls = if with_tls {
            let config = crate::transport::client_config(roots_pem).map_err(|error| {
                let why = std::error::Error::source(&error).map(|e| format!(": {e}"));
                errors::configuration(format!("TLS cannot be set up{}", why.unwrap_or_default()))
            })?;
            Some(TlsConnector::from(Arc::new(config)))
        } else {
            None
        };
        Ok(Self { info, tls })
    }

    async fn open(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    ) -> Result<Link<MultiplexedConnection>, StoreError> {
        // Timeouts are kept in one place, by whoever asks.
        let config = AsyncConnectionConfig::new().set_response_timeout(None);
        let settings = self.info.redis_settings();
        let (client, driver) = MultiplexedConnection::new_with_config(settings, stream, config)
            .await
            .map_err(|error| errors::of_connecting(&error))?;
        let link = Link::new(client, driver);
        warn_of_losses(link.client.clone()).await;
        Ok(link)
    }
}

impl Connect for Server {
    type Client = MultiplexedConnection;
    const STORE: &'static str = STORE;

    async fn connect(&self) -> Result<Link<MultiplexedConnection>, StoreError> {
        let unavailable = |error: std::io::Error| StoreError::Unavailable {
            store: STORE,
            problem: format!("cannot connect to {self:?}: {error}"),
        };
        let (host, port) = match self.info.addr() {
            ConnectionAddr::Tcp(host, port) => (host.as_str(), *port),
            #[cfg(unix)]
            ConnectionAddr::Unix(path) => {
                let stream = tokio::net::UnixStream::connect(path).await.map_err(unavailable)?;
                return self.open(stream).await;
            }
            _ => {
                return Err(errors::configuration(
                    "this kind of address is not supported".to_owned(),
                ));
            }
        };
        let stream = TcpStream::connect((host, port)).await.map_err(unavailable)?;
        stream.set_nodelay(true).map_err(unavailable)?;
        let Some(tls) = &self.tls else { return self.open(stream).await };
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| errors::configuration(format!("{host:?} is not a host name")))?;
        // A certificate that is not trusted may be a server that is being replaced, but far more
        // often an authority that was not given.
        let stream = tls.connect(name, stream).await.map_err(|error| match error.kind() {
            std::io::ErrorKind::InvalidData => errors::configuration(format!(
                "TLS with {self:?} failed: {error}; for a private authority give its root certificate"
            )),
            _ => unavailable(error),
        })?;
        self.open(stream).await
    }
}

/// Says which settings lose accounts. A server that may not be asked is left alone.
async fn warn_of_losses(mut connection: MultiplexedConnection) {
    let mut info = String::new();
    for section in ["persistence", "memory"] {
        let asked: Result<String, _> =
            redis::cmd("INFO").arg(section).query_async(&mut connection).await;
        info.push_str(&asked.unwrap_or_default());
    }
    let value = |name: &str| {
        info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
    };
    if value("aof_enabled") == Some("0") {
        tracing::warn!("Redis keeps no append-only file: a restart can lose rotated tokens");
    }
    if value("maxmemory").is_some_and(|limit| limit != "0")
        && let Some(policy) = value("maxmemory_policy").filter(|policy| *policy != "noeviction")
    {
        tracing::warn!(policy, "Redis may evict accounts; set maxmemory-policy noeviction");
    }
}

/// The address alone.
impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.info.addr() {
            ConnectionAddr::Tcp(host, port) => write!(f, "{host}:{port}"),
            ConnectionAddr::Unix(path) => write!(f, "{}", path.display()),
            _ => f.write_str("an unsupported address"),
        }
    }
}
