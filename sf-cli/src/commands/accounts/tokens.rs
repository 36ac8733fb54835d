//! `sf-agent accounts token` and `tokens`: who may use the tools over HTTP, as whom.

use std::path::Path;

use anyhow::Result;
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};
use serde_json::json;
use sf_agent_tools::Profile;

use super::store::{self, Grant, Token};
use crate::args::{self, Output};
use crate::commands::policy;
use crate::config;
use crate::connect::{find, rights, terms_of, transport, unknown};
use crate::exit::{self, not_found, usage};
use crate::home::Home;
use crate::out;

pub(super) async fn token(options: &args::Token) -> Result<()> {
    let home = Home::find()?;
    let path = home.tokens_file();
    if let Some(id) = &options.revoke {
        return revoke(&path, id);
    }
    let name = options.account.as_deref().unwrap_or_default();
    let profile = Profile::from_name(&options.profile).ok_or_else(|| {
        let names: Vec<_> = Profile::ALL.iter().map(|profile| profile.as_str()).collect();
        usage(format!("{:?} is no profile; one of {}", options.profile, names.join(", ")))
    })?;
    let expires = expiry(&options.expires)?;
    let file = match &options.policy {
        Some(file) => {
            policy::load(file)?;
            Some(std::fs::canonicalize(file)?)
        }
        None => None,
    };
    if !home.has_accounts() {
        return Err(not_found(format!(
            "there is no account {name:?}, and no other; `sf-agent login {name}` makes it"
        )));
    }
    let accounts = home.accounts(&transport()?).await?;
    let Some(account) = find(&accounts, name).await? else {
        return Err(not_found(unknown(&accounts, name).await?));
    };
    let terms = terms_of(&account.identifier, &config::load()?)?;
    rights(&terms, file.as_deref(), options.write)?;
    let grant = Grant { profile: profile.to_string(), policy: file, write: options.write, expires };
    let (token, text) = Token::new(&account, grant)?;
    store::change(&path, |tokens| {
        tokens.push(token.clone());
        Ok(())
    })?;
    let unseen = format!(
        "the token could not be printed, and is of no use; sf-agent accounts token --revoke {} removes it",
        token.id
    );
    exit::shown(out::line(&text).map_err(Into::into), &unseen)?;
    eprintln!(
        "This is shown once; only its digest is kept. Whoever shows it works as {}: {}, {}.",
        out::harmless(&token.account),
        may(&token),
        until(&token),
    );
    eprintln!("To revoke it: sf-agent accounts token --revoke {}", token.id);
    Ok(())
}

fn revoke(path: &Path, id: &str) -> Result<()> {
    let unknown =
        || not_found(format!("there is no token {id:?}; `sf-agent accounts tokens` lists them"));
    let has = |tokens: &[Token]| tokens.iter().position(|token| token.id == id);
    has(&store::read(path)?).ok_or_else(unknown)?;
    let token = store::change(path, |tokens| {
        let at = has(tokens).ok_or_else(unknown)?;
        Ok(tokens.remove(at))
    })?;
    out::line(format_args!(
        "Revoked {} of {}. Servers refuse it from now on, and end its sessions.",
        token.id,
        out::harmless(&token.account)
    ))?;
    Ok(())
}

pub(super) fn list(format: Output) -> Result<()> {
    let tokens = store::read(&Home::find()?.tokens_file())?;
    if format == Output::Json {
        let all: Vec<_> = tokens
            .iter()
            .map(|token| {
                json!({
                    "id": token.id,
                    "account": token.account,
                    "profile": token.profile,
                    "policy": token.policy,
                    "write": token.write,
                    "created": token.created.to_string(),
                    "expires": token.expires.map(|end| end.to_string()),
                    "expired": token.has_expired(),
                })
            })
            .collect();
        out::line(serde_json::to_string_pretty(&all)?)?;
        return Ok(());
    }
    if tokens.is_empty() {
        eprintln!("No tokens; `sf-agent accounts token NAME` makes one for an account.");
        return Ok(());
    }
    let head = ["ID", "ACCOUNT", "ALLOWS", "CREATED", "GOOD"].map(str::to_owned);
    let rows = tokens.iter().map(|token| {
        let cells = [
            token.id.clone(),
            token.account.clone(),
            may(token),
            super::minute(token.created),
            until(token),
        ];
        cells.map(|cell| out::harmless(&cell))
    });
    super::table(std::iter::once(head).chain(rows).collect())
}

/// What a token allows, in words.
fn may(token: &Token) -> String {
    let rights = match &token.policy {
        Some(file) => format!("under {}", file.display()),
        None if token.write => "reading and writing".to_owned(),
        None => "reading".to_owned(),
    };
    format!("tools {}, {rights}", token.profile)
}

fn until(token: &Token) -> String {
    match token.expires {
        None => "until it is revoked".to_owned(),
        Some(_) if token.has_expired() => "no more: it has expired".to_owned(),
        Some(end) => format!("until {}", super::minute(end)),
    }
}

/// When a token ends that is good for this long.
fn expiry(text: &str) -> Result<Option<Timestamp>> {
    if text.eq_ignore_ascii_case("never") {
        return Ok(None);
    }
    let wrong =
        |_| usage(format!("{text:?} is no time to expire in; write 12h, 30d, 8w, or never"));
    let span: Span = text.parse().map_err(wrong)?;
    let time = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(wrong)?;
    if time < SignedDuration::from_mins(1) {
        return Err(usage(format!("a token is good for a minute at least, not {text:?}")));
    }
    Ok(Some(Timestamp::now().checked_add(time).map_err(wrong)?))
}
