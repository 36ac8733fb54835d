//! The holders of this user's tokens: what each token says holds from one request to the next.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use async_trait::async_trait;
use aws_lc_rs::digest::{SHA256, digest};
use sf_adapter_mcp::http::{Identities, Identity, IdentityError};
use sf_agent_tools::audit::AuditFile;
use sf_agent_tools::{Org, Policy, Profile, Sealer, ToolSet};
use sf_auth::accounts::Accounts;
use sf_auth::transport::Transport;
use sf_rest::Client;

use crate::commands::accounts::store::{self, Token};
use crate::config;
use crate::connect::{Rights, find, rights, terms_of, transport};
use crate::failure::render;
use crate::guard;
use crate::home::Home;

pub(super) struct Holders {
    tokens: PathBuf,
    accounts: Accounts,
    transport: Transport,
    sealer: Sealer,
    audit: Option<Arc<AuditFile>>,
}

impl Holders {
    pub(super) async fn open(audit: Option<&Path>) -> Result<Self> {
        let home = Home::find()?;
        let tokens = home.tokens_file();
        if store::read(&tokens)?.is_empty() {
            bail!(
                "there are no tokens, so nobody could use the server; `sf-agent accounts token NAME` \
                 makes one for an account"
            );
        }
        let transport = transport()?;
        Ok(Self {
            tokens,
            accounts: home.accounts(&transport).await?,
            transport,
            sealer: Sealer::load_or_create(home.seal_file())?,
            audit: audit.map(guard::log).transpose()?.map(Arc::new),
        })
    }

    /// The token that `which` picks and what it gives now, if its account is still the one for
    /// which it was made.
    async fn token(
        &self,
        which: impl FnOnce(&[Token]) -> Option<&Token> + Send + 'static,
    ) -> Result<Option<(Token, Given)>> {
        let path = self.tokens.clone();
        let read = move || -> Result<_> {
            let tokens = store::read(&path)?;
            let Some(token) = which(&tokens).cloned() else { return Ok(None) };
            let given = Given::by(&token)?;
            Ok(Some((token, given)))
        };
        let Some((token, given)) = tokio::task::spawn_blocking(read).await?? else {
            return Ok(None);
        };
        let account = find(&self.accounts, &token.account).await?;
        Ok(account.is_some_and(|account| token.is_for(&account)).then_some((token, given)))
    }

    async fn by_id(&self, id: &str) -> Result<Option<(Token, Given)>> {
        let id = id.to_owned();
        self.token(move |tokens| tokens.iter().find(|t| t.id == id && !t.has_expired())).await
    }

    fn tool_set(&self, token: &Token, given: Given) -> Result<ToolSet> {
        let policy = match given.policy {
            Some(text) => Policy::from_toml(&text)?,
            None if given.write => Policy::read_write(),
            None => Policy::read_only(),
        };
        let profile = Profile::from_name(&token.profile)
            .with_context(|| format!("the token {} has an unknown profile", token.id))?;
        let client = Client::builder(Arc::new(self.accounts.credentials(&token.account)))
            .transport(self.transport.clone())
            .client_name("sf-agent")
            .build()?;
        let mut org = Org::builder(client, policy).name(&token.account).sealer(self.sealer.clone());
        match (given.audit, &self.audit) {
            (Some(_), Some(_)) => bail!(
                "the config names a log of writes for the account {:?}; leave --audit out",
                token.account
            ),
            (Some(file), None) => org = org.audit(Arc::new(guard::log(&file)?)),
            (None, Some(audit)) => org = org.audit(Arc::clone(audit) as _),
            (None, None) => {}
        }
        Ok(ToolSet::profile(org.build(), profile))
    }
}

/// What a token gives: what it says itself, within what the configuration says of its account.
struct Given {
    /// The text of the policy.
    policy: Option<String>,
    write: bool,
    /// Where the configuration logs writes.
    audit: Option<PathBuf>,
}

impl Given {
    fn by(token: &Token) -> Result<Self> {
        let terms = terms_of(&token.account, &config::load()?)?;
        let (policy, write) = match rights(&terms, token.policy.as_deref(), token.write)? {
            Rights::Policy(file) => {
                let text = std::fs::read_to_string(&file)
                    .with_context(|| format!("the policy {} cannot be read", file.display()))?;
                (Some(text), false)
            }
            // What the configuration allows to agents in general, a token has to allow, too.
            Rights::Write => (None, token.write),
            Rights::Read => (None, false),
        };
        Ok(Self { policy, write, audit: terms.audit })
    }
}

/// The token, and what it gives now.
fn identity(token: &Token, given: &Given) -> Identity {
    let audit = given.audit.as_deref().unwrap_or(Path::new("")).display();
    let text = format!("{} {audit}\n{}", given.write, given.policy.as_deref().unwrap_or_default());
    let revision = digest(&SHA256, text.as_bytes());
    Identity::new(format!("{} {}", token.account, token.id), format!("{revision:?}"))
}

fn told(error: &anyhow::Error) -> IdentityError {
    IdentityError::new(render(error))
}

#[async_trait]
impl Identities for Holders {
    async fn identify(&self, bearer: &str) -> Result<Option<Identity>, IdentityError> {
        let text = bearer.to_owned();
        let found = self
            .token(move |tokens| store::shown(tokens, &text))
            .await
            .map_err(|error| told(&error))?;
        Ok(found.map(|(token, given)| identity(&token, &given)))
    }

    async fn tools(&self, identity: &Identity) -> Result<ToolSet, IdentityError> {
        let id = identity.id.rsplit(' ').next().unwrap_or_default();
        let Some((token, given)) = self.by_id(id).await.map_err(|error| told(&error))? else {
            return Err(IdentityError::new(format!("the token {id} is gone")));
        };
        self.tool_set(&token, given).map_err(|error| told(&error))
    }

    async fn holds(&self, known: &Identity) -> Result<bool, IdentityError> {
        let id = known.id.rsplit(' ').next().unwrap_or_default();
        let found = self.by_id(id).await.map_err(|error| told(&error))?;
        Ok(found.is_some_and(|(token, given)| identity(&token, &given) == *known))
    }
}
