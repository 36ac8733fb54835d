//! How a command's failure is told: what, and then why, without repeating.

use std::io;

use anyhow::Error;
use sf_auth::accounts::AccountError;

use crate::out::harmless;

/// A failure that the results on stdout tell already.
#[derive(Debug, thiserror::Error)]
#[error("the results say what is wrong")]
pub(crate) struct Told;

/// The error and its causes, a line each. A cause that the line before already
/// tells is left out, and of a long chain the libraries between our own words
/// and the root.
pub(crate) fn render(error: &Error) -> String {
    const SHOWN: usize = 3;
    let causes: Vec<String> = error.chain().skip(1).map(ToString::to_string).collect();
    let mut text = format!("error: {error}");
    for (n, cause) in causes.iter().enumerate() {
        let between = n + 1 >= SHOWN && n + 1 < causes.len();
        if !between && !text.contains(cause) {
            text.push_str("\n  because: ");
            text.push_str(cause);
        }
    }
    if let Some(name) = needs_login(error) {
        text.push_str(&format!("\n  try: sf-agent login {name}"));
    }
    harmless(&text)
}

/// The account that a person has to log in to again.
fn needs_login(error: &Error) -> Option<&str> {
    let error = error.chain().find_map(|cause| match cause.downcast_ref::<sf_rest::Error>() {
        Some(sf_rest::Error::Auth(error)) => Some(error),
        _ => cause.downcast_ref::<sf_auth::Error>(),
    });
    match error {
        Some(sf_auth::Error::Account(
            AccountError::NotAuthorized { identifier }
            | AccountError::NeedsReauth { identifier, .. }
            | AccountError::Disconnected { identifier },
        )) => Some(identifier),
        _ => None,
    }
}

/// Whether a reader of our output closed it, as `head` does: no failure.
pub(crate) fn is_broken_pipe(error: &Error) -> bool {
    error.chain().any(|cause| {
        let kind = if let Some(io) = cause.downcast_ref::<io::Error>() {
            Some(io.kind())
        } else if let Some(json) = cause.downcast_ref::<serde_json::Error>() {
            json.io_error_kind()
        } else if let Some(csv) = cause.downcast_ref::<csv::Error>() {
            match csv.kind() {
                csv::ErrorKind::Io(io) => Some(io.kind()),
                _ => None,
            }
        } else {
            None
        };
        kind == Some(io::ErrorKind::BrokenPipe)
    })
}
