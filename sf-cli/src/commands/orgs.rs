//! `sf-agent orgs`: the orgs of the configuration and the accounts, which of them is the default,
//! and whether they can be used. Nothing is sent.

use anyhow::{Result, bail};
use serde_json::Value;
use sf_auth::accounts::{Account, Filter};

use super::data::sheet;
use crate::args::{Format, Orgs, OrgsCommand};
use crate::config::{self, Config, DEMO, Login, Terms};
use crate::connect::{DEFAULT, transport};
use crate::exit::not_found;
use crate::home::Home;
use crate::out;
use crate::progress::Progress;

pub(crate) async fn run(options: Orgs) -> Result<()> {
    match options.command {
        None => list(options.format).await,
        Some(OrgsCommand::Default { name: None }) => {
            match usual(&config::load()?, &accounts().await?) {
                Some(name) => Ok(out::line(name)?),
                None => bail!("there is no default org; `sf-agent orgs default NAME` sets one"),
            }
        }
        Some(OrgsCommand::Default { name: Some(name) }) => {
            known(&name).await?;
            let file = config::set_default(&name)?;
            eprintln!("{name} is the default org now. The config: {}", file.display());
            Ok(())
        }
        Some(OrgsCommand::Alias { name, account }) => {
            let all = accounts().await?;
            if !all.iter().any(|known| known.identifier == account) {
                let names: Vec<_> = all.iter().map(|known| known.identifier.as_str()).collect();
                return Err(not_found(format!(
                    "there is no account {account:?}; {}",
                    listed("the accounts are", &names)
                )));
            }
            if all.iter().any(|known| known.identifier == name) {
                bail!("{name:?} is an account itself; choose another name");
            }
            let file = config::set_alias(&name, &account)?;
            eprintln!("{name} is the account {account} now. The config: {}", file.display());
            Ok(())
        }
    }
}

/// Looks whether there is an org of this name.
async fn known(name: &str) -> Result<()> {
    let (config, accounts) = (config::load()?, accounts().await?);
    let mut names: Vec<&str> = config.orgs.keys().map(String::as_str).collect();
    names.extend(accounts.iter().map(|account| account.identifier.as_str()));
    names.push(DEMO);
    if names.contains(&name) {
        return Ok(());
    }
    let near = sf_schema::suggest(name, names.iter().copied());
    let near = near.first().map(|near| format!(" Did you mean {near}?")).unwrap_or_default();
    Err(not_found(format!("there is no org {name:?}; {}.{near}", listed("the orgs are", &names))))
}

fn listed(what: &str, names: &[&str]) -> String {
    match names {
        [] => "there is no other, and `sf-agent login` makes one".to_owned(),
        names => format!("{what} {}", names.join(", ")),
    }
}

/// All accounts.
async fn accounts() -> Result<Vec<Account>> {
    let home = match Home::find() {
        Ok(home) if home.has_accounts() => home,
        _ => return Ok(Vec::new()),
    };
    let accounts = home.accounts(&transport()?).await?;
    let (mut all, mut filter) = (Vec::new(), Filter::all());
    loop {
        let page = accounts.list(filter).await?;
        all.extend(page.accounts);
        match page.next {
            Some(next) => filter = Filter::all().after(next),
            None => return Ok(all),
        }
    }
}

/// The org that commands use if nothing else is said, but for the environment.
fn usual(config: &Config, accounts: &[Account]) -> Option<String> {
    let is_there = || {
        config.orgs.contains_key(DEFAULT)
            || accounts.iter().any(|account| account.identifier == DEFAULT)
    };
    config.default_org.clone().or_else(|| is_there().then(|| DEFAULT.to_owned()))
}

const COLUMNS: [&str; 7] = ["NAME", "DEFAULT", "STATE", "LOGIN", "ADDRESS", "LIMITS", "AUDIT"];

async fn list(format: Format) -> Result<()> {
    let config = config::load()?;
    let accounts = accounts().await?;
    let usual = usual(&config, &accounts);
    let mut rows = Vec::new();
    for (name, entry) in &config.orgs {
        rows.push(row(name, &entry.login, &entry.terms, &accounts));
    }
    let named: Vec<&str> = config.orgs.values().filter_map(|entry| entry.login.account()).collect();
    for account in accounts.iter().map(|account| account.identifier.as_str()) {
        // One that an org stands for is told there.
        if !named.contains(&account) && !config.orgs.contains_key(account) {
            rows.push(row(
                account,
                &Login::Account(account.to_owned()),
                &Terms::default(),
                &accounts,
            ));
        }
    }
    rows.push(row(DEMO, &Login::Embedded, &Terms::default(), &accounts));
    rows.sort_by(|a, b| a[0].cmp(&b[0]));
    let mut sheet = sheet(format, &Progress::none());
    let head =
        |name: &str| if format == Format::Table { name.to_owned() } else { name.to_lowercase() };
    sheet.head(COLUMNS.map(head).to_vec())?;
    for [name, state, login, address, limits, audit] in rows {
        let is_usual = usual.as_deref() == Some(name.as_str());
        let mark = match format {
            Format::Json => Value::Bool(is_usual),
            _ => Value::from(if is_usual { "yes" } else { "" }),
        };
        let texts = [state, login, address, limits, audit].map(Value::from);
        sheet.values(&[vec![Value::from(name), mark], texts.to_vec()].concat())?;
    }
    sheet.flush()?;
    let is_there = |name: &String| {
        name == DEMO
            || config.orgs.contains_key(name)
            || accounts.iter().any(|account| account.identifier == *name)
    };
    if let Some(usual) = usual.filter(|usual| !is_there(usual)) {
        eprintln!("The config says default_org = {usual:?}, and there is no such org or account.");
    }
    let path = config::path()?;
    let note = if path.exists() { "" } else { " (does not exist)" };
    eprintln!("The config: {}{note}", path.display());
    Ok(())
}

fn row(name: &str, login: &Login, terms: &Terms, accounts: &[Account]) -> [String; 6] {
    let account =
        login.account().and_then(|name| accounts.iter().find(|known| known.identifier == name));
    let state = match (login, account, login.missing()) {
        (Login::Account(_), Some(account), _) => account.status.to_string(),
        (Login::Account(_), None, _) => "no such account".to_owned(),
        (_, _, Some(missing)) => missing,
        (Login::Embedded, ..) => "built in".to_owned(),
        _ => "configured".to_owned(),
    };
    let address = login.address().or_else(|| account.and_then(|a| a.instance_url.as_deref()));
    let file = |path: &std::path::Path| path.display().to_string();
    let limits = match (&terms.policy, terms.write) {
        (Some(policy), _) => file(policy),
        (None, Some(true)) => "agents may write".to_owned(),
        (None, Some(false)) => "reading only".to_owned(),
        (None, None) => String::new(),
    };
    [
        name.to_owned(),
        state,
        login.way(),
        address.unwrap_or_default().trim_end_matches('/').to_owned(),
        limits,
        terms.audit.as_deref().map(file).unwrap_or_default(),
    ]
}
