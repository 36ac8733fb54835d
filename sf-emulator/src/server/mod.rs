//! The org over HTTP: connections, sessions, OAuth, the data API, faults.

mod actions;
mod admin;
mod admin_actions;
mod admin_fault;
mod admin_schema;
pub(crate) mod analytics;
mod app;
pub(crate) mod bulk;
mod canned;
mod connection;
mod cursors;
mod exchange;
mod finish;
mod gate;
pub(crate) mod keys;
mod oauth;
mod pretty;
mod random;
mod reply;
mod rest;
mod session;
mod shown;
pub(crate) mod tls;
mod transaction;
mod xml;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::HeaderMap;
use http::header::HOST;
use url::Url;

use self::app::Apps;
use self::canned::Canned;
pub(crate) use self::connection::serve;
use self::cursors::Cursors;
use self::random::Random;
use self::session::{Granted, Sessions};
use crate::access::Access;
use crate::builder::Builder;
use crate::clock::Clock;
use crate::drift::Drift;
use crate::engine::{ApiError, Caller, Engine, Login};
use crate::error::Error;
use crate::fault::Faults;
use crate::request_log::RequestLog;

/// Everything the handlers share.
pub(crate) struct Org {
    pub(crate) url: Url,
    /// The generic login host, if there is one.
    pub(crate) login_url: Option<Url>,
    pub(crate) engine: Engine,
    /// Shared by the requests of the data API, so that each sees one schema; held
    /// alone by whoever changes it.
    pub(crate) schema_gate: tokio::sync::RwLock<()>,
    pub(crate) clock: Clock,
    pub(crate) sessions: Sessions,
    pub(crate) apps: Apps,
    pub(crate) access: Access,
    pub(crate) oauth: oauth::OAuth,
    /// Guards the admin endpoint; `None` switches it off.
    pub(crate) admin_token: Option<String>,
    pub(crate) tls: Option<tls::Tls>,
    /// The user client credentials run as, unless an app says otherwise.
    pub(crate) admin: Login,
    pub(crate) password: String,
    pub(crate) security_token: String,
    pub(crate) faults: Faults,
    pub(crate) log: RequestLog,
    pub(crate) random: Random,
    pub(crate) cursors: Cursors,
    pub(crate) bulk: bulk::Bulk,
    pub(crate) report_runs: analytics::ReportRuns,
    pub(crate) boards: analytics::Boards,
    pub(crate) actions: actions::Actions,
    pub(crate) approvals: actions::approvals::Approvals,
    pub(crate) looked_at_views: rest::list_views::Looked,
    pub(crate) canned: Canned,
    pub(crate) usage: Usage,
}

/// Requests counted against the day's allowance.
pub(crate) struct Usage {
    used: AtomicU64,
    pub(crate) limit: u64,
    enforced: bool,
}

impl Usage {
    /// Counts one request; `false` if it is over an enforced limit.
    fn count(&self) -> bool {
        let before = self.used.fetch_add(1, Ordering::Relaxed);
        !self.enforced || before < self.limit
    }

    /// Never more than the limit, as the platform reports it.
    pub(crate) fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed).min(self.limit)
    }
}

