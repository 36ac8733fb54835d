//! From a name, or the environment, to an org that can be worked on.
//!
//! Where the configuration names a policy for an org, no command walks around it: a [`Connection`]
//! gives its client only through [`Connection::raw`], which refuses then, and everything else goes
//! through the guarded `sf_agent_tools::Org`. The name of an account that an org of the file logs in
//! by is that org, for the same reason. A policy is no wall against the person at the terminal, who
//! may change the file or log in elsewhere; it is what programs that are given this command cannot
//! overstep by accident.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use sf_agent_tools::{Effect, Org, OrgBuilder, Policy, Profile};
use sf_auth::accounts::{Account, Accounts, Filter, Status};
use sf_auth::transport::Transport;
use sf_auth::{ClientCredentials, Credentials, StaticCredentials, TokenBroker};
use sf_emulator::Emulator;
use sf_rest::Client;

use crate::config::{self, Config, DEMO, Login, Terms};
use crate::exit::{not_found, person};
use crate::home::Home;
use crate::settings::{self, Settings};

/// The org that is used if nothing else is said.
pub(crate) const DEFAULT: &str = "default";

/// A client, and the embedded org if it works on one: dropping it ends the org.
pub(crate) struct Connection {
    client: Client,
    embedded: Option<Emulator>,
    terms: Terms,
}

impl Connection {
    /// Whether it ends with the command.
    pub(crate) fn is_embedded(&self) -> bool {
        self.embedded.is_some()
    }

    /// What the configuration says of the org.
    pub(crate) fn terms(&self) -> &Terms {
        &self.terms
    }

    /// The client itself, for a command whose work a policy cannot be applied to.
    ///
    /// # Errors
    /// If the configuration names a policy for the org.
    pub(crate) fn raw(&self, what: &str) -> Result<&Client> {
        let Some(policy) = &self.terms.policy else { return Ok(&self.client) };
        Err(person(format!(
            "{what} is not possible in the org {:?}: its policy ({}) cannot be applied to it. Nothing was \
             sent. The tools of `sf-agent tools list` work under the policy",
            self.terms.name.as_deref().unwrap_or_default(),
            policy.display(),
        )))
    }

    /// The client, for what is done with a policy itself: whether the org has what it names.
    pub(crate) fn for_policy_check(&self) -> &Client {
        &self.client
    }

    /// As [`log_in`](Self::log_in), beside other work.
    pub(crate) fn logging_in(&self) -> impl Future<Output = Result<(), sf_rest::Error>> + use<> {
        let client = self.client.clone();
        async move { client.session().await.map(drop) }
    }

    /// Logs in, unless that was done.
    pub(crate) async fn log_in(&self) -> Result<(), sf_rest::Error> {
        self.client.session().await.map(drop)
    }

    /// The org behind `policy`.
    pub(crate) fn guarded(&self, policy: Policy) -> OrgBuilder {
        Org::builder(self.client.clone(), policy)
    }

    /// What an agent may do: what the options say, otherwise the configuration, otherwise reading.
    ///
    /// # Errors
    /// If an option would lift what the configuration limits.
    pub(crate) fn agent_policy(&self, file: Option<&Path>, write: bool) -> Result<Policy> {
        match rights(&self.terms, file, write)? {
            Rights::Policy(file) => crate::commands::policy::load(&file),
            Rights::Write => Ok(Policy::read_write()),
            Rights::Read => Ok(Policy::read_only()),
        }
    }

    /// What the person at the terminal may do: everything, but what the configuration limits.
    pub(crate) fn own_policy(&self) -> Result<Policy> {
        match (&self.terms.policy, self.terms.write) {
            (Some(file), _) => crate::commands::policy::load(file),
            (None, Some(false)) => Ok(Policy::read_only()),
            (None, _) => Ok(Policy::read_write()),
        }
    }

    /// Whether rules limit what can be read.
    pub(crate) fn has_policy(&self) -> bool {
        self.terms.policy.is_some()
    }

