//! Whose request it is, by its bearer token.

use async_trait::async_trait;
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{Digest, SHA256, digest};
use sf_agent_tools::ToolSet;

/// The owner of a bearer token, as the host knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// A name that no other identity has, and no secret. Sessions, cursors and plans are bound to
    /// it, and an audit log tells it.
    pub id: String,
    /// Changes whenever what they may do changes: their tools are made anew then, and the sessions
    /// that had the old ones end.
    pub revision: String,
}

impl Identity {
    /// The identity of this id and revision.
    pub fn new(id: impl Into<String>, revision: impl Into<String>) -> Self {
        Self { id: id.into(), revision: revision.into() }
    }
}

/// Why it could not be told whose token it is. The client is asked to try again later; what this
/// says goes to the log.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct IdentityError(String);

impl IdentityError {
    /// For this reason, told to who runs the server.
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

/// Who may use a server, and what each may use: the host's store of tokens.
///
/// Compare tokens by a digest of theirs or in constant time, and keep digests only.
#[async_trait]
pub trait Identities: Send + Sync + 'static {
    /// The owner of a bearer token, asked with every request, before its body is read and again
    /// behind it; none if it is unknown, revoked or has expired.
    ///
    /// # Errors
    /// If that cannot be told now.
    async fn identify(&self, bearer: &str) -> Result<Option<Identity>, IdentityError>;

    /// What an identity may use. Asked once per revision, for as long as it is in use.
    ///
    /// # Errors
    /// If the tools cannot be made now.
    async fn tools(&self, identity: &Identity) -> Result<ToolSet, IdentityError>;

    /// Whether an identity that was told before still holds, in the same revision.
    ///
    /// # Errors
    /// If that cannot be told now; the identity stays then.
    async fn holds(&self, identity: &Identity) -> Result<bool, IdentityError>;
}

/// A token that is too short to be a secret.
#[derive(Debug, thiserror::Error)]
#[error(
    "the bearer token is too short: give at least {least} characters of randomness, such as the output \
     of `openssl rand -base64 32`"
)]
#[non_exhaustive]
pub struct WeakToken {
    /// Characters that are asked for.
    pub least: usize,
}

/// One token for one tool set.
pub struct OneToken {
    token: Digest,
    tools: ToolSet,
}

impl OneToken {
    /// Characters that a token has at least.
    const LEAST: usize = 32;

    /// Whoever shows `token` may use `tools`.
    ///
    /// # Errors
    /// If the token has less than 32 characters.
    pub fn new(token: &str, tools: ToolSet) -> Result<Self, WeakToken> {
        if token.trim().len() < Self::LEAST {
            return Err(WeakToken { least: Self::LEAST });
        }
        Ok(Self { token: digest(&SHA256, token.trim().as_bytes()), tools })
    }
}

#[async_trait]
impl Identities for OneToken {
    async fn identify(&self, bearer: &str) -> Result<Option<Identity>, IdentityError> {
        let shown = digest(&SHA256, bearer.as_bytes());
        let same = verify_slices_are_equal(shown.as_ref(), self.token.as_ref()).is_ok();
        Ok(same.then(|| Identity::new("the bearer", "")))
    }

    async fn tools(&self, _: &Identity) -> Result<ToolSet, IdentityError> {
        Ok(self.tools.clone())
    }

    async fn holds(&self, _: &Identity) -> Result<bool, IdentityError> {
        Ok(true)
    }
}

/// Whoever can connect, for a server that only this machine can reach.
pub(super) struct Anyone(pub(super) ToolSet);

#[async_trait]
impl Identities for Anyone {
    async fn identify(&self, _: &str) -> Result<Option<Identity>, IdentityError> {
        Ok(Some(Identity::new("", "")))
    }

    async fn tools(&self, _: &Identity) -> Result<ToolSet, IdentityError> {
        Ok(self.0.clone())
    }

    async fn holds(&self, _: &Identity) -> Result<bool, IdentityError> {
        Ok(true)
    }
}