impl Org {
    pub(crate) fn new(
        settings: Builder,
        engine: Engine,
        url: Url,
        tls: Option<tls::Tls>,
    ) -> Result<Self, Error> {
        let random = Random::new()?;
        let admin = engine
            .logins()
            .ok()
            .and_then(|logins| logins.into_iter().find(|login| login.is_active))
            .ok_or_else(|| Error::Data("the org has no active user".into()))?;
        analytics::install(&engine, &Caller::administrator())
            .map_err(|_| Error::Data("the sample reports cannot be saved".into()))?;
        let apps = Apps::new(settings.default_app, settings.apps, &random)?;
        let (password, security_token) = match settings.password {
            Some(given) => given,
            None => (random.text(16), random.text(24)),
        };
        let login_url = settings.login_host.map(|host| login_url(&url, &host)).transpose()?;
        Ok(Self {
            url,
            login_url,
            engine,
            schema_gate: tokio::sync::RwLock::default(),
            clock: Clock::default(),
            sessions: Sessions::new(settings.session_timeout),
            apps,
            access: Access::default(),
            oauth: oauth::OAuth::new(settings.device_interval),
            admin_token: settings.admin.then(|| random.text(40)),
            tls,
            admin,
            password,
            security_token,
            faults: Faults::default(),
            log: RequestLog::default(),
            random,
            bulk: bulk::Bulk::default(),
            report_runs: analytics::ReportRuns::default(),
            boards: analytics::Boards::default(),
            actions: actions::Actions::new(settings.actions),
            approvals: actions::approvals::Approvals::new(settings.approvals),
            looked_at_views: rest::list_views::Looked::default(),
            cursors: Cursors::new(settings.queries.clone()),
            canned: Canned::new(settings.queries.canned),
            usage: Usage {
                used: AtomicU64::new(0),
                limit: settings.daily_requests.unwrap_or(100_000),
                enforced: settings.daily_requests.is_some(),
            },
        })
    }

    /// A new session of a user through the default app, without a flow; it
    /// serves the API whatever the app's scopes are.
    pub(crate) fn issue_token(&self, user_id: &str) -> String {
        let app = &self.apps.main;
        let mut scopes = app.scopes_without_refresh();
        if !scopes.iter().any(|scope| matches!(scope.as_str(), "api" | "full")) {
            scopes.insert(0, "api".to_owned());
        }
        let granted = Granted { client_id: app.id().to_owned(), scopes, family: None };
        self.begin_session(user_id, Some(granted))
    }

    /// Changes the schema between two requests.
    pub(crate) async fn alter(self: &Arc<Self>, drift: Drift) -> Result<(), Error> {
        let _alone = self.schema_gate.write().await;
        let org = Arc::clone(self);
        let now = self.clock.now();
        tokio::task::spawn_blocking(move || org.engine.alter(&drift, now))
            .await
            .map_err(|error| Error::Data(error.into()))?
            .map_err(Error::Drift)
    }

    /// Ends all that a deactivated user has open, at once.
    pub(crate) fn user_changed(&self, user_id: &str, active: bool) {
        self.sessions.set_active(user_id, active);
        if !active {
            self.oauth.families.end_user(user_id);
        }
    }

    /// Whether a request came to the generic login host.
    pub(crate) fn is_at_login_host(&self, headers: &HeaderMap) -> bool {
        let Some(login) = self.login_url.as_ref().and_then(Url::host_str) else { return false };
        let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        name.eq_ignore_ascii_case(login)
    }

    /// A new session of a user. The token has the platform's shape: the
    /// 15-character org id, an exclamation mark and 96 characters.
    pub(crate) fn begin_session(&self, user_id: &str, grant: Option<Granted>) -> String {
        let org: String = self.engine.org_id().chars().take(15).collect();
        let token = format!("{org}!AQ{}.{}", self.random.text(46), self.random.text(47));
        self.sessions.begin(token.clone(), user_id, grant, self.clock.now());
        token
    }

    /// An absolute URL of this org; `path` starts with a slash.
    pub(crate) fn absolute(&self, path: &str) -> String {
        format!("{}{path}", self.url.as_str().trim_end_matches('/'))
    }
}

/// The org's URL under another name.
fn login_url(url: &Url, host: &str) -> Result<Url, Error> {
    let mut login = url.clone();
    login.set_host(Some(host)).map_err(|error| Error::Data(error.into()))?;
    Ok(login)
}

/// Runs a blocking call of the engine on a thread where it may block.
pub(crate) async fn on_engine<T, F>(org: &Arc<Org>, call: F) -> Result<T, ApiError>
where
    T: Send + 'static,
    F: FnOnce(&Engine) -> Result<T, ApiError> + Send + 'static,
{
    if let Some(jobs) = transaction::current() {
        return jobs.run(call).await;
    }
    let org = Arc::clone(org);
    match tokio::task::spawn_blocking(move || call(&org.engine)).await {
        Ok(result) => result,
        Err(error) => Err(ApiError::unexpected(&error)),
    }
}
