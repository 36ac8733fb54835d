//! Asset tokens: what a device shows to a service that trusts this org.

use std::sync::Arc;

use http::HeaderMap;
use serde_json::{Value, json};

use super::form::Form;
use super::issue::identity_url;
use super::token::{MISSING, Refused};
use super::{client, id_token, jwt, permit, user_by_id};
use crate::server::Org;

const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";

/// Exchanges a session and what a device says about itself for a signed token
/// (Salesforce Help, "OAuth 2.0 Asset Token Flow for Securing Connected
/// Devices"). The session says which app this is; a client that names itself
/// must be that app.
pub(crate) async fn exchange(
    org: &Arc<Org>,
    headers: &HeaderMap,
    form: &Form,
) -> Result<Value, Refused> {
    const SUBJECT: Refused = Refused("invalid_grant", "invalid subject token");
    let kinds = [form.get("subject_token_type"), form.get("actor_token_type")];
    let [subject_type, actor_type] = kinds.map(|kind| kind.unwrap_or_default().to_lowercase());
    if subject_type != "urn:ietf:params:oauth:token-type:access_token" {
        return Err(Refused("invalid_request", "subject token type not supported"));
    }
    if actor_type != JWT {
        return Err(Refused("invalid_request", "actor token type not supported"));
    }
    let token = form.get("subject_token").ok_or(MISSING)?;
    let session = org.sessions.touch(token, org.clock.now()).ok_or(SUBJECT)?;
    let grant = session.grant.as_ref().ok_or(SUBJECT)?;
    let app = client::known(org, &grant.client_id)?;
    if form.client(headers).0.is_some()
        && client::as_configured(org, headers, form)?.id() != app.id()
    {
        return Err(SUBJECT);
    }
    client::allows(&app, super::token::TOKEN_EXCHANGE)?;
    let policy = app
        .settings
        .asset_tokens
        .as_ref()
        .ok_or(Refused("unsupported_grant_type", "grant type not supported"))?;
    let user = user_by_id(org, &session.user_id).await.ok_or(SUBJECT)?;
    permit::user(org, &app, &user)?;
    let actor = jwt::actor(org, &app, form.get("actor_token").ok_or(MISSING)?)?;

    let now = org.clock.now().as_second();
    let life = i64::try_from(policy.lifetime.as_secs()).unwrap_or(i64::MAX);
    let mut claims = json!({
        "aud": [policy.audience],
        "nbf": now,
        "iss": org.absolute(""),
        "sub": identity_url(org, &user.id),
        "exp": now.saturating_add(life),
        "iat": now,
        "did": actor.did,
    });
    if let Some(claims) = claims.as_object_mut() {
        claims.extend(actor.name.map(|name| ("Name".to_owned(), name.into())));
        claims.extend(actor.confirmation.map(|key| ("cnf".to_owned(), json!({ "jwk": key }))));
    }
    Ok(json!({
        "access_token": id_token::signed(claims).await?,
        "issued_token_type": JWT,
        "token_type": "Bearer",
        "expires_in": life,
    }))
}
