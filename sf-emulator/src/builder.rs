//! The settings of an org that is about to start.

use std::path::PathBuf;
use std::time::Duration;

use crate::engine::Config;
use crate::{Emulator, Error};

/// Settings of an [`Emulator`]; every one has a default.
#[derive(Clone)]
pub struct Builder {
    pub(crate) port: u16,
    pub(crate) session_timeout: Duration,
    pub(crate) daily_requests: Option<u64>,
    pub(crate) client: Option<(String, String)>,
    pub(crate) password: Option<(String, String)>,
    pub(crate) engine: Config,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            port: 0,
            session_timeout: Duration::from_secs(2 * 60 * 60),
            daily_requests: None,
            client: None,
            password: None,
            engine: Config::default(),
        }
    }
}

impl Builder {
    /// Number of generated Contacts, 10,000 by default; Accounts, Opportunities
    /// and the other objects scale with them.
    #[must_use]
    pub fn contacts(mut self, contacts: u32) -> Self {
        self.engine.contacts = contacts;
        self
    }

    /// A SQLite file that keeps the org between runs, instead of memory. It is
    /// made if it does not exist. It holds data alone: sessions end with the
    /// process, and app and password are new at each start unless they are given
    /// with [`Builder::client`] and [`Builder::password`].
    #[must_use]
    pub fn database(mut self, path: impl Into<PathBuf>) -> Self {
        self.engine.database = Some(path.into());
        self
    }

    /// Folder of the cached data image, from which an org in memory starts
    /// quickly; by default one in the user's cache folder.
    #[must_use]
    pub fn cache_dir(mut self, path: impl Into<PathBuf>) -> Self {
        self.engine.cache_dir = Some(path.into());
        self
    }

    /// Port on 127.0.0.1; 0, the default, is any free one.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// How long a session lives without use; 2 hours by default, as on the
    /// platform. A use in its second half starts it anew.
    #[must_use]
    pub fn session_timeout(mut self, timeout: Duration) -> Self {
        self.session_timeout = timeout;
        self
    }

    /// Requests that the data API allows in all, after which it answers 403
    /// `REQUEST_LIMIT_EXCEEDED`. Without this it reports a limit of 100,000
    /// and enforces none.
    #[must_use]
    pub fn daily_requests(mut self, requests: u64) -> Self {
        self.daily_requests = Some(requests);
        self
    }

    /// Consumer key and secret of the connected app; random by default.
    #[must_use]
    pub fn client(mut self, id: impl Into<String>, secret: impl Into<String>) -> Self {
        self.client = Some((id.into(), secret.into()));
        self
    }

    /// Password and security token of every user; random by default.
    #[must_use]
    pub fn password(
        mut self,
        password: impl Into<String>,
        security_token: impl Into<String>,
    ) -> Self {
        self.password = Some((password.into(), security_token.into()));
        self
    }

    /// Opens the data, listens and serves.
    ///
    /// # Errors
    /// When the port is taken, or the data cannot be opened or generated.
    pub async fn start(self) -> Result<Emulator, Error> {
        Emulator::open(self).await
    }
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder")
            .field("port", &self.port)
            .field("session_timeout", &self.session_timeout)
            .field("daily_requests", &self.daily_requests)
            .field("engine", &self.engine)
            .finish_non_exhaustive()
    }
}
