//! The client side of an app: what identifies it, where it logs in, what it asks for.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::{Scopes, check_plain};
use crate::{Environment, Error};

/// An External Client App or Connected App, as a client knows it.
///
/// ```
/// use sf_auth::{App, Environment, Scopes};
///
/// # fn main() -> Result<(), sf_auth::Error> {
/// let app = App::new(Environment::parse("https://acme.my.salesforce.com")?, "3MVG9...")?
///     .with_redirect_uri("http://localhost:1717/OauthRedirect")?
///     .with_scopes(Scopes::new(["api", "refresh_token", "openid"])?);
/// assert!(app.client_secret().is_none(), "a public client, with PKCE alone");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct App {
    environment: Environment,
    client_id: String,
    client_secret: Option<SecretString>,
    redirect_uri: Option<String>,
    scopes: Scopes,
}

impl App {
    /// An app by its consumer key, without a secret, asking for [`Scopes::default`].
    ///
    /// # Errors
    /// [`Error::Configuration`] if the client id is empty or padded with white space.
    pub fn new(environment: Environment, client_id: impl Into<String>) -> Result<Self, Error> {
        let client_id = client_id.into();
        check_plain("client id", &client_id)?;
        let scopes = Scopes::default();
        Ok(Self { environment, client_id, client_secret: None, redirect_uri: None, scopes })
    }

    /// Adds the consumer secret.
    ///
    /// # Errors
    /// [`Error::Configuration`] if it is empty or padded with white space.
    pub fn with_secret(mut self, secret: impl Into<SecretString>) -> Result<Self, Error> {
        let secret = secret.into();
        check_plain("client secret", secret.expose_secret())?;
        self.client_secret = Some(secret);
        Ok(self)
    }

    /// Adds the callback URL, which must be one of those registered with the app, letter by
    /// letter. It may be https, http on loopback, or a scheme of the program's own.
    ///
    /// # Errors
    /// [`Error::Configuration`] if it is not a URL, has a fragment, or is http elsewhere than on
    /// loopback, where the code could be read on the way.
    pub fn with_redirect_uri(mut self, uri: &str) -> Result<Self, Error> {
        let refuse = |why: &str| {
            let what = format!(
                "the redirect URI {why}; give one of the callback URLs of the app, such as \
                 https://app.example.com/callback or http://localhost:1717/OauthRedirect"
            );
            Err(Error::Configuration { what })
        };
        let Ok(url) = Url::parse(uri) else { return refuse("is not a URL") };
        if url.fragment().is_some() {
            return refuse("has a fragment, which a redirect cannot carry");
        }
        let loopback = url.host().is_some_and(|host| crate::environment::is_loopback(&host));
        if url.scheme() == "http" && !loopback {
            return refuse("is http, which is allowed on loopback only");
        }
        // As it was given: a URL that was parsed may differ by a slash.
        self.redirect_uri = Some(uri.to_owned());
        Ok(self)
    }

    /// Asks for these scopes.
    #[must_use]
    pub fn with_scopes(mut self, scopes: Scopes) -> Self {
        self.scopes = scopes;
        self
    }

    /// The same app at another address, for example the org's own domain after a login.
    #[must_use]
    pub fn at(mut self, environment: Environment) -> Self {
        self.environment = environment;
        self
    }

    /// Where it logs in.
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// The consumer key.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// The consumer secret; a public client has none.
    pub fn client_secret(&self) -> Option<&SecretString> {
        self.client_secret.as_ref()
    }

    /// The callback URL.
    pub fn redirect_uri(&self) -> Option<&str> {
        self.redirect_uri.as_deref()
    }

    /// The scopes that it asks for.
    pub fn scopes(&self) -> &Scopes {
        &self.scopes
    }

    /// Form fields, and behind them what identifies the app. A public client sends no secret.
    pub(crate) fn form<'a>(&'a self, fields: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        let mut form = fields.to_vec();
        form.push(("client_id", &self.client_id));
        if let Some(secret) = &self.client_secret {
            form.push(("client_secret", secret.expose_secret()));
        }
        form
    }

    /// Refuses the generic login hosts for what only the org's own domain serves.
    #[cfg(any(feature = "client-credentials", feature = "token-exchange"))]
    pub(crate) fn needs_my_domain(&self, what: &str) -> Result<(), Error> {
        if !self.environment.is_generic() {
            return Ok(());
        }
        Err(Error::Configuration {
            what: format!(
                "{what} not served at {}; use the org's My Domain, for example https://acme.my.salesforce.com",
                self.environment
            ),
        })
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App")
            .field("environment", &self.environment)
            .field("client_id", &self.client_id)
            .field("client_secret", &self.client_secret.as_ref().map(|_| "[redacted]"))
            .field("redirect_uri", &self.redirect_uri)
            .field("scopes", &self.scopes)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app() -> App {
        App::new(Environment::parse("https://acme.my.salesforce.com").unwrap(), "id").unwrap()
    }

    #[test]
    fn a_redirect_must_not_travel_in_the_clear() {
        for good in [
            "https://a.example",
            "https://a.example/cb",
            "http://localhost:1717/x",
            "http://[::1]:9/",
            "myapp://cb",
        ] {
            assert_eq!(app().with_redirect_uri(good).unwrap().redirect_uri(), Some(good));
        }
        for bad in ["http://a.example/cb", "https://a.example/cb#x", "cb"] {
            assert!(app().with_redirect_uri(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn debug_hides_the_secret() {
        let app = app().with_secret("hunter2").unwrap();
        assert!(!format!("{app:?} {app:#?}").contains("hunter2"));
    }
}
