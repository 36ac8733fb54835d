//! OAuth 2.0 client credentials: an app that acts as its run-as user.

use std::fmt;

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};

use crate::transport::Transport;
use crate::{Error, Flow, LoginUrl, Session, token};

/// The client credentials grant. The platform serves it on the org's own domain only, and the
/// session is that of the run-as user chosen in the app's policies.
#[derive(Clone)]
pub struct ClientCredentials {
    login_url: LoginUrl,
    client_id: String,
    client_secret: SecretString,
}

impl ClientCredentials {
    /// The grant for an app (`client_id` is its consumer key) at the org's My Domain.
    ///
    /// # Errors
    /// [`Error::Configuration`] if the address is not usable, is one of the generic login hosts,
    /// or an argument is empty or padded with white space.
    pub fn new(
        login_url: &str,
        client_id: impl Into<String>,
        client_secret: impl Into<SecretString>,
    ) -> Result<Self, Error> {
        let login_url = LoginUrl::parse(login_url)?;
        if login_url.is_generic() {
            return Err(Error::Configuration {
                what: format!(
                    "client credentials are not served at {login_url}; use the org's My Domain, for example \
                     https://acme.my.salesforce.com"
                ),
            });
        }
        let client_id = client_id.into();
        let client_secret = client_secret.into();
        crate::login_url::check_plain("client id", &client_id)?;
        crate::login_url::check_plain("client secret", client_secret.expose_secret())?;
        Ok(Self { login_url, client_id, client_secret })
    }
}

#[async_trait]
impl Flow for ClientCredentials {
    async fn grant(&self, transport: &Transport) -> Result<Session, Error> {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", self.client_id.as_str()),
            ("client_secret", self.client_secret.expose_secret()),
        ];
        token::request(transport, &self.login_url, &form).await
    }
}

impl fmt::Debug for ClientCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCredentials")
            .field("login_url", &self.login_url)
            .field("client_id", &self.client_id)
            .field("client_secret", &"[redacted]")
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generic_hosts_are_refused_before_anything_is_sent() {
        let error =
            ClientCredentials::new("https://login.salesforce.com", "id", "secret").unwrap_err();
        insta::assert_snapshot!(error, @"client credentials are not served at https://login.salesforce.com; use the org's My Domain, for example https://acme.my.salesforce.com");
    }

    #[test]
    fn padding_is_refused_without_showing_it() {
        let error =
            ClientCredentials::new("https://a.my.salesforce.com", "id", "hunter2 ").unwrap_err();
        insta::assert_snapshot!(error, @"the client secret begins or ends with white space; remove it");
    }

    #[test]
    fn debug_hides_the_secret() {
        let flow = ClientCredentials::new("https://a.my.salesforce.com", "id", "hunter2").unwrap();
        assert!(!format!("{flow:?}").contains("hunter2"));
    }
}
