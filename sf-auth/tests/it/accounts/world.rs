//! An org, a store, and processes that share them.

use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use sf_auth::accounts::{Account, AccountCredentials, Accounts, AccountsBuilder};
use sf_auth::seal::{LocalKeys, Sealer};
use sf_auth::transport::Transport;
use sf_auth::{App, Credentials, Environment, ExposeSecret, Scopes, Session};
use sf_emulator::{ConnectedApp, Emulator};

use super::Probe;
use super::browser::approve;

pub(crate) const CALLBACK: &str = "http://localhost:1717/OauthRedirect";

pub(crate) struct World {
    pub(crate) org: Emulator,
    pub(crate) store: Arc<Probe>,
    pub(crate) sealer: Sealer,
}

impl World {
    /// An org whose app was changed so.
    pub(crate) async fn with(change: impl FnOnce(ConnectedApp) -> ConnectedApp) -> Self {
        Self { org: start(change).await, store: Probe::new(), sealer: sealer() }
    }

    /// An org whose app rotates refresh tokens.
    pub(crate) async fn rotating() -> Self {
        Self::with(ConnectedApp::rotate_refresh_tokens).await
    }

    pub(crate) fn app(&self) -> App {
        app(&self.org)
    }

    /// One process.
    pub(crate) fn process(&self) -> Accounts {
        self.process_with(|builder| builder)
    }

    pub(crate) fn process_with(
        &self,
        change: impl FnOnce(AccountsBuilder) -> AccountsBuilder,
    ) -> Accounts {
        let builder = Accounts::builder(self.store.clone(), self.sealer.clone())
            .app(self.app())
            .settle_delay(std::time::Duration::ZERO);
        change(builder).build().unwrap()
    }

    /// Connects an account, with the administrator as the person.
    pub(crate) async fn authorize(&self, accounts: &Accounts, identifier: &str) -> Account {
        let connection = accounts.connect(identifier).await.unwrap();
        let url = connection.authorization_url.unwrap();
        let callback = approve(&self.org, self.org.username(), &url).await;
        accounts.finish(&callback).await.unwrap()
    }

    /// A process with the connected account `acme`, and its first session.
    pub(crate) async fn connected(&self) -> (Accounts, AccountCredentials, Arc<Session>) {
        let accounts = self.process();
        self.authorize(&accounts, "acme").await;
        let credentials = accounts.credentials("acme");
        let session = credentials.session().await.unwrap();
        (accounts, credentials, session)
    }

    /// Whether the org accepts a session; the session is told.
    pub(crate) async fn accepts(&self, session: &Session) -> bool {
        accepts(&Transport::new().unwrap(), session).await
    }
}

/// An org whose app was changed so.
pub(crate) async fn start(change: impl FnOnce(ConnectedApp) -> ConnectedApp) -> Emulator {
    let org = Emulator::builder().cache_dir(env!("CARGO_TARGET_TMPDIR"));
    org.daily_requests(u64::MAX / 2).default_app(change).start().await.unwrap()
}

pub(crate) fn sealer() -> Sealer {
    Sealer::new(Arc::new(LocalKeys::generate().unwrap()))
}

pub(crate) fn app(org: &Emulator) -> App {
    app_of(org.url().as_str(), org.client_id(), org.client_secret())
}

pub(crate) fn app_of(url: &str, client_id: &str, client_secret: &str) -> App {
    App::new(Environment::parse(url).unwrap(), client_id)
        .unwrap()
        .with_secret(client_secret)
        .unwrap()
        .with_redirect_uri(CALLBACK)
        .unwrap()
        .with_scopes(Scopes::new(["api", "refresh_token"]).unwrap())
}

pub(crate) async fn accepts(transport: &Transport, session: &Session) -> bool {
    let url = session.instance_url().join("/services/data/v66.0/limits").unwrap();
    let bearer = format!("Bearer {}", session.access_token().expose_secret());
    let request =
        Request::get(url.as_str()).header("authorization", bearer).body(Bytes::new()).unwrap();
    let response = transport.send(request).await.unwrap();
    let is_accepted = response.status() == 200;
    if is_accepted {
        session.mark_accepted();
    }
    is_accepted
}
