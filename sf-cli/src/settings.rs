//! Which org the environment names.

use std::path::PathBuf;

use anyhow::{Result, bail};
use sf_auth::{Certificate, ClientCredentials, Flow, JwtBearer, PrivateKey, SecretString};

/// Where the commands work.
#[derive(Debug)]
pub(crate) enum Settings {
    Embedded,
    ClientCredentials { login_url: String, client_id: String, client_secret: SecretString },
    JwtBearer(Jwt),
    Session { instance_url: String, access_token: SecretString },
}

/// A login by a JWT that a key of ours signs. None of it is secret but what the key file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Jwt {
    pub(crate) login_url: String,
    pub(crate) client_id: String,
    pub(crate) username: String,
    pub(crate) key_file: PathBuf,
    /// The certificate of the key, for its end.
    pub(crate) certificate_file: Option<PathBuf>,
}

const KEY_FILE: &str = "SF_JWT_KEY_FILE";
const CERTIFICATE: &str = "SF_JWT_CERTIFICATE_FILE";
const SECRET: &str = "SF_CLIENT_SECRET";
const TOKEN: &str = "SF_ACCESS_TOKEN";
/// Variables that show that an org was meant, though not how to log in to it.
const OTHERS: [&str; 4] = ["SF_LOGIN_URL", "SF_CLIENT_ID", "SF_USERNAME", "SF_INSTANCE_URL"];

/// Every variable that is read here.
pub(crate) const ALL: [&str; 8] = [
    "SF_LOGIN_URL",
    "SF_CLIENT_ID",
    SECRET,
    KEY_FILE,
    CERTIFICATE,
    "SF_USERNAME",
    "SF_INSTANCE_URL",
    TOKEN,
];

/// Reads the settings through `get`, which gives a variable's value.
///
/// The first complete way wins: a key file, then a secret, then a session that
/// exists. A way that was begun and is incomplete is an error, since falling
/// back to the embedded org would hide it.
pub(crate) fn read(get: impl Fn(&str) -> Option<String>) -> Result<Settings> {
    let get = |name: &str| get(name).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty());

    if let Some(key_file) = get(KEY_FILE) {
        let [login_url, client_id, username] =
            required(get, KEY_FILE, ["SF_LOGIN_URL", "SF_CLIENT_ID", "SF_USERNAME"])?;
        return Ok(Settings::JwtBearer(Jwt {
            login_url,
            client_id,
            username,
            key_file: key_file.into(),
            certificate_file: get(CERTIFICATE).map(PathBuf::from),
        }));
    }
    if let Some(secret) = get(SECRET) {
        let [login_url, client_id] = required(get, SECRET, ["SF_LOGIN_URL", "SF_CLIENT_ID"])?;
        return Ok(Settings::ClientCredentials {
            login_url,
            client_id,
            client_secret: secret.into(),
        });
    }
    if let Some(token) = get(TOKEN) {
        let [instance_url] = required(get, TOKEN, ["SF_INSTANCE_URL"])?;
        return Ok(Settings::Session { instance_url, access_token: token.into() });
    }
    match OTHERS.into_iter().find(|name| get(name).is_some()) {
        None => Ok(Settings::Embedded),
        Some(name) => bail!(
            "{name} is set, but nothing to log in with. Set {SECRET} (client credentials), \
             {KEY_FILE} and SF_USERNAME (JWT bearer), or {TOKEN} and SF_INSTANCE_URL (an existing \
             session); or name an account with --org; or unset {name}."
        ),
    }
}

/// The values of `names`, all of which `because` needs.
fn required<const N: usize>(
    get: impl Fn(&str) -> Option<String>,
    because: &str,
    names: [&str; N],
) -> Result<[String; N]> {
    let missing: Vec<_> = names.into_iter().filter(|name| get(name).is_none()).collect();
    if !missing.is_empty() {
        bail!("{because} is set, and needs {} beside it.", missing.join(" and "));
    }
    Ok(names.map(|name| get(name).unwrap_or_default()))
}

impl Settings {
    /// The flow that they are for, ready to be asked; none for a session that exists.
    pub(crate) fn flow(&self) -> Result<Option<Box<dyn Flow>>, sf_auth::Error> {
        Ok(match self {
            Self::Embedded | Self::Session { .. } => None,
            Self::ClientCredentials { login_url, client_id, client_secret } => {
                let secret = client_secret.clone();
                Some(Box::new(ClientCredentials::new(login_url, client_id, secret)?))
            }
            Self::JwtBearer(jwt) => {
                let key = PrivateKey::from_file(&jwt.key_file)?;
                let flow = JwtBearer::new(&jwt.login_url, &jwt.client_id, &jwt.username, key)?;
                Some(Box::new(match &jwt.certificate_file {
                    Some(file) => flow.with_certificate(Certificate::from_file(file)?)?,
                    None => flow,
                }))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(set: &[(&str, &str)]) -> Result<Settings> {
        read(|name| set.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
    }

    #[test]
    fn nothing_set_is_the_embedded_org() {
        assert!(matches!(with(&[]).unwrap(), Settings::Embedded));
        assert!(matches!(with(&[("SF_LOGIN_URL", "  ")]).unwrap(), Settings::Embedded));
    }

    #[test]
    fn a_key_file_goes_before_a_secret_and_a_secret_before_a_session() {
        let mut set = vec![
            ("SF_LOGIN_URL", "https://login.salesforce.com"),
            ("SF_CLIENT_ID", "id"),
            ("SF_CLIENT_SECRET", "secret"),
            ("SF_INSTANCE_URL", "https://acme.my.salesforce.com"),
            ("SF_ACCESS_TOKEN", "00D!token"),
            ("SF_USERNAME", "ada@example.com"),
        ];
        assert!(matches!(with(&set).unwrap(), Settings::ClientCredentials { .. }));
        set.push(("SF_JWT_KEY_FILE", "key.pem"));
        assert!(matches!(with(&set).unwrap(), Settings::JwtBearer(_)));
        assert!(matches!(with(&set[3..5]).unwrap(), Settings::Session { .. }));
    }

    #[test]
    fn an_incomplete_set_names_what_is_missing() {
        let refused = |set: &[(&str, &str)]| with(set).unwrap_err().to_string();
        insta::assert_snapshot!(refused(&[("SF_JWT_KEY_FILE", "key.pem"), ("SF_CLIENT_ID", "id")]), @"SF_JWT_KEY_FILE is set, and needs SF_LOGIN_URL and SF_USERNAME beside it.");
        insta::assert_snapshot!(refused(&[("SF_CLIENT_SECRET", "s3cret")]), @"SF_CLIENT_SECRET is set, and needs SF_LOGIN_URL and SF_CLIENT_ID beside it.");
        insta::assert_snapshot!(refused(&[("SF_LOGIN_URL", "https://login.salesforce.com")]), @"SF_LOGIN_URL is set, but nothing to log in with. Set SF_CLIENT_SECRET (client credentials), SF_JWT_KEY_FILE and SF_USERNAME (JWT bearer), or SF_ACCESS_TOKEN and SF_INSTANCE_URL (an existing session); or name an account with --org; or unset SF_LOGIN_URL.");
    }

    #[test]
    fn debug_hides_secrets() {
        let settings = with(&[
            ("SF_LOGIN_URL", "https://login.salesforce.com"),
            ("SF_CLIENT_ID", "id"),
            ("SF_CLIENT_SECRET", "hunter2"),
        ]);
        assert!(!format!("{settings:?}").contains("hunter2"));
    }
}
