//! Everything outside the data API: OAuth, identity, SOAP login, the version list.

mod form;
mod identity;
mod jwt;
mod soap;
mod token;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{any, get, post};
use http::StatusCode;

use super::{Org, reply, rest};
use crate::engine::{ApiError, Engine, Login};

/// The routes that need no session of the data API.
pub(crate) fn router(org: Arc<Org>) -> Router {
    Router::new()
        .route("/", get(landing))
        .route("/services/oauth2/token", any(token::token))
        .route("/services/oauth2/userinfo", get(identity::userinfo).post(identity::userinfo))
        .route("/services/oauth2/revoke", get(identity::revoke).post(identity::revoke))
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

/// The active user of this name; usernames are compared without case.
async fn active_user(org: &Arc<Org>, username: &str) -> Option<Login> {
    let logins = super::on_engine(org, Engine::logins).await.ok()?;
    logins
        .into_iter()
        .find(|login| login.is_active && login.username.eq_ignore_ascii_case(username))
}

/// The user who owns a session.
async fn user_by_id(org: &Arc<Org>, id: &str) -> Option<Login> {
    let logins = super::on_engine(org, Engine::logins).await.ok()?;
    logins.into_iter().find(|login| login.id == id)
}
