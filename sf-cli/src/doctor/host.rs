//! The login host: whether it can be reached, what time it has, and whether it is Salesforce's.

use http::header::{DATE, LOCATION};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use sf_auth::Discovery;
use sf_auth::transport::Transport;
use url::Url;

use super::explain;
use super::report::{Report, Trouble};
use super::subject::{Subject, Way};
use crate::wire::{self, Answer};

const NETWORK: &str = "network";
const CLOCK: &str = "clock";
const LOGIN_HOST: &str = "login host";

/// Where Salesforce's login hosts give tokens, and nobody else's.
const TOKEN_PATH: &str = "/services/oauth2/token";
const ADDRESSES: &str = "Use https://login.salesforce.com, https://test.salesforce.com for \
                         sandboxes, or the org's My Domain (Setup, My Domain).";

/// Differences that nobody minds, in seconds; the header counts whole ones.
const CLOSE: i64 = 30;
/// An assertion of ours lives for two minutes, and the platform allows three.
const TOO_FAST: i64 = 60;
const TOO_SLOW: i64 = -120;

/// Whether the login host is one of Salesforce's.
pub(super) async fn check(subject: &Subject, transport: &Transport, report: &mut Report) -> bool {
    let (Some(host), Some(_)) = (&subject.host, &subject.way) else {
        report.skipped(&[NETWORK, CLOCK, LOGIN_HOST], "the configuration cannot be used");
        return false;
    };
    let url = format!("{host}/.well-known/openid-configuration");
    let answer = match wire::get(transport, &url).await {
        Ok(answer) => answer,
        Err(error) => {
            report.failed(NETWORK, explain::error(&error));
            report.skipped(&[CLOCK, LOGIN_HOST], "the host was not reached");
            return false;
        }
    };
    let how = if host.as_url().scheme() == "https" { "over TLS" } else { "without TLS" };
    let name = host.as_url().host_str().unwrap_or_default();
    report.ok(NETWORK, format!("{name} answers {how}"));
    clock(subject, &answer, report);
    login_host(host.as_url(), &answer, report)
}

fn clock(subject: &Subject, answer: &Answer, report: &mut Report) {
    let text = answer.headers.get(DATE).and_then(|value| value.to_str().ok());
    let Some(theirs) = text.and_then(|text| DateTimeParser::new().parse_timestamp(text).ok())
    else {
        report.skipped(&[CLOCK], "the answer tells no time");
        return;
    };
    let ahead = Timestamp::now().duration_since(theirs).as_secs();
    let side = if ahead < 0 { "behind" } else { "ahead of" };
    let found = format!("this computer is {} s {side} the login host", ahead.unsigned_abs());
    if ahead.abs() < CLOSE {
        report.ok(CLOCK, "in step with the login host");
    } else if subject.signs && !(TOO_SLOW..=TOO_FAST).contains(&ahead) {
        let remedy =
            "Set this computer's clock, or let it be set (NTP): assertions carry its time.";
        report.failed(CLOCK, Trouble::new(found, remedy));
    } else {
        report.note(CLOCK, found);
    }
}

fn login_host(host: &Url, answer: &Answer, report: &mut Report) -> bool {
    let document = answer.success().and_then(|json| serde_json::from_value::<Discovery>(json).ok());
    if let Some(document) = document {
        let endpoint = &document.token_endpoint;
        let trouble = if endpoint.path() != TOKEN_PATH {
            // Every OpenID provider has such a document.
            Trouble::new("it is a login host, but not one of Salesforce's", ADDRESSES)
        } else if endpoint.host_str() != host.host_str() {
            let other = endpoint.origin().ascii_serialization();
            let cause = format!("it sends logins to {other}");
            Trouble::new(cause, "Use that address as login URL, if it is one of Salesforce's.")
        } else {
            report.ok(LOGIN_HOST, "it describes itself as one (OpenID Connect discovery)");
            return true;
        };
        report.failed(LOGIN_HOST, trouble);
        return false;
    }
    let status = answer.status;
    let trouble = if status.is_server_error() {
        Trouble::new(
            format!("it is not available (HTTP {})", status.as_u16()),
            "Try again later; status.salesforce.com tells about outages.",
        )
    } else if let Some(to) = redirect(host, answer) {
        Trouble::new(format!("it leads on to {to}"), "Use that address as login URL.")
    } else {
        Trouble::new(
            format!(
                "HTTP {} and no discovery document: this is no login host of Salesforce's",
                status.as_u16()
            ),
            ADDRESSES,
        )
    };
    report.failed(LOGIN_HOST, trouble);
    false
}

fn redirect(host: &Url, answer: &Answer) -> Option<String> {
    if !answer.status.is_redirection() {
        return None;
    }
    let to = host.join(answer.headers.get(LOCATION)?.to_str().ok()?).ok()?;
    Some(to.origin().ascii_serialization())
}

impl Way {
    /// What it obtains sessions with, in words.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Account { .. } => "the account",
            Self::Flow { name, .. } => name,
            Self::Session(_) => "the environment",
        }
    }
}
