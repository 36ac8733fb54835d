//! What every request of the data API passes: session, version, allowance.

use std::sync::Arc;

use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::{Org, rest};
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

/// Checks session, version and allowance, in this order.
pub(crate) fn admit(
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
    let version = rest::versions::check(version)?;
    if !org.usage.count() {
        return Err(ApiError::new(
            403,
            ErrorItem::new("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
        ));
    }
    Ok(Caller { user_id: session.user_id, version, now })
}
