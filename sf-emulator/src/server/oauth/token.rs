//! `POST /services/oauth2/token`: the grants, and what each gives.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use axum::extract::{RawQuery, State};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{HeaderMap, Method};

use super::codes::BadCode;
use super::families::Dead;
use super::form::Form;
use super::issue::{self, Issued, Refresh};
use super::{
    asset, client, device, hybrid, jwt, permit, saml, token_reply, user_by_id, user_by_name,
};
use crate::connected_app::RunAs;
use crate::engine::Login;
use crate::server::Org;
use crate::server::app::App;

/// A refused token request: `error` and `error_description`.
#[derive(Debug)]
pub(crate) struct Refused(pub(crate) &'static str, pub(crate) &'static str);

pub(crate) const MISSING: Refused = Refused("invalid_request", "missing required parameters");

/// What the identity URL of a user who is gone leads to.
const NO_USER: Refused = Refused("invalid_grant", "inactive user");

pub(crate) use super::token_reply::in_fragment;

pub(crate) async fn token(
    State(org): State<Arc<Org>>,
    method: Method,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    let form = Form::read(query.as_deref(), &headers, &body);
    let granted = if method == Method::POST {
        grant(&org, &headers, &form).await
    } else {
        Err(Refused("invalid_request", "must use HTTP POST"))
    };
    token_reply::respond(granted, form.get("format"), &headers)
}

async fn grant(
    org: &Arc<Org>,
    headers: &HeaderMap,
    form: &Form,
) -> Result<token_reply::Parameters, Refused> {
    let grant_type = match form.get("grant_type") {
        Some(grant_type) => grant_type,
        None if form.get("response_type") == Some("device_code") => {
            return device::begin(org, form).map(token_reply::of_value);
        }
        None => return Err(MISSING),
    };
    match grant_type {
        "authorization_code" => Ok(token_reply::code(&code(org, headers, form, grant_type).await?)),
        "refresh_token" => Ok(token_reply::code(&refresh(org, headers, form, grant_type).await?)),
        "hybrid_auth_code" => Ok(hybrid::reply(org, &code(org, headers, form, grant_type).await?)),
        "hybrid_refresh" => Ok(hybrid::reply(org, &refresh(org, headers, form, grant_type).await?)),
        DEVICE => Ok(token_reply::code(&connected(org, headers, form).await?)),
        "password" => Ok(token_reply::password(&password(org, headers, form).await?)),
        "client_credentials" => {
            let issued = client_credentials(org, headers, form).await?;
            Ok(token_reply::client_credentials(&issued))
        }
        JWT_BEARER => {
            let assertion = form.get("assertion").ok_or(MISSING)?;
            let (app, claims) = jwt::verify(org, assertion, jwt::Subject::User)?;
            let issued = assertion_of(org, &app, &claims.sub, grant_type).await?;
            Ok(token_reply::bearer(&issued))
        }
        SAML_BEARER => {
            let (app, username) = saml::verify(org, form)?;
            let issued = assertion_of(org, &app, &username, grant_type).await?;
            Ok(token_reply::bearer(&issued))
        }
        TOKEN_EXCHANGE if form.get("actor_token").is_some() => {
            Ok(token_reply::of_value(asset::exchange(org, headers, form).await?))
        }
        TOKEN_EXCHANGE => Ok(token_reply::code(&exchange(org, headers, form).await?)),
        _ => Err(Refused("unsupported_grant_type", "grant type not supported")),
    }
}

pub(crate) const DEVICE: &str = "device";
pub(crate) const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
pub(crate) const SAML_BEARER: &str = "urn:ietf:params:oauth:grant-type:saml2-bearer";
pub(crate) const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

/// Checks that a login may be, and counts it.
fn enter(org: &Org, app: &App, user: &Login) -> Result<(), Refused> {
    permit::user(org, app, user)?;
    permit::rate(org, user, org.clock.now())
}

