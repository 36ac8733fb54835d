//! Where the accounts of this user lie: a database of sealed secrets, and the key that opens them.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use etcetera::BaseStrategy;
use sf_auth::accounts::Accounts;
use sf_auth::seal::{LocalKeys, Sealer};
use sf_auth::store::SqliteStore;
use sf_auth::transport::Transport;

const VARIABLE: &str = "SF_AGENT_HOME";

/// The folder, which need not exist.
pub(crate) struct Home(PathBuf);

impl Home {
    /// `SF_AGENT_HOME`, or `sf-agent` in the user's folder for data: `$XDG_DATA_HOME` or
    /// `~/.local/share`, on Windows `%APPDATA%`.
    pub(crate) fn find() -> Result<Self> {
        if let Some(folder) = std::env::var_os(VARIABLE).filter(|folder| !folder.is_empty()) {
            return Ok(Self(folder.into()));
        }
        let strategy = etcetera::choose_base_strategy().with_context(|| {
            format!("there is no home folder to keep accounts in; name a folder in {VARIABLE}")
        })?;
        Ok(Self(strategy.data_dir().join("sf-agent")))
    }

    /// Whether anyone ever logged in here.
    pub(crate) fn has_accounts(&self) -> bool {
        self.database().exists()
    }

    /// The accounts. The files are made if they do not exist, for their owner alone.
    pub(crate) async fn accounts(&self, transport: &Transport) -> Result<Accounts> {
        let key_file = self.key_file();
        if self.has_accounts() && !key_file.exists() {
            // A new key would open nothing, and hide that the right one is gone.
            bail!(
                "{} is missing, and without it the accounts beside it cannot be opened; put it back, \
                 or remove {} and log in again",
                key_file.display(),
                self.database().display(),
            );
        }
        self.accounts_with(LocalKeys::load_or_create(key_file)?, transport).await
    }

    /// Seals all accounts under a new master key, and tells how many there were. The old key stays
    /// in the file for programs that run.
    pub(crate) async fn rotate_key(&self, transport: &Transport) -> Result<usize> {
        let keys = LocalKeys::rotate_file(self.key_file())?;
        Ok(self.accounts_with(keys, transport).await?.rewrap().await?)
    }

    async fn accounts_with(&self, keys: LocalKeys, transport: &Transport) -> Result<Accounts> {
        let store = SqliteStore::open(self.database()).await?;
        let builder = Accounts::builder(Arc::new(store), Sealer::new(Arc::new(keys)));
        Ok(builder.transport(transport.clone()).build()?)
    }

    pub(crate) fn key_file(&self) -> PathBuf {
        self.0.join("master.key")
    }

    /// The key of what a model is given and hands back.
    pub(crate) fn seal_file(&self) -> PathBuf {
        self.0.join("seal.key")
    }

    /// The digests of the bearer tokens by which others use the accounts.
    pub(crate) fn tokens_file(&self) -> PathBuf {
        self.0.join("tokens.json")
    }

    fn database(&self) -> PathBuf {
        self.0.join("accounts.db")
    }
}
