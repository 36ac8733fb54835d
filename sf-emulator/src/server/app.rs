//! The connected app that clients log in through.

use std::sync::{PoisonError, RwLock};

use jsonwebtoken::DecodingKey;

/// One app; the default one is pre-authorised for every user.
pub(crate) struct App {
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) scopes: Vec<String>,
    keys: RwLock<Vec<DecodingKey>>,
}

impl App {
    pub(crate) fn new(client_id: String, client_secret: String) -> Self {
        let scopes = ["api", "id", "profile", "openid"].map(str::to_owned).to_vec();
        Self { client_id, client_secret, scopes, keys: RwLock::default() }
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
}
