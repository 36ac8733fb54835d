//! Answers that travel through the browser back to the app.

use axum::response::Response;
use http::StatusCode;
use http::header::LOCATION;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::authorize::{Reply, Request};
use super::pages;
use crate::server::reply;

/// What RFC 3986 calls unreserved stays as it is; a space becomes `%20`.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

pub(crate) fn encode(text: &str) -> String {
    utf8_percent_encode(text, KEPT).to_string()
}

/// 302 to the app with these parameters and the `state`: in the query for a
/// code, in the fragment for the user-agent flow.
pub(crate) fn back(request: &Request, parameters: &[(&str, &str)]) -> Response {
    let state = request.state.as_deref().map(|state| ("state", state));
    let parameters: Vec<String> = parameters
        .iter()
        .copied()
        .chain(state)
        .map(|(name, value)| format!("{name}={}", encode(value)))
        .collect();
    let separator = match request.reply {
        Reply::Code if request.redirect_uri.contains('?') => '&',
        Reply::Code => '?',
        Reply::Token { .. } => '#',
    };
    let target = format!("{}{separator}{}", request.redirect_uri, parameters.join("&"));
    to(&target)
}

/// 302 to the app with an error.
pub(crate) fn error(request: &Request, error: &str, description: &str) -> Response {
    back(request, &[("error", error), ("error_description", description)])
}

/// 302 to any place; it must have been checked.
pub(crate) fn to(target: &str) -> Response {
    let response = reply::with_header(reply::empty(StatusCode::FOUND), LOCATION, target);
    if response.headers().contains_key(LOCATION) {
        return response;
    }
    pages::error("redirect_uri_mismatch", "redirect_uri must match configuration")
}
