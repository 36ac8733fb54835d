//! Signed assertions: of the JWT bearer flow, of apps about themselves, of devices.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::crypto::aws_lc;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use super::client;
use super::token::Refused;
use crate::server::Org;
use crate::server::app::App;

/// The platform wants `exp` within three minutes and tolerates five.
const MAX_LIFE_SECONDS: i64 = 5 * 60;

const INVALID: Refused = Refused("invalid_grant", "invalid assertion");

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
pub(crate) fn verify(
    org: &Org,
    assertion: &str,
    subject: Subject,
) -> Result<(Arc<App>, Claims), Refused> {
    let parts = Parts::<Claims>::of(assertion).ok_or(INVALID)?;
    let app = client::known(org, &parts.claims.iss)?;
    if !app.keys().iter().any(|key| parts.signed_by(key)) {
        return Err(INVALID);
    }
    let claims = parts.claims;
    if remaining_life(org, &claims.aud, claims.exp, subject)? > MAX_LIFE_SECONDS {
        return Err(INVALID);
    }
    Ok((app, claims))
}

/// What a device says about itself.
#[derive(Deserialize)]
pub(crate) struct Actor {
    aud: Audience,
    exp: f64,
    /// The device's id.
    pub(crate) did: String,
    /// The name that the token is shown with.
    #[serde(rename = "Name")]
    pub(crate) name: Option<String>,
    cnf: Option<Confirmation>,
    /// The device's public key, if it named one.
    #[serde(skip)]
    pub(crate) confirmation: Option<Value>,
}

/// RFC 7800.
#[derive(Deserialize)]
struct Confirmation {
    jwk: Value,
}

/// Checks an actor token: signed with the key that it names in `cnf`, which
/// proves that the device has it, or else with a key of the app.
pub(crate) fn actor(org: &Org, app: &App, token: &str) -> Result<Actor, Refused> {
    const ACTOR: Refused = Refused("invalid_grant", "invalid actor token");
    let mut parts = Parts::<Actor>::of(token).ok_or(ACTOR)?;
    parts.claims.confirmation = parts.claims.cnf.take().map(|cnf| cnf.jwk);
    let keys = match &parts.claims.confirmation {
        Some(jwk) => vec![rsa_key(jwk).ok_or(ACTOR)?],
        None => app.keys(),
    };
    if parts.claims.did.is_empty() || !keys.iter().any(|key| parts.signed_by(key)) {
        return Err(ACTOR);
    }
    remaining_life(org, &parts.claims.aud, parts.claims.exp, Subject::App)?;
    Ok(parts.claims)
}

fn rsa_key(jwk: &Value) -> Option<DecodingKey> {
    let part = |name: &str| jwk.get(name).and_then(Value::as_str);
    if part("kty") != Some("RSA") {
        return None;
    }
    DecodingKey::from_rsa_components(part("n")?, part("e")?).ok()
}

/// A token taken apart; nothing in it is proved yet.
struct Parts<'a, T> {
    header: Header,
    claims: T,
    message: &'a str,
    signature: Vec<u8>,
}

impl<'a, T: DeserializeOwned> Parts<'a, T> {
    fn of(token: &'a str) -> Option<Self> {
        let (message, signature) = token.rsplit_once('.')?;
        let (header, claims) = message.split_once('.')?;
        Some(Self {
            header: decode(header)?,
            claims: decode(claims)?,
            message,
            signature: URL_SAFE_NO_PAD.decode(signature).ok()?,
        })
    }

    /// Never what the header names alone: `none` and HS256 must not pass.
    fn signed_by(&self, key: &DecodingKey) -> bool {
        self.header.alg == "RS256" && signed_by(key, self.message, &self.signature)
    }
}

/// Seconds until a token ends that is addressed to this org.
fn remaining_life(
    org: &Org,
    audience: &Audience,
    expires: f64,
    subject: Subject,
) -> Result<i64, Refused> {
    let named = match audience {
        Audience::One(one) => std::slice::from_ref(one),
        Audience::Several(several) => several.as_slice(),
    };
    if !named.iter().any(|audience| is_this_org(org, audience, subject)) {
        return Err(Refused("invalid_grant", "Audience validation failed"));
    }
    #[expect(clippy::cast_possible_truncation, reason = "saturates, as does the subtraction")]
    let expires = expires as i64;
    let life = expires.saturating_sub(org.clock.now().as_second());
    if life <= 0 {
        return Err(Refused("invalid_grant", "assertion expired"));
    }
    Ok(life)
}

fn decode<T: DeserializeOwned>(part: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

/// The provider is named rather than looked up: jsonwebtoken panics when a
/// program's dependencies switch on none of its providers, or two.
pub(crate) fn signed_by(key: &DecodingKey, message: &str, signature: &Vec<u8>) -> bool {
    match (aws_lc::DEFAULT_PROVIDER.verifier_factory)(&Algorithm::RS256, key) {
        Ok(verifier) => verifier.verify(message.as_bytes(), signature).is_ok(),
        Err(_) => false,
    }
}

pub(crate) fn is_this_org(org: &Org, audience: &str, subject: Subject) -> bool {
    let audience = audience.trim_end_matches('/');
    let is = |url: &Url| audience == url.as_str().trim_end_matches('/');
    is(&org.url)
        || org.login_url.as_ref().is_some_and(is)
        || (subject == Subject::App && audience == org.absolute("/services/oauth2/token"))
        || matches!(audience, "https://login.salesforce.com" | "https://test.salesforce.com")
}
