//! Why an org could not be started, or a key not be used.

use std::net::SocketAddr;

/// What went wrong around the org; what goes wrong inside it is an HTTP reply.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The port is taken, or loopback is not available.
    #[error("cannot listen on {address}; choose another port, or 0 for any free one")]
    Listen {
        /// The loopback address that was asked for.
        address: SocketAddr,
        /// The system's reason.
        #[source]
        source: std::io::Error,
    },
    /// The schema, the generated data or the database file could not be used.
    #[error("cannot open the org's data")]
    Data(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Permissions were set on something that there is not.
    #[error("cannot set these permissions")]
    Permissions(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A key could not be made or read.
    #[error("{0}")]
    Key(String),
    /// The certificate for TLS could not be made.
    #[error("cannot make a certificate for TLS")]
    Tls(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A change of the schema that is not possible; nothing was changed.
    #[error("{0}")]
    Drift(String),
    /// The machine gave no random bytes.
    #[error("the machine gave no random bytes")]
    Random,
}

/// [`Error`] by what a caller can do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Choose another port.
    Listen,
    /// Mend or replace the database file.
    Data,
    /// Name what the org has.
    Permissions,
    /// Give another key.
    Key,
    /// Change something else in the schema.
    Drift,
    /// Nothing here helps: the machine is at fault.
    System,
}

impl Error {
    /// What kind of failure this is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Listen { .. } => ErrorKind::Listen,
            Self::Data(_) => ErrorKind::Data,
            Self::Permissions(_) => ErrorKind::Permissions,
            Self::Key(_) => ErrorKind::Key,
            Self::Drift(_) => ErrorKind::Drift,
            Self::Random | Self::Tls(_) => ErrorKind::System,
        }
    }
}
