//! Connecting an account: credentials of its own, or the URL that a person is sent to.

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

use super::record::{Login, Pending, Record, StoredApp, after, unique};
use super::rows::{Row, Written};
use super::secrets::{self, Purpose, Way, no_app, open, open_json, seal, seal_json, way};
use super::{AccountError, Accounts, Inner, Status, detached, state};
use crate::flows::authorize;
use crate::lifecycle::Event;
use crate::seal::AccountKey;
use crate::{App, Certificate, Error};

/// Credentials of one account, instead of the app that all share.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum AppCredentials {
    /// An app of the customer's own, which a person authorises.
    AuthorizationCode(App),
    /// A user who is pre-authorised for an app with a certificate.
    JwtBearer {
        /// Where the org logs in.
        login_url: String,
        /// The consumer key.
        client_id: String,
        /// The user.
        username: String,
        /// The `aud` claim, where it is not the one that follows from the login URL.
        audience: Option<String>,
        /// The private key, in PEM.
        private_key_pem: SecretString,
        /// The certificate of that key, to know its end ([`Health`](super::Health)).
        certificate_pem: Option<String>,
    },
    /// An app that acts as its run-as user.
    ClientCredentials {
        /// The org's My Domain.
        login_url: String,
        /// The consumer key.
        client_id: String,
        /// The consumer secret.
        client_secret: SecretString,
    },
}

/// Where a connection stands.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Connection {
    /// The caller's own name of the account.
    pub identifier: String,
    /// Its state.
    pub status: Status,
    /// Where a person has to be sent, if one is needed. It is good for this account alone, and
    /// until [`authorization_lifetime`](super::AccountsBuilder::authorization_lifetime) is over.
    pub authorization_url: Option<Url>,
}

/// An authorization that was started, as it is sealed in the record.
#[derive(Serialize, Deserialize)]
pub(super) struct Begun {
    pub(super) url: Url,
    pub(super) state: String,
    pub(super) verifier: String,
}

impl Accounts {
    /// Connects an account, or says where its connection stands. With the same identifier it may be
    /// called again at any time and by any process: there is one account, and while an
    /// authorization is under way one URL.
    ///
    /// An account that exists keeps the credentials it has; a new one uses the app of the builder.
    ///
    /// # Errors
    /// [`Error::Configuration`] if there is no app, or it has no redirect URI or does not ask for a
    /// refresh token; [`Error::Store`], [`Error::Seal`].
    pub async fn connect(&self, identifier: &str) -> Result<Connection, Error> {
        let (inner, identifier) = (self.inner.clone(), identifier.to_owned());
        detached(async move { inner.connect(&identifier, None).await }).await
    }

    /// The same with credentials of the account's own, which are kept sealed. JWT and client
    /// credentials are tried at once. Credentials that name the same app (and user) replace those
    /// that are stored, so that a new secret or key is given in this way.
    ///
    /// # Errors
    /// As [`connect`](Self::connect), and whatever the platform says to JWT or client credentials;
    /// [`AccountError::OtherCredentials`] if the account is connected by another app or user.
    pub async fn connect_with(
        &self,
        identifier: &str,
        credentials: AppCredentials,
    ) -> Result<Connection, Error> {
        let (inner, identifier) = (self.inner.clone(), identifier.to_owned());
        detached(async move { inner.connect(&identifier, Some(credentials)).await }).await
    }
}

