//! The device flow: a code for the device, and a page for the person.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use bytes::Bytes;
use http::HeaderMap;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::browser::{Purpose, Ticket};
use super::devices::{Answer, Device, Poll};
use super::form::Form;
use super::token::{MISSING, Refused};
use super::{client, consent, pages};
use crate::server::Org;
use crate::server::app::App;

/// Letters that are not mistaken for one another.
const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// `response_type=device_code`.
pub(crate) fn begin(org: &Org, form: &Form) -> Result<Value, Refused> {
    let app = client::known(org, form.get("client_id").ok_or(MISSING)?)?;
    client::allows(&app, "device")?;
    let scopes = app
        .granted(form.get("scope"))
        .map_err(|_| Refused("invalid_scope", "the requested scope is not allowed"))?;
    let device_code = format!("M01{}", org.random.text(61));
    let user_code = org.random.letters(8, LETTERS);
    let reply = json!({
        "device_code": device_code,
        "user_code": user_code,
        "verification_uri": org.absolute("/setup/connect"),
        "interval": org.oauth.device_interval.as_secs(),
    });
    let device = Device {
        client_id: app.id().to_owned(),
        scopes,
        user_code,
        began: org.clock.now(),
        polled: None,
        answer: Answer::None,
    };
    org.oauth.devices.keep(device_code, device);
    Ok(reply)
}

/// `grant_type=device`: user and scopes, once the person allowed it.
pub(crate) fn poll(org: &Org, app: &App, form: &Form) -> Result<(String, Vec<String>), Refused> {
    let code = form.get("code").or_else(|| form.get("device_code")).ok_or(MISSING)?;
    let interval =
        SignedDuration::try_from(org.oauth.device_interval).unwrap_or(SignedDuration::MAX);
    match org.oauth.devices.poll(code, app.id(), interval, org.clock.now()) {
        Poll::Pending => Err(Refused("authorization_pending", "authorization pending")),
        Poll::TooSoon => Err(Refused("slow_down", "polling too frequently")),
        Poll::Denied => Err(Refused("access_denied", "end-user denied authorization")),
        Poll::Unknown => Err(Refused("invalid_grant", "invalid or expired device code")),
        Poll::Allowed { user_id, scopes } => Ok((user_id, scopes)),
    }
}

/// `GET /setup/connect[?user_code=]`.
pub(crate) async fn page(RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let form = Form::read(query.as_deref(), &headers, &[]);
    pages::connect(form.get("user_code").unwrap_or_default(), None)
}

/// `POST /setup/connect`: on to login and consent.
pub(crate) async fn enter(
    State(org): State<Arc<Org>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = Form::read(None, &headers, &body);
    let typed = form.get("user_code").unwrap_or_default();
    let now = org.clock.now();
    let Some((device_code, client_id)) = org.oauth.devices.find(typed, now) else {
        let refusal =
            "This code is not valid or has expired. Check it, or ask your device for a new one.";
        return pages::connect(typed, Some(refusal));
    };
    let scopes = org.oauth.devices.scopes(&device_code);
    let ticket = Ticket {
        purpose: Purpose::Device { device_code, client_id, scopes },
        must_log_in: false,
        must_ask: true,
        login_hint: None,
        shown: None,
        opened: now,
    };
    let name = org.random.text(40);
    org.oauth.browser.open(name.clone(), ticket);
    consent::proceed(&org, &name, &headers, false).await
}
