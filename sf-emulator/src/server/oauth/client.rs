//! Which app sends a request, and whether it is that app.

use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use http::HeaderMap;

use super::form::Form;
use super::jwt;
use super::token::{MISSING, Refused};
use crate::server::Org;
use crate::server::app::App;

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const WRONG: Refused = Refused("invalid_client", "invalid client credentials");

/// The app of a consumer key, if it is installed here.
pub(crate) fn known(org: &Org, client_id: &str) -> Result<Arc<App>, Refused> {
    let app = org
        .apps
        .find(client_id)
        .ok_or(Refused("invalid_client_id", "client identifier invalid"))?;
    if !app.settings.installed {
        let message = "External client app is not installed in this org";
        return Err(Refused("invalid_client", message));
    }
    Ok(app)
}

/// Whether the app's flow is switched on.
pub(crate) fn allows(app: &App, grant_type: &str) -> Result<(), Refused> {
    if app.settings.disabled_grants.contains(grant_type) {
        return Err(Refused("unsupported_grant_type", "grant type not supported"));
    }
    Ok(())
}

/// An app that proved who it is.
pub(crate) fn authenticated(
    org: &Org,
    headers: &HeaderMap,
    form: &Form,
) -> Result<Arc<App>, Refused> {
    let (app, proved) = identify(org, headers, form)?;
    if proved { Ok(app) } else { Err(WRONG) }
}

/// An app that proved who it is, if its policy asks for that; a wrong secret is
/// refused in any case.
pub(crate) fn as_configured(
    org: &Org,
    headers: &HeaderMap,
    form: &Form,
) -> Result<Arc<App>, Refused> {
    let (app, proved) = identify(org, headers, form)?;
    if proved || !app.settings.secret_required { Ok(app) } else { Err(WRONG) }
}

/// The app, and whether it proved it.
fn identify(org: &Org, headers: &HeaderMap, form: &Form) -> Result<(Arc<App>, bool), Refused> {
    if form.get("client_assertion_type") == Some(ASSERTION_TYPE) {
        let assertion = form.get("client_assertion").ok_or(MISSING)?;
        let (app, claims) = jwt::verify(org, assertion, jwt::Subject::App)?;
        let names_itself = claims.sub == app.id()
            && form.get("client_id").is_none_or(|client_id| client_id == app.id());
        return if names_itself { Ok((app, true)) } else { Err(WRONG) };
    }
    let (client_id, secret) = form.client(headers);
    let app = known(org, &client_id.ok_or(MISSING)?)?;
    let proved = match (secret, &app.settings.client_secret) {
        (None, _) => false,
        (Some(given), Some(right)) if is_same(&given, right) => true,
        (Some(_), _) => return Err(WRONG),
    };
    Ok((app, proved))
}

/// Whether two secrets are one, in a time that does not tell how much of them is.
pub(crate) fn is_same(given: &str, right: &str) -> bool {
    verify_slices_are_equal(given.as_bytes(), right.as_bytes()).is_ok()
}