impl Inner {
    async fn connect(
        self: &std::sync::Arc<Self>,
        identifier: &str,
        credentials: Option<AppCredentials>,
    ) -> Result<Connection, Error> {
        loop {
            let now = self.rows.now().await?;
            let (mut row, key, mut changed) = match self.rows.find(identifier).await? {
                Some(row) => {
                    let key = self.sealer.account_key(&row.record.key).await?;
                    (row, key, false)
                }
                None => {
                    let (key, wrapped) = self.sealer.new_account_key().await?;
                    let login = Login::AuthorizationCode { app: None };
                    (Row::new(Record::new(identifier, wrapped, login)), key, true)
                }
            };
            if let Some(credentials) = &credentials {
                changed |= set_credentials(&mut row.record, &key, credentials)?;
            }
            let is_connected = matches!(
                row.record.status,
                Status::Active | Status::Uncertain | Status::NeedsAdmin
            );
            let url = match row.record.is_self_sufficient() || is_connected {
                true => None,
                false => {
                    let (url, begun) = self.authorization(&mut row.record, &key, now).await?;
                    changed |= begun;
                    Some(url)
                }
            };
            if changed && matches!(self.rows.write(&mut row).await?, Written::Conflict) {
                continue;
            }
            if row.record.is_self_sufficient() && (changed || !is_connected) {
                self.try_credentials(&mut row, &key).await?;
            }
            let status = row.record.status;
            let identifier = identifier.to_owned();
            return Ok(Connection { identifier, status, authorization_url: url });
        }
    }

    /// The URL of the authorization under way, or of a new one.
    async fn authorization(
        &self,
        record: &mut Record,
        key: &AccountKey,
        now: Timestamp,
    ) -> Result<(Url, bool), Error> {
        if let Some(pending) = record.pending.as_ref().filter(|pending| now < pending.until) {
            let begun: Begun = open_json(key, record, Purpose::Authorization, &pending.sealed)?;
            return Ok((begun.url, false));
        }
        let Login::AuthorizationCode { app } = &record.login else { return Err(no_app()) };
        let app = secrets::app(key, record, app.as_ref(), self.settings.app.as_ref())?;
        if !app.scopes().has_refresh() {
            return Err(Error::Configuration {
                what: "the app does not ask for a refresh token, without which an account ends with its first \
                       session; add the scope refresh_token"
                    .to_owned(),
            });
        }
        let state = state::make(&self.sealer, &record.identifier).await?;
        let authorization = authorize::start(&app, &authorize::Options::default().state(state))?;
        let begun = Begun {
            url: authorization.url.clone(),
            state: authorization.state.expose_secret().to_owned(),
            verifier: authorization.verifier.expose_secret().to_owned(),
        };
        let sealed = seal_json(key, record, Purpose::Authorization, &begun)?;
        let until = after(now, self.settings.authorization_lifetime).unwrap_or(Timestamp::MAX);
        // A claim stays: somebody may be finishing the authorization before this one.
        record.pending = Some(Pending { sealed, until });
        Ok((authorization.url, true))
    }

    /// Obtains the first session with credentials that need no person.
    async fn try_credentials(
        self: &std::sync::Arc<Self>,
        row: &mut Row,
        key: &AccountKey,
    ) -> Result<(), Error> {
        let Way::Flow(flow) = way(key, &row.record, None)? else { return Err(no_app()) };
        let session = match flow.grant(&self.transport).await {
            Ok(session) => self.with_life(session, None),
            Err(error) => {
                // The caller gave them just now, and is told what the platform said.
                let _ = self.refused(&row.record, None, error.clone()).await;
                return Err(error);
            }
        };
        let (identifier, attempt) = (row.record.identifier.clone(), unique()?);
        loop {
            let record = &mut row.record;
            if let (Some(expected), Some(found)) = (&record.org, session.org_id())
                && expected != found
            {
                let (expected, found) = (expected.clone(), found.to_owned());
                return Err(AccountError::OtherOrg { identifier, expected, found }.into());
            }
            record.succeed(Event::Authorized, self.rows.now().await?);
            record.org = session.org_id().map(str::to_owned);
            self.put_session(record, key, &session, &attempt)?;
            match self.rows.write(row).await? {
                Written::Done => break,
                Written::Conflict => *row = self.rows.read(&identifier).await?,
            }
        }
        self.install(&identifier, Some((session, row.record.generation)));
        Ok(())
    }
}

