//! OAuth 2.0 client credentials: an app that acts as its run-as user.

use async_trait::async_trait;
use secrecy::SecretString;

use crate::oauth::{App, Scopes, token};
use crate::transport::Transport;
use crate::{Environment, Error, Flow, Session};

/// The client credentials grant. The platform serves it on the org's own domain only, and the
/// session is that of the run-as user chosen in the app's policies.
///
/// The request names no scopes: the session has those of the app. One without `api` is reported at
/// once ([`Error::MissingScope`]), unless the program needs another kind
/// ([`with_required_scopes`](Self::with_required_scopes)).
#[derive(Debug, Clone)]
pub struct ClientCredentials {
    app: App,
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
        let environment = Environment::parse(login_url)?;
        let app = App::new(environment, client_id)?.with_secret(client_secret)?;
        app.needs_my_domain("client credentials are")?;
        Ok(Self { app: app.with_scopes(Scopes::api()) })
    }

    /// What the session must allow, instead of `api`.
    #[must_use]
    pub fn with_required_scopes(mut self, scopes: Scopes) -> Self {
        self.app = self.app.with_scopes(scopes);
        self
    }
}

#[async_trait]
impl Flow for ClientCredentials {
    async fn grant(&self, transport: &Transport) -> Result<Session, Error> {
        let form = self.app.form(&[("grant_type", "client_credentials")]);
        let granted = token::request(transport, self.app.environment(), &form).await?;
        Ok(granted.check(self.app.scopes())?.session)
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
