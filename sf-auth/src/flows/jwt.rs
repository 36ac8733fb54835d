//! OAuth 2.0 JWT bearer: an app with a certificate acts as a user who is pre-authorised for it.

use std::time::Duration;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{Certificate, PrivateKey};
use crate::oauth::{Scopes, check_plain, token};
use crate::transport::Transport;
use crate::{Cause, Environment, Error, Flow, Session};

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
    environment: Environment,
    audience: String,
    client_id: String,
    username: String,
    key: PrivateKey,
    certificate: Option<Certificate>,
    clock_ahead: SignedDuration,
    required: Scopes,
}

impl JwtBearer {
    /// The grant for an app (`client_id` is its consumer key) and a user. The audience is that of
    /// the environment ([`Environment::jwt_audience`]).
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
        let environment = Environment::parse(login_url)?;
        let (client_id, username) = (client_id.into(), username.into());
        check_plain("client id", &client_id)?;
        check_plain("user name", &username)?;
        Ok(Self {
            audience: environment.jwt_audience().to_owned(),
            environment,
            client_id,
            username,
            key,
            certificate: None,
            clock_ahead: SignedDuration::ZERO,
            required: Scopes::api(),
        })
    }

    /// Replaces the audience, where the platform expects another address.
    #[must_use]
    pub fn with_audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = audience.into();
        self
    }

    /// Says how far this computer's clock is ahead of Salesforce's (behind: negative), so that
    /// assertions carry the right time. A refusal tells the difference (`clock_ahead` of
    /// [`Error::Grant`]). Without this, a clock may be two minutes slow or one minute fast.
    #[must_use]
    pub fn with_clock_ahead(mut self, ahead: SignedDuration) -> Self {
        self.clock_ahead = ahead;
        self
    }

    /// Adds the certificate that the app holds. Its end can then be watched
    /// ([`certificate`](Self::certificate)), and a refusal after its end says so.
    ///
    /// # Errors
    /// [`Error::Configuration`] if it is the certificate of another key.
    pub fn with_certificate(mut self, certificate: Certificate) -> Result<Self, Error> {
        if certificate.public_key() != self.key.public_key() {
            let what = "the certificate does not belong to the private key; use the pair that was made together";
            return Err(Error::Configuration { what: what.to_owned() });
        }
        self.certificate = Some(certificate);
        Ok(self)
    }

    /// What the session must allow, instead of `api`. The request names no scopes: the session has
    /// those of the app.
    #[must_use]
    pub fn with_required_scopes(mut self, scopes: Scopes) -> Self {
        self.required = scopes;
        self
    }

    /// The certificate, if it is known.
    pub fn certificate(&self) -> Option<&Certificate> {
        self.certificate.as_ref()
    }

    /// The time by Salesforce's clock, as far as the difference is known.
    fn now(&self) -> Timestamp {
        Timestamp::now().checked_sub(self.clock_ahead).unwrap_or_else(|_| Timestamp::now())
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

    /// A refusal of the assertion after the end of the certificate is because of that end.
    fn explain(&self, mut error: Error) -> Error {
        let ended = self.certificate.as_ref().is_some_and(|one| one.not_after() < self.now());
        if let Error::Grant { cause: cause @ (Cause::InvalidAssertion | Cause::Unknown), .. } =
            &mut error
            && ended
        {
            *cause = Cause::ExpiredCertificate;
        }
        error
    }
}

#[async_trait]
impl Flow for JwtBearer {
    async fn grant(&self, transport: &Transport) -> Result<Session, Error> {
        let assertion = self.assertion(self.now())?;
        let form = [("grant_type", GRANT_TYPE), ("assertion", assertion.as_str())];
        let granted = token::request(transport, &self.environment, &form)
            .await
            .map_err(|error| self.explain(error))?;
        Ok(granted.check(&self.required)?.session)
    }
}
