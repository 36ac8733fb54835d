//! OAuth 2.0 token exchange: a token of another identity provider for a session of this org.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use crate::Error;
use crate::oauth::{App, TokenResponse, check_plain, token};
use crate::transport::Transport;

const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

/// What kind of token is exchanged (Salesforce Help, "OAuth 2.0 Token Exchange Flow").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SubjectTokenType {
    /// An access token.
    AccessToken,
    /// An OpenID Connect id token.
    IdToken,
    /// A refresh token.
    RefreshToken,
    /// A SAML 2.0 assertion.
    Saml2,
    /// Any other JWT.
    Jwt,
}

impl SubjectTokenType {
    /// The URN. The platform's documentation writes `JWT` in capitals, RFC 8693 does not; the
    /// platform's form is sent.
    fn urn(self) -> &'static str {
        match self {
            Self::AccessToken => "urn:ietf:params:oauth:token-type:access_token",
            Self::IdToken => "urn:ietf:params:oauth:token-type:id_token",
            Self::RefreshToken => "urn:ietf:params:oauth:token-type:refresh_token",
            Self::Saml2 => "urn:ietf:params:oauth:token-type:saml2",
            Self::Jwt => "urn:ietf:params:oauth:token-type:JWT",
        }
    }
}

/// The token that is exchanged.
#[derive(Clone)]
pub struct SubjectToken {
    token: SecretString,
    kind: SubjectTokenType,
    handler: Option<String>,
}

impl SubjectToken {
    /// A token of another identity provider.
    ///
    /// # Errors
    /// [`Error::Configuration`] if it is empty or padded with white space.
    pub fn new(kind: SubjectTokenType, token: impl Into<SecretString>) -> Result<Self, Error> {
        let token = token.into();
        check_plain("token to exchange", token.expose_secret())?;
        Ok(Self { token, kind, handler: None })
    }

    /// Names the token exchange handler of the org, where the app has several.
    #[must_use]
    pub fn with_handler(mut self, name: impl Into<String>) -> Self {
        self.handler = Some(name.into());
        self
    }
}

/// Exchanges a token, with the scopes of the app. The platform serves this on the org's own domain
/// only.
///
/// # Errors
/// [`Error::Configuration`] if the app logs in at a generic host, [`Error::MissingScope`], and the
/// errors of any token request.
pub async fn exchange(
    transport: &Transport,
    app: &App,
    subject: &SubjectToken,
) -> Result<TokenResponse, Error> {
    app.needs_my_domain("token exchange is")?;
    let scopes = app.scopes().to_string();
    let mut fields = vec![
        ("grant_type", GRANT_TYPE),
        ("subject_token", subject.token.expose_secret()),
        ("subject_token_type", subject.kind.urn()),
    ];
    if !app.scopes().is_empty() {
        fields.push(("scope", &scopes));
    }
    fields.extend(subject.handler.as_deref().map(|handler| ("token_handler", handler)));
    let granted = token::request(transport, app.environment(), &app.form(&fields)).await?;
    granted.check(app.scopes())
}

impl fmt::Debug for SubjectToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SubjectToken")
            .field("token", &"[redacted]")
            .field("kind", &self.kind)
            .field("handler", &self.handler)
            .finish()
    }
}
