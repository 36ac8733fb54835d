//! Secrets from where nobody else looks: a file, the environment, or the keyboard without an echo.

use std::io::IsTerminal;
use std::path::Path;

use anyhow::{Context, Result, bail};
use sf_auth::SecretString;

use crate::args::Login;
use crate::exit::usage;

const VARIABLE: &str = "SF_CLIENT_SECRET";

/// The client secret of a login, where there is one.
pub(crate) fn client_secret(options: &Login) -> Result<Option<SecretString>> {
    if let Some(file) = &options.secret_file {
        return from_file(file).map(Some);
    }
    if options.ask_secret {
        return ask().map(Some);
    }
    let value = std::env::var(VARIABLE).ok().map(|value| value.trim().to_owned());
    Ok(value.filter(|value| !value.is_empty()).map(SecretString::from))
}

/// The client secret of a login that needs one.
pub(crate) fn required_client_secret(options: &Login) -> Result<SecretString> {
    if let Some(secret) = client_secret(options)? {
        return Ok(secret);
    }
    if !std::io::stdin().is_terminal() {
        return Err(usage(format!(
            "client credentials need the client secret; set {VARIABLE}, or name a file with \
             --secret-file"
        )));
    }
    ask()
}

/// The text of a file without the line break at its end.
pub(crate) fn from_file(path: &Path) -> Result<SecretString> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("{} cannot be read", path.display()))?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        bail!("{} is empty", path.display());
    }
    Ok(SecretString::from(text))
}

fn ask() -> Result<SecretString> {
    let typed = rpassword::prompt_password("Client secret: ")
        .context("there is no terminal to type the client secret in")?;
    if typed.is_empty() {
        bail!("no client secret was typed in");
    }
    Ok(SecretString::from(typed))
}
