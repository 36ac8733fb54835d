//! OpenID Connect: the signed id token, and how this org signs.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::issue::identity_url;
use super::token::Refused;
use crate::engine::Login;
use crate::server::app::App;
use crate::server::{Org, keys};

/// Seconds that an id token counts.
const LIFE: i64 = 120;

/// A token about this user for this app, RS256 with the key of `/id/keys`.
pub(crate) async fn sign(
    org: &Arc<Org>,
    app: &App,
    user: &Login,
    access_token: &str,
    nonce: Option<&str>,
) -> Result<String, Refused> {
    let now = org.clock.now().as_second();
    // The left half of the hash, as OpenID Connect Core 3.1.3.6 wants it.
    let hash = digest(&SHA256, access_token.as_bytes());
    let half = hash.as_ref().get(..16).unwrap_or_default();
    let mut claims = json!({
        "at_hash": URL_SAFE_NO_PAD.encode(half),
        "sub": identity_url(org, &user.id),
        "aud": app.id(),
        "iss": org.absolute(""),
        "exp": now + LIFE,
        "iat": now,
    });
    if let (Some(nonce), Some(claims)) = (nonce, claims.as_object_mut()) {
        claims.insert("nonce".to_owned(), nonce.into());
    }
    signed(claims).await
}

/// A JWT with these claims, RS256 with the key of `/id/keys`.
pub(crate) async fn signed(claims: Value) -> Result<String, Refused> {
    let failed = Refused("unknown_error", "retry your request");
    // Making the key takes a tenth of a second, once.
    let signed = tokio::task::spawn_blocking(move || {
        let key = keys::signing_key()?;
        let header = json!({ "kid": key.id, "typ": "JWT", "alg": "RS256" }).to_string();
        let message = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header),
            URL_SAFE_NO_PAD.encode(claims.to_string())
        );
        let signature = key.sign(message.as_bytes())?;
        Ok::<_, crate::Error>(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    });
    match signed.await {
        Ok(Ok(token)) => Ok(token),
        _ => Err(failed),
    }
}
