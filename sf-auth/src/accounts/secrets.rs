//! The secrets of a record: sealed when they are written, opened when they are used.

use std::time::Duration;

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;
use zeroize::Zeroizing;

use super::record::{Login, Record, StoredApp};
use crate::seal::{AccountKey, Binding, SealError, SealedSecret};
use crate::{
    App, ClientCredentials, Environment, Error, Flow, JwtBearer, PrivateKey, Scopes, Session,
};

/// What a sealed secret is for. Tokens are bound to the org too; what is sealed before the org is
/// known, to the identifier alone.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose {
    RefreshToken,
    Session,
    ClientSecret,
    PrivateKey,
    Authorization,
}

impl Purpose {
    fn name(self) -> &'static str {
        match self {
            Self::RefreshToken => "refresh token",
            Self::Session => "session",
            Self::ClientSecret => "client secret",
            Self::PrivateKey => "private key",
            Self::Authorization => "authorization",
        }
    }

    fn binding(self, record: &Record) -> Binding<'_> {
        let org = match self {
            Self::RefreshToken | Self::Session => record.org.as_deref(),
            Self::ClientSecret | Self::PrivateKey | Self::Authorization => None,
        };
        Binding { identifier: &record.identifier, org }
    }
}

pub(super) fn seal(
    key: &AccountKey,
    record: &Record,
    purpose: Purpose,
    secret: &SecretString,
) -> Result<SealedSecret, SealError> {
    key.seal(purpose.name(), purpose.binding(record), secret)
}

pub(super) fn open(
    key: &AccountKey,
    record: &Record,
    purpose: Purpose,
    sealed: &SealedSecret,
) -> Result<SecretString, SealError> {
    key.open(purpose.name(), purpose.binding(record), sealed)
}

/// Seals a value as JSON.
pub(super) fn seal_json<T: Serialize>(
    key: &AccountKey,
    record: &Record,
    purpose: Purpose,
    value: &T,
) -> Result<SealedSecret, Error> {
    let text = Zeroizing::new(serde_json::to_string(value).map_err(Error::other)?);
    Ok(seal(key, record, purpose, &SecretString::from(text.as_str()))?)
}

/// Opens what [`seal_json`] made.
pub(super) fn open_json<T: for<'de> Deserialize<'de>>(
    key: &AccountKey,
    record: &Record,
    purpose: Purpose,
    sealed: &SealedSecret,
) -> Result<T, Error> {
    let text = open(key, record, purpose, sealed)?;
    serde_json::from_str(text.expose_secret()).map_err(|_| {
        // The parser's message can quote a value.
        let problem = format!("its sealed {} is not as it was written", purpose.name());
        super::AccountError::Damaged { identifier: record.identifier.clone(), problem }.into()
    })
}

/// A session as it is shared through the store.
#[derive(Serialize, Deserialize)]
struct Shared {
    token: String,
    instance: Url,
    obtained_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    issued_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lifetime_ms: Option<u64>,
    #[serde(default)]
    extended_by_use: bool,
}

pub(super) fn seal_session(
    key: &AccountKey,
    record: &Record,
    session: &Session,
) -> Result<SealedSecret, Error> {
    let mut shared = Shared {
        token: session.access_token().expose_secret().to_owned(),
        instance: session.instance_url().clone(),
        obtained_at: session.obtained_at(),
        issued_at: session.issued_at(),
        lifetime_ms: session.lifetime().and_then(|life| u64::try_from(life.as_millis()).ok()),
        extended_by_use: session.is_extended_by_use().unwrap_or_default(),
    };
    let sealed = seal_json(key, record, Purpose::Session, &shared);
    zeroize::Zeroize::zeroize(&mut shared.token);
    sealed
}

/// The shared session. Whoever obtained it had it accepted, or will diagnose it.
pub(super) fn open_session(
    key: &AccountKey,
    record: &Record,
    sealed: &SealedSecret,
) -> Result<Session, Error> {
    let shared: Shared = open_json(key, record, Purpose::Session, sealed)?;
    let mut session =
        Session::new(shared.instance, shared.token).with_obtained_at(shared.obtained_at);
    session.mark_accepted();
    if let (Some(org), Some(user)) = (&record.org, &record.user) {
        session = session.with_identity(org, user);
    }
    if let Some(time) = shared.issued_at {
        session = session.with_issued_at(time);
    }
    session = session.with_scopes(record.scopes.clone());
    Ok(match shared.lifetime_ms.map(Duration::from_millis) {
        Some(life) if shared.extended_by_use => session.with_idle_timeout(life),
        Some(life) => session.with_expires_in(life),
        None => session,
    })
}

/// The credentials of an account, ready to be sent.
pub(super) enum Way {
    Refresh { app: App, token: SecretString },
    Flow(Box<dyn Flow>),
}

/// Opens what the next grant needs.
pub(super) fn way(key: &AccountKey, record: &Record, shared: Option<&App>) -> Result<Way, Error> {
    match &record.login {
        Login::AuthorizationCode { app } => {
            let Some(sealed) = &record.refresh_token else {
                let identifier = record.identifier.clone();
                return Err(super::AccountError::NotAuthorized { identifier }.into());
            };
            let token = open(key, record, Purpose::RefreshToken, sealed)?;
            Ok(Way::Refresh { app: self::app(key, record, app.as_ref(), shared)?, token })
        }
        Login::JwtBearer { login, client_id, username, audience, key: sealed, .. } => {
            let pem = open(key, record, Purpose::PrivateKey, sealed)?;
            let private = PrivateKey::from_pem(pem.expose_secret())?;
            let mut flow = JwtBearer::new(login, client_id, username, private)?;
            if let Some(audience) = audience {
                flow = flow.with_audience(audience);
            }
            Ok(Way::Flow(Box::new(flow)))
        }
        Login::ClientCredentials { login, client_id, secret } => {
            let secret = open(key, record, Purpose::ClientSecret, secret)?;
            Ok(Way::Flow(Box::new(ClientCredentials::new(login, client_id, secret)?)))
        }
    }
}

/// The app of an account: its own, or the one that all share.
pub(super) fn app(
    key: &AccountKey,
    record: &Record,
    stored: Option<&StoredApp>,
    shared: Option<&App>,
) -> Result<App, Error> {
    let Some(stored) = stored else {
        return shared.cloned().ok_or_else(no_app);
    };
    let mut app = App::new(Environment::parse(&stored.login)?, &stored.client_id)?
        .with_scopes(Scopes::parse(&stored.scopes)?);
    if let Some(secret) = &stored.secret {
        app = app.with_secret(open(key, record, Purpose::ClientSecret, secret)?)?;
    }
    if let Some(uri) = &stored.redirect_uri {
        app = app.with_redirect_uri(uri)?;
    }
    Ok(app)
}

pub(super) fn no_app() -> Error {
    Error::Configuration {
        what: "no app was given for accounts that a person authorises; give one to the builder of the accounts, or \
               to connect_with"
            .to_owned(),
    }
}
