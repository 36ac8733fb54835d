//! The org over HTTP: connections, sessions, OAuth, the data API, faults.

mod admin;
mod admin_fault;
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
pub(crate) mod tls;
mod transaction;
mod xml;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

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
use crate::engine::{ApiError, Engine, Login};
use crate::error::Error;
use crate::fault::Faults;
use crate::request_log::RequestLog;

/// Everything the handlers share.
pub(crate) struct Org {
    pub(crate) url: Url,
    pub(crate) engine: Engine,
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
        let apps = Apps::new(settings.default_app, settings.apps, &random)?;
        let (password, security_token) = match settings.password {
            Some(given) => given,
            None => (random.text(16), random.text(24)),
        };
        Ok(Self {
            url,
            engine,
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
            cursors: Cursors::new(settings.queries.clone()),
            canned: Canned::new(settings.queries.canned),
            usage: Usage {
                used: AtomicU64::new(0),
                limit: settings.daily_requests.unwrap_or(100_000),
                enforced: settings.daily_requests.is_some(),
            },
        })
    }

    /// A new session of a user. The token has the platform's shape: the
    /// 15-character org id, an exclamation mark and 96 characters.
    pub(crate) fn issue_token(&self, user_id: &str) -> String {
        self.begin_session(user_id, None)
    }

    /// As [`Org::issue_token`], through an app.
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
