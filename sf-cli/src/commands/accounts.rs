//! `sf-agent accounts`: who is logged in where, and how it goes.

pub(crate) mod store;
mod tokens;

use anyhow::{Result, bail};
use jiff::Timestamp;
use serde_json::{Value, json};
use sf_auth::accounts::{Account, Filter, LoginMethod, Status};

use crate::args::{self, AccountsCommand, Output};
use crate::connect::transport;
use crate::exit::usage;
use crate::home::Home;
use crate::out;

const HEAD: [&str; 9] = [
    "NAME",
    "STATUS",
    "USER",
    "ORG",
    "INSTANCE",
    "FLOW",
    "LAST SUCCESS",
    "LAST FAILURE",
    "CERTIFICATE",
];

pub(crate) async fn run(options: &args::Accounts) -> Result<()> {
    match &options.command {
        Some(AccountsCommand::Token(options)) => return tokens::token(options).await,
        Some(AccountsCommand::Tokens { format }) => return tokens::list(*format),
        None => {}
    }
    if options.rotate_key {
        return rotate_key().await;
    }
    let wanted = options.status.as_deref().map(status).transpose()?;
    let found = all(wanted).await?;
    if options.format == Output::Json {
        let found: Vec<_> = found.iter().map(as_json).collect();
        out::line(serde_json::to_string_pretty(&found)?)?;
        return Ok(());
    }
    if found.is_empty() {
        match wanted {
            Some(status) => eprintln!("No account is {status}."),
            None => eprintln!("No accounts; `sf-agent login` makes one."),
        }
        return Ok(());
    }
    let rows = std::iter::once(HEAD.map(str::to_owned))
        .chain(found.iter().map(|account| row(account).map(|cell| out::harmless(&cell))));
    table(rows.collect())
}

/// Prints rows in aligned columns.
fn table<const N: usize>(rows: Vec<[String; N]>) -> Result<()> {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: Vec<_> = (0..N).map(|column| width(column).unwrap_or_default()).collect();
    for row in rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        out::line(cells.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}

async fn rotate_key() -> Result<()> {
    let home = Home::find()?;
    if !home.has_accounts() {
        bail!("there are no accounts, so there is no key to change");
    }
    let sealed = home.rotate_key(&transport()?).await?;
    out::line(format_args!(
        "Accounts sealed under the new key: {sealed}. Restart the programs that run, then remove all \
         lines but the first from the key file."
    ))?;
    eprintln!("The key file: {}", home.key_file().display());
    Ok(())
}

async fn all(wanted: Option<Status>) -> Result<Vec<Account>> {
    let (mut found, mut after) = (Vec::new(), None);
    let home = Home::find()?;
    if !home.has_accounts() {
        return Ok(found);
    }
    let accounts = home.accounts(&transport()?).await?;
    loop {
        let mut filter = Filter::all();
        if let Some(status) = wanted {
            filter = filter.status(status);
        }
        if let Some(after) = after {
            filter = filter.after(after);
        }
        let page = accounts.list(filter).await?;
        found.extend(page.accounts);
        after = page.next;
        if after.is_none() {
            return Ok(found);
        }
    }
}

fn status(text: &str) -> Result<Status> {
    let known = |status: &Status| status.to_string() == text.replace('-', "_");
    if let Some(status) = Status::ALL.into_iter().find(known) {
        return Ok(status);
    }
    let names: Vec<_> = Status::ALL.iter().map(Status::to_string).collect();
    Err(usage(format!("{text:?} is no status; one of {}", names.join(", "))))
}

/// How an account logs in, in words.
pub(crate) fn flow(method: LoginMethod) -> &'static str {
    match method {
        LoginMethod::AuthorizationCode => "refresh token",
        LoginMethod::JwtBearer => "JWT bearer",
        LoginMethod::ClientCredentials => "client credentials",
        _ => "other",
    }
}

fn row(account: &Account) -> [String; 9] {
    let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let health = &account.health;
    let failure = health.last_failure.as_ref().map(|failure| {
        let why = failure.cause.as_deref().unwrap_or("Unavailable");
        format!("{} {why}", minute(failure.at))
    });
    [
        account.identifier.clone(),
        account.status.to_string(),
        or_none(&account.login.username.clone().or_else(|| account.user_id.clone())),
        or_none(&account.org_id),
        account.instance_url.as_deref().map_or("-", |url| url.trim_end_matches('/')).to_owned(),
        flow(account.login.method).to_owned(),
        or_none(&health.last_success.map(minute)),
        or_none(&failure),
        or_none(&health.certificate_days_left.map(|days| format!("{days} days"))),
    ]
}

fn minute(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%MZ").to_string()
}

fn as_json(account: &Account) -> Value {
    let health = &account.health;
    let failure = health.last_failure.as_ref();
    json!({
        "name": account.identifier,
        "status": account.status.to_string(),
        "flow": flow(account.login.method),
        "login_url": account.login.login_url,
        "client_id": account.login.client_id,
        "username": account.login.username,
        "user_id": account.user_id,
        "org_id": account.org_id,
        "instance_url": account.instance_url,
        "scopes": account.scopes,
        "missing_scopes": account.missing_scopes,
        "last_success": health.last_success.map(|time| time.to_string()),
        "last_failure": failure.map(|failure| json!({
            "at": failure.at.to_string(),
            "what": failure.what,
            "cause": failure.cause,
        })),
        "consecutive_failures": health.consecutive_failures,
        "certificate_days_left": health.certificate_days_left,
        "next_try": health.next_try.map(|time| time.to_string()),
    })
}
