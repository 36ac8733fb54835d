//! What the platform says about a token.

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::{App, Scopes, token};
use crate::Error;
use crate::transport::Transport;

/// What kind of token is asked about. The platform looks there first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenHint {
    /// An access token.
    Access,
    /// A refresh token.
    Refresh,
}

/// The answer of the introspection endpoint (RFC 7662; Salesforce Help, "OpenID Connect Token
/// Introspection"). Of a token that is not active nothing else is known.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Introspection {
    /// Whether the token works now.
    pub active: bool,
    /// When it ends. For a session this moves when the session is used in the second half of its
    /// life. Refresh tokens carry none.
    pub exp: Option<Timestamp>,
    /// When it was issued.
    pub iat: Option<Timestamp>,
    /// Its scopes.
    pub scope: Option<Scopes>,
    /// The user's name.
    pub username: Option<String>,
    /// The app that it was issued to.
    pub client_id: Option<String>,
    /// The identity URL of the user.
    pub sub: Option<String>,
    /// `access_token` or `refresh_token`.
    pub token_type: Option<String>,
}

#[derive(Deserialize)]
struct Answer {
    active: bool,
    exp: Option<f64>,
    iat: Option<f64>,
    scope: Option<String>,
    username: Option<String>,
    client_id: Option<String>,
    sub: Option<String>,
    token_type: Option<String>,
}

/// Asks about a token. The app must be allowed to introspect, and have a secret.
///
/// # Errors
/// [`Error::Grant`] if the app may not, [`Error::Configuration`] if it has no secret, and the
/// errors of any token request.
pub async fn introspect(
    transport: &Transport,
    app: &App,
    token: &SecretString,
    hint: TokenHint,
) -> Result<Introspection, Error> {
    if app.client_secret().is_none() {
        return Err(Error::Configuration {
            what: "introspection needs the client secret of the app; set it".to_owned(),
        });
    }
    let hint = match hint {
        TokenHint::Access => "access_token",
        TokenHint::Refresh => "refresh_token",
    };
    let fields = [("token", token.expose_secret()), ("token_type_hint", hint)];
    let endpoint = app.environment().endpoint("/services/oauth2/introspect");
    let answer = token::post(transport, endpoint, &app.form(&fields)).await?;
    let answer: Answer = token::read_json(&answer, "no introspection in JSON")?;
    Ok(Introspection {
        active: answer.active,
        exp: answer.exp.and_then(timestamp),
        iat: answer.iat.and_then(timestamp),
        scope: answer.scope.and_then(|scope| Scopes::parse(&scope).ok()),
        username: answer.username,
        client_id: answer.client_id,
        sub: answer.sub,
        token_type: answer.token_type,
    })
}

/// Seconds since 1970, which other implementations write with a fraction.
#[expect(clippy::cast_possible_truncation, reason = "saturates, and is checked next")]
fn timestamp(seconds: f64) -> Option<Timestamp> {
    Timestamp::from_second(seconds as i64).ok()
}
