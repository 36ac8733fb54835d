//! `sf-agent login`: an org is logged in to and kept as an account.

mod ways;

use anyhow::{Result, bail};
use sf_auth::accounts::{Account, Accounts, Revocation, Status};
use sf_auth::transport::Transport;
use sf_auth::{Session, revoke};

use self::ways::Granted;
use crate::connect::{DEFAULT, find, transport};
use crate::exit::usage;
use crate::failure::render;
use crate::home::Home;
use crate::out;
use crate::who::Who;
use crate::{args, config};

pub(crate) async fn run(options: &args::Login, org: Option<&str>) -> Result<()> {
    let named = options.name.as_deref().or(org).filter(|name| !name.is_empty());
    let config = config::load()?;
    let name = config.account_of(named.unwrap_or(DEFAULT));
    check_name(name)?;
    let transport = transport()?;
    // Before a person is asked for anything: a folder that cannot be written is told at once.
    let accounts = Home::find()?.accounts(&transport).await?;
    let granted = ways::obtain(options, &transport).await?;
    let who = Who::ask(&transport, granted.session()).await;

    if let Some(old) = find(&accounts, name).await? {
        let is_connected = old.status != Status::Disconnected;
        let is_other = is_other(&old, granted.session());
        if is_connected && is_other && !options.replace {
            give_back(&transport, &granted).await;
            bail!(
                "the account {name:?} is that of user {} of org {}, and this login is that of {} \
                 of {}; give another name to keep both, or --replace to log the old one out",
                old.user_id.as_deref().unwrap_or("(unknown)"),
                old.org_id.as_deref().unwrap_or("(unknown)"),
                out::harmless(&who.user()),
                out::harmless(&who.org),
            );
        }
        if !is_connected || is_other || !granted.is_of(&old.login) {
            retire(&accounts, name).await?;
        }
    }
    let shared = match &granted {
        Granted::Approval { is_ours: false, is_rotated, .. } => Some(*is_rotated),
        _ => None,
    };
    let account = granted.keep(&accounts, name).await?;
    tell(name, &account, &who)?;
    match shared {
        Some(true) => eprintln!(
            "The app gives a new refresh token each time, so the Salesforce CLI's own login of this org \
             has ended with this one. Log in anew there before you use it again (sf org login web): \
             sending its old token may end this login too."
        ),
        Some(false) => {
            eprintln!("The Salesforce CLI goes on with the same login: a logout of one ends both.");
        }
        None => {}
    }
    Ok(())
}

fn check_name(name: &str) -> Result<()> {
    if name == config::DEMO {
        return Err(usage(format!(
            "{name:?} is the embedded org that is built in; give the account another name"
        )));
    }
    let allowed = |c: char| c.is_alphanumeric() || "._@+-".contains(c);
    if name.is_empty() || name.len() > 100 || name.starts_with('-') || !name.chars().all(allowed) {
        return Err(usage(format!(
            "{name:?} cannot be the name of an account; use up to 100 letters, digits and . _ @ + -, not beginning with -"
        )));
    }
    Ok(())
}

fn is_other(old: &Account, session: &Session) -> bool {
    let differ = |old: &Option<String>, new: Option<&str>| matches!((old.as_deref(), new), (Some(a), Some(b)) if a != b);
    differ(&old.org_id, session.org_id()) || differ(&old.user_id, session.user_id())
}

/// Ends an account that something else takes the place of.
async fn retire(accounts: &Accounts, name: &str) -> Result<()> {
    if let Revocation::Failed(error) = accounts.disconnect(name).await?.revocation {
        let error = render(&error.into());
        eprintln!("The old login of {name:?} could not be revoked, and is forgotten: {error}");
    }
    accounts.remove(name).await?;
    Ok(())
}

/// Revokes an approval that is not wanted. One that the Salesforce CLI uses too is left alone.
async fn give_back(transport: &Transport, granted: &Granted) {
    if let Granted::Approval { app, response, is_ours: true, .. } = granted
        && let Some(token) = &response.refresh_token
        && let Err(error) = revoke(transport, app.environment(), token).await
    {
        eprintln!("The new login could not be revoked: {}", render(&error.into()));
    }
}

fn tell(name: &str, account: &Account, who: &Who) -> Result<()> {
    let kind = who.kind.as_deref().map(|kind| format!(" ({kind})")).unwrap_or_default();
    let scopes = match account.scopes.as_slice() {
        [] => "not told".to_owned(),
        scopes => scopes.join(" "),
    };
    let mut lines = vec![
        format!("Logged in as {}", who.user()),
        format!("  account   {name}"),
        format!("  org       {}{kind}", who.org),
        format!("  instance  {}", who.instance),
        format!("  granted   {scopes}"),
    ];
    if !account.missing_scopes.is_empty() {
        lines.push(format!("  lacking   {}", account.missing_scopes.join(" ")));
    }
    let option = if name == DEFAULT { String::new() } else { format!("--org {name} ") };
    lines.push(format!("Try: sf-agent {option}objects account"));
    for line in lines {
        out::line(out::harmless(&line))?;
    }
    Ok(())
}
