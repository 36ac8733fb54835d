//! The connected apps that clients log in through.

use std::sync::{Arc, PoisonError, RwLock};

use jsonwebtoken::DecodingKey;
use url::Url;

use super::keys;
use super::random::Random;
use crate::connected_app::{ConnectedApp, Users};
use crate::error::Error;

/// One app: its settings, and the keys that sign its assertions.
pub(crate) struct App {
    pub(crate) settings: ConnectedApp,
    keys: RwLock<Vec<DecodingKey>>,
}

/// Every app of the org: the default one, those of the settings, and those that
/// registered themselves.
pub(crate) struct Apps {
    pub(crate) main: Arc<App>,
    others: RwLock<Vec<Arc<App>>>,
}

/// A scope that was asked for and that the app does not have.
pub(crate) struct ScopeRefused;

impl Apps {
    /// A default app without a consumer key gets a random one, and a secret.
    pub(crate) fn new(
        mut main: ConnectedApp,
        others: Vec<ConnectedApp>,
        random: &Random,
    ) -> Result<Self, Error> {
        if main.client_id.is_empty() {
            // The shape of the platform's consumer keys and secrets.
            main.client_id = format!("3MVG9{}", random.text(80));
            main.client_secret = main.client_secret.map(|_| random.hex(64).to_uppercase());
        }
        if main.initial_access_token.is_none() {
            main.initial_access_token = Some(random.text(64));
        }
        let others = others.into_iter().map(|app| App::new(app).map(Arc::new));
        let others = RwLock::new(others.collect::<Result<_, _>>()?);
        Ok(Self { main: Arc::new(App::new(main)?), others })
    }

    pub(crate) fn find(&self, client_id: &str) -> Option<Arc<App>> {
        self.find_by(|app| app.id() == client_id)
    }

    /// The first app that is as wanted.
    pub(crate) fn find_by(&self, wanted: impl Fn(&App) -> bool) -> Option<Arc<App>> {
        if wanted(&self.main) {
            return Some(Arc::clone(&self.main));
        }
        let others = self.others.read().unwrap_or_else(PoisonError::into_inner);
        others.iter().find(|app| wanted(app)).cloned()
    }

    /// Every app, the default one first.
    pub(crate) fn all(&self) -> Vec<Arc<App>> {
        let others = self.others.read().unwrap_or_else(PoisonError::into_inner);
        std::iter::once(&self.main).chain(others.iter()).cloned().collect()
    }

    /// Adds an app that registered itself.
    pub(crate) fn add(&self, app: App) {
        let mut others = self.others.write().unwrap_or_else(PoisonError::into_inner);
        others.push(Arc::new(app));
    }
}

impl App {
    pub(crate) fn new(settings: ConnectedApp) -> Result<Self, Error> {
        let keys = settings.jwt_keys.iter().map(|pem| keys::public_key(pem));
        let keys = keys.collect::<Result<Vec<_>, _>>()?;
        Ok(Self { settings, keys: RwLock::new(keys) })
    }

    /// Adds a key that may sign assertions, unless it is already there.
    pub(crate) fn register_once(&self, key: DecodingKey) {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        let known =
            keys.iter().any(|known| match (known.try_get_as_bytes(), key.try_get_as_bytes()) {
                (Ok(known), Ok(new)) => known == new,
                _ => false,
            });
        if !known {
            keys.push(key);
        }
    }

    pub(crate) fn keys(&self) -> Vec<DecodingKey> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn id(&self) -> &str {
        &self.settings.client_id
    }

    /// The scopes of a session: those asked for, or all that the app has.
    pub(crate) fn granted(&self, asked: Option<&str>) -> Result<Vec<String>, ScopeRefused> {
        let has = |scope: &str| self.settings.scopes.iter().any(|known| known == scope);
        let Some(asked) = asked else { return Ok(self.settings.scopes.clone()) };
        let mut granted: Vec<String> = Vec::new();
        for scope in asked.split_whitespace() {
            let allowed = if is_refresh(scope) {
                has("refresh_token") || has("offline_access")
            } else {
                has(scope) || has("full")
            };
            if !allowed {
                return Err(ScopeRefused);
            }
            if !granted.iter().any(|known| known == scope) {
                granted.push(scope.to_owned());
            }
        }
        Ok(granted)
    }

    /// The scopes of a grant that never gives a refresh token.
    pub(crate) fn scopes_without_refresh(&self) -> Vec<String> {
        self.settings.scopes.iter().filter(|scope| !is_refresh(scope)).cloned().collect()
    }

    /// Whether a browser may be sent to this URI.
    pub(crate) fn redirects_to(&self, uri: &str) -> bool {
        self.settings.redirect_uris.iter().any(|known| known == uri)
            || (self.settings.any_loopback && is_loopback(uri))
    }

    /// Whether the administrator let this user use the app without approving it.
    pub(crate) fn is_pre_authorized(&self, username: &str) -> bool {
        match &self.settings.users {
            Users::SelfAuthorized => false,
            Users::EveryonePreAuthorized => true,
            Users::AdminApproved(names) => {
                names.iter().any(|name| name.eq_ignore_ascii_case(username))
            }
        }
    }

    /// Whether the administrator keeps this user out.
    pub(crate) fn shuts_out(&self, username: &str) -> bool {
        matches!(self.settings.users, Users::AdminApproved(_)) && !self.is_pre_authorized(username)
    }
}

/// Two names of one scope.
pub(crate) fn is_refresh(scope: &str) -> bool {
    matches!(scope, "refresh_token" | "offline_access")
}

fn is_loopback(uri: &str) -> bool {
    let Ok(url) = Url::parse(uri) else { return false };
    url.scheme() == "http"
        && url.username().is_empty()
        && url.password().is_none()
        && url.fragment().is_none()
        && matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"))
}
