//! Finishing an authorization with what the browser brought back.

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use super::connect::Begun;
use super::record::{Login, Record, message, unique};
use super::rows::Written;
use super::secrets::{self, Purpose, no_app, open_json, seal};
use super::{Account, AccountError, Accounts, Inner, detached, state};
use crate::broker::jitter;
use crate::flows::authorize::{self, Callback, CallbackError};
use crate::lifecycle::Event;
use crate::store::StoreError;
use crate::{App, Error, TokenResponse, oauth};

/// How long a caller waits for a store that does not take the outcome.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a person who authorises may change.
#[derive(Debug, Clone, Copy, Default)]
#[must_use]
pub struct FinishOptions {
    other_org: bool,
    other_user: bool,
}

impl FinishOptions {
    /// Allows that the person logged in to another org than the account had.
    pub fn allow_other_org(mut self) -> Self {
        self.other_org = true;
        self.other_user = true;
        self
    }

    /// Allows that another user of the same org logged in.
    pub fn allow_other_user(mut self) -> Self {
        self.other_user = true;
        self
    }
}

impl Accounts {
    /// Finishes the authorization that a callback belongs to: its `state` says which. `callback` is
    /// the query of the callback URL, or the whole URL. It runs to its end even if the caller is
    /// dropped, and a callback works once, whoever receives it.
    ///
    /// # Errors
    /// [`Error::Callback`] with the cause if the person or Salesforce refused;
    /// [`AccountError::UnknownState`], [`AccountError::UsedState`], [`AccountError::ExpiredState`];
    /// [`Error::MissingScope`] if `api` or a refresh token was asked for and not granted;
    /// [`AccountError::OtherOrg`] and [`AccountError::OtherUser`], with the new grant revoked and
    /// the old one as it was; the errors of a token request. If the store does not answer for ten
    /// seconds, [`Error::Store`]: the outcome is stored as soon as it does.
    pub async fn finish(&self, callback: &str) -> Result<Account, Error> {
        self.finish_with(callback, FinishOptions::default()).await
    }

    /// The same, with what the person may change.
    ///
    /// # Errors
    /// As [`finish`](Self::finish).
    pub async fn finish_with(
        &self,
        callback: &str,
        options: FinishOptions,
    ) -> Result<Account, Error> {
        let parsed = Callback::parse(callback);
        let sent = match &parsed {
            Ok(callback) => callback.state.clone(),
            Err(CallbackError::Refused { state: Some(state), .. }) => state.clone(),
            Err(error) => return Err(error.clone().into()),
        };
        let inner = Arc::clone(&self.inner);
        detached(async move {
            let identifier = state::open(&inner.sealer, &sent).await?;
            inner.finish(identifier, parsed, options).await
        })
        .await
    }
}

/// A grant with which an account would end with its first session.
pub(super) fn no_refresh_token(granted: &TokenResponse) -> Error {
    let granted = granted.session.scopes().join(" ");
    Error::MissingScope { missing: "refresh_token", granted }
}

/// An authorization that is being redeemed.
struct Redeemed {
    identifier: String,
    claim: String,
    options: FinishOptions,
    app: App,
    response: TokenResponse,
    refresh_token: SecretString,
}

impl Inner {
    async fn finish(
        self: Arc<Self>,
        identifier: String,
        parsed: Result<Callback, CallbackError>,
        options: FinishOptions,
    ) -> Result<Account, Error> {
        let claim = unique()?;
        let (app, verifier) = self.claim(&identifier, &claim, &parsed).await?;
        let callback = parsed?;
        let response =
            authorize::exchange(&self.transport, &app, &callback.code, &verifier).await?;
        self.keep(identifier, claim, options, app, response).await
    }

    /// Stores what an approval gave to the account that the claim was put in.
    pub(super) async fn keep(
        self: Arc<Self>,
        identifier: String,
        claim: String,
        options: FinishOptions,
        app: App,
        mut response: TokenResponse,
    ) -> Result<Account, Error> {
        let Some(refresh_token) = response.refresh_token.take() else {
            return Err(no_refresh_token(&response));
        };
        let redeemed = Redeemed { identifier, claim, options, app, response, refresh_token };
        // The approval is used up: what it gave is stored however long that takes.
        let work = tokio::spawn(async move { self.settle_authorization(redeemed).await });
        match tokio::time::timeout(PATIENCE, work).await {
            Ok(done) => done.unwrap_or_else(|error| Err(Error::other(error))),
            Err(_) => Err(Error::Store(StoreError::Unavailable {
                store: "account",
                problem: "the authorization is done, and is stored as soon as the store answers"
                    .to_owned(),
            })),
        }
    }

