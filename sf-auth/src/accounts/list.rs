//! Looking at accounts.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::record::{Login, Record};
use super::{Accounts, Health, Inner, Status, metrics};
use crate::Error;

/// Rows that are read at a time.
const CHUNK: usize = 200;

/// What is known about a connected account. No secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Account {
    /// The caller's own name of it.
    pub identifier: String,
    /// Its state.
    pub status: Status,
    /// How it logs in.
    pub login: LoginInfo,
    /// The 18-character id of its org.
    pub org_id: Option<String>,
    /// The 18-character id of its user.
    pub user_id: Option<String>,
    /// The instance of its last session.
    pub instance_url: Option<String>,
    /// What was granted.
    pub scopes: Vec<String>,
    /// What was asked for and not granted.
    pub missing_scopes: Vec<String>,
    /// How it has fared.
    pub health: Health,
}

/// How an account logs in. Where all accounts share an app, that app is in none of them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoginInfo {
    /// The flow.
    pub method: LoginMethod,
    /// Where it logs in.
    pub login_url: Option<String>,
    /// The consumer key of its app.
    pub client_id: Option<String>,
    /// The user of a JWT assertion.
    pub username: Option<String>,
}

/// The flow by which an account obtains sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LoginMethod {
    /// A person approved an app, which holds a refresh token.
    AuthorizationCode,
    /// Assertions about a user, signed with the app's key.
    JwtBearer,
    /// The app's secret, for its run-as user.
    ClientCredentials,
}

/// Which accounts to list.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct Filter {
    statuses: Vec<Status>,
    after: Option<String>,
    limit: Option<usize>,
}

/// Some accounts, in the order of their identifiers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page {
    /// The accounts.
    pub accounts: Vec<Account>,
    /// Where the next page begins ([`Filter::after`]); `None` if this was the last.
    pub next: Option<String>,
}

impl Filter {
    /// All accounts.
    pub fn all() -> Self {
        Self::default()
    }

    /// Those in this state; several calls add up.
    pub fn status(mut self, status: Status) -> Self {
        self.statuses.push(status);
        self
    }

    /// Those after this identifier.
    pub fn after(mut self, identifier: impl Into<String>) -> Self {
        self.after = Some(identifier.into());
        self
    }

    /// At most so many a page. Default 100.
    pub fn limit(mut self, accounts: usize) -> Self {
        self.limit = Some(accounts);
        self
    }

    fn wants(&self, record: &Record) -> bool {
        self.statuses.is_empty() || self.statuses.contains(&record.status)
    }
}

impl Accounts {
    /// One page of accounts.
    ///
    /// # Errors
    /// [`Error::Store`]; [`AccountError::Damaged`](super::AccountError::Damaged) for a row that
    /// cannot be read.
    pub async fn list(&self, filter: Filter) -> Result<Page, Error> {
        let inner = &self.inner;
        let now = inner.rows.now().await?;
        let limit = filter.limit.unwrap_or(100).max(1);
        let (mut accounts, mut after) = (Vec::new(), filter.after.clone());
        loop {
            let rows = inner.rows.list(after.as_deref(), CHUNK).await?;
            let is_last = rows.len() < CHUNK;
            for row in rows {
                if accounts.len() == limit {
                    return Ok(Page { accounts, next: after });
                }
                if filter.wants(&row.record) {
                    accounts.push(inner.account(&row.record, now));
                }
                after = Some(row.record.identifier);
            }
            if is_last {
                return Ok(Page { accounts, next: None });
            }
        }
    }

    /// One account.
    ///
    /// # Errors
    /// [`AccountError::Unknown`](super::AccountError::Unknown), [`Error::Store`].
    pub async fn account(&self, identifier: &str) -> Result<Account, Error> {
        let row = self.inner.rows.read(identifier).await?;
        Ok(self.inner.account(&row.record, self.inner.rows.now().await?))
    }

    /// How an account has fared.
    ///
    /// # Errors
    /// As [`account`](Self::account).
    pub async fn health(&self, identifier: &str) -> Result<Health, Error> {
        self.account(identifier).await.map(|account| account.health)
    }

    /// How many accounts are in each state, by a walk through the store. With the feature
    /// `metrics` the numbers are put into the gauge `sf_auth_accounts` as well.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub async fn census(&self) -> Result<BTreeMap<Status, usize>, Error> {
        let mut census: BTreeMap<Status, usize> = Status::ALL.map(|status| (status, 0)).into();
        let mut after: Option<String> = None;
        loop {
            let rows = self.inner.rows.list(after.as_deref(), CHUNK).await?;
            for row in &rows {
                *census.entry(row.record.status).or_default() += 1;
            }
            match rows.last() {
                Some(last) if rows.len() == CHUNK => after = Some(last.record.identifier.clone()),
                _ => break,
            }
        }
        metrics::counted(&census);
        Ok(census)
    }
}

impl Inner {
    pub(super) fn account(&self, record: &Record, now: Timestamp) -> Account {
        Account {
            identifier: record.identifier.clone(),
            status: record.status,
            login: LoginInfo::of(&record.login),
            org_id: record.org.clone(),
            user_id: record.user.clone(),
            instance_url: record.instance.clone(),
            scopes: record.scopes.clone(),
            missing_scopes: record.missing_scopes.clone(),
            health: Health::of(record, now, self.settings.dormant_after),
        }
    }
}

impl LoginInfo {
    fn of(login: &Login) -> Self {
        let info = |method, login_url: Option<&String>, client_id: Option<&String>| Self {
            method,
            login_url: login_url.cloned(),
            client_id: client_id.cloned(),
            username: None,
        };
        match login {
            Login::AuthorizationCode { app } => {
                let app = app.as_ref();
                let (url, id) = (app.map(|app| &app.login), app.map(|app| &app.client_id));
                info(LoginMethod::AuthorizationCode, url, id)
            }
            Login::JwtBearer { login, client_id, username, .. } => Self {
                username: Some(username.clone()),
                ..info(LoginMethod::JwtBearer, Some(login), Some(client_id))
            },
            Login::ClientCredentials { login, client_id, .. } => {
                info(LoginMethod::ClientCredentials, Some(login), Some(client_id))
            }
        }
    }
}
