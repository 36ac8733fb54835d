//! From settings to a client that can be used.

use std::sync::Arc;

use anyhow::{Context, Result};
use sf_agent_tools::Policy;
use sf_auth::transport::Transport;
use sf_auth::{
    ClientCredentials, Credentials, JwtBearer, PrivateKey, StaticCredentials, TokenBroker,
};
use sf_emulator::Emulator;
use sf_rest::Client;

use crate::settings::{self, Settings};

/// A client, and the embedded org if it works on one: dropping it ends the org.
pub(crate) struct Connection {
    pub(crate) client: Client,
    _embedded: Option<Emulator>,
}

/// Connects to the org that the environment names.
pub(crate) async fn connect() -> Result<Connection> {
    let settings = settings::read(|name| std::env::var(name).ok())?;
    let transport = transport()?;
    let (credentials, embedded): (Arc<dyn Credentials>, _) = match settings {
        Settings::Embedded => {
            let org = Emulator::start().await.context("the embedded org does not start")?;
            let flow =
                ClientCredentials::new(org.url().as_str(), org.client_id(), org.client_secret())?;
            (Arc::new(TokenBroker::new(flow, transport.clone())), Some(org))
        }
        Settings::ClientCredentials { login_url, client_id, client_secret } => {
            let flow = ClientCredentials::new(&login_url, client_id, client_secret)?;
            (Arc::new(TokenBroker::new(flow, transport.clone())), None)
        }
        Settings::JwtBearer { login_url, client_id, username, key_file } => {
            let flow =
                JwtBearer::new(&login_url, client_id, username, PrivateKey::from_file(key_file)?)?;
            (Arc::new(TokenBroker::new(flow, transport.clone())), None)
        }
        Settings::Session { instance_url, access_token } => {
            (Arc::new(StaticCredentials::new(&instance_url, access_token)?), None)
        }
    };
    if embedded.is_some() {
        tracing::info!("no org is configured: working on an embedded one");
    }
    let client =
        Client::builder(credentials).transport(transport).client_name("sf-agent").build()?;
    Ok(Connection { client, _embedded: embedded })
}

/// The transport, which trusts the certificates of `SF_CA_FILE` besides those of
/// the operating system.
fn transport() -> Result<Transport> {
    let mut builder = Transport::builder();
    if let Some(file) = std::env::var_os("SF_CA_FILE").filter(|file| !file.is_empty()) {
        let pem = std::fs::read(&file)
            .with_context(|| format!("SF_CA_FILE {} cannot be read", file.display()))?;
        builder = builder.root_certificate_pem(pem);
    }
    Ok(builder.build()?)
}

/// Reading always; writing if it was asked for.
pub(crate) fn policy(write: bool) -> Policy {
    if write { Policy::read_write() } else { Policy::read_only() }
}
