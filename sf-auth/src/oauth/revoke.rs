//! The end of a token.

use secrecy::{ExposeSecret, SecretString};

use super::token;
use crate::transport::Transport;
use crate::{Cause, Environment, Error};

/// Revokes a token. A refresh token takes its sessions with it, and a session its refresh token
/// (Salesforce Help, "Revoke OAuth Tokens"). A token that the platform does not know, which is
/// also what it says of one that is dead already, counts as revoked: afterwards it does not work.
///
/// # Errors
/// The errors of any token request.
pub async fn revoke(
    transport: &Transport,
    environment: &Environment,
    token: &SecretString,
) -> Result<(), Error> {
    let endpoint = environment.endpoint("/services/oauth2/revoke");
    let form = [("token", token.expose_secret())];
    let answer = token::post(transport, endpoint, &form).await?;
    // The platform answers with nothing; a page is somebody else's.
    if answer.status.is_success() && !answer.body.trim_ascii_start().starts_with(b"<") {
        return Ok(());
    }
    match token::failure(&answer) {
        Error::Grant { cause: Cause::UnknownToken, .. } => Ok(()),
        error => Err(error),
    }
}
