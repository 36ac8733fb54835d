//! `POST /services/oauth2/introspect`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::form::Form;
use super::issue::identity_url;
use super::token::{MISSING, Refused};
use super::{client, user_by_id};
use crate::server::app::App;
use crate::server::{Org, reply};

pub(crate) async fn introspect(
    State(org): State<Arc<Org>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = Form::read(None, &headers, &body);
    match answer(&org, &headers, &form).await {
        Ok(answer) => reply::ok(&answer),
        Err(Refused(error, description)) => reply::json(
            StatusCode::BAD_REQUEST,
            json!({ "error": error, "error_description": description }).to_string(),
        ),
    }
}

async fn answer(org: &Arc<Org>, headers: &HeaderMap, form: &Form) -> Result<Value, Refused> {
    let app = client::authenticated(org, headers, form)?;
    if !app.settings.introspects {
        return Err(Refused("invalid_client", "app is not allowed to introspect tokens"));
    }
    let token = form.get("token").ok_or(MISSING)?;
    // The hint says where to look first; a wrong one changes nothing.
    Ok(match access(org, &app, token).await {
        Some(answer) => answer,
        None => refresh(org, &app, token).await.unwrap_or_else(|| json!({ "active": false })),
    })
}

async fn access(org: &Arc<Org>, app: &App, token: &str) -> Option<Value> {
    let (session, ends) = org.sessions.peek(token, org.clock.now())?;
    let grant = session.grant.filter(|grant| grant.client_id == app.id())?;
    let user = user_by_id(org, &session.user_id).await.filter(|user| user.is_active)?;
    let began = session.began_at.as_second();
    Some(json!({
        "active": true,
        "scope": grant.scopes.join(" "),
        "client_id": app.id(),
        "username": user.username,
        "sub": identity_url(org, &user.id),
        "token_type": "access_token",
        "exp": ends.as_second(),
        "iat": began,
        "nbf": began,
    }))
}

async fn refresh(org: &Arc<Org>, app: &App, token: &str) -> Option<Value> {
    let family = org.oauth.families.find(token).filter(|family| family.client_id == app.id())?;
    if family.is_over(app.settings.refresh_life, org.clock.now()) {
        return None;
    }
    let user = user_by_id(org, &family.user_id).await.filter(|user| user.is_active)?;
    let began = family.began.as_second();
    Some(json!({
        "active": true,
        "scope": family.scopes.join(" "),
        "client_id": app.id(),
        "username": user.username,
        "sub": identity_url(org, &user.id),
        "token_type": "refresh_token",
        "iat": began,
        "nbf": began,
    }))
}
