//! The trait through which clients obtain sessions, and the fixed token.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use secrecy::SecretString;

use crate::{Environment, Error, Session};

/// A source of sessions. Object-safe: clients hold an `Arc<dyn Credentials>`.
#[async_trait]
pub trait Credentials: Send + Sync {
    /// The current session; obtains one if there is none.
    async fn session(&self) -> Result<Arc<Session>, Error>;

    /// A session to use instead of `refused`, which the platform answered with 401
    /// `INVALID_SESSION_ID`.
    ///
    /// This is a compare-and-swap: if `refused` has been replaced already, the replacement is
    /// returned and nothing is sent. Implementations must go on with a refresh when the caller's
    /// future is dropped.
    async fn refresh(&self, refused: &Session) -> Result<Arc<Session>, Error>;
}

/// Runs a request with a session, and once more with another one if the platform refused the session
/// ([`Error::is_session_refused`]).
///
/// ```no_run
/// # #[cfg(feature = "jwt")]
/// # async fn run(credentials: &dyn sf_auth::Credentials) -> Result<(), sf_auth::Error> {
/// let transport = &sf_auth::transport::Transport::new()?;
/// let user = sf_auth::with_session(credentials, |session| async move {
///     sf_auth::userinfo(transport, &session).await
/// })
/// .await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Those of the credentials and of the request.
pub async fn with_session<T, F>(
    credentials: &dyn Credentials,
    request: impl Fn(Arc<Session>) -> F + Send,
) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>> + Send,
{
    let mut session = credentials.session().await?;
    let mut answer = request(Arc::clone(&session)).await;
    if answer.as_ref().is_err_and(Error::is_session_refused) {
        session = credentials.refresh(&session).await?;
        answer = request(Arc::clone(&session)).await;
    }
    if answer.is_ok() {
        session.mark_accepted();
    }
    answer
}

/// A token that was obtained elsewhere. It cannot be renewed.
pub struct StaticCredentials {
    session: Arc<Session>,
}

impl StaticCredentials {
    /// Credentials from the instance URL (`https://acme.my.salesforce.com`) and an access token or
    /// session id.
    ///
    /// # Errors
    /// [`Error::Configuration`] if the URL is not https (http is allowed on loopback only).
    pub fn new(instance_url: &str, token: impl Into<SecretString>) -> Result<Self, Error> {
        let url = Environment::parse(instance_url)?;
        Ok(Self::from_session(Session::new(url.as_url().clone(), token)))
    }

    /// Credentials that hand out `session` as it is.
    pub fn from_session(session: Session) -> Self {
        Self { session: Arc::new(session) }
    }
}

#[async_trait]
impl Credentials for StaticCredentials {
    async fn session(&self) -> Result<Arc<Session>, Error> {
        Ok(Arc::clone(&self.session))
    }

    async fn refresh(&self, _refused: &Session) -> Result<Arc<Session>, Error> {
        let instance = self.session.instance_url().to_string();
        Err(if self.session.was_accepted() {
            Error::NotRenewable { instance }
        } else {
            Error::TokenRefused { instance }
        })
    }
}

impl fmt::Debug for StaticCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StaticCredentials").field("session", &self.session).finish()
    }
}
