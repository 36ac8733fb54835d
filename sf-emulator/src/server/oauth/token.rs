//! `POST /services/oauth2/token`.

use std::sync::Arc;

use aws_lc_rs::hmac;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{EXPIRES, HeaderName};
use http::{HeaderMap, Method, StatusCode};
use serde_json::{Map, Value, json};

use super::form::Form;
use super::{active_user, jwt};
use crate::engine::Login;
use crate::server::{Org, reply};

/// A refused token request: `error` and `error_description`.
pub(crate) struct Refused(pub(crate) &'static str, pub(crate) &'static str);

pub(crate) async fn token(
    State(org): State<Arc<Org>>,
    method: Method,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    let granted = if method == Method::POST {
        grant(&org, &headers, &Form::read(query.as_deref(), &body)).await
    } else {
        Err(Refused("invalid_request", "must use HTTP POST"))
    };
    let (status, body) = match granted {
        Ok(granted) => (StatusCode::OK, granted),
        Err(Refused(error, description)) => {
            (StatusCode::BAD_REQUEST, json!({ "error": error, "error_description": description }))
        }
    };
    let response = reply::json(status, body.to_string());
    let response = reply::with_header(response, EXPIRES, "Thu, 01 Jan 1970 00:00:00 GMT");
    reply::with_header(response, HeaderName::from_static("x-readonlymode"), "false")
}

async fn grant(org: &Arc<Org>, headers: &HeaderMap, form: &Form) -> Result<Value, Refused> {
    match form.get("grant_type") {
        Some("client_credentials") => {
            check_client(org, headers, form)?;
            Ok(client_credentials(org))
        }
        Some("urn:ietf:params:oauth:grant-type:jwt-bearer") => {
            let assertion = form.get("assertion").ok_or(MISSING)?;
            let username = jwt::verify(org, assertion)?;
            // An unknown user has approved nothing either.
            let user = active_user(org, &username)
                .await
                .ok_or(Refused("invalid_grant", "user hasn't approved this consumer"))?;
            Ok(jwt_bearer(org, &user))
        }
        Some("password") => {
            check_client(org, headers, form)?;
            let (username, password) =
                (form.get("username").ok_or(MISSING)?, form.get("password").ok_or(MISSING)?);
            let user = login(org, username, password)
                .await
                .ok_or(Refused("invalid_grant", "authentication failure"))?;
            Ok(password_grant(org, &user))
        }
        Some(_) => Err(Refused("unsupported_grant_type", "grant type not supported")),
        None => Err(MISSING),
    }
}

const MISSING: Refused = Refused("invalid_request", "missing required parameters");

/// The user, if the password with the security token appended is right.
pub(crate) async fn login(org: &Arc<Org>, username: &str, password: &str) -> Option<Login> {
    let expected = format!("{}{}", org.password, org.security_token);
    if password != expected {
        return None;
    }
    active_user(org, username).await
}

fn check_client(org: &Org, headers: &HeaderMap, form: &Form) -> Result<(), Refused> {
    let (id, secret) = form.client(headers);
    if id.ok_or(MISSING)? != org.app.client_id {
        return Err(Refused("invalid_client_id", "client identifier invalid"));
    }
    if secret.as_deref() != Some(org.app.client_secret.as_str()) {
        return Err(Refused("invalid_client", "invalid client credentials"));
    }
    Ok(())
}

/// The keys below are in the order in which the platform's documentation and
/// its public collection list them; each grant has its own set.
fn client_credentials(org: &Org) -> Value {
    let token = org.issue_token(&org.admin.id);
    let issued = Issued::to(org, &org.admin);
    let mut keys = Map::new();
    keys.insert("access_token".to_owned(), token.into());
    keys.insert("signature".to_owned(), issued.signature.into());
    keys.insert("scope".to_owned(), org.app.scopes.join(" ").into());
    keys.insert("instance_url".to_owned(), org.absolute("").into());
    keys.insert("id".to_owned(), issued.id.into());
    keys.insert("token_type".to_owned(), "Bearer".into());
    keys.insert("issued_at".to_owned(), issued.at.into());
    keys.insert("api_instance_url".to_owned(), "https://api.salesforce.com".into());
    keys.insert("token_format".to_owned(), "opaque".into());
    Value::Object(keys)
}

/// Neither `issued_at` nor `signature`.
fn jwt_bearer(org: &Org, user: &Login) -> Value {
    let token = org.issue_token(&user.id);
    json!({
        "access_token": token,
        "scope": org.app.scopes.join(" "),
        "instance_url": org.absolute(""),
        "id": Issued::to(org, user).id,
        "token_type": "Bearer",
    })
}

/// No `scope`.
fn password_grant(org: &Org, user: &Login) -> Value {
    let token = org.issue_token(&user.id);
    let issued = Issued::to(org, user);
    json!({
        "access_token": token,
        "instance_url": org.absolute(""),
        "id": issued.id,
        "token_type": "Bearer",
        "issued_at": issued.at,
        "signature": issued.signature,
    })
}

/// The parts that are signed with the consumer secret.
struct Issued {
    /// The identity URL.
    id: String,
    /// Milliseconds since 1970, as text.
    at: String,
    /// `base64(HMAC-SHA256(consumer secret, id + issued_at))`.
    signature: String,
}

impl Issued {
    fn to(org: &Org, user: &Login) -> Self {
        let id = org.absolute(&format!("/id/{}/{}", org.engine.org_id(), user.id));
        let at = org.clock.now().as_millisecond().to_string();
        let key = hmac::Key::new(hmac::HMAC_SHA256, org.app.client_secret.as_bytes());
        let tag = hmac::sign(&key, format!("{id}{at}").as_bytes());
        Self { id, at, signature: STANDARD.encode(tag.as_ref()) }
    }
}
