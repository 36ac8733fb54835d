//! OAuth 2.0 web server flow: a person approves the app in a browser, with PKCE and a checked
//! `state`.
//!
//! 1. [`start`] makes the address that the browser is sent to, and what has to be kept until it
//!    comes back: `state` and `verifier`.
//! 2. [`Callback::parse`] reads what the browser brings, [`Callback::verify`] compares `state`.
//! 3. [`exchange`] redeems the code.
//!
//! A program on the person's own computer needs none of the three: [`Loopback::login`] does them.

mod callback;
mod loopback;
mod page;

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

pub use callback::{Callback, CallbackError};
pub use loopback::{Loopback, Received};

use crate::oauth::{App, TokenResponse, token};
use crate::transport::Transport;
use crate::{Error, Scopes};

/// What the person is shown. The default leaves it to Salesforce.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct Options {
    state: Option<SecretString>,
    prompt: Option<String>,
    login_hint: Option<String>,
}

impl Options {
    /// Uses a `state` that the program made, of at least 128 random bits.
    pub fn state(mut self, state: SecretString) -> Self {
        self.state = Some(state);
        self
    }

    /// `login` (asks for the password again), `consent`, `select_account`, or several with spaces.
    pub fn prompt(mut self, prompt: impl Into<String>) -> Self {
        self.prompt = Some(prompt.into());
        self
    }

    /// The user name that the login page begins with.
    pub fn login_hint(mut self, username: impl Into<String>) -> Self {
        self.login_hint = Some(username.into());
        self
    }
}

/// An authorization that has begun.
#[derive(Clone)]
pub struct Authorization {
    /// Where the browser is sent. It carries `state`, so it is not for logs.
    pub url: Url,
    /// Must come back with the browser.
    pub state: SecretString,
    /// Proves, with the code, that this program began the authorization.
    pub verifier: SecretString,
}

/// Begins an authorization. Nothing is sent.
///
/// # Errors
/// [`Error::Configuration`] if the app has no redirect URI or asks for no scopes, the given `state`
/// is too short, or the system has no random numbers.
pub fn start(app: &App, options: &Options) -> Result<Authorization, Error> {
    let refuse = |what: &str| Err(Error::Configuration { what: what.to_owned() });
    let Some(redirect_uri) = app.redirect_uri() else {
        return refuse("the app has no redirect URI; set one of its callback URLs");
    };
    if app.scopes().is_empty() {
        return refuse("no scopes are asked for; set them, such as api refresh_token");
    }
    let state = match &options.state {
        Some(state) if state.expose_secret().len() < 22 => {
            return refuse("the state is too short; it must hold 128 random bits or more");
        }
        Some(state) => state.clone(),
        None => random()?,
    };
    let verifier = random()?;
    let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.expose_secret().as_bytes()));
    let endpoint = app.environment().endpoint("/services/oauth2/authorize");
    let mut url = Url::parse(&endpoint).map_err(|e| Error::Configuration {
        what: format!("the login URL {} cannot be used in a request: {e}", app.environment()),
    })?;
    let scopes = app.scopes().to_string();
    let mut query = vec![
        ("response_type", "code"),
        ("client_id", app.client_id()),
        ("redirect_uri", redirect_uri),
        ("scope", &scopes),
        ("state", state.expose_secret()),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    query.extend(options.prompt.as_deref().map(|prompt| ("prompt", prompt)));
    query.extend(options.login_hint.as_deref().map(|hint| ("login_hint", hint)));
    url.query_pairs_mut().extend_pairs(query);
    Ok(Authorization { url, state, verifier })
}

/// Redeems the code of a callback. A code works once, for 15 minutes; if the answer is lost, the
/// person has to start again.
///
/// # Errors
/// [`Error::MissingScope`] if `api` or a refresh token was asked for and not granted, and the
/// errors of any token request.
pub async fn exchange(
    transport: &Transport,
    app: &App,
    code: &SecretString,
    verifier: &SecretString,
) -> Result<TokenResponse, Error> {
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.expose_secret()),
        ("redirect_uri", app.redirect_uri().unwrap_or_default()),
        ("code_verifier", verifier.expose_secret()),
    ];
    let granted = token::request(transport, app.environment(), &app.form(&fields)).await?;
    let asked: &Scopes = app.scopes();
    granted.check(asked)
}

/// 256 random bits, in 43 characters that need no encoding.
fn random() -> Result<SecretString, Error> {
    let mut bytes = [0; 32];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| Error::Configuration {
        what: "this computer's source of random numbers does not work".to_owned(),
    })?;
    Ok(SecretString::from(URL_SAFE_NO_PAD.encode(bytes)))
}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorization")
            .field("origin", &self.url.origin().ascii_serialization())
            .finish_non_exhaustive()
    }
}