async fn code(
    org: &Arc<Org>,
    headers: &HeaderMap,
    form: &Form,
    grant_type: &str,
) -> Result<Issued, Refused> {
    let app = client::as_configured(org, headers, form)?;
    client::allows(&app, grant_type)?;
    let text = form.get("code").ok_or(MISSING)?;
    let redirect_uri = form.get("redirect_uri").ok_or(MISSING)?;
    let code = org.oauth.codes.take(text, app.id(), org.clock.now()).map_err(|bad| match bad {
        BadCode::Unknown => Refused("invalid_grant", "invalid authorization code"),
        BadCode::Expired => Refused("invalid_grant", "expired authorization code"),
    })?;
    if redirect_uri != code.redirect_uri {
        let message = "redirect_uri must match configuration";
        return Err(Refused("redirect_uri_mismatch", message));
    }
    let verified = match (&code.challenge, form.get("code_verifier")) {
        (None, None) => true,
        (Some(challenge), Some(verifier)) => is_verifier(verifier, challenge),
        // A verifier without a challenge is the mark of a stripped challenge.
        _ => false,
    };
    if !verified {
        return Err(Refused("invalid_grant", "invalid code verifier"));
    }
    let user = user_by_id(org, &code.user_id).await.ok_or(NO_USER)?;
    enter(org, &app, &user)?;
    issue::issue(org, &app, &user, &code.scopes, Refresh::New, code.nonce.as_deref()).await
}

/// Unreserved characters whose SHA-256 is the challenge: at least the 43 of
/// RFC 7636, and more than its 128, since the platform documents 128 random
/// bytes in base64url, which are 171.
fn is_verifier(verifier: &str, challenge: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    (43..=256).contains(&verifier.len())
        && verifier.bytes().all(allowed)
        && URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes())) == challenge
}

async fn refresh(
    org: &Arc<Org>,
    headers: &HeaderMap,
    form: &Form,
    grant_type: &str,
) -> Result<Issued, Refused> {
    let app = client::as_configured(org, headers, form)?;
    client::allows(&app, grant_type)?;
    let token = form.get("refresh_token").ok_or(MISSING)?;
    // Who is kept out for now keeps the token: nothing is replaced yet.
    if let Some(user_id) = org.oauth.families.owner(token, app.id()) {
        let user = user_by_id(org, &user_id).await.ok_or(NO_USER)?;
        if !user.is_active {
            // Given while the user was being deactivated.
            org.oauth.families.end_user(&user_id);
        }
        permit::user(org, &app, &user)?;
    }
    let replacement = app.settings.rotates.then(|| issue::new_refresh_token(org));
    let redeemed = org.oauth.families.redeem(
        token,
        app.id(),
        app.settings.refresh_life,
        replacement.clone(),
        org.clock.now(),
    );
    let (number, family) = redeemed.map_err(|dead| match dead {
        Dead::TooOld => Refused("invalid_grant", "token validity expired"),
        Dead::Unknown => Refused("invalid_grant", "expired access/refresh token"),
        Dead::Reused(family) => {
            org.sessions.end_family(family);
            Refused("invalid_grant", "expired access/refresh token")
        }
    })?;
    let user = user_by_id(org, &family.user_id).await.ok_or(NO_USER)?;
    let refresh = Refresh::Of { family: number, replaced: replacement };
    issue::issue(org, &app, &user, &family.scopes, refresh, None).await
}

async fn connected(org: &Arc<Org>, headers: &HeaderMap, form: &Form) -> Result<Issued, Refused> {
    let app = client::as_configured(org, headers, form)?;
    client::allows(&app, DEVICE)?;
    let (user_id, scopes) = device::poll(org, &app, form)?;
    let user = user_by_id(org, &user_id).await.ok_or(NO_USER)?;
    enter(org, &app, &user)?;
    issue::issue(org, &app, &user, &scopes, Refresh::New, None).await
}

async fn password(org: &Arc<Org>, headers: &HeaderMap, form: &Form) -> Result<Issued, Refused> {
    /// Whatever was wrong with the login, the platform does not say.
    const FAILED: Refused = Refused("invalid_grant", "authentication failure");
    let app = client::authenticated(org, headers, form)?;
    client::allows(&app, "password")?;
    let (username, password) =
        (form.get("username").ok_or(MISSING)?, form.get("password").ok_or(MISSING)?);
    let user = login(org, username, password).await.ok_or(FAILED)?;
    if org.access.is_password_expired(&user.id) {
        return Err(Refused("invalid_grant", "password expired"));
    }
    permit::user(org, &app, &user).map_err(|refused| match refused {
        Refused("invalid_app_access", _) => refused,
        _ => FAILED,
    })?;
    permit::rate(org, &user, org.clock.now())?;
    let scopes = app.scopes_without_refresh();
    issue::issue(org, &app, &user, &scopes, Refresh::None, None).await
}

