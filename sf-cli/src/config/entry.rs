//! How an org of the configuration file is logged in to.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use sf_auth::SecretString;

use crate::secret;
use crate::settings::{Jwt, Settings};

/// A way to log in. What is secret is named, and read when it is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Login {
    /// An account that `sf-agent login` made.
    Account(String),
    /// An org that is gone when the command ends.
    Embedded,
    ClientCredentials {
        login_url: String,
        client_id: String,
        secret: Secret,
    },
    JwtBearer(Jwt),
    /// A session that exists already.
    Session {
        instance_url: String,
        token: Secret,
    },
}

/// Where a secret is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Secret {
    Variable(String),
    File(PathBuf),
}

impl Secret {
    fn read(&self) -> Result<SecretString> {
        match self {
            Self::File(path) => secret::from_file(path),
            Self::Variable(name) => {
                let value = std::env::var(name).ok().filter(|value| !value.trim().is_empty());
                let value = value.with_context(|| {
                    format!("the environment variable {name} is not set, and the config names it")
                })?;
                Ok(SecretString::from(value.trim()))
            }
        }
    }

    /// What keeps it from being read, without reading it.
    fn missing(&self) -> Option<String> {
        match self {
            Self::File(path) => (!path.is_file()).then(|| format!("no file {}", path.display())),
            Self::Variable(name) => {
                std::env::var_os(name).is_none().then(|| format!("{name} is not set"))
            }
        }
    }
}

impl Login {
    /// What to log in with, secrets and all; an account is none of these.
    pub(crate) fn settings(&self) -> Result<Settings> {
        Ok(match self {
            Self::Account(name) => bail!("{name:?} is an account"),
            Self::Embedded => Settings::Embedded,
            Self::ClientCredentials { login_url, client_id, secret } => {
                Settings::ClientCredentials {
                    login_url: login_url.clone(),
                    client_id: client_id.clone(),
                    client_secret: secret.read()?,
                }
            }
            Self::JwtBearer(jwt) => Settings::JwtBearer(jwt.clone()),
            Self::Session { instance_url, token } => Settings::Session {
                instance_url: instance_url.clone(),
                access_token: token.read()?,
            },
        })
    }

    /// The account, if it is one.
    pub(crate) fn account(&self) -> Option<&str> {
        match self {
            Self::Account(name) => Some(name),
            _ => None,
        }
    }

    /// In words.
    pub(crate) fn way(&self) -> String {
        match self {
            Self::Account(name) => format!("account {name}"),
            Self::Embedded => "embedded".to_owned(),
            Self::ClientCredentials { .. } => "client credentials".to_owned(),
            Self::JwtBearer(_) => "JWT bearer".to_owned(),
            Self::Session { .. } => "session".to_owned(),
        }
    }

    /// Where it logs in, if the file says.
    pub(crate) fn address(&self) -> Option<&str> {
        match self {
            Self::ClientCredentials { login_url, .. } | Self::JwtBearer(Jwt { login_url, .. }) => {
                Some(login_url)
            }
            Self::Session { instance_url, .. } => Some(instance_url),
            Self::Account(_) | Self::Embedded => None,
        }
    }

    /// What is not there of what it names, as far as that is seen without a login.
    pub(crate) fn missing(&self) -> Option<String> {
        match self {
            Self::ClientCredentials { secret, .. } => secret.missing(),
            Self::Session { token, .. } => token.missing(),
            Self::JwtBearer(Jwt { key_file, .. }) => {
                (!key_file.is_file()).then(|| format!("no file {}", key_file.display()))
            }
            Self::Account(_) | Self::Embedded => None,
        }
    }
}
