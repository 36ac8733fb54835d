//! Which app sends a request, and whether it is that app.

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
pub(crate) fn known<'a>(org: &'a Org, client_id: &str) -> Result<&'a App, Refused> {
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
pub(crate) fn authenticated<'a>(
    org: &'a Org,
    headers: &HeaderMap,
    form: &Form,
) -> Result<&'a App, Refused> {
    let (app, proved) = identify(org, headers, form)?;
    if proved { Ok(app) } else { Err(WRONG) }
}

/// An app that proved who it is, if its policy asks for that; a wrong secret is
/// refused in any case.
pub(crate) fn as_configured<'a>(
    org: &'a Org,
    headers: &HeaderMap,
    form: &Form,
) -> Result<&'a App, Refused> {
    let (app, proved) = identify(org, headers, form)?;
    if proved || !app.settings.secret_required { Ok(app) } else { Err(WRONG) }
}

/// The app, and whether it proved it.
fn identify<'a>(
    org: &'a Org,
    headers: &HeaderMap,
    form: &Form,
) -> Result<(&'a App, bool), Refused> {
    if form.get("client_assertion_type") == Some(ASSERTION_TYPE) {
        let assertion = form.get("client_assertion").ok_or(MISSING)?;
        let (app, claims) = jwt::verify(org, assertion, jwt::Subject::App)?;
        let names_itself = claims.sub == app.id()
            && form.get("client_id").is_none_or(|client_id| client_id == app.id());
        return if names_itself { Ok((app, true)) } else { Err(WRONG) };
    }
    let (client_id, secret) = form.client(headers);
    let app = known(org, &client_id.ok_or(MISSING)?)?;
    match (secret, &app.settings.client_secret) {
        (None, _) => Ok((app, false)),
        (Some(given), Some(right))
            if verify_slices_are_equal(given.as_bytes(), right.as_bytes()).is_ok() =>
        {
            Ok((app, true))
        }
        (Some(_), _) => Err(WRONG),
    }
}
