//! Errors as a cause and a remedy.

use std::error::Error as _;

use sf_auth::Error;
use sf_auth::accounts::AccountError;
use sf_auth::transport::{TransportError, TransportErrorKind};

use super::report::Trouble;

/// Why no session, or no answer, was obtained.
pub(super) fn error(error: &Error) -> Trouble {
    match error {
        Error::Grant { error, description, cause, clock_ahead, .. } => {
            let clock = clock_ahead.map(|ahead| {
                let seconds = ahead.as_secs();
                let side = if seconds < 0 { "behind" } else { "ahead of" };
                format!(" The clock here is {} s {side} Salesforce's.", seconds.unsigned_abs())
            });
            let said = [error.as_str(), description.as_str()];
            let said: Vec<_> = said.into_iter().filter(|text| !text.is_empty()).collect();
            let remedy = format!("{}{}", cause.remedy(), clock.unwrap_or_default());
            Trouble::new(format!("Salesforce says \"{}\"", said.join(": ")), remedy)
        }
        Error::Resource { text, status, cause, .. } => {
            Trouble::new(format!("HTTP {status}: {text}"), cause.remedy())
        }
        Error::MissingScope { missing, granted } => Trouble::new(
            format!("the grant lacks {missing} (granted: {})", or_nothing(granted)),
            format!(
                "Add the scope {missing} to the OAuth scopes of the app, and let the user approve it again."
            ),
        ),
        Error::Unavailable { status, .. } => Trouble::new(
            format!("Salesforce is not available (HTTP {status})"),
            "Try again later; status.salesforce.com tells about outages.",
        ),
        Error::Account(error) => account(error),
        Error::Transport(error) => transport(error),
        other => match root(other) {
            Some(root) => sentences(&format!("{other}: {root}")),
            None => sentences(&other.to_string()),
        },
    }
}

/// What is at the bottom of an error.
fn root(error: &Error) -> Option<String> {
    let mut source = error.source()?;
    while let Some(deeper) = source.source() {
        source = deeper;
    }
    Some(source.to_string())
}

fn or_nothing(text: &str) -> &str {
    if text.is_empty() { "nothing" } else { text }
}

/// An error of ours says what is wrong, and then, after a semicolon or a full stop, what to do.
pub(super) fn sentences(text: &str) -> Trouble {
    let ends = ["; ", ". "].into_iter().filter_map(|end| text.find(end));
    let (cause, remedy) = ends.min().map_or((text, ""), |at| (&text[..at], &text[at + 2..]));
    let mut letters = remedy.trim_end_matches('.').chars();
    let remedy = match letters.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), letters.as_str()),
        None => String::new(),
    };
    Trouble::new(cause, remedy)
}

fn account(error: &AccountError) -> Trouble {
    let login = |name: &str| format!("Log in again: sf-agent login {name}");
    match error {
        AccountError::NeedsReauth { identifier, reason } => {
            let (cause, why) = reason.split_once(". ").unwrap_or((reason, ""));
            Trouble::new(cause, format!("{why} {}", login(identifier)).trim_start())
        }
        AccountError::NotAuthorized { identifier } | AccountError::Disconnected { identifier } => {
            Trouble::new(error.to_string(), login(identifier))
        }
        AccountError::NeedsAdmin { reason, .. } => {
            // "Salesforce refused the login: <said>. <remedy>"
            let (cause, remedy) = reason.split_once(". ").unwrap_or((reason, ""));
            Trouble::new(cause, remedy)
        }
        other => sentences(&other.to_string()),
    }
}

/// How far a request came, by the innermost error that the libraries give.
fn transport(error: &TransportError) -> Trouble {
    let mut chain = String::new();
    let mut root = String::new();
    let mut source = error.source();
    while let Some(cause) = source {
        root = cause.to_string();
        chain.push_str(&root.to_lowercase());
        chain.push('\n');
        source = cause.source();
    }
    let what = error.to_string();
    let what = what.split(['.', ';']).next().unwrap_or_default();
    let has = |part: &str| chain.contains(part);
    if has("certificate") || has("unknownissuer") {
        return Trouble::new(
            format!("{} ({root})", what_of(error, "the certificate of", "is not trusted")),
            "Name the authority that issued it, in PEM, in SF_CA_FILE: a proxy that looks into TLS \
             has one of its own.",
        );
    }
    if has("dns error") || has("failed to lookup") {
        return Trouble::new(
            what_of(error, "the name of", "is not known to DNS"),
            "Check the address for typing errors (Setup, My Domain); a proxy is named in \
             HTTPS_PROXY.",
        );
    }
    match error.kind() {
        TransportErrorKind::Connect if has("refused") => Trouble::new(
            what_of(error, "nothing listens at", "(connection refused)"),
            "Check host and port of the address, the firewall, and the proxy (HTTPS_PROXY).",
        ),
        TransportErrorKind::Timeout => Trouble::new(
            what,
            "Check the network and the firewall; a proxy is named in HTTPS_PROXY.",
        ),
        _ if root.is_empty() => Trouble::new(what, "Check the network and the proxy."),
        _ => Trouble::new(format!("{what} ({root})"), "Check the network and the proxy."),
    }
}

/// A sentence around the origin, which stands in every message of the transport.
fn what_of(error: &TransportError, before: &str, after: &str) -> String {
    let text = error.to_string();
    let words = text.split([' ', ';', ',']);
    let origin = words.into_iter().find(|word| word.contains("://")).unwrap_or("the host");
    format!("{before} {origin} {after}")
}
