//! Who a token belongs to: userinfo, the identity URL; and its revocation.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value, json};

use super::form::Form;
use super::{identity_format, redirect, user_by_id};
use crate::engine::Login;
use crate::server::rest::versions;
use crate::server::{Org, gate, reply};

/// These two endpoints answer 403 in plain text, not 401 in JSON.
fn refused(text: &'static str) -> Response {
    reply::html(StatusCode::FORBIDDEN, text)
}

async fn session_user(org: &Arc<Org>, headers: &HeaderMap, form: &Form) -> Result<Login, Response> {
    let token = gate::token(headers)
        .or_else(|| form.get("access_token"))
        .or_else(|| form.get("oauth_token"));
    let token = token.ok_or_else(|| refused("Missing_OAuth_Token"))?;
    let session =
        org.sessions.touch(token, org.clock.now()).ok_or_else(|| refused("Bad_OAuth_Token"))?;
    if !gate::may_use_ip(org, &session) {
        return Err(refused("Bad_OAuth_Token"));
    }
    user_by_id(org, &session.user_id).await.ok_or_else(|| refused("Bad_Id"))
}

/// `GET|POST /services/oauth2/userinfo`.
pub(crate) async fn userinfo(
    State(org): State<Arc<Org>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    let user =
        match session_user(&org, &headers, &Form::read(query.as_deref(), &headers, &body)).await {
            Ok(user) => user,
            Err(refusal) => return refusal,
        };
    let (given, family) = names(&user);
    let org_id = org.engine.org_id();
    reply::ok(&json!({
        "sub": org.absolute(&format!("/id/{org_id}/{}", user.id)),
        "user_id": user.id,
        "organization_id": org_id,
        "preferred_username": user.username,
        "nickname": nickname(&user),
        "name": user.name,
        "email": user.email,
        "email_verified": true,
        "given_name": given,
        "family_name": family,
        "zoneinfo": "GMT",
        "photos": photos(&org),
        "profile": org.absolute(&format!("/{}", user.id)),
        "picture": org.absolute("/profilephoto/005/F"),
        "address": {},
        "is_salesforce_integration_user": false,
        "urls": urls(&org, &user, "{version}"),
        "active": user.is_active,
        "user_type": "STANDARD",
        "language": "en_US",
        "locale": "en_US",
        "utcOffset": 0,
        "updated_at": org.engine.schema_modified().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    }))
}

/// `GET /id/{org}/{user}[?version=latest][&format=xml]`.
pub(crate) async fn identity(
    State(org): State<Arc<Org>>,
    Path((org_id, user_id)): Path<(String, String)>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    let form = Form::read(query.as_deref(), &headers, &body);
    if org.is_at_login_host(&headers) {
        // To the org's own host, where the client asks again.
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        return redirect::to(&org.absolute(&format!("/id/{org_id}/{user_id}{query}")));
    }
    let user = match session_user(&org, &headers, &form).await {
        Ok(user) => user,
        Err(refusal) => return refusal,
    };
    if !same_id(&org_id, org.engine.org_id()) {
        return refused("Wrong_Org");
    }
    if !same_id(&user_id, &user.id) {
        return refused("Bad_Id");
    }
    let version = match form.get("version") {
        Some("latest") => versions::NEWEST.trim_start_matches('v'),
        Some(version) => version,
        None => "{version}",
    };
    let (first, last) = names(&user);
    let here = org.absolute(&format!("/id/{}/{}", org.engine.org_id(), user.id));
    let modified = org.engine.schema_modified().strftime("%Y-%m-%dT%H:%M:%S.000+0000").to_string();
    let identity = json!({
        "id": here,
        "asserted_user": true,
        "user_id": user.id,
        "organization_id": org.engine.org_id(),
        "username": user.username,
        "nick_name": nickname(&user),
        "display_name": user.name,
        "email": user.email,
        "email_verified": true,
        "first_name": first,
        "last_name": last,
        "timezone": "GMT",
        "photos": photos(&org),
        "addr_street": null,
        "addr_city": null,
        "addr_state": null,
        "addr_country": null,
        "addr_zip": null,
        "mobile_phone": null,
        "mobile_phone_verified": false,
        "is_lightning_login_user": false,
        "status": { "created_date": null, "body": null },
        "urls": urls(&org, &user, version),
        "active": user.is_active,
        "user_type": "STANDARD",
        "language": "en_US",
        "locale": "en_US",
        "utcOffset": 0,
        "last_modified_date": modified,
        "is_app_installed": true,
    });
    identity_format::respond(&identity, &form, &headers)
}