    /// The tools that the configuration gives agents.
    pub(crate) fn profile(&self) -> Profile {
        self.terms.profile.unwrap_or(Profile::All)
    }
}

/// What an agent may do.
pub(crate) enum Rights {
    /// What this file says.
    Policy(PathBuf),
    /// Read and write.
    Write,
    /// Read.
    Read,
}

/// What an agent may do that was given `file` and `write`, in an org of which the configuration
/// says `terms`.
///
/// # Errors
/// If it was given what the configuration does not allow.
pub(crate) fn rights(terms: &Terms, file: Option<&Path>, write: bool) -> Result<Rights> {
    let named = terms.name.as_deref().unwrap_or_default();
    match (&terms.policy, file, terms.write) {
        (Some(policy), file, _) if write || file.is_some_and(|file| file != policy) => {
            Err(person(format!(
                "the config names a policy for the org {named:?} ({}), in whose place no option can \
                 put another",
                policy.display()
            )))
        }
        (Some(file), ..) => Ok(Rights::Policy(file.clone())),
        (None, Some(file), Some(false)) if writes(&crate::commands::policy::load(file)?) => {
            Err(person(format!(
                "the config says write = false for the org {named:?}, and the policy {} allows writes",
                file.display()
            )))
        }
        (None, Some(file), _) => Ok(Rights::Policy(file.to_owned())),
        (None, None, Some(false)) if write => {
            Err(person(format!("the config says write = false for the org {named:?}")))
        }
        (None, None, Some(true)) => Ok(Rights::Write),
        (None, None, _) if write => Ok(Rights::Write),
        (None, None, _) => Ok(Rights::Read),
    }
}

fn writes(policy: &Policy) -> bool {
    [Effect::Create, Effect::Update, Effect::Delete].into_iter().any(|e| policy.allows(e))
}

/// Where a command works.
pub(crate) enum Target {
    /// An account that somebody logged in to.
    Account { accounts: Accounts, account: Box<Account>, implied: bool },
    /// What the environment or the configuration names, or the embedded org.
    Settings(Settings),
}

/// What `--org` names; or the environment; or the default org; or the embedded org. With the name of
/// an org of the configuration.
pub(crate) async fn target(
    org: Option<&str>,
    transport: &Transport,
) -> Result<(Target, Option<String>)> {
    let (target, terms) = chosen(org, transport).await?;
    Ok((target, terms.name))
}

async fn chosen(org: Option<&str>, transport: &Transport) -> Result<(Target, Terms)> {
    let config = config::load()?;
    if let Some(name) = org.filter(|name| !name.is_empty()) {
        return named(name, &config, false, transport).await;
    }
    let settings = settings::read(|name| std::env::var(name).ok())?;
    if !matches!(settings, Settings::Embedded) {
        return Ok((Target::Settings(settings), Terms::default()));
    }
    if let Some(name) = &config.default_org {
        let found = named(name, &config, true, transport).await;
        return found.with_context(|| format!("the config says default_org = {name:?}"));
    }
    if config.orgs.contains_key(DEFAULT) {
        return named(DEFAULT, &config, true, transport).await;
    }
    if let Ok(home) = Home::find()
        && home.has_accounts()
    {
        let accounts = home.accounts(transport).await?;
        let found = find(&accounts, DEFAULT).await?;
        if let Some(account) = found.filter(|account| account.status != Status::Disconnected) {
            let terms = terms_of(DEFAULT, &config)?;
            return Ok((of_account(accounts, account, true), terms));
        }
    }
    Ok((Target::Settings(settings), Terms::default()))
}

