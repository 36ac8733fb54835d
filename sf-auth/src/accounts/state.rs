//! The `state` of an authorization: which account it is of, for our eyes only.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::AccountError;
use super::record::unique;
use crate::Error;
use crate::seal::{Binding, SealedSecret, Sealer, WrappedKey};

const PURPOSE: &str = "authorization state";
const NOBODY: Binding<'static> = Binding { identifier: "", org: None };

/// Sealed under a key of its own, so that it can be opened before the account is known.
#[derive(Serialize, Deserialize)]
struct State {
    k: WrappedKey,
    s: SealedSecret,
}

/// A new `state` for an account: 128 random bits and the identifier, sealed, in base64url.
pub(super) async fn make(sealer: &Sealer, identifier: &str) -> Result<SecretString, Error> {
    let (key, k) = sealer.new_account_key().await?;
    let text = SecretString::from(format!("{} {identifier}", unique()?));
    let state = State { k, s: key.seal(PURPOSE, NOBODY, &text)? };
    let json = serde_json::to_vec(&state).map_err(Error::other)?;
    Ok(SecretString::from(URL_SAFE_NO_PAD.encode(json)))
}

/// The identifier in a `state` that one of our processes made.
///
/// # Errors
/// [`AccountError::UnknownState`] for anything else; [`Error::Seal`] if the keys cannot be had now.
pub(super) async fn open(sealer: &Sealer, state: &SecretString) -> Result<String, Error> {
    let unknown = || Error::from(AccountError::UnknownState);
    let json = URL_SAFE_NO_PAD.decode(state.expose_secret()).map_err(|_| unknown())?;
    let state: State = serde_json::from_slice(&json).map_err(|_| unknown())?;
    let key = match sealer.account_key(&state.k).await {
        Ok(key) => key,
        Err(error) if error.is_retryable() => return Err(error.into()),
        Err(_) => return Err(unknown()),
    };
    let text = key.open(PURPOSE, NOBODY, &state.s).map_err(|_| unknown())?;
    let (_, identifier) = text.expose_secret().split_once(' ').ok_or_else(unknown)?;
    Ok(identifier.to_owned())
}
