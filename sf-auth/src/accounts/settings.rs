//! Settings of accounts.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::broadcast;

use super::record::unique;
use super::rows::Rows;
use super::{Accounts, Inner};
use crate::broker::{Edges, SHORTEST_SESSION};
use crate::seal::Sealer;
use crate::store::TokenStore;
use crate::transport::Transport;
use crate::{App, Error};

/// Changes of status that a slow reader can be behind.
const EVENTS: usize = 1024;

/// Settings of [`Accounts`].
#[must_use]
pub struct AccountsBuilder {
    store: Arc<dyn TokenStore>,
    sealer: Sealer,
    transport: Option<Transport>,
    settings: Settings,
}

pub(super) struct Settings {
    pub(super) app: Option<App>,
    pub(super) share_sessions: bool,
    pub(super) session_timeout: Option<Duration>,
    pub(super) learn_expiry: bool,
    pub(super) edges: Edges,
    pub(super) shortest_session: Duration,
    pub(super) authorization_lifetime: Duration,
    pub(super) settle_delay: Duration,
    pub(super) dormant_after: Duration,
}

impl AccountsBuilder {
    pub(super) fn new(store: Arc<dyn TokenStore>, sealer: Sealer) -> Self {
        let settings = Settings {
            app: None,
            share_sessions: false,
            session_timeout: None,
            learn_expiry: false,
            edges: Edges::default(),
            shortest_session: SHORTEST_SESSION,
            authorization_lifetime: Duration::from_secs(30 * 60),
            settle_delay: Duration::from_secs(5),
            dormant_after: Duration::from_secs(14 * 24 * 3600),
        };
        Self { store, sealer, transport: None, settings }
    }

    /// The app of all accounts that bring none of their own.
    pub fn app(mut self, app: App) -> Self {
        self.settings.app = Some(app);
        self
    }

    /// The HTTP transport. Default: one with the system's certificates and proxy.
    pub fn transport(mut self, transport: Transport) -> Self {
        self.transport = Some(transport);
        self
    }

    /// Shares sessions through the store, sealed, so that one process refreshes for all. Off by
    /// default: access tokens then never leave the memory of the process that obtained them.
    pub fn share_sessions(mut self, share: bool) -> Self {
        self.settings.share_sessions = share;
        self
    }

    /// The session timeout of the orgs, as in
    /// [`TokenBrokerBuilder::session_timeout`](crate::TokenBrokerBuilder::session_timeout).
    pub fn session_timeout(mut self, timeout: Duration) -> Self {
        self.settings.session_timeout = Some(timeout);
        self
    }

    /// Asks the platform for the end of each new session by introspection: one more request for
    /// each refresh. The app must be allowed to introspect; without that nothing is lost.
    pub fn learn_expiry(mut self, learn: bool) -> Self {
        self.settings.learn_expiry = learn;
        self
    }

    /// As [`TokenBrokerBuilder::edges`](crate::TokenBrokerBuilder::edges).
    pub fn edges(mut self, soft: Duration, hard: Duration) -> Self {
        self.settings.edges = Edges { soft, hard };
        self
    }

    /// As [`TokenBrokerBuilder::shortest_session`](crate::TokenBrokerBuilder::shortest_session).
    pub fn shortest_session(mut self, age: Duration) -> Self {
        self.settings.shortest_session = age;
        self
    }

    /// How long a person has for an authorization. Default 30 minutes.
    pub fn authorization_lifetime(mut self, lifetime: Duration) -> Self {
        self.settings.authorization_lifetime = lifetime;
        self
    }

    /// How long the platform is left alone after a refresh whose connection broke, before anyone
    /// asks whether it happened. Default 5 seconds.
    pub fn settle_delay(mut self, delay: Duration) -> Self {
        self.settings.settle_delay = delay;
        self
    }

    /// Without a refresh for so long, an account counts as dormant. Default 14 days.
    pub fn dormant_after(mut self, time: Duration) -> Self {
        self.settings.dormant_after = time;
        self
    }

    /// Builds the accounts. Nothing is read or sent.
    ///
    /// # Errors
    /// [`Error::Transport`] if the transport cannot be set up, [`Error::Seal`] if the system has no
    /// random numbers.
    pub fn build(self) -> Result<Accounts, Error> {
        let transport = match self.transport {
            Some(transport) => transport,
            None => Transport::new()?,
        };
        let (events, _) = broadcast::channel(EVENTS);
        let inner = Inner {
            rows: Rows { store: self.store, events },
            sealer: self.sealer,
            transport,
            settings: self.settings,
            holder: unique()?,
            live: Mutex::new(HashMap::new()),
        };
        Ok(Accounts { inner: Arc::new(inner) })
    }
}

impl std::fmt::Debug for AccountsBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccountsBuilder").field("app", &self.settings.app).finish_non_exhaustive()
    }
}
