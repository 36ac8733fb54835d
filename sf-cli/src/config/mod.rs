//! The configuration file: the orgs of this user by name, how each is logged in to, and what is
//! allowed there. It holds no secret: it names accounts, environment variables and files.
//!
//! The file is `config.toml` in `SF_AGENT_HOME`, otherwise in `sf-agent` in the user's folder for
//! configuration; `--config` and `SF_AGENT_CONFIG` name another. Without one there are no orgs but
//! the accounts and `demo`. docs/command-line.md has the reference.

mod edit;
mod entry;
mod read;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::{Context, Result};
use etcetera::BaseStrategy;
use sf_agent_tools::Profile;

pub(crate) use self::edit::{set_alias, set_default};
pub(crate) use self::entry::Login;
#[cfg(test)]
pub(crate) use self::read::ORG_KEYS;

/// The org that is built in.
pub(crate) const DEMO: &str = "demo";

const FILE_NAME: &str = "config.toml";

/// The file that `--config` names: given once, as the environment is, so that no command has to
/// carry it along.
static CHOSEN: OnceLock<PathBuf> = OnceLock::new();

/// Takes the file of `--config`.
pub(crate) fn choose(file: Option<PathBuf>) {
    if let Some(file) = file.filter(|file| !file.as_os_str().is_empty()) {
        // Only the first call counts, and there is one.
        let _ = CHOSEN.set(file);
    }
}

/// The file, if `--config` or its variable named one.
pub(crate) fn chosen() -> Option<&'static Path> {
    CHOSEN.get().map(PathBuf::as_path)
}

/// What the file says.
#[derive(Debug, Default)]
pub(crate) struct Config {
    pub(crate) default_org: Option<String>,
    pub(crate) orgs: BTreeMap<String, OrgEntry>,
}

/// An org of the file.
#[derive(Debug, Clone)]
pub(crate) struct OrgEntry {
    pub(crate) login: Login,
    pub(crate) terms: Terms,
}

/// What is allowed in an org, and how it is told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Terms {
    /// The org's name in the file.
    pub(crate) name: Option<String>,
    /// What limits every command, a TOML file.
    pub(crate) policy: Option<PathBuf>,
    /// Whether agents may write; with `false` nobody may.
    pub(crate) write: Option<bool>,
    /// Where every write is logged.
    pub(crate) audit: Option<PathBuf>,
    /// Which tools agents get.
    pub(crate) profile: Option<Profile>,
}

/// Where the file is, whether or not it exists.
pub(crate) fn path() -> Result<PathBuf> {
    if let Some(file) = CHOSEN.get() {
        return Ok(file.clone());
    }
    if let Some(folder) = std::env::var_os("SF_AGENT_HOME").filter(|folder| !folder.is_empty()) {
        return Ok(PathBuf::from(folder).join(FILE_NAME));
    }
    let strategy = etcetera::choose_base_strategy().with_context(|| {
        "there is no home folder with a configuration; name a file with --config".to_owned()
    })?;
    Ok(strategy.config_dir().join("sf-agent").join(FILE_NAME))
}

/// Reads the file. One that nobody named need not exist.
pub(crate) fn load() -> Result<Config> {
    let Ok(path) = path() else { return Ok(Config::default()) };
    match std::fs::read_to_string(&path) {
        Ok(text) => read::config(&text, &path),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && CHOSEN.get().is_none() => {
            Ok(Config::default())
        }
        Err(error) => {
            Err(error).with_context(|| format!("the config {} cannot be read", path.display()))
        }
    }
}

impl Config {
    /// The orgs that log in by an account.
    pub(crate) fn of_account(&self, account: &str) -> Vec<(&str, &OrgEntry)> {
        let of = self.orgs.iter().filter(|(_, entry)| entry.login.account() == Some(account));
        of.map(|(name, entry)| (name.as_str(), entry)).collect()
    }

    /// The account that a name stands for in `login` and `logout`: that of the org of this name, or
    /// the name itself.
    pub(crate) fn account_of<'a>(&'a self, name: &'a str) -> &'a str {
        self.orgs.get(name).and_then(|entry| entry.login.account()).unwrap_or(name)
    }
}

/// A path of the file, which is below its folder unless it says otherwise.
fn below(file: &Path, path: PathBuf) -> PathBuf {
    match file.parent() {
        Some(folder) => folder.join(path),
        None => path,
    }
}
