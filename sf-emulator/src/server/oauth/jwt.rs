//! Signed assertions: of the JWT bearer flow, and of apps about themselves.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::crypto::aws_lc;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::client;
use super::token::Refused;
use crate::server::Org;
use crate::server::app::App;

/// The platform wants `exp` within three minutes and tolerates five.
const MAX_LIFE_SECONDS: i64 = 5 * 60;

#[derive(Deserialize)]
struct Header {
    alg: String,
}

/// What an assertion says.
#[derive(Deserialize)]
pub(crate) struct Claims {
    iss: String,
    /// The username, or the app itself.
    pub(crate) sub: String,
    aud: Audience,
    /// Seconds since 1970; some clients send a fraction.
    exp: f64,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// What an assertion stands for, which decides whom it may be addressed to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    /// A user: for a login host or the org.
    User,
    /// The app itself (`private_key_jwt`): for the token endpoint too.
    App,
}

/// Checks app, signature, audience and life.
pub(crate) fn verify<'a>(
    org: &'a Org,
    assertion: &str,
    subject: Subject,
) -> Result<(&'a App, Claims), Refused> {
    const INVALID: Refused = Refused("invalid_grant", "invalid assertion");
    let (message, signature) = assertion.rsplit_once('.').ok_or(INVALID)?;
    let (header, claims) = message.split_once('.').ok_or(INVALID)?;
    let header: Header = decode(header).ok_or(INVALID)?;
    let claims: Claims = decode(claims).ok_or(INVALID)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| INVALID)?;

    let app = client::known(org, &claims.iss)?;
    // Never what the header names alone: `none` and HS256 must not pass.
    if header.alg != "RS256" || !app.keys().iter().any(|key| signed_by(key, message, &signature)) {
        return Err(INVALID);
    }
    let named = match &claims.aud {
        Audience::One(one) => std::slice::from_ref(one),
        Audience::Several(several) => several.as_slice(),
    };
    if !named.iter().any(|audience| is_this_org(org, audience, subject)) {
        return Err(Refused("invalid_grant", "Audience validation failed"));
    }
    let now = org.clock.now().as_second();
    #[expect(
        clippy::cast_possible_truncation,
        reason = "saturates, which is far outside the window below"
    )]
    let expires = claims.exp as i64;
    if expires <= now {
        return Err(Refused("invalid_grant", "assertion expired"));
    }
    if expires - now > MAX_LIFE_SECONDS {
        return Err(INVALID);
    }
    Ok((app, claims))
}

fn decode<T: DeserializeOwned>(part: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

/// The provider is named rather than looked up: jsonwebtoken panics when a
/// program's dependencies switch on none of its providers, or two.
fn signed_by(key: &DecodingKey, message: &str, signature: &Vec<u8>) -> bool {
    match (aws_lc::DEFAULT_PROVIDER.verifier_factory)(&Algorithm::RS256, key) {
        Ok(verifier) => verifier.verify(message.as_bytes(), signature).is_ok(),
        Err(_) => false,
    }
}

fn is_this_org(org: &Org, audience: &str, subject: Subject) -> bool {
    let audience = audience.trim_end_matches('/');
    audience == org.absolute("")
        || (subject == Subject::App && audience == org.absolute("/services/oauth2/token"))
        || matches!(audience, "https://login.salesforce.com" | "https://test.salesforce.com")
}
