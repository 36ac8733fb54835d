//! OAuth 2.0 JWT bearer: an app with a certificate acts as a user who is pre-authorised for it.

use std::time::Duration;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::json;

use crate::login_url::check_plain;
use crate::transport::Transport;
use crate::{Error, Flow, LoginUrl, PrivateKey, Session, token};

const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// The platform accepts at most three minutes; less leaves room for clocks that differ.
const LIFETIME: Duration = Duration::from_secs(120);

/// The JWT bearer grant. Each session is asked for with a new assertion; there is no refresh token.
///
/// ```no_run
/// use sf_auth::transport::Transport;
/// use sf_auth::{Credentials, JwtBearer, PrivateKey, TokenBroker};
///
/// # async fn run() -> Result<(), sf_auth::Error> {
/// let key = PrivateKey::from_file("server.key")?;
/// let flow = JwtBearer::new("https://acme.my.salesforce.com", "3MVG9...", "agent@acme.com", key)?;
/// let credentials = TokenBroker::new(flow, Transport::new()?);
/// let session = credentials.session().await?;
/// println!("logged in to {}", session.instance_url());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct JwtBearer {
    login_url: LoginUrl,
    audience: String,
    client_id: String,
    username: String,
    key: PrivateKey,
}

impl JwtBearer {
    /// The grant for an app (`client_id` is its consumer key) and a user. The audience is the
    /// login URL.
    ///
    /// # Errors
    /// [`Error::Configuration`] if the address is not usable, or the client id or user name is
    /// empty or padded with white space.
    pub fn new(
        login_url: &str,
        client_id: impl Into<String>,
        username: impl Into<String>,
        key: PrivateKey,
    ) -> Result<Self, Error> {
        let login_url = LoginUrl::parse(login_url)?;
        let (client_id, username) = (client_id.into(), username.into());
        check_plain("client id", &client_id)?;
        check_plain("user name", &username)?;
        let audience = login_url.audience().to_owned();
        Ok(Self { login_url, audience, client_id, username, key })
    }

    /// Replaces the audience, where the platform expects another address than the login URL.
    #[must_use]
    pub fn with_audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = audience.into();
        self
    }

    fn assertion(&self, now: Timestamp) -> Result<String, Error> {
        let expires = now.as_second() + LIFETIME.as_secs().cast_signed();
        let claims = json!({
            "iss": self.client_id,
            "sub": self.username,
            "aud": self.audience,
            "exp": expires,
        });
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let header = encode(br#"{"alg":"RS256","typ":"JWT"}"#);
        let signed = format!("{header}.{}", encode(claims.to_string().as_bytes()));
        let signature = self.key.sign(signed.as_bytes())?;
        Ok(format!("{signed}.{}", encode(&signature)))
    }
}

#[async_trait]
impl Flow for JwtBearer {
    async fn grant(&self, transport: &Transport) -> Result<Session, Error> {
        let assertion = self.assertion(Timestamp::now())?;
        let form = [("grant_type", GRANT_TYPE), ("assertion", assertion.as_str())];
        token::request(transport, &self.login_url, &form).await
    }
}