/// Puts credentials into a record, if they are others than those in it.
pub(super) fn set_credentials(
    record: &mut Record,
    key: &AccountKey,
    credentials: &AppCredentials,
) -> Result<bool, Error> {
    let sealed = |purpose, secret| seal(key, record, purpose, secret);
    let login = match credentials {
        AppCredentials::AuthorizationCode(app) => Login::AuthorizationCode {
            app: Some(StoredApp {
                login: app.environment().to_string(),
                client_id: app.client_id().to_owned(),
                secret: app
                    .client_secret()
                    .map(|secret| sealed(Purpose::ClientSecret, secret))
                    .transpose()?,
                redirect_uri: app.redirect_uri().map(str::to_owned),
                scopes: app.scopes().to_string(),
            }),
        },
        AppCredentials::JwtBearer {
            login_url,
            client_id,
            username,
            audience,
            private_key_pem,
            certificate_pem,
        } => Login::JwtBearer {
            login: login_url.clone(),
            client_id: client_id.clone(),
            username: username.clone(),
            audience: audience.clone(),
            key: sealed(Purpose::PrivateKey, private_key_pem)?,
            certificate_ends: match certificate_pem {
                Some(pem) => Some(Certificate::from_pem(pem)?.not_after()),
                None => None,
            },
        },
        AppCredentials::ClientCredentials { login_url, client_id, client_secret } => {
            Login::ClientCredentials {
                login: login_url.clone(),
                client_id: client_id.clone(),
                secret: sealed(Purpose::ClientSecret, client_secret)?,
            }
        }
    };
    if is_same(record, key, &login)? {
        return Ok(false);
    }
    let is_connected =
        matches!(record.status, Status::Active | Status::Uncertain | Status::NeedsAdmin);
    if is_connected && name(&record.login) != name(&login) {
        let identifier = record.identifier.clone();
        return Err(AccountError::OtherCredentials { identifier }.into());
    }
    record.login = login;
    record.pending = None;
    record.not_before = None;
    Ok(true)
}

/// Whose credentials they are: a new secret of the same app changes nothing about that.
fn name(login: &Login) -> (&str, &str, &str, &str) {
    match login {
        Login::AuthorizationCode { app: None } => ("shared", "", "", ""),
        Login::AuthorizationCode { app: Some(app) } => ("code", &app.login, &app.client_id, ""),
        Login::JwtBearer { login, client_id, username, .. } => ("jwt", login, client_id, username),
        Login::ClientCredentials { login, client_id, .. } => ("client", login, client_id, ""),
    }
}

/// Whether two logins are the same, secrets included.
fn is_same(record: &Record, key: &AccountKey, new: &Login) -> Result<bool, Error> {
    let same = |purpose, one, other| -> Result<bool, Error> {
        let (one, other) = (open(key, record, purpose, one)?, open(key, record, purpose, other)?);
        Ok(one.expose_secret() == other.expose_secret())
    };
    Ok(match (&record.login, new) {
        (
            Login::AuthorizationCode { app: Some(old) },
            Login::AuthorizationCode { app: Some(new) },
        ) => {
            let secrets = match (&old.secret, &new.secret) {
                (Some(old), Some(new)) => same(Purpose::ClientSecret, old, new)?,
                (None, None) => true,
                _ => false,
            };
            secrets
                && (&old.login, &old.client_id, &old.redirect_uri, &old.scopes)
                    == (&new.login, &new.client_id, &new.redirect_uri, &new.scopes)
        }
        (
            Login::JwtBearer { key: old, audience, certificate_ends, .. },
            Login::JwtBearer {
                key: new_key,
                audience: new_audience,
                certificate_ends: new_ends,
                ..
            },
        ) => {
            name(&record.login) == name(new)
                && (audience, certificate_ends) == (new_audience, new_ends)
                && same(Purpose::PrivateKey, old, new_key)?
        }
        (
            Login::ClientCredentials { secret: old, .. },
            Login::ClientCredentials { secret: new_secret, .. },
        ) => name(&record.login) == name(new) && same(Purpose::ClientSecret, old, new_secret)?,
        _ => false,
    })
}

/// Without the URL's query, which carries the state.
impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let url = self.authorization_url.as_ref().map(|url| url.origin().ascii_serialization());
        f.debug_struct("Connection")
            .field("identifier", &self.identifier)
            .field("status", &self.status)
            .field("authorization_url", &url)
            .finish()
    }
}
