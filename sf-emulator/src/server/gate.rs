//! What every request of the data API passes: session, version, allowance.

use std::sync::Arc;

use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::app::App;
use super::session::Session;
use super::{Org, on_engine, rest};
use crate::access::IpRestriction;
use crate::engine::{ApiError, Caller, ErrorItem};

/// `/services/data/v66.0/query` is `("v66.0", "/query")`; other paths are `None`.
pub(crate) fn data_path(path: &str) -> Option<(&str, &str)> {
    let below = path.strip_prefix("/services/data/")?;
    Some(match below.find('/') {
        Some(slash) => below.split_at(slash),
        None => (below, "/"),
    })
}

/// The token of an `Authorization` header of either scheme.
pub(crate) fn token(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let known = scheme.eq_ignore_ascii_case("Bearer") || scheme.eq_ignore_ascii_case("OAuth");
    Some(token.trim()).filter(|token| known && !token.is_empty())
}

/// 401 for a session that is over or never was.
pub(crate) fn session_expired() -> ApiError {
    ApiError::new(401, ErrorItem::new("INVALID_SESSION_ID", "Session expired or invalid"))
}

/// The app that a session came through.
fn app_of(org: &Org, session: &Session) -> Option<Arc<App>> {
    org.apps.find(&session.grant.as_ref()?.client_id)
}

/// Whether the client's address is right for this session.
pub(crate) fn may_use_ip(org: &Org, session: &Session) -> bool {
    org.access.ip() != IpRestriction::EveryRequest
        || app_of(org, session).is_some_and(|app| app.settings.relaxes_ip)
}

/// Address and scopes of the session, then the permissions of user and org.
fn may_use_api(org: &Org, session: &Session) -> Result<(), ApiError> {
    let in_scope = session.grant.as_ref().is_none_or(|grant| {
        grant.scopes.iter().any(|scope| matches!(scope.as_str(), "api" | "full"))
    });
    if !in_scope || !may_use_ip(org, session) {
        let message = "This session is not valid for use with the REST API";
        return Err(ApiError::new(401, ErrorItem::new("INVALID_SESSION_ID", message)));
    }
    if app_of(org, session).is_some_and(|app| !app.settings.attached_to_agent) {
        let message = "Connected app is not attached to Agent";
        return Err(ApiError::new(401, ErrorItem::new("UNAUTHORIZED", message)));
    }
    if !org.access.org_has_api() {
        let message = "API is not enabled for this Organization or Partner";
        return Err(ApiError::new(403, ErrorItem::new("API_DISABLED_FOR_ORG", message)));
    }
    if !org.access.has_api(&session.user_id) {
        return Err(api_disabled());
    }
    Ok(())
}

/// What the user sees, read when it is not known yet, so that handlers need not wait
/// for it; then the permission of the user's profile to use the API.
async fn prepare(org: &Arc<Org>, user_id: &str) -> Result<(), ApiError> {
    let seen = match org.engine.known(user_id) {
        Some(seen) => seen,
        None => {
            let user_id = user_id.to_owned();
            on_engine(org, move |engine| engine.seen_by(&user_id)).await?
        }
    };
    if seen.has_api() { Ok(()) } else { Err(api_disabled()) }
}

fn api_disabled() -> ApiError {
    let message = "API is disabled for this User";
    ApiError::new(403, ErrorItem::new("API_CURRENTLY_DISABLED", message))
}

/// Checks session, version and allowance, in this order.
pub(crate) async fn admit(
    org: &Arc<Org>,
    headers: &HeaderMap,
    version: &str,
) -> Result<Caller, ApiError> {
    if !headers.contains_key(AUTHORIZATION) {
        return Err(session_expired());
    }
    let Some(token) = token(headers) else {
        return Err(ApiError::new(
            401,
            ErrorItem::new("INVALID_AUTH_HEADER", "INVALID_AUTH_HEADER"),
        ));
    };
    let now = org.clock.now();
    let session = org.sessions.touch(token, now).ok_or_else(session_expired)?;
    may_use_api(org, &session)?;
    prepare(org, &session.user_id).await?;
    let version = rest::versions::check(version)?;
    if !org.usage.count() {
        return Err(ApiError::new(
            403,
            ErrorItem::new("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
        ));
    }
    let allow_duplicates = headers
        .get("Sforce-Duplicate-Rule-Header")
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| {
            value.replace(' ', "").to_ascii_lowercase().contains("allowsave=true")
        });
    Ok(Caller { user_id: session.user_id, version, now, allow_duplicates })
}
