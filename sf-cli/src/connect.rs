//! From settings to a client that can be used.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use sf_agent_tools::Policy;
use sf_auth::accounts::{Account, Accounts, Filter, Status};
use sf_auth::transport::Transport;
use sf_auth::{ClientCredentials, Credentials, StaticCredentials, TokenBroker};
use sf_emulator::Emulator;
use sf_rest::Client;

use crate::home::Home;
use crate::settings::{self, Settings};

/// The account that is used if nothing else is said.
pub(crate) const DEFAULT: &str = "default";

/// A client, and the embedded org if it works on one: dropping it ends the org.
pub(crate) struct Connection {
    pub(crate) client: Client,
    embedded: Option<Emulator>,
}

impl Connection {
    /// Whether it ends with the command.
    pub(crate) fn is_embedded(&self) -> bool {
        self.embedded.is_some()
    }
}

/// Where a command works.
pub(crate) enum Target {
    /// An account that somebody logged in to.
    Account { accounts: Accounts, account: Box<Account>, implied: bool },
    /// What the environment names, or the embedded org.
    Settings(Settings),
}

/// What `--org` names; or the environment; or the account `default`; or the embedded org.
pub(crate) async fn target(org: Option<&str>, transport: &Transport) -> Result<Target> {
    let home = Home::find();
    if let Some(name) = org.filter(|name| !name.is_empty()) {
        let home = home?;
        if !home.has_accounts() {
            bail!("there is no account {name:?}, and no other; `sf-agent login {name}` makes it");
        }
        let accounts = home.accounts(transport).await?;
        let account = match find(&accounts, name).await? {
            Some(account) => Box::new(account),
            None => bail!(unknown(&accounts, name).await?),
        };
        return Ok(Target::Account { accounts, account, implied: false });
    }
    let settings = settings::read(|name| std::env::var(name).ok())?;
    if let (Settings::Embedded, Ok(home)) = (&settings, home)
        && home.has_accounts()
    {
        let accounts = home.accounts(transport).await?;
        let found = find(&accounts, DEFAULT).await?;
        if let Some(account) = found.filter(|account| account.status != Status::Disconnected) {
            return Ok(Target::Account { accounts, account: Box::new(account), implied: true });
        }
    }
    Ok(Target::Settings(settings))
}

/// The account of this name, if there is one.
pub(crate) async fn find(accounts: &Accounts, name: &str) -> Result<Option<Account>> {
    match accounts.account(name).await {
        Ok(account) => Ok(Some(account)),
        Err(sf_auth::Error::Account(sf_auth::accounts::AccountError::Unknown { .. })) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Says which accounts there are instead of the one that was asked for.
pub(crate) async fn unknown(accounts: &Accounts, name: &str) -> Result<String> {
    let page = accounts.list(Filter::all().limit(20)).await?;
    let names: Vec<_> = page.accounts.into_iter().map(|account| account.identifier).collect();
    let others = match names.as_slice() {
        [] => "and no other".to_owned(),
        names => format!("the accounts are {}", names.join(", ")),
    };
    Ok(format!("there is no account {name:?}, {others}; `sf-agent login {name}` makes it"))
}

/// Connects to the org that was asked for.
pub(crate) async fn connect(org: Option<&str>) -> Result<Connection> {
    let transport = transport()?;
    let (credentials, embedded): (Arc<dyn Credentials>, _) = match target(org, &transport).await? {
        Target::Account { accounts, account, implied } => {
            if implied {
                let instance = account.instance_url.as_deref().unwrap_or_default();
                eprintln!("Working on the account {DEFAULT:?}: {instance}");
            }
            (Arc::new(accounts.credentials(&account.identifier)), None)
        }
        Target::Settings(Settings::Embedded) => {
            let org = Emulator::start().await.context("the embedded org does not start")?;
            let flow =
                ClientCredentials::new(org.url().as_str(), org.client_id(), org.client_secret())?;
            (Arc::new(TokenBroker::new(flow, transport.clone())), Some(org))
        }
        Target::Settings(Settings::Session { instance_url, access_token }) => {
            (Arc::new(StaticCredentials::new(&instance_url, access_token)?), None)
        }
        Target::Settings(settings) => match settings.flow()? {
            Some(flow) => (Arc::new(TokenBroker::new(flow, transport.clone())), None),
            None => bail!("nothing is configured to log in with"),
        },
    };
    if embedded.is_some() {
        tracing::info!("no org is configured: working on an embedded one");
    }
    let client =
        Client::builder(credentials).transport(transport).client_name("sf-agent").build()?;
    Ok(Connection { client, embedded })
}

/// The transport, which trusts the certificates of `SF_CA_FILE` besides those of
/// the operating system.
pub(crate) fn transport() -> Result<Transport> {
    let mut builder = Transport::builder();
    if let Some(file) = std::env::var_os("SF_CA_FILE").filter(|file| !file.is_empty()) {
        let pem = std::fs::read(&file)
            .with_context(|| format!("SF_CA_FILE {} cannot be read", file.display()))?;
        builder = builder.root_certificate_pem(pem);
    }
    Ok(builder.build()?)
}

/// What a policy file says; without one reading always, and writing if it was asked for.
pub(crate) fn policy(file: Option<&Path>, write: bool) -> Result<Policy> {
    match file {
        Some(file) => crate::commands::policy::load(file),
        None if write => Ok(Policy::read_write()),
        None => Ok(Policy::read_only()),
    }
}
