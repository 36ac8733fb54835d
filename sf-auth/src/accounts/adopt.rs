//! Grants that were obtained outside of these accounts, and a person who says that it is mended.

use std::sync::Arc;

use super::connect::set_credentials;
use super::finish::no_refresh_token;
use super::record::{Login, Record, unique};
use super::rows::{Row, Written};
use super::{Account, Accounts, AppCredentials, FinishOptions, Inner, detached};
use crate::{App, Error, TokenResponse};

impl Accounts {
    /// Connects an account with a grant that the program obtained itself: by the device flow, by
    /// [`Loopback`](crate::authorize::Loopback), or with a refresh token that was there already.
    /// From then on the account belongs to this app. It runs to its end even if the caller is
    /// dropped. A refresh token that the account had of the same app is forgotten, not revoked.
    ///
    /// # Errors
    /// [`Error::MissingScope`] if there is no refresh token;
    /// [`AccountError::OtherCredentials`](super::AccountError::OtherCredentials) if the account is
    /// connected by another app; and, after which the grant is revoked,
    /// [`AccountError::OtherOrg`](super::AccountError::OtherOrg) and
    /// [`AccountError::OtherUser`](super::AccountError::OtherUser), as with
    /// [`finish`](Self::finish); [`Error::Store`], [`Error::Seal`].
    pub async fn adopt(
        &self,
        identifier: &str,
        app: App,
        granted: TokenResponse,
        options: FinishOptions,
    ) -> Result<Account, Error> {
        let (inner, identifier) = (Arc::clone(&self.inner), identifier.to_owned());
        detached(async move { inner.adopt(identifier, app, granted, options).await }).await
    }

    /// Lets the next caller try at once although the account waits for an administrator, for when
    /// one says that it is mended.
    ///
    /// # Errors
    /// [`AccountError::Unknown`](super::AccountError::Unknown), [`Error::Store`].
    pub async fn retry_now(&self, identifier: &str) -> Result<(), Error> {
        self.inner.change(identifier, |record| record.not_before = None).await
    }
}

impl Inner {
    async fn adopt(
        self: Arc<Self>,
        identifier: String,
        app: App,
        granted: TokenResponse,
        options: FinishOptions,
    ) -> Result<Account, Error> {
        if granted.refresh_token.is_none() {
            // Before anything is changed.
            return Err(no_refresh_token(&granted));
        }
        let claim = unique()?;
        loop {
            let (mut row, key) = match self.rows.find(&identifier).await? {
                Some(row) => {
                    let key = self.sealer.account_key(&row.record.key).await?;
                    (row, key)
                }
                None => {
                    let (key, wrapped) = self.sealer.new_account_key().await?;
                    let login = Login::AuthorizationCode { app: None };
                    (Row::new(Record::new(&identifier, wrapped, login)), key)
                }
            };
            let credentials = AppCredentials::AuthorizationCode(app.clone());
            set_credentials(&mut row.record, &key, &credentials)?;
            row.record.pending = None;
            row.record.claim = Some(claim.clone());
            if matches!(self.rows.write(&mut row).await?, Written::Done) {
                break;
            }
        }
        self.keep(identifier, claim, options, app, granted).await
    }
}
