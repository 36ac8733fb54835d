//! Login and consent: from an authorization request to its answer.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use bytes::Bytes;
use http::header::{LOCATION, SET_COOKIE};
use http::{HeaderMap, StatusCode};

use super::authorize::{Reply, Request};
use super::browser::{Purpose, Ticket};
use super::codes::Code;
use super::devices::Answer;
use super::form::Form;
use super::issue::{self, Refresh};
use super::token::{self, Refused};
use super::{pages, permit, redirect, user_by_id};
use crate::engine::Login;
use crate::server::{Org, on_engine, reply};

const CONSENT_PAGE: &str = "/setup/secur/RemoteAccessAuthorizationPage.apexp";

/// The page of a ticket that is over, or of someone else's.
fn lost() -> Response {
    let message = "An unexpected error has occurred during authentication. Please try again.";
    pages::error("OAUTH_APPROVAL_ERROR_GENERIC", message)
}

/// The next step: login page, consent page, or the answer.
pub(crate) async fn proceed(
    org: &Arc<Org>,
    name: &str,
    headers: &HeaderMap,
    immediate: bool,
) -> Response {
    let now = org.clock.now();
    let Some(ticket) = org.oauth.browser.ticket(name, now) else { return lost() };
    let user = match org.oauth.browser.user(headers, now) {
        Some(id) if !ticket.must_log_in => user_by_id(org, &id).await,
        _ => None,
    };
    let Some(user) = user else {
        if immediate {
            return end(org, name, "immediate_unsuccessful", "user is not logged in");
        }
        return pages::login(name, ticket.login_hint.as_deref().unwrap_or_default(), None);
    };
    let Some(app) = org.apps.find(ticket.purpose.client_id()) else { return lost() };
    if let Err(Refused(error, description)) = permit::user(org, &app, &user) {
        // The pages have a code of their own for this one.
        let error = match error {
            "invalid_app_access" => "OAUTH_APP_ACCESS_DENIED",
            _ => "access_denied",
        };
        return end(org, name, error, description);
    }
    let asks = ticket.must_ask
        || matches!(ticket.purpose, Purpose::Device { .. })
        || !permit::is_approved(org, &app, &user, ticket.purpose.scopes());
    if !asks {
        return allow(org, name, &user).await;
    }
    if immediate {
        return end(org, name, "immediate_unsuccessful", "user has not approved this app");
    }
    if !app.settings.approvable {
        return lost();
    }
    let proof = org.random.text(32);
    org.oauth.browser.show(name, &user.id, &proof);
    pages::consent(&pages::Consent {
        ticket: name,
        proof: &proof,
        app: &app.settings.name,
        username: &user.username,
        scopes: ticket.purpose.scopes(),
    })
}

/// `POST /login`: the password without the security token, as a person types it.
pub(crate) async fn login(
    State(org): State<Arc<Org>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = Form::read(None, &headers, &body);
    let name = form.get("source").unwrap_or_default();
    let now = org.clock.now();
    if org.oauth.browser.ticket(name, now).is_none() {
        return lost();
    }
    let (username, password) =
        (form.get("username").unwrap_or_default(), form.get("pw").unwrap_or_default());
    let user =
        if password == org.password { super::user_by_name(&org, username).await } else { None };
    let user = user.filter(|user| user.is_active && !org.access.is_locked(&user.id));
    let Some(user) = user else {
        let refusal = "Please check your username and password. If you still can't log in, \
                       contact your Salesforce administrator.";
        return pages::login(name, username, Some(refusal));
    };
    if org.access.is_password_expired(&user.id) {
        let refusal = "Your password has expired. Change it, and log in again.";
        return pages::login(name, username, Some(refusal));
    }
    let id = user.id.clone();
    let seen = on_engine(&org, move |engine| engine.seen_by(&id)).await;
    if seen.is_ok_and(|seen| seen.is_api_only()) {
        let refusal = "This user may use the API only, and not log in here.";
        return pages::login(name, username, Some(refusal));
    }
    if permit::rate(&org, &user, now).is_err() {
        return pages::login(name, username, Some("Login rate exceeded. Try again in an hour."));
    }
    let cookie = org.random.text(40);
    org.oauth.browser.log_in(cookie.clone(), &user.id, name, now);
    let secure = if org.url.scheme() == "https" { "; Secure" } else { "" };
    let response = reply::empty(StatusCode::SEE_OTHER);
    let response = reply::with_header(response, LOCATION, &format!("{CONSENT_PAGE}?source={name}"));
    let cookie = format!("sid={cookie}; Path=/; HttpOnly; SameSite=Lax{secure}");
    reply::with_header(response, SET_COOKIE, &cookie)
}

