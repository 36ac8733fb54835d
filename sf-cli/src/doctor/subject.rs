//! The first step: what is configured, and whether it is complete and well formed.

use anyhow::Result;
use jiff::Timestamp;
use sf_auth::accounts::{Account, Accounts, LoginMethod, Status};
use sf_auth::transport::Transport;
use sf_auth::{Certificate, Environment, Flow, Session};
use sf_emulator::Emulator;

use super::report::{Report, Trouble};
use super::{CONFIGURATION, explain};
use crate::commands::accounts::flow as flow_name;
use crate::connect::{Target, target};
use crate::settings::{ALL, Jwt, Settings};

/// A certificate that ends sooner than this is worth a word.
const SOON_DAYS: i64 = 30;

/// What is examined.
#[derive(Default)]
pub(super) struct Subject {
    /// Where it logs in; the instance, where a session was given.
    pub(super) host: Option<Environment>,
    pub(super) way: Option<Way>,
    /// Whether the clock matters: assertions carry the time.
    pub(super) signs: bool,
    _embedded: Option<Emulator>,
}

pub(super) enum Way {
    Account { accounts: Accounts, name: String, needs_admin: bool },
    Flow { flow: Box<dyn Flow>, name: &'static str },
    Session(Box<Session>),
}

/// Finds out what is configured. What can be examined in spite of a mistake is given back.
pub(super) async fn read(org: Option<&str>, transport: &Transport, report: &mut Report) -> Subject {
    match target(org, transport).await {
        Err(error) => {
            "the configuration".clone_into(&mut report.subject);
            report.failed(CONFIGURATION, explain::sentences(&format!("{error:#}")));
            Subject::default()
        }
        Ok((Target::Account { accounts, account, .. }, _)) => {
            of_account(accounts, &account, report)
        }
        Ok((Target::Settings(settings), name)) => match of_settings(
            settings,
            name.as_deref().or(org).filter(|name| !name.is_empty()),
            report,
        )
        .await
        {
            Ok(subject) => subject,
            Err(error) => {
                report.failed(CONFIGURATION, explain::sentences(&format!("{error:#}")));
                Subject::default()
            }
        },
    }
}

fn of_account(accounts: Accounts, account: &Account, report: &mut Report) -> Subject {
    let (login, name) = (&account.login, &account.identifier);
    let flow = flow_name(login.method);
    let url = login.login_url.as_deref().unwrap_or("its app's address");
    report.subject = format!("the account {name:?}: {flow} at {url}");
    let days = account.health.certificate_days_left;
    let host = match Environment::parse(url) {
        Ok(host) => Some(host),
        Err(error) => {
            report.failed(CONFIGURATION, explain::error(&error));
            return Subject::default();
        }
    };
    match (account.status, days) {
        (_, Some(days)) if days < 0 => report.failed(CONFIGURATION, ended(-days)),
        (_, Some(days)) if days <= SOON_DAYS => report.note(CONFIGURATION, ends_soon(days)),
        (status, days) => {
            let certificate =
                days.map(|days| format!("; its certificate ends in {}", in_days(days)));
            let certificate = certificate.unwrap_or_default();
            report.ok(CONFIGURATION, format!("stored as {status}{certificate}"));
        }
    }
    let needs_admin = account.status == Status::NeedsAdmin;
    Subject {
        host,
        way: Some(Way::Account { accounts, name: name.clone(), needs_admin }),
        signs: login.method == LoginMethod::JwtBearer,
        _embedded: None,
    }
}

async fn of_settings(
    settings: Settings,
    org: Option<&str>,
    report: &mut Report,
) -> Result<Subject> {
    let (settings, embedded) = match settings {
        Settings::Embedded => {
            let org = Emulator::start().await?;
            let settings = Settings::ClientCredentials {
                login_url: org.url().to_string(),
                client_id: org.client_id().to_owned(),
                client_secret: org.client_secret().into(),
            };
            (settings, Some(org))
        }
        settings => (settings, None),
    };
    let (name, url, certificate) = match &settings {
        Settings::ClientCredentials { login_url, .. } => ("client credentials", login_url, None),
        Settings::JwtBearer(Jwt { login_url, certificate_file, .. }) => {
            ("JWT bearer", login_url, certificate_file.as_ref())
        }
        Settings::Session { instance_url, .. } => ("a session", instance_url, None),
        Settings::Embedded => anyhow::bail!("the embedded org has no login"),
    };
    let url_shown = url.trim_end_matches('/');
    report.subject = match (&embedded, org) {
        (Some(_), Some(org)) => format!("the org {org:?}: an embedded one"),
        (Some(_), None) => "an embedded org, since nothing is configured".to_owned(),
        (None, Some(org)) => format!("the org {org:?}: {name} at {url_shown}"),
        (None, None) => format!("the environment: {name} at {url_shown}"),
    };
    let mut subject =
        Subject { signs: name == "JWT bearer", _embedded: embedded, ..Subject::default() };
    match Environment::parse(url) {
        Ok(host) => subject.host = Some(host),
        Err(error) => {
            report.failed(CONFIGURATION, explain::error(&error));
            return Ok(subject);
        }
    }
    let flow = match settings.flow() {
        Ok(flow) => flow,
        Err(error) => {
            report.failed(CONFIGURATION, explain::error(&error));
            return Ok(subject);
        }
    };
    let days = match certificate {
        Some(file) => {
            let left = Certificate::from_file(file)?.remaining(Timestamp::now());
            Some(left.as_secs().div_euclid(24 * 3600))
        }
        None => None,
    };
    match (days, padded()) {
        (Some(days), _) if days < 0 => {
            report.failed(CONFIGURATION, ended(-days));
            return Ok(subject);
        }
        (_, Some(variable)) => report.note(
            CONFIGURATION,
            format!("{variable} has white space around it, which is left out here and may not be elsewhere"),
        ),
        (Some(days), _) if days <= SOON_DAYS => report.note(CONFIGURATION, ends_soon(days)),
        (Some(days), _) => {
            let days = in_days(days);
            report.ok(CONFIGURATION, format!("complete; the certificate ends in {days}"));
        }
        (None, _) => report.ok(CONFIGURATION, "complete and well formed"),
    }
    subject.way = Some(match (flow, settings) {
        (Some(flow), _) => Way::Flow { flow, name },
        (None, Settings::Session { instance_url, access_token }) => {
            let instance = Environment::parse(&instance_url)?.as_url().clone();
            Way::Session(Box::new(Session::new(instance, access_token)))
        }
        (None, _) => return Ok(subject),
    });
    Ok(subject)
}

/// The first variable with white space around its value.
fn padded() -> Option<&'static str> {
    let is_padded = |name: &&str| std::env::var(name).is_ok_and(|value| value.trim() != value);
    ALL.into_iter().find(is_padded)
}

/// "1 day", "2 days".
pub(crate) fn in_days(days: i64) -> String {
    format!("{days} day{}", if days == 1 { "" } else { "s" })
}

fn ended(days: i64) -> Trouble {
    Trouble::new(
        format!("the certificate of the key ended {} ago", in_days(days)),
        sf_auth::Cause::ExpiredCertificate.remedy(),
    )
}

fn ends_soon(days: i64) -> String {
    let days = in_days(days);
    format!("the certificate ends in {days}: make a new one and upload it to the app")
}
