//! `sf-agent logout`: an authorization is revoked and forgotten.

use anyhow::{Context, Result};
use sf_auth::accounts::Revocation;

use crate::connect::{find, transport, unknown};
use crate::exit::not_found;
use crate::home::Home;
use crate::out;
use crate::{args, config};

pub(crate) async fn run(options: &args::Logout) -> Result<()> {
    let config = config::load()?;
    let name = config.account_of(&options.name);
    let home = Home::find()?;
    if !home.has_accounts() {
        return Err(not_found(format!("there is no account {name:?}, and no other")));
    }
    let accounts = home.accounts(&transport()?).await?;
    if find(&accounts, name).await?.is_none() {
        return Err(not_found(unknown(&accounts, name).await?));
    }
    let told = match accounts.disconnect(name).await?.revocation {
        Revocation::Revoked => "Its refresh token is revoked, and its sessions ended with it.",
        Revocation::Nothing => {
            "There was no refresh token to revoke. A session that another program still has ends by \
             itself; the app's secret or certificate is good until an administrator removes it."
        }
        Revocation::Uncertain => {
            "Its refresh token is revoked, but an answer to a refresh was lost before, so there may \
             be a newer one that nobody knows: an administrator can revoke it (Setup, Connected Apps \
             OAuth Usage)."
        }
        Revocation::Failed(error) => {
            return Err(error).with_context(|| {
                format!(
                    "{name:?} is disconnected here, and its refresh token could not be revoked; it \
                     stays sealed until `sf-agent logout {name}` is run again"
                )
            });
        }
        _ => "It is disconnected.",
    };
    accounts.remove(name).await?;
    out::line(format_args!("Logged out of {name}. {told}"))?;
    Ok(())
}
