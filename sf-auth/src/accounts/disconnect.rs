//! The end of a connection.

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use super::record::{Doubt, Login, Record, Rotation};
use super::rows::{Row, Written};
use super::secrets::{Way, way};
use super::{Accounts, Inner, Status, detached};
use crate::broker::jitter;
use crate::lifecycle::Event;
use crate::{Environment, Error, oauth};

/// What became of the account at Salesforce.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Disconnection {
    /// What became of its refresh token.
    pub revocation: Revocation,
}

/// What became of a refresh token.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Revocation {
    /// It is revoked, or was dead before; its sessions ended with it. All secrets are forgotten.
    Revoked,
    /// There was none: the account was never authorised, was disconnected before, or has JWT or
    /// client credentials. A session of this process was revoked; those of other processes end by
    /// themselves. All secrets are forgotten.
    Nothing,
    /// The token that is known is revoked, but the answer to a refresh was lost, so there may be a
    /// newer one that nobody knows. An administrator can revoke it (Setup, Connected Apps OAuth
    /// Usage). All secrets are forgotten.
    Uncertain,
    /// It is not revoked. It stays sealed in the store so that a further call of
    /// [`Accounts::disconnect`] can revoke it, and is used for nothing else.
    Failed(Error),
}

impl Accounts {
    /// Disconnects an account: from now on its credentials refuse, in this process at once and in
    /// every other with its next refresh; then its refresh token is revoked at Salesforce, and if
    /// that was done, everything secret is forgotten. The record stays, as
    /// [`Status::Disconnected`]. If a refresh is in the air elsewhere, this waits for it, 45 seconds
    /// at most. It runs to its end even if the caller is dropped.
    ///
    /// # Errors
    /// [`AccountError::Unknown`](super::AccountError::Unknown), [`Error::Store`], [`Error::Seal`]. That the revocation failed is
    /// told in [`Disconnection`], not as an error.
    pub async fn disconnect(&self, identifier: &str) -> Result<Disconnection, Error> {
        let (inner, identifier) = (Arc::clone(&self.inner), identifier.to_owned());
        detached(async move { inner.disconnect(&identifier).await }).await
    }

    /// Removes the record of an account that is disconnected. A token that could not be revoked is
    /// then forgotten, and lives on at Salesforce.
    ///
    /// # Errors
    /// [`Error::Configuration`] if the account is not disconnected; [`AccountError::Unknown`](super::AccountError::Unknown),
    /// [`Error::Store`].
    pub async fn remove(&self, identifier: &str) -> Result<(), Error> {
        loop {
            let row = self.inner.rows.read(identifier).await?;
            if row.record.status != Status::Disconnected {
                return Err(Error::Configuration {
                    what: format!(
                        "the account {identifier:?} is {}; disconnect it before it is removed",
                        row.record.status
                    ),
                });
            }
            if matches!(self.inner.rows.remove(&row).await?, Written::Done) {
                self.inner.forget(identifier);
                return Ok(());
            }
        }
    }
}

impl Inner {
    async fn disconnect(self: &Arc<Self>, identifier: &str) -> Result<Disconnection, Error> {
        let own = self.single(identifier).shown().0;
        self.change(identifier, |record| {
            record.apply(Event::Disconnected);
            record.pending = None;
            record.claim = None;
            record.session = None;
        })
        .await?;
        self.install(identifier, None);

        let row = self.landed(identifier).await?;
        let revocation = match self.token(&row).await? {
            Some((environment, token)) => {
                match oauth::revoke(&self.transport, &environment, &token).await {
                    Ok(()) if may_have_successor(&row.record) => Revocation::Uncertain,
                    Ok(()) => Revocation::Revoked,
                    Err(error) => {
                        return Ok(Disconnection { revocation: Revocation::Failed(error) });
                    }
                }
            }
            None => {
                if let Some(session) = own {
                    let environment = Environment::parse(session.instance_url().as_str())?;
                    let token = session.access_token();
                    if let Err(error) = oauth::revoke(&self.transport, &environment, token).await {
                        tracing::warn!(account = identifier, %error, "a session was not revoked");
                    }
                }
                Revocation::Nothing
            }
        };
        self.change(identifier, |record| {
            // Unless somebody has connected it again.
            if record.status == Status::Disconnected && record.pending.is_none() {
                record.refresh_token = None;
                record.flight = None;
                record.doubt = Doubt::None;
                record.rotation = Rotation::Unknown;
                record.login = Login::AuthorizationCode { app: None };
            }
        })
        .await?;
        Ok(Disconnection { revocation })
    }

    async fn token(&self, row: &Row) -> Result<Option<(Environment, SecretString)>, Error> {
        if row.record.refresh_token.is_none() {
            return Ok(None);
        }
        let key = self.sealer.account_key(&row.record.key).await?;
        match way(&key, &row.record, self.settings.app.as_ref())? {
            Way::Refresh { app, token } => Ok(Some((app.environment().clone(), token))),
            Way::Flow(_) => Ok(None),
        }
    }

    /// The record once nobody is at it any more, or has not been heard of in time.
    async fn landed(&self, identifier: &str) -> Result<Row, Error> {
        let mut pause = Duration::from_millis(20);
        loop {
            let row = self.rows.read(identifier).await?;
            match &row.record.flight {
                Some(flight) if self.rows.now().await? < flight.until => {
                    tokio::time::sleep(jitter(pause)).await;
                    pause = (pause * 3 / 2).min(Duration::from_millis(500));
                }
                _ => return Ok(row),
            }
        }
    }

    /// Changes a record, whoever else does.
    pub(super) async fn change(
        &self,
        identifier: &str,
        change: impl Fn(&mut Record),
    ) -> Result<(), Error> {
        loop {
            let mut row = self.rows.read(identifier).await?;
            change(&mut row.record);
            if matches!(self.rows.write(&mut row).await?, Written::Done) {
                return Ok(());
            }
        }
    }
}

fn may_have_successor(record: &Record) -> bool {
    record.rotation != Rotation::Keeps && (record.flight.is_some() || record.doubt == Doubt::Strong)
}
