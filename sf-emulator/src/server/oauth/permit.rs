//! Whether an app may act for a user now.

use jiff::Timestamp;

use super::token::Refused;
use crate::access::IpRestriction;
use crate::engine::Login;
use crate::server::Org;
use crate::server::app::App;

/// An address outside the allowed ranges, or a time outside the allowed hours.
const PLACE: Refused = Refused("invalid_grant", "ip restricted or invalid login hours");

/// Whether the org gives sessions at all, and to this user here and now.
pub(crate) fn place(org: &Org, app: &App, user: &Login) -> Result<(), Refused> {
    if !org.access.is_org_active() {
        return Err(Refused("invalid_grant", "inactive organization"));
    }
    let outside = org.access.ip() != IpRestriction::None && !app.settings.relaxes_ip;
    if outside || org.access.is_outside_hours(&user.id) {
        return Err(PLACE);
    }
    Ok(())
}

/// Org, address and hours, user and app, in this order.
pub(crate) fn user(org: &Org, app: &App, user: &Login) -> Result<(), Refused> {
    place(org, app, user)?;
    if !user.is_active {
        return Err(Refused("invalid_grant", "inactive user"));
    }
    if org.access.is_locked(&user.id) {
        return Err(Refused("invalid_grant", "user is locked"));
    }
    if app.shuts_out(&user.username) {
        let message = "user is not admin approved to access this app";
        return Err(Refused("invalid_app_access", message));
    }
    Ok(())
}

/// Counts a login against the user's hour.
pub(crate) fn rate(org: &Org, user: &Login, now: Timestamp) -> Result<(), Refused> {
    if org.access.count_login(&user.id, now) {
        Ok(())
    } else {
        Err(Refused("invalid_grant", "login rate exceeded"))
    }
}

/// Whether the user need not be asked for these scopes.
pub(crate) fn is_approved(org: &Org, app: &App, user: &Login, scopes: &[String]) -> bool {
    let by_admin = app.is_pre_authorized(&user.username) && !app.settings.asks_consent;
    by_admin || org.oauth.families.has_approved(app.id(), &user.id, scopes)
}

/// Whether an assertion may stand for the user: an app that asks a person on
/// its pages may be pre-authorised all the same.
pub(crate) fn is_authorized(org: &Org, app: &App, user: &Login) -> bool {
    app.is_pre_authorized(&user.username)
        || org.oauth.families.has_approved(app.id(), &user.id, &[])
}
