//! What can go wrong while obtaining or renewing a session.

use std::path::PathBuf;
use std::sync::Arc;

use crate::diagnose::Cause;

/// An error of this crate. Cloneable, since one failed grant is delivered to every waiting caller.
///
/// No variant holds a secret, and no message quotes one.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A value given by the program is unusable; nothing was sent.
    #[error("{what}")]
    Configuration {
        /// What is wrong and what is allowed.
        what: String,
    },

    /// A private key file cannot be read, or holds no usable key.
    #[error("private key file {}: {reason}", path.display())]
    KeyFile {
        /// The path as given.
        path: PathBuf,
        /// What is wrong and what is expected; never any of the file's contents.
        reason: String,
    },

    /// The token endpoint refused the grant.
    #[error("Salesforce refused the login: {error}: {description}. {}", cause.remedy())]
    Grant {
        /// HTTP status.
        status: u16,
        /// OAuth error code, for example `invalid_grant`.
        error: String,
        /// `error_description` as received.
        description: String,
        /// The recognised cause, with a remedy.
        cause: Cause,
    },

    /// The token endpoint could not serve the request: 5xx, 429, or an HTML page from the edge.
    #[error(
        "the token endpoint {endpoint} is not available (HTTP {status}); the credentials are kept, try again later"
    )]
    Unavailable {
        /// The endpoint, without parameters.
        endpoint: String,
        /// HTTP status.
        status: u16,
    },

    /// The token endpoint answered with something that is not a token response.
    #[error(
        "the token endpoint {endpoint} answered HTTP {status} with {problem}; check that the login URL is a Salesforce address"
    )]
    UnexpectedResponse {
        /// The endpoint, without parameters.
        endpoint: String,
        /// HTTP status.
        status: u16,
        /// What is wrong with the answer.
        problem: String,
    },

    /// The platform refused a session that it never accepted. A new token would be refused alike.
    #[error(
        "the new session was refused by {instance} before it was ever accepted, so a new token will not help; \
         check that the connected app has the scope \"api\", that the user may use the API, that login IP ranges \
         allow this address, and that the login URL belongs to this org"
    )]
    SessionRefused {
        /// The instance that refused it.
        instance: String,
    },

    /// The session ended and there is nothing to renew it with.
    #[error(
        "the session at {instance} has ended and a fixed token cannot be renewed; supply a new token, or credentials that can log in"
    )]
    NotRenewable {
        /// The instance of the session.
        instance: String,
    },

    /// A token that was obtained elsewhere was refused, and never accepted before.
    #[error(
        "{instance} refused the token at its first use: it has ended, is wrong, belongs to another org, or lacks the \
         scope \"api\"; supply a new token and the instance URL that it was issued for, or credentials that can log in"
    )]
    TokenRefused {
        /// The instance that refused it.
        instance: String,
    },

    /// The request for a token did not complete.
    #[cfg(feature = "transport")]
    #[error("the token request failed")]
    Transport(#[from] crate::transport::TransportError),

    /// An error of a [`Credentials`](crate::Credentials) implementation outside this crate.
    #[error("the credentials failed")]
    Other(#[source] Arc<dyn std::error::Error + Send + Sync>),
}

/// The kinds of [`Error`], for matching without fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The program's input is unusable.
    Configuration,
    /// Salesforce refused the credentials or the session.
    Refused,
    /// The network or the token endpoint failed; the credentials are unaffected.
    Unavailable,
    /// The answer was not understood.
    Protocol,
    /// From another implementation of the trait.
    Other,
}

impl Error {
    /// Wraps an error of another [`Credentials`](crate::Credentials) implementation.
    pub fn other(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Other(Arc::new(error))
    }

    /// What kind of error this is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Configuration { .. } | Self::KeyFile { .. } => ErrorKind::Configuration,
            Self::Grant { .. }
            | Self::SessionRefused { .. }
            | Self::NotRenewable { .. }
            | Self::TokenRefused { .. } => ErrorKind::Refused,
            Self::Unavailable { .. } => ErrorKind::Unavailable,
            #[cfg(feature = "transport")]
            Self::Transport(_) => ErrorKind::Unavailable,
            Self::UnexpectedResponse { .. } => ErrorKind::Protocol,
            Self::Other(_) => ErrorKind::Other,
        }
    }

    /// Whether the same call may succeed later without anyone changing anything. The credentials
    /// are never discarded because of such an error.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Unavailable { .. } => true,
            Self::Grant { cause, .. } => cause.is_temporary(),
            #[cfg(feature = "transport")]
            Self::Transport(error) => error.is_retryable(),
            _ => false,
        }
    }
}
