//! What can go wrong while sealing and opening.

use std::path::PathBuf;
use std::sync::Arc;

/// An error of sealing. It names keys by their ids and never holds a key or a secret.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The data key was wrapped with a master key that this process does not have.
    #[error(
        "the data key is wrapped with master key {key_id:?}, which is not among the keys given here ({}); add it, \
         as an older key, until every account was re-wrapped",
        known.join(", ")
    )]
    UnknownKey {
        /// The id that the stored key names.
        key_id: String,
        /// The ids at hand.
        known: Vec<String>,
    },

    /// The wrapped data key does not open with the master key that it names.
    #[error(
        "master key {key_id:?} does not open the data key: another key has this id here, or the stored key was changed"
    )]
    WrongKey {
        /// The id that the stored key names.
        key_id: String,
    },

    /// A sealed secret does not open: it was changed, belongs to another account, org or field, or
    /// was sealed with another data key.
    #[error(
        "the sealed {purpose} of {identifier:?} does not open with its data key (wrapped with master key {key_id:?}): \
         it was changed, or belongs to another account, org, field or data key"
    )]
    NotAuthentic {
        /// What the secret is, as it was given.
        purpose: String,
        /// The account, as it was given.
        identifier: String,
        /// The master key of the data key that was used.
        key_id: String,
    },

    /// A key file cannot be used.
    #[error("key file {}: {problem}", path.display())]
    KeyFile {
        /// The path as given.
        path: PathBuf,
        /// What is wrong and what to do; never any of the contents.
        problem: String,
    },

    /// Keys that were given are unusable.
    #[error("{what}")]
    Configuration {
        /// What is wrong and what is allowed; never a key.
        what: String,
    },

    /// The service that wraps keys did not answer. Nothing was changed; try again later.
    #[error("the key service is not available")]
    Unavailable(#[source] Arc<dyn std::error::Error + Send + Sync>),

    /// The system's random number generator or cipher failed.
    #[error("the cryptographic library failed while {doing}")]
    Crypto {
        /// What it was asked to do.
        doing: &'static str,
    },
}

impl SealError {
    /// For a [`KeyWrapper`](super::KeyWrapper) whose service could not be reached.
    pub fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Unavailable(Arc::new(error))
    }

    /// Whether the same call may succeed later without a change of the program or its keys.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}
