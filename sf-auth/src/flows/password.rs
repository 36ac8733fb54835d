//! Logins with a user's password, which Salesforce is putting an end to.
//!
//! Both are here for programs that cannot change yet, and both are marked as deprecated. They pass
//! by multi-factor authentication, put a password into a configuration, and break when it expires.
//! Client credentials or JWT bearer take their place.

#![allow(deprecated, reason = "what is deprecated is defined here")]

mod soap;

use std::fmt;

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};

pub use soap::SoapLogin;

use crate::oauth::{App, check_plain, token};
use crate::transport::Transport;
use crate::{Error, Flow, Session};

/// The OAuth 2.0 username-password grant. Its answer names no scopes, so nothing is said about
/// them here.
#[deprecated(
    since = "0.1.0",
    note = "Salesforce blocks this flow by default in every org created since Summer '23, and advises all others to \
            block it; use ClientCredentials or JwtBearer"
)]
#[derive(Clone)]
pub struct UsernamePassword {
    app: App,
    username: String,
    password: SecretString,
}

impl UsernamePassword {
    /// The grant for an app with a secret and a user. `security_token` is appended to the password,
    /// which the platform wants from addresses outside the trusted ranges.
    ///
    /// # Errors
    /// [`Error::Configuration`] if the app has no secret, the user name is empty or padded with
    /// white space (which the platform calls an authentication failure), or the password is empty.
    pub fn new(
        app: App,
        username: impl Into<String>,
        password: &SecretString,
        security_token: Option<&SecretString>,
    ) -> Result<Self, Error> {
        if app.client_secret().is_none() {
            let what = "the username-password flow needs the client secret of the app; set it";
            return Err(Error::Configuration { what: what.to_owned() });
        }
        let (username, password) = checked(username.into(), password, security_token)?;
        Ok(Self { app, username, password })
    }
}

/// The user name, and the password with the security token behind it.
fn checked(
    username: String,
    password: &SecretString,
    security_token: Option<&SecretString>,
) -> Result<(String, SecretString), Error> {
    check_plain("user name", &username)?;
    // A password may begin or end with a space.
    if password.expose_secret().is_empty() {
        return Err(Error::Configuration { what: "the password is empty; set it".to_owned() });
    }
    let mut whole = password.expose_secret().to_owned();
    if let Some(security_token) = security_token {
        check_plain("security token", security_token.expose_secret())?;
        whole.push_str(security_token.expose_secret());
    }
    Ok((username, SecretString::from(whole)))
}

#[async_trait]
impl Flow for UsernamePassword {
    async fn grant(&self, transport: &Transport) -> Result<Session, Error> {
        let form = self.app.form(&[
            ("grant_type", "password"),
            ("username", &self.username),
            ("password", self.password.expose_secret()),
        ]);
        let granted = token::request(transport, self.app.environment(), &form).await?;
        Ok(granted.session)
    }
}

impl fmt::Debug for UsernamePassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UsernamePassword")
            .field("app", &self.app)
            .field("username", &self.username)
            .field("password", &"[redacted]")
            .finish()
    }
}
