//! An embedded org, logged in to, with tools over it.

use std::sync::Arc;

use anyhow::{Context, Result};
use sf_agent_tools::{Org, Policy, ToolSet};
use sf_auth::transport::Transport;
use sf_auth::{ClientCredentials, TokenBroker};
use sf_emulator::Emulator;
use sf_rest::Client;

/// An embedded org with its default data and a client that is logged in to it.
/// Dropping it stops the org.
pub struct TestOrg {
    emulator: Emulator,
    client: Client,
}

impl TestOrg {
    /// Starts an org and gets ready to log in with client credentials.
    ///
    /// # Errors
    /// If the org cannot listen on loopback or the client cannot be built.
    pub async fn start() -> Result<Self> {
        let emulator = Emulator::start().await.context("starting the embedded org")?;
        let (url, secret) = (emulator.url().as_str(), emulator.client_secret());
        let flow = ClientCredentials::new(url, emulator.client_id(), secret)?;
        let broker = TokenBroker::new(flow, Transport::new()?);
        let client = Client::new(Arc::new(broker))?;
        Ok(Self { emulator, client })
    }

    /// The Salesforce tools over this org, limited by `policy`.
    pub fn tools(&self, policy: Policy) -> ToolSet {
        ToolSet::salesforce(Org::new(self.client.clone(), policy))
    }

    /// The client that is logged in, for orgs with settings of their own.
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// The org itself, for faults and its request log.
    pub fn emulator(&self) -> &Emulator {
        &self.emulator
    }

    /// Requests that would have changed records, answered or not.
    pub fn writes(&self) -> usize {
        let requests = self.emulator.requests();
        requests.iter().filter(|request| request.operation.is_write()).count()
    }
}
