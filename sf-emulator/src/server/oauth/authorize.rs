//! `GET /services/oauth2/authorize`: what the app asks for, and whether it may.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use bytes::Bytes;
use http::HeaderMap;

use super::browser::{Purpose, Ticket};
use super::form::Form;
use super::token::{MISSING, Refused};
use super::{consent, pages, redirect};
use crate::server::Org;
use crate::server::app::App;

/// An authorization request whose app and callback are right.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) reply: Reply,
    pub(crate) scopes: Vec<String>,
    pub(crate) state: Option<String>,
    pub(crate) challenge: Option<String>,
    pub(crate) nonce: Option<String>,
}

/// What comes back, by `response_type`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reply {
    /// A code in the query (web server flow).
    Code,
    /// Tokens in the fragment (user-agent flow).
    Token { id_token: bool },
}

pub(crate) async fn authorize(
    State(org): State<Arc<Org>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    let form = Form::read(query.as_deref(), &headers, &body);
    let (app, mut request) = match target(&org, &form) {
        Ok(target) => target,
        Err(Refused(error, description)) => return pages::error(error, description),
    };
    if let Err(Refused(error, description)) = complete(&app, &mut request, &form) {
        return redirect::error(&request, error, description);
    }
    let prompts = |wanted: &str| {
        form.get("prompt").is_some_and(|prompt| prompt.split_whitespace().any(|one| one == wanted))
    };
    let immediate = form.get("immediate") == Some("true") || prompts("none");
    let ticket = Ticket {
        purpose: Purpose::Authorize(request),
        must_log_in: prompts("login") || prompts("select_account"),
        must_ask: prompts("consent"),
        login_hint: form.get("login_hint").map(str::to_owned),
        shown: None,
        opened: org.clock.now(),
    };
    let name = org.random.text(40);
    org.oauth.browser.open(name.clone(), ticket);
    consent::proceed(&org, &name, &headers, immediate).await
}

/// App and callback: while these are wrong, the browser must not be sent away.
fn target(org: &Org, form: &Form) -> Result<(Arc<App>, Request), Refused> {
    let client_id = form.get("client_id").ok_or(MISSING)?;
    let app = org
        .apps
        .find(client_id)
        .ok_or(Refused("invalid_client_id", "client identifier invalid"))?;
    let redirect_uri = form.get("redirect_uri").ok_or(MISSING)?;
    if !app.redirects_to(redirect_uri) {
        let message = "redirect_uri must match configuration";
        return Err(Refused("redirect_uri_mismatch", message));
    }
    let reply = match form.get("response_type") {
        Some("token") => Reply::Token { id_token: false },
        Some("token id_token" | "id_token token") => Reply::Token { id_token: true },
        _ => Reply::Code,
    };
    let request = Request {
        client_id: client_id.to_owned(),
        redirect_uri: redirect_uri.to_owned(),
        reply,
        scopes: Vec::new(),
        state: form.get("state").map(str::to_owned),
        challenge: form.get("code_challenge").map(str::to_owned),
        nonce: form.get("nonce").map(str::to_owned),
    };
    Ok((app, request))
}

/// The rest; what is wrong with it is told to the app.
fn complete(app: &App, request: &mut Request, form: &Form) -> Result<(), Refused> {
    const TYPE: Refused = Refused("unsupported_response_type", "response type not supported");
    if !app.settings.installed {
        let message = "External client app is not installed in this org";
        return Err(Refused("OAUTH_EC_APP_NOT_FOUND", message));
    }
    match form.get("response_type") {
        Some("code" | "token" | "token id_token" | "id_token token") => {}
        Some(_) => return Err(TYPE),
        None => return Err(MISSING),
    }
    let grant = if request.reply == Reply::Code { "authorization_code" } else { "implicit" };
    if app.settings.disabled_grants.contains(grant) {
        return Err(TYPE);
    }
    if request.reply == Reply::Code {
        check_challenge(app, request, form)?;
    }
    request.scopes = app
        .granted(form.get("scope"))
        .map_err(|_| Refused("invalid_scope", "the requested scope is not allowed"))?;
    Ok(())
}

/// PKCE: compulsory if the app says so, and S256 in any case.
fn check_challenge(app: &App, request: &Request, form: &Form) -> Result<(), Refused> {
    let problem = match &request.challenge {
        None if app.settings.pkce_required => "missing required code challenge",
        None => return Ok(()),
        Some(challenge) if !is_challenge(challenge) => "invalid code challenge",
        Some(_) => match form.get("code_challenge_method") {
            None | Some("S256") => return Ok(()),
            Some(_) => "invalid code challenge method",
        },
    };
    Err(Refused("invalid_request", problem))
}

/// A SHA-256 in base64url without padding.
fn is_challenge(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}