    /// Takes the authorization out of the record, so that nobody else redeems it.
    async fn claim(
        &self,
        identifier: &str,
        claim: &str,
        parsed: &Result<Callback, CallbackError>,
    ) -> Result<(App, SecretString), Error> {
        let used = || AccountError::UsedState { identifier: identifier.to_owned() };
        loop {
            let mut row = self.rows.find(identifier).await?.ok_or_else(used)?;
            let record = &mut row.record;
            let key = self.sealer.account_key(&record.key).await?;
            let pending = record.pending.take().ok_or_else(used)?;
            let begun: Begun = open_json(&key, record, Purpose::Authorization, &pending.sealed)?;
            let state = SecretString::from(begun.state);
            let is_ours = match parsed {
                Ok(callback) => callback.verify(&state).is_ok(),
                Err(error) => error.is_of(&state),
            };
            if !is_ours {
                return Err(used().into());
            }
            let now = self.rows.now().await?;
            if now >= pending.until {
                return Err(AccountError::ExpiredState { identifier: identifier.to_owned() }.into());
            }
            if let Err(error) = parsed {
                let (cause, error) = (error.cause(), Error::from(error.clone()));
                record.note(message(&error), cause, now);
            }
            record.claim = Some(claim.to_owned());
            let Login::AuthorizationCode { app } = &record.login else { return Err(no_app()) };
            let app = secrets::app(&key, record, app.as_ref(), self.settings.app.as_ref())?;
            match self.rows.write(&mut row).await? {
                Written::Done => return Ok((app, SecretString::from(begun.verifier))),
                Written::Conflict => {}
            }
        }
    }

    /// Stores the grant, unless it is not wanted; then it is revoked.
    async fn settle_authorization(self: Arc<Self>, redeemed: Redeemed) -> Result<Account, Error> {
        let mut pause = Duration::from_millis(250);
        let failed = loop {
            match self.store_authorization(&redeemed).await {
                Ok((account, generation)) => {
                    let response = redeemed.response;
                    let session = self.with_life(response.session, response.expires_in);
                    let session = self.learn_expiry(&redeemed.app, session).await;
                    self.install(&redeemed.identifier, Some((session, generation)));
                    return Ok(account);
                }
                Err(error @ (Error::Store(_) | Error::Seal(_))) if error.is_retryable() => {
                    tracing::error!(account = redeemed.identifier, %error, "an authorization waits for the store");
                    tokio::time::sleep(jitter(pause)).await;
                    pause = (pause * 2).min(Duration::from_secs(30));
                }
                Err(error) => break error,
            }
        };
        let environment = redeemed.app.environment();
        if let Err(error) =
            oauth::revoke(&self.transport, environment, &redeemed.refresh_token).await
        {
            tracing::warn!(%error, "an authorization that is not wanted was not revoked");
        }
        Err(failed)
    }

    async fn store_authorization(&self, redeemed: &Redeemed) -> Result<(Account, u64), Error> {
        let (identifier, session) = (&redeemed.identifier, &redeemed.response.session);
        loop {
            let mut row = self.rows.read(identifier).await?;
            let now = self.rows.now().await?;
            let record = &mut row.record;
            if record.granted_by == redeemed.claim {
                return Ok((self.account(record, now), record.generation));
            }
            if record.claim.as_ref() != Some(&redeemed.claim) {
                // It was disconnected, or finished by another authorization.
                return Err(AccountError::UsedState { identifier: identifier.clone() }.into());
            }
            redeemed.check(record)?;
            let key = self.sealer.account_key(&record.key).await?;
            record.succeed(Event::Authorized, now);
            record.org = session.org_id().map(str::to_owned);
            record.flight = None;
            record.missing_scopes = redeemed.missing_scopes();
            record.refresh_token =
                Some(seal(&key, record, Purpose::RefreshToken, &redeemed.refresh_token)?);
            self.put_session(record, &key, session, &redeemed.claim)?;
            match self.rows.write(&mut row).await? {
                Written::Done => {
                    return Ok((self.account(&row.record, now), row.record.generation));
                }
                Written::Conflict => {}
            }
        }
    }
}

impl Redeemed {
    /// Whether it is the org and the user that the account had.
    fn check(&self, record: &Record) -> Result<(), Error> {
        let session = &self.response.session;
        let other = |expected: &Option<String>, found: Option<&str>| match (expected, found) {
            (Some(expected), Some(found)) if expected != found => {
                Some((expected.clone(), found.to_owned()))
            }
            _ => None,
        };
        let identifier = record.identifier.clone();
        if let Some((expected, found)) = other(&record.org, session.org_id())
            && !self.options.other_org
        {
            return Err(AccountError::OtherOrg { identifier, expected, found }.into());
        }
        if let Some((expected, found)) = other(&record.user, session.user_id())
            && !self.options.other_user
        {
            return Err(AccountError::OtherUser { identifier, expected, found }.into());
        }
        Ok(())
    }

    /// What was asked for and not granted, where the answer lists its scopes.
    fn missing_scopes(&self) -> Vec<String> {
        let granted = self.response.session.scopes();
        let is_granted = |scope: &str| {
            let refresh = ["refresh_token", "offline_access"];
            granted.iter().any(|one| one == scope || one == "full") || refresh.contains(&scope)
        };
        let asked = self.app.scopes().iter();
        asked.filter(|s| !granted.is_empty() && !is_granted(s)).map(str::to_owned).collect()
    }
}