/// An org of the configuration, `demo`, or an account.
async fn named(
    name: &str,
    config: &Config,
    implied: bool,
    transport: &Transport,
) -> Result<(Target, Terms)> {
    if name == DEMO {
        return Ok((Target::Settings(Settings::Embedded), Terms::default()));
    }
    let entry = config.orgs.get(name);
    let account = match entry.map(|entry| &entry.login) {
        Some(Login::Account(account)) => account,
        Some(login) => {
            let settings = login.settings().with_context(|| format!("the org {name:?}"))?;
            let terms = entry.map(|entry| entry.terms.clone()).unwrap_or_default();
            return Ok((Target::Settings(settings), terms));
        }
        None => name,
    };
    let terms = match entry {
        Some(entry) => entry.terms.clone(),
        None => terms_of(account, config)?,
    };
    let home = Home::find()?;
    if !home.has_accounts() {
        return Err(not_found(match entry {
            Some(_) => absent(name, account),
            None => nothing_named(name, config, &[]),
        }));
    }
    let accounts = home.accounts(transport).await?;
    match find(&accounts, account).await? {
        Some(account) => Ok((of_account(accounts, account, implied), terms)),
        None if entry.is_some() => Err(not_found(absent(name, account))),
        None => Err(not_found(unknown_among(&accounts, name, config).await?)),
    }
}

fn absent(name: &str, account: &str) -> String {
    format!(
        "the org {name:?} logs in by the account {account:?}, which there is not; `sf-agent login {account}` \
         makes it"
    )
}

fn of_account(accounts: Accounts, account: Account, implied: bool) -> Target {
    Target::Account { accounts, account: Box::new(account), implied }
}

/// What the configuration says of an account that is named itself: what it says of the org that
/// logs in by it.
pub(crate) fn terms_of(account: &str, config: &Config) -> Result<Terms> {
    match config.of_account(account)[..] {
        [] => Ok(Terms::default()),
        [(_, entry)] => Ok(entry.terms.clone()),
        ref several => {
            let names: Vec<_> = several.iter().map(|(name, _)| *name).collect();
            bail!(
                "the account {account:?} is that of several orgs of the config; name one of them with --org: {}",
                names.join(", ")
            )
        }
    }
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
    unknown_among(accounts, name, &Config::default()).await
}

async fn unknown_among(accounts: &Accounts, name: &str, config: &Config) -> Result<String> {
    let page = accounts.list(Filter::all().limit(20)).await?;
    let names: Vec<_> = page.accounts.into_iter().map(|account| account.identifier).collect();
    Ok(nothing_named(name, config, &names))
}

/// What there is instead of a name.
fn nothing_named(name: &str, config: &Config, accounts: &[String]) -> String {
    let orgs: Vec<&str> = config.orgs.keys().map(String::as_str).collect();
    let known = accounts.iter().map(String::as_str).chain(orgs.iter().copied());
    let near = match sf_schema::suggest(name, known).first() {
        Some(near) => format!(" (did you mean {near}?)"),
        None => String::new(),
    };
    let (what, accounts) = match (orgs.is_empty(), accounts) {
        (true, []) => ("account", "and no other".to_owned()),
        (true, names) => ("account", format!("the accounts are {}", names.join(", "))),
        (false, []) => ("org or account", format!("the orgs are {}", orgs.join(", "))),
        (false, names) => {
            let (orgs, names) = (orgs.join(", "), names.join(", "));
            ("org or account", format!("the orgs are {orgs}, the accounts {names}"))
        }
    };
    let makes = if orgs.is_empty() { "it" } else { "an account" };
    format!("there is no {what} {name:?}, {accounts}{near}; `sf-agent login {name}` makes {makes}")
}

/// Connects to the org that was asked for.
pub(crate) async fn connect(org: Option<&str>) -> Result<Connection> {
    let transport = transport()?;
    let (target, terms) = chosen(org, &transport).await?;
    let (credentials, embedded): (Arc<dyn Credentials>, _) = match target {
        Target::Account { accounts, account, implied } => {
            if implied {
                let instance = account.instance_url.as_deref().unwrap_or_default();
                eprintln!("Working on the account {:?}: {instance}", account.identifier);
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
        tracing::info!("working on an embedded org");
    }
    let client =
        Client::builder(credentials).transport(transport).client_name("sf-agent").build()?;
    Ok(Connection { client, embedded, terms })
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
