//! The running org, as a test or a program holds it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use url::Url;

use crate::access::Access;
use crate::builder::Builder;
use crate::drift::Drift;
use crate::engine::Engine;
use crate::error::Error;
use crate::fault::Faults;
use crate::permissions::{Permissions, User};
use crate::request_log::RequestRecord;
use crate::server::tls::Tls;
use crate::server::{self, Org, keys};

/// An embedded Salesforce org that serves on 127.0.0.1.
///
/// Dropping it stops the server and closes every connection. It runs on the
/// tokio runtime it was started on.
pub struct Emulator {
    org: Arc<Org>,
    server: JoinHandle<()>,
    /// Its sender lives in the server task.
    running: watch::Receiver<()>,
}

impl Emulator {
    /// Starts an org with the default data on a free port.
    ///
    /// # Errors
    /// When no port is free, or the data cannot be generated.
    pub async fn start() -> Result<Self, Error> {
        Self::builder().start().await
    }

    /// Settings of an org.
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(crate) async fn open(settings: Builder) -> Result<Self, Error> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, settings.port));
        let listening = |source| Error::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(listening)?;
        let bound = listener.local_addr().map_err(listening)?;
        let scheme = if settings.tls { "https" } else { "http" };
        let url = Url::parse(&format!("{scheme}://{bound}"))
            .map_err(|error| Error::Data(error.into()))?;
        let login_host = settings.login_host.as_deref();
        let tls = if settings.tls { Some(Tls::new(login_host)?) } else { None };

        let config = settings.engine.clone();
        let engine = tokio::task::spawn_blocking(move || Engine::open(&config))
            .await
            .map_err(|error| Error::Data(error.into()))?
            .map_err(|error| Error::Data(error.into()))?;
        let org = Arc::new(Org::new(settings, engine, url, tls)?);
        let watched = Arc::downgrade(&org);
        org.engine.observe_users(move |id, active| {
            if let Some(org) = watched.upgrade() {
                org.user_changed(id, active);
            }
        });

        let (alive, running) = watch::channel(());
        let served = Arc::clone(&org);
        let server = tokio::spawn(async move {
            server::serve(listener, served).await;
            drop(alive);
        });
        Ok(Self { org, server, running })
    }

    /// Login URL and instance URL, with the path `/`.
    pub fn url(&self) -> &Url {
        &self.org.url
    }

    /// The certificate of the authority that clients must trust, in PEM; `None`
    /// without [`Builder::tls`](crate::Builder::tls). It is made anew at each
    /// start, and its key is thrown away.
    pub fn ca_pem(&self) -> Option<&str> {
        self.org.tls.as_ref().map(Tls::ca_pem)
    }

    /// Bearer token of the admin endpoint below `/__admin`; `None` without
    /// [`Builder::admin`](crate::Builder::admin).
    pub fn admin_token(&self) -> Option<&str> {
        self.org.admin_token.as_deref()
    }

    /// 18-character id of the Organization.
    pub fn org_id(&self) -> &str {
        self.org.engine.org_id()
    }

    /// 18-character id of the administrator: the user that client credentials
    /// run as, and the owner of [`Emulator::username`].
    pub fn user_id(&self) -> &str {
        &self.org.admin.id
    }

    /// Consumer key of the default app.
    pub fn client_id(&self) -> &str {
        self.org.apps.main.id()
    }

    /// Consumer secret of the default app; empty if it is a public client.
    pub fn client_secret(&self) -> &str {
        self.org.apps.main.settings.client_secret.as_deref().unwrap_or_default()
    }

    /// The users of the org, the administrator first. Each has the password
    /// [`Emulator::password`]; a session without a flow is
    /// [`Emulator::issue_token_for`].
    pub async fn users(&self) -> Vec<User> {
        let logins = server::on_engine(&self.org, Engine::logins).await.unwrap_or_default();
        logins.into_iter().map(User::from).collect()
    }

    /// A user by username or name (`Sam Ortega`), if there is one.
    pub async fn user(&self, name: &str) -> Option<User> {
        let users = self.users().await;
        users.into_iter().find(|user| user.username() == name || user.name() == name)
    }

    /// Changes what users may see and do.
    pub fn permissions(&self) -> Permissions<'_> {
        Permissions { org: &self.org }
    }

    /// Who is kept out: locked users, addresses out of range, the API off.
    pub fn access(&self) -> &Access {
        &self.org.access
    }

    /// The administrator's username.
    pub fn username(&self) -> &str {
        &self.org.admin.username
    }

    /// The password of every user.
    pub fn password(&self) -> &str {
        &self.org.password
    }

    /// The security token that is appended to the password.
    pub fn security_token(&self) -> &str {
        &self.org.security_token
    }

    /// A private key in PKCS#8 PEM whose public half is registered with the
    /// default app, for the JWT bearer flow.
    ///
    /// It is made on first use, one for the whole process, which takes about a
    /// tenth of a second.
    ///
    /// # Errors
    /// When the machine cannot make a key.
    pub fn jwt_private_key_pem(&self) -> Result<&'static str, Error> {
        let key = keys::process_key()?;
        self.org.apps.main.register_once(key.public.clone());
        Ok(&key.private_pem)
    }

    /// Registers an RSA certificate or public key in PEM with the default app.
    ///
    /// # Errors
    /// When the text is not the PEM of an RSA key of 2,048 to 8,192 bits.
    pub fn register_jwt_key(&self, pem: &str) -> Result<(), Error> {
        self.org.apps.main.register_once(keys::public_key(pem)?);
        Ok(())
    }

    /// With this the default app's clients may register further apps at
    /// `/services/oauth2/register`: the initial access token that the
    /// administrator gives them.
    pub fn initial_access_token(&self) -> &str {
        self.org.apps.main.settings.initial_access_token.as_deref().unwrap_or_default()
    }

    /// The generic login host, as `https://login.salesforce.com` is one: set by
    /// [`Builder::login_host`](crate::Builder::login_host), otherwise
    /// [`Emulator::url`].
    pub fn login_url(&self) -> &Url {
        self.org.login_url.as_ref().unwrap_or(&self.org.url)
    }

    /// A new live session of the administrator, without a flow: it counts as one
    /// of the default app, which may introspect it, with the scopes of that app
    /// and `api` in any case.
    pub fn issue_token(&self) -> String {
        self.org.issue_token(&self.org.admin.id)
    }

    /// As [`Emulator::issue_token`], of any user. `user_id` is the id of a
    /// `User` row, 18 characters; whether there is one is not checked.
    pub fn issue_token_for(&self, user_id: &str) -> String {
        self.org.issue_token(user_id)
    }

    /// Ends every session: the next use of any token answers 401.
    pub fn expire_sessions(&self) {
        self.org.sessions.end_all();
    }

    /// Ends every query locator: the next page of any query is refused.
    pub fn expire_locators(&self) {
        self.org.cursors.forget(None);
    }

    /// Changes the schema while clients are at work. A request sees the schema
    /// before or after the change, never both: this waits for the requests that
    /// are being handled, and those that come meanwhile wait for it. Describes get
    /// another `ETag` and `Last-Modified`. After a renaming, a removal or another
    /// type the query locators of before answer `INVALID_QUERY_LOCATOR`.
    ///
    /// # Errors
    /// [`Error::Drift`] when the schema does not allow the change; it stays as it
    /// was.
    pub async fn alter(&self, drift: Drift) -> Result<(), Error> {
        self.org.alter(drift).await
    }

    /// Moves the org's clock forward: sessions, locators, assertions and the
    /// times of rows follow it.
    pub fn advance(&self, by: Duration) {
        self.org.clock.advance(by);
    }

    /// The org's time.
    pub fn now(&self) -> Timestamp {
        self.org.clock.now()
    }

    /// Changes how long sessions live without use, those already open included.
    pub fn set_session_timeout(&self, timeout: Duration) {
        self.org.sessions.set_timeout(timeout);
    }

    /// What shall go wrong.
    pub fn faults(&self) -> &Faults {
        &self.org.faults
    }

    /// How the jobs of the Bulk API go on.
    pub fn bulk_jobs(&self) -> &crate::BulkJobs {
        &self.org.bulk.control
    }

    /// How the runs of reports in the background go on.
    pub fn report_runs(&self) -> &crate::ReportRuns {
        &self.org.report_runs
    }

    /// The calls of invocable actions so far, oldest first; the latest 10,000 are
    /// kept. A call whose inputs were refused is none.
    pub fn action_calls(&self) -> Vec<crate::ActionCall> {
        self.org.actions.calls()
    }

    /// All that the org holds now, read from its database and not through its API, so
    /// that it is no request and no fault hits it. Two of them tell what was changed
    /// in between, and that nothing else was: [`State::changes`](crate::State::changes).
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn state(&self) -> Result<crate::State, Error> {
        let state = server::on_engine(&self.org, Engine::state).await;
        state.map_err(|error| Error::Data(format!("{error:?}").into()))
    }

    /// The requests so far, oldest first; the latest 10,000 are kept.
    pub fn requests(&self) -> Vec<RequestRecord> {
        self.org.log.records()
    }

    /// How many token requests came in, refused and failed ones included.
    pub fn token_requests(&self) -> usize {
        self.org.log.token_requests()
    }

    /// Forgets the requests so far and counts token requests from 0 again.
    pub fn clear_requests(&self) {
        self.org.log.clear();
    }

    /// Returns when the server has stopped, which it does only when the
    /// runtime ends or its task fails.
    pub async fn wait(&self) {
        // The sender never sends: an error is the end of the server task.
        let _ = self.running.clone().changed().await;
    }

    /// Stops the server, closes every connection, and returns when the port is
    /// free again.
    pub async fn shutdown(mut self) {
        self.server.abort();
        // Cancelled is what was asked for.
        let _ = (&mut self.server).await;
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl std::fmt::Debug for Emulator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Emulator")
            .field("url", &self.org.url.as_str())
            .field("org_id", &self.org_id())
            .field("username", &self.username())
            .finish_non_exhaustive()
    }
}
