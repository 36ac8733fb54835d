//! How a command's failure is told: what, and then why, without repeating.

use std::io;

use anyhow::Error;

use crate::out::harmless;

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
    harmless(&text)
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