/// Some grants are not to be had at the generic login host.
fn on_my_domain(org: &Org, headers: &HeaderMap) -> Result<(), Refused> {
    if org.is_at_login_host(headers) {
        return Err(Refused("invalid_grant", "request not supported on this domain"));
    }
    Ok(())
}

async fn client_credentials(
    org: &Arc<Org>,
    headers: &HeaderMap,
    form: &Form,
) -> Result<Issued, Refused> {
    on_my_domain(org, headers)?;
    let app = client::authenticated(org, headers, form)?;
    client::allows(&app, "client_credentials")?;
    let nobody = Refused("invalid_grant", "no client credentials user enabled");
    let user = match &app.settings.run_as {
        RunAs::Administrator => user_by_id(org, &org.admin.id).await,
        RunAs::User(username) => user_by_name(org, username).await,
        RunAs::Nobody => None,
    };
    let user = user.filter(|user| user.is_active).ok_or(nobody)?;
    // The administrator chose the user together with the flow.
    permit::place(org, &app, &user)?;
    permit::rate(org, &user, org.clock.now())?;
    let scopes = app.scopes_without_refresh();
    issue::issue(org, &app, &user, &scopes, Refresh::None, None).await
}

/// A session of the user whom a signed assertion of the app names.
async fn assertion_of(
    org: &Arc<Org>,
    app: &App,
    username: &str,
    grant_type: &str,
) -> Result<Issued, Refused> {
    client::allows(app, grant_type)?;
    // An unknown user has approved nothing either.
    let unapproved = Refused("invalid_grant", "user hasn't approved this consumer");
    let Some(user) = user_by_name(org, username).await else { return Err(unapproved) };
    permit::user(org, app, &user)?;
    if !permit::is_authorized(org, app, &user) {
        return Err(unapproved);
    }
    permit::rate(org, &user, org.clock.now())?;
    let scopes = app.scopes_without_refresh();
    issue::issue(org, app, &user, &scopes, Refresh::None, None).await
}

/// A token of another identity provider for one of this org.
async fn exchange(org: &Arc<Org>, headers: &HeaderMap, form: &Form) -> Result<Issued, Refused> {
    on_my_domain(org, headers)?;
    let app = client::as_configured(org, headers, form)?;
    client::allows(&app, TOKEN_EXCHANGE)?;
    let handler = app
        .settings
        .exchange
        .clone()
        .ok_or(Refused("unsupported_grant_type", "grant type not supported"))?;
    let token = form.get("subject_token").ok_or(MISSING)?.to_owned();
    let kind = form.get("subject_token_type").ok_or(MISSING)?.to_owned();
    let known = ["access_token", "id_token", "refresh_token", "saml2", "jwt"];
    let short = kind.strip_prefix("urn:ietf:params:oauth:token-type:").unwrap_or_default();
    if !known.contains(&short.to_ascii_lowercase().as_str()) {
        return Err(Refused("invalid_request", "subject token type not supported"));
    }
    let scopes = app
        .granted(form.get("scope"))
        .map_err(|_| Refused("invalid_scope", "the requested scope is not allowed"))?;
    // The handler is someone else's code: it may block, and it may panic.
    let decided = tokio::task::spawn_blocking(move || handler(&token, &kind)).await;
    let decided = decided.map_err(|_| Refused("unknown_error", "retry your request"))?;
    let username = decided.ok_or(Refused("invalid_grant", "invalid subject token"))?;
    let user = user_by_name(org, &username)
        .await
        .ok_or(Refused("invalid_grant", "invalid subject token"))?;
    enter(org, &app, &user)?;
    issue::issue(org, &app, &user, &scopes, Refresh::New, None).await
}

/// The user, if the password with the security token appended is right.
pub(crate) async fn login(org: &Arc<Org>, username: &str, password: &str) -> Option<Login> {
    let expected = format!("{}{}", org.password, org.security_token);
    if password != expected {
        return None;
    }
    let user = user_by_name(org, username).await?;
    (user.is_active && !org.access.is_locked(&user.id)).then_some(user)
}