/// `GET` of the consent page, where the login leads to.
pub(crate) async fn show(
    State(org): State<Arc<Org>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let form = Form::read(query.as_deref(), &headers, &[]);
    proceed(&org, form.get("source").unwrap_or_default(), &headers, false).await
}

/// `POST` of the consent page: allow or deny.
pub(crate) async fn decide(
    State(org): State<Arc<Org>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = Form::read(None, &headers, &body);
    let name = form.get("source").unwrap_or_default();
    let now = org.clock.now();
    let shown = org.oauth.browser.ticket(name, now).and_then(|ticket| ticket.shown);
    let same_page = shown.as_ref().is_some_and(|(user_id, proof)| {
        form.get("proof") == Some(proof)
            && org.oauth.browser.user(&headers, now).as_ref() == Some(user_id)
    });
    let user = match shown {
        Some((user_id, _)) if same_page => user_by_id(&org, &user_id).await,
        _ => None,
    };
    let Some(user) = user else { return lost() };
    match form.get("decision") {
        Some("allow") => allow(&org, name, &user).await,
        Some("deny") => end(&org, name, "access_denied", "end-user denied authorization"),
        _ => lost(),
    }
}

/// `GET /services/auth/idp/oidc/logout`.
pub(crate) async fn logout(State(org): State<Arc<Org>>, headers: HeaderMap) -> Response {
    org.oauth.browser.log_out(&headers);
    let response = pages::message("Logged out", "You are logged out of the embedded org.");
    reply::with_header(response, SET_COOKIE, "sid=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0")
}

/// Ends a ticket with an error for the app.
fn end(org: &Org, name: &str, error: &str, description: &str) -> Response {
    match org.oauth.browser.close(name).map(|ticket| ticket.purpose) {
        Some(Purpose::Authorize(request)) => redirect::error(&request, error, description),
        Some(Purpose::Device { device_code, .. }) => {
            org.oauth.devices.answer(&device_code, Answer::Denied);
            pages::message("The device was not connected", description)
        }
        None => lost(),
    }
}

/// Ends a ticket with what the app asked for.
async fn allow(org: &Arc<Org>, name: &str, user: &Login) -> Response {
    let Some(Ticket { purpose, .. }) = org.oauth.browser.close(name) else { return lost() };
    org.oauth.families.approve(purpose.client_id(), &user.id, purpose.scopes());
    match purpose {
        Purpose::Authorize(request) if request.reply == Reply::Code => code(org, request, user),
        Purpose::Authorize(request) => tokens(org, &request, user).await,
        Purpose::Device { device_code, .. } => {
            if org.oauth.devices.answer(&device_code, Answer::Allowed(user.id.clone())) {
                pages::message("The device is connected", "You can go back to your device now.")
            } else {
                lost()
            }
        }
    }
}

fn code(org: &Org, request: Request, user: &Login) -> Response {
    // The platform's codes end in two equals signs, which clients must encode.
    let text = format!("aPrx{}==", org.random.text(68));
    let response = redirect::back(&request, &[("code", &text)]);
    let code = Code {
        client_id: request.client_id,
        user_id: user.id.clone(),
        redirect_uri: request.redirect_uri,
        scopes: request.scopes,
        challenge: request.challenge,
        nonce: request.nonce,
        issued: org.clock.now(),
    };
    org.oauth.codes.keep(text, code);
    response
}

/// The user-agent flow: everything at once.
async fn tokens(org: &Arc<Org>, request: &Request, user: &Login) -> Response {
    let Some(app) = org.apps.find(&request.client_id) else { return lost() };
    let mut scopes = request.scopes.clone();
    if request.reply == (Reply::Token { id_token: false }) {
        scopes.retain(|scope| scope != "openid");
    }
    let nonce = request.nonce.as_deref();
    match issue::issue(org, &app, user, &scopes, Refresh::New, nonce).await {
        Ok(issued) => {
            let parameters = token::in_fragment(&issued);
            let parameters: Vec<(&str, &str)> =
                parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
            redirect::back(request, &parameters)
        }
        Err(Refused(error, description)) => redirect::error(request, error, description),
    }
}
