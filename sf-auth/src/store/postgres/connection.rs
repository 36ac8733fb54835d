//! Connecting to PostgreSQL, and the table.

use std::fmt;
use std::net::IpAddr;

use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::{Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{STORE, errors};
use crate::store::StoreError;
use crate::store::link::{Connect, Link};

/// A database and how to prepare it.
pub(super) struct Server {
    config: Config,
    tls: MakeRustlsConnect,
    table: String,
    setup: String,
}

impl Server {
    pub(super) fn new(
        url: &str,
        roots_pem: &[Vec<u8>],
        table: &str,
        sequence: &str,
    ) -> Result<Self, StoreError> {
        // The parser knows three modes. Certificates are always verified here, so libpq's stricter
        // modes ask for what `require` does.
        let url = url.replace("sslmode=verify-full", "sslmode=require");
        let url = url.replace("sslmode=verify-ca", "sslmode=require");
        let mut config: Config = url.parse().map_err(|error: tokio_postgres::Error| {
            // The source names the option; the URL, which may hold a password, is not quoted.
            let why = std::error::Error::source(&error).map(|e| format!(": {e}")).unwrap_or_default();
            errors::configuration(format!(
                "the address is not usable{why}; write postgresql://user:password@host:5432/database"
            ))
        })?;
        if config.get_ssl_mode() == SslMode::Prefer && !is_this_computer(&config) {
            config.ssl_mode(SslMode::Require);
        }
        if config.get_application_name().is_none() {
            config.application_name("sf-auth");
        }
        let tls = crate::transport::client_config(roots_pem).map_err(|error| {
            let why =
                std::error::Error::source(&error).map(|e| format!(": {e}")).unwrap_or_default();
            errors::configuration(format!("TLS cannot be set up{why}"))
        })?;
        Ok(Self {
            config,
            tls: MakeRustlsConnect::new(tls),
            table: table.to_owned(),
            setup: setup(table, sequence),
        })
    }

    async fn prepare(&self, client: &Client) -> Result<(), tokio_postgres::Error> {
        // A commit that the server answers before it is on the disk could take a rotated token with it.
        client
            .batch_execute(
                "SELECT set_config('synchronous_commit', 'on', false) \
                 WHERE current_setting('synchronous_commit') = 'off'",
            )
            .await?;
        // Asked first, since making needs a right that an ordinary role may lack.
        let exists = client
            .query_typed(
                "SELECT to_regclass($1) IS NOT NULL",
                &[(&self.table, tokio_postgres::types::Type::TEXT)],
            )
            .await?;
        match exists.first().map(|row| row.try_get::<_, bool>(0)).transpose()? {
            Some(true) => Ok(()),
            _ => client.batch_execute(&self.setup).await,
        }
    }
}

impl Connect for Server {
    type Client = Client;
    const STORE: &'static str = STORE;

    async fn connect(&self) -> Result<Link<Client>, StoreError> {
        let failed = |error: tokio_postgres::Error| errors::of_connecting(&error);
        let link = if self.config.get_ssl_mode() == SslMode::Disable {
            let (client, connection) = self.config.connect(NoTls).await.map_err(failed)?;
            Link::new(client, async { drop(connection.await) })
        } else {
            let (client, connection) =
                self.config.connect(self.tls.clone()).await.map_err(failed)?;
            Link::new(client, async { drop(connection.await) })
        };
        self.prepare(&link.client).await.map_err(failed)?;
        Ok(link)
    }
}

/// One transaction under a lock of its own, since two `CREATE TABLE IF NOT EXISTS` at once can fail.
/// The sequence comes first: where the table is, it is too. Its numbers are not rolled back, so that
/// they never repeat.
fn setup(table: &str, sequence: &str) -> String {
    format!(
        "BEGIN; \
         SELECT pg_advisory_xact_lock(hashtext('sf-auth'), hashtext('{table}')); \
         CREATE SEQUENCE IF NOT EXISTS {sequence} AS bigint; \
         CREATE TABLE IF NOT EXISTS {table} \
         (key text COLLATE \"C\" PRIMARY KEY, body text NOT NULL, version bigint NOT NULL); \
         COMMIT"
    )
}

fn is_this_computer(config: &Config) -> bool {
    let is_local = |host: &Host| match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    };
    let hosts = config.get_hosts();
    !hosts.is_empty()
        && hosts.iter().all(is_local)
        && config.get_hostaddrs().iter().all(IpAddr::is_loopback)
}

/// Without the password.
impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let database = self.config.get_dbname().unwrap_or_default();
        write!(f, "{:?} of database {database:?} at {:?}", self.table, self.config.get_hosts())
    }
}
