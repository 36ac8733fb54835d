//! Everything outside the data API: OAuth, identity, SOAP login, the version list.

mod asset;
mod authorize;
mod browser;
mod c14n;
mod client;
mod codes;
mod consent;
mod device;
mod devices;
mod discovery;
mod families;
mod form;
mod hybrid;
mod id_token;
mod identity;
mod identity_format;
mod introspect;
mod issue;
mod jwt;
mod pages;
mod permit;
mod redirect;
mod register;
mod saml;
mod soap;
mod token;
mod token_reply;
mod usage;
mod xml_signature;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{any, get, post};
use http::StatusCode;

use super::{Org, reply, rest};
use crate::engine::{ApiError, Engine, Login};

pub(crate) use usage::routes as usage_routes;

/// What OAuth remembers between requests.
pub(crate) struct OAuth {
    codes: codes::Codes,
    devices: devices::Devices,
    pub(crate) families: families::Families,
    browser: browser::Browser,
    assertions: saml::Used,
    registrations: register::Registrations,
    /// How long a device waits between two polls.
    device_interval: Duration,
}

impl OAuth {
    pub(crate) fn new(device_interval: Duration) -> Self {
        Self {
            codes: codes::Codes::default(),
            devices: devices::Devices::default(),
            families: families::Families::default(),
            browser: browser::Browser::default(),
            assertions: saml::Used::default(),
            registrations: register::Registrations::default(),
            device_interval,
        }
    }
}

/// The routes that need no session of the data API.
pub(crate) fn router(org: Arc<Org>) -> Router {
    Router::new()
        .route("/", get(landing))
        .route("/.well-known/openid-configuration", get(discovery::openid))
        .route("/.well-known/auth-configuration", get(discovery::auth))
        .route("/services/oauth2/authorize", get(authorize::authorize).post(authorize::authorize))
        .route("/login", post(consent::login))
        .route(
            "/setup/secur/RemoteAccessAuthorizationPage.apexp",
            get(consent::show).post(consent::decide),
        )
        .route("/setup/connect", get(device::page).post(device::enter))
        .route("/services/auth/idp/oidc/logout", get(consent::logout))
        .route("/services/oauth2/token", any(token::token))
        .route("/services/oauth2/introspect", post(introspect::introspect))
        .route("/services/oauth2/userinfo", get(identity::userinfo).post(identity::userinfo))
        .route("/services/oauth2/revoke", get(identity::revoke).post(identity::revoke))
        .route("/services/oauth2/register", post(register::register))
        .route("/services/oauth2/register/{client_id}", get(register::read))
        .route("/id/keys", get(discovery::keys))
        .route("/id/{org}/{user}", get(identity::identity).post(identity::identity))
        .route("/services/Soap/u/{version}", post(soap::call))
        .route("/services/Soap/c/{version}", post(soap::call))
        .route("/services/data", get(rest::versions::list))
        .fallback(|| async { ApiError::not_found() })
        .method_not_allowed_fallback(|| async { ApiError::not_found() })
        .with_state(org)
}

/// For a person who opens the URL in a browser.
async fn landing(State(org): State<Arc<Org>>) -> Response {
    let body = format!(
        "<!doctype html><html lang=\"en\"><title>Embedded org</title><h1>Embedded Salesforce org {}</h1>\
         <p>This is a local test org. Its REST API is below <code>/services/data</code>.</p></html>",
        org.engine.org_id()
    );
    reply::html(StatusCode::OK, &body)
}

/// The user of this name, active or not; usernames are compared without case.
async fn user_by_name(org: &Arc<Org>, username: &str) -> Option<Login> {
    let logins = super::on_engine(org, Engine::logins).await.ok()?;
    logins.into_iter().find(|login| login.username.eq_ignore_ascii_case(username))
}

/// The user who owns a session.
async fn user_by_id(org: &Arc<Org>, id: &str) -> Option<Login> {
    let logins = super::on_engine(org, Engine::logins).await.ok()?;
    logins.into_iter().find(|login| login.id == id)
}