/// `GET|POST /services/oauth2/revoke`: errors are form-encoded, not JSON.
///
/// A refresh token takes its sessions with it, and a session its refresh token.
/// A page that revokes by a script element names a function in `callback`, and
/// gets a script that calls it, with status 200 so that it is run.
pub(crate) async fn revoke(
    State(org): State<Arc<Org>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    let form = Form::read(query.as_deref(), &headers, &body);
    let done = form.get("token").is_some_and(|token| revoked(&org, token));
    if let Some(callback) = form.get("callback").filter(|name| is_function(name)) {
        let result = if done { json!({}) } else { json!({ "error": "unsupported_token_type" }) };
        let script = format!("{callback}({result});");
        return ([(CONTENT_TYPE, "application/javascript;charset=UTF-8")], script).into_response();
    }
    if done {
        return reply::empty(StatusCode::OK);
    }
    let body = "error=unsupported_token_type&error_description=this+token+type+is+not+supported";
    (StatusCode::BAD_REQUEST, [(CONTENT_TYPE, "application/x-www-form-urlencoded")], body)
        .into_response()
}

/// A name, or names joined by dots: what is echoed must not be a script of its own.
pub(crate) fn is_function(name: &str) -> bool {
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '$')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$')
    };
    name.len() <= 128 && name.split('.').all(is_name)
}

fn revoked(org: &Org, token: &str) -> bool {
    let session = org.sessions.peek(token, org.clock.now()).map(|(session, _)| session);
    let family = match &session {
        Some(session) => session.grant.as_ref().and_then(|grant| grant.family),
        None => org.oauth.families.end_by_token(token),
    };
    if let Some(family) = family {
        org.oauth.families.end(family);
        org.sessions.end_family(family);
    }
    org.sessions.end(token) || family.is_some()
}

/// Ids are compared by their first 15 characters.
fn same_id(one: &str, other: &str) -> bool {
    matches!(one.len(), 15 | 18) && one.get(..15) == other.get(..15)
}

fn names(user: &Login) -> (Option<&str>, &str) {
    match user.name.rsplit_once(' ') {
        Some((first, last)) => (Some(first), last),
        None => (None, &user.name),
    }
}

fn nickname(user: &Login) -> &str {
    user.username.split('@').next().unwrap_or_default()
}

fn photos(org: &Org) -> Value {
    json!({
        "picture": org.absolute("/profilephoto/005/F"),
        "thumbnail": org.absolute("/profilephoto/005/T"),
    })
}

fn urls(org: &Org, user: &Login, version: &str) -> Value {
    let short: String = org.engine.org_id().chars().take(15).collect();
    let data = format!("/services/data/v{version}");
    let paths = [
        ("enterprise", format!("/services/Soap/c/{version}/{short}")),
        ("metadata", format!("/services/Soap/m/{version}/{short}")),
        ("partner", format!("/services/Soap/u/{version}/{short}")),
        ("rest", format!("{data}/")),
        ("sobjects", format!("{data}/sobjects/")),
        ("search", format!("{data}/search/")),
        ("query", format!("{data}/query/")),
        ("recent", format!("{data}/recent/")),
        ("tooling_soap", format!("/services/Soap/T/{version}/{short}")),
        ("tooling_rest", format!("{data}/tooling/")),
        ("profile", format!("/{}", user.id)),
        ("feeds", format!("{data}/chatter/feeds")),
        ("groups", format!("{data}/chatter/groups")),
        ("users", format!("{data}/chatter/users")),
        ("feed_items", format!("{data}/chatter/feed-items")),
        ("feed_elements", format!("{data}/chatter/feed-elements")),
        ("custom_domain", String::new()),
    ];
    let absolute =
        paths.into_iter().map(|(name, path)| (name.to_owned(), Value::from(org.absolute(&path))));
    Value::Object(absolute.collect::<Map<_, _>>())
}
