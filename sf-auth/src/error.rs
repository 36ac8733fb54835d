//! What can go wrong while obtaining or renewing a session.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;

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
    #[error("Salesforce refused the login: {}. {}{}", said(error, description), cause.remedy(), clock(*clock_ahead))]
    Grant {
        /// HTTP status.
        status: u16,
        /// OAuth error code, for example `invalid_grant`.
        error: String,
        /// `error_description` as received.
        description: String,
        /// The recognised cause, with a remedy.
        cause: Cause,
        /// How far this computer's clock is ahead of the endpoint's, where they differ by more
        /// than half a minute. Assertions are refused because of that.
        clock_ahead: Option<SignedDuration>,
    },

    /// The grant lacks something that was asked for and is needed. Its tokens were dropped.
    #[error(
        "the grant lacks {missing} (granted: {}); add it to the OAuth scopes of the app, ask for it, and let the \
         user approve the app again",
        if granted.is_empty() { "nothing" } else { granted }
    )]
    MissingScope {
        /// `api` or `refresh_token`.
        missing: &'static str,
        /// What was granted, separated by spaces.
        granted: String,
    },

    /// An authorization did not come back with a code.
    #[cfg(feature = "authorization-code")]
    #[error(transparent)]
    Callback(#[from] crate::authorize::CallbackError),

    /// A person did not act in time.
    #[error("{what} within {limit:?}; start again")]
    TimedOut {
        /// What did not happen.
        what: &'static str,
        /// How long it was waited for.
        limit: Duration,
    },

    /// An endpoint that takes a session refused it.
    #[error("{endpoint} refused the session (HTTP {status}): {}. {}", said("", text), cause.remedy())]
    Resource {
        /// The endpoint, without parameters.
        endpoint: String,
        /// HTTP status.
        status: u16,
        /// What it said, one line.
        text: String,
        /// The recognised cause, with a remedy.
        cause: Cause,
    },

    /// The Salesforce CLI did not hand out a session.
    #[cfg(feature = "sfdx")]
    #[error("the Salesforce CLI cannot log in")]
    SalesforceCli(#[source] crate::sfdx::CliProblem),

    /// An OAuth endpoint could not serve the request: 5xx, 429, or an HTML page from the edge.
    #[error(
        "{endpoint} is not available (HTTP {status}); the credentials are kept, try again later"
    )]
    Unavailable {
        /// The endpoint, without parameters.
        endpoint: String,
        /// HTTP status.
        status: u16,
    },

    /// An OAuth endpoint answered with something that is not its answer.
    #[error(
        "{endpoint} answered HTTP {status} with {problem}; check that the login URL is a Salesforce address"
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

    /// The last token request failed, and the next one is not due yet. The failure is the source.
    #[error("no token is asked for in the next {} s, since the last request failed", retry_after.as_secs_f32().ceil())]
    Paused {
        /// How long the pause lasts.
        retry_after: Duration,
        /// Why.
        #[source]
        last: Arc<Error>,
    },

    /// The state of a connected account stands in the way.
    #[cfg(feature = "accounts")]
    #[error(transparent)]
    Account(#[from] crate::accounts::AccountError),

    /// The store of the accounts failed.
    #[cfg(feature = "accounts")]
    #[error("the store of the accounts failed")]
    Store(#[from] crate::store::StoreError),

    /// A secret could not be sealed or opened.
    #[cfg(feature = "accounts")]
    #[error("a stored secret could not be sealed or opened")]
    Seal(#[from] crate::seal::SealError),

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
    /// A connected account needs something first: an authorization, or an administrator.
    Account,
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
            #[cfg(feature = "authorization-code")]
            Self::Callback(_) => ErrorKind::Refused,
            #[cfg(feature = "sfdx")]
            Self::SalesforceCli(_) => ErrorKind::Configuration,
            Self::TimedOut { .. } => ErrorKind::Refused,
            Self::Grant { .. }
            | Self::MissingScope { .. }
            | Self::Resource { .. }
            | Self::SessionRefused { .. }
            | Self::NotRenewable { .. }
            | Self::TokenRefused { .. } => ErrorKind::Refused,
            Self::Unavailable { .. } => ErrorKind::Unavailable,
            #[cfg(feature = "transport")]
            Self::Transport(_) => ErrorKind::Unavailable,
            Self::UnexpectedResponse { .. } => ErrorKind::Protocol,
            Self::Paused { last, .. } => last.kind(),
            #[cfg(feature = "accounts")]
            Self::Account(_) => ErrorKind::Account,
            #[cfg(feature = "accounts")]
            Self::Store(error) if !error.is_retryable() => ErrorKind::Configuration,
            #[cfg(feature = "accounts")]
            Self::Seal(error) if !error.is_retryable() => ErrorKind::Configuration,
            #[cfg(feature = "accounts")]
            Self::Store(_) | Self::Seal(_) => ErrorKind::Unavailable,
            Self::Other(_) => ErrorKind::Other,
        }
    }

    /// Whether the same call may succeed later without anyone changing anything. The credentials
    /// are never discarded because of such an error.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Unavailable { .. } => true,
            Self::Grant { cause, .. } | Self::Resource { cause, .. } => cause.is_temporary(),
            Self::Paused { last, .. } => last.is_retryable(),
            #[cfg(feature = "accounts")]
            Self::Account(error) => error.is_retryable(),
            #[cfg(feature = "accounts")]
            Self::Store(error) => error.is_retryable(),
            #[cfg(feature = "accounts")]
            Self::Seal(error) => error.is_retryable(),
            #[cfg(feature = "transport")]
            Self::Transport(error) => error.is_retryable(),
            _ => false,
        }
    }

    /// Whether the request may have reached the platform while no answer was read: the time was up,
    /// the connection broke, or the answer cannot be read although it is no refusal. What the
    /// request does may have been done: a code redeemed, a refresh token rotated.
    pub fn is_lost_answer(&self) -> bool {
        match self {
            Self::UnexpectedResponse { status, .. } => (200..300).contains(status),
            #[cfg(feature = "transport")]
            Self::Transport(error) => !error.never_sent(),
            _ => false,
        }
    }

    /// Whether the platform refused the session of a request, so that another one is needed: what
    /// userinfo says with 403 `Bad_OAuth_Token`.
    pub fn is_session_refused(&self) -> bool {
        matches!(self, Self::Resource { cause: Cause::SessionExpired, .. })
    }

    /// How long to wait before the same call, where that is known.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Paused { retry_after, .. } => Some(*retry_after),
            #[cfg(feature = "accounts")]
            Self::Account(error) => error.retry_after(),
            _ => None,
        }
    }
}

/// A code and a text of the platform, for the middle of a sentence.
fn said(code: &str, text: &str) -> String {
    crate::diagnose::join(code, text).trim_end_matches('.').to_owned()
}

/// A sentence about a clock that differs.
fn clock(ahead: Option<SignedDuration>) -> String {
    let Some(ahead) = ahead else { return String::new() };
    let side = if ahead.is_negative() { "behind" } else { "ahead of" };
    format!(" This computer's clock is {} s {side} Salesforce's.", ahead.as_secs().unsigned_abs())
}
