//! A new session with all that a token reply may tell about it.

use std::sync::Arc;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::families::NewFamily;
use super::id_token;
use super::token::Refused;
use crate::engine::Login;
use crate::server::Org;
use crate::server::app::{App, is_refresh};
use crate::server::session::Granted;

/// Whether the reply comes with a refresh token.
pub(crate) enum Refresh {
    /// Never.
    None,
    /// A new one, if the scopes have it.
    New,
    /// The session belongs to a family that there is; its token was replaced if
    /// there is one here.
    Of { family: u64, replaced: Option<String> },
}

/// The parts of a token reply; each grant tells some of them.
pub(crate) struct Issued {
    pub(crate) access_token: String,
    pub(crate) refresh_token: Option<String>,
    pub(crate) id_token: Option<String>,
    pub(crate) scope: String,
    pub(crate) instance_url: String,
    /// The identity URL.
    pub(crate) id: String,
    /// Milliseconds since 1970, as text.
    pub(crate) issued_at: String,
    /// `base64(HMAC-SHA256(consumer secret, id + issued_at))`.
    pub(crate) signature: String,
    /// Whose session it is, and what it may do.
    pub(crate) user_id: String,
    pub(crate) granted: Granted,
}

/// Begins a session of this user through this app.
pub(crate) async fn issue(
    org: &Arc<Org>,
    app: &App,
    user: &Login,
    scopes: &[String],
    refresh: Refresh,
    nonce: Option<&str>,
) -> Result<Issued, Refused> {
    let now = org.clock.now();
    // Nobody is present in the flows without refresh tokens: no id token either.
    let signs_in = !matches!(refresh, Refresh::None) && scopes.iter().any(|one| one == "openid");
    let (family, refresh_token) = match refresh {
        Refresh::None => (None, None),
        Refresh::New if !scopes.iter().any(|scope| is_refresh(scope)) => (None, None),
        Refresh::New => {
            let token = new_refresh_token(org);
            let new = NewFamily { client_id: app.id(), user_id: &user.id, scopes, now };
            let (family, evicted) = org.oauth.families.begin(&new, token.clone());
            if let Some(evicted) = evicted {
                org.sessions.end_family(evicted);
            }
            (Some(family), Some(token))
        }
        Refresh::Of { family, replaced } => (Some(family), replaced),
    };
    let granted = Granted { client_id: app.id().to_owned(), scopes: scopes.to_vec(), family };
    let access_token = org.begin_session(&user.id, Some(granted.clone()));
    // A reuse of an old token may have ended the family meanwhile.
    if family.is_some_and(|family| !org.oauth.families.is_live(family)) {
        org.sessions.end(&access_token);
    }
    let id_token = if signs_in {
        Some(id_token::sign(org, app, user, &access_token, nonce).await?)
    } else {
        None
    };
    let id = identity_url(org, &user.id);
    let issued_at = now.as_millisecond().to_string();
    let secret = app.settings.client_secret.as_deref().unwrap_or_default();
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, format!("{id}{issued_at}").as_bytes());
    Ok(Issued {
        access_token,
        refresh_token,
        id_token,
        scope: scopes.join(" "),
        instance_url: org.absolute(""),
        id,
        issued_at,
        signature: STANDARD.encode(tag.as_ref()),
        user_id: user.id.clone(),
        granted,
    })
}

/// As long as the platform's, and like them not to be told from other text.
pub(crate) fn new_refresh_token(org: &Org) -> String {
    format!("5Aep{}.{}", org.random.text(41), org.random.text(41))
}

pub(crate) fn identity_url(org: &Org, user_id: &str) -> String {
    org.absolute(&format!("/id/{}/{user_id}", org.engine.org_id()))
}
