//! Dynamic client registration (RFC 7591, RFC 7592; Salesforce Help, "OpenID
//! Connect Dynamic Client Registration for External API Gateways").

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Path, State};
use axum::response::Response;
use bytes::Bytes;
use http::header::WWW_AUTHENTICATE;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use url::Url;

use super::client::is_same;
use super::token::{DEVICE, JWT_BEARER, Refused, SAML_BEARER, TOKEN_EXCHANGE};
use crate::ConnectedApp;
use crate::server::app::App;
use crate::server::{Org, gate, reply};

/// The flows of an app that registered itself.
const GRANTS: [&str; 4] = ["authorization_code", "hybrid_auth_code", "implicit", "refresh_token"];

/// Those that it cannot have.
const OTHER_GRANTS: [&str; 6] =
    ["client_credentials", "password", DEVICE, JWT_BEARER, SAML_BEARER, TOKEN_EXCHANGE];

/// Replies to registrations by consumer key; each holds the token that reads it.
#[derive(Default)]
pub(crate) struct Registrations(Mutex<HashMap<String, Value>>);

impl Registrations {
    fn keep(&self, client_id: &str, reply: Value) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(client_id.to_owned(), reply);
    }

    fn get(&self, client_id: &str) -> Option<Value> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(client_id).cloned()
    }
}

/// What an app says about itself; whatever else it says is passed over.
#[derive(Deserialize)]
struct Metadata {
    #[serde(default)]
    redirect_uris: Vec<String>,
    client_name: Option<String>,
    #[serde(default)]
    contacts: Vec<String>,
    token_endpoint_auth_method: Option<String>,
    #[serde(default)]
    grant_types: Vec<String>,
    response_types: Option<Vec<String>>,
    /// RFC 7591: joined by spaces.
    scope: Option<String>,
    /// As in the platform's reply.
    scopes: Option<Vec<String>>,
}

/// `POST /services/oauth2/register`, with an initial access token.
pub(crate) async fn register(
    State(org): State<Arc<Org>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let given = gate::token(&headers).unwrap_or_default();
    let parent = org.apps.find_by(|app| {
        app.settings.initial_access_token.as_deref().is_some_and(|right| is_same(given, right))
    });
    let Some(parent) = parent else { return unauthorized("initial access token is not valid") };
    match registered(&org, &parent, &body) {
        Ok(value) => reply::json(StatusCode::CREATED, value.to_string()),
        Err(refused) => refusal(StatusCode::BAD_REQUEST, &refused),
    }
}

/// `GET` of the `registration_client_uri`, with the `registration_access_token`.
pub(crate) async fn read(
    State(org): State<Arc<Org>>,
    Path(client_id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let given = gate::token(&headers).unwrap_or_default();
    let reply = org.oauth.registrations.get(&client_id).filter(|reply| {
        reply["registration_access_token"].as_str().is_some_and(|right| is_same(given, right))
    });
    match reply {
        Some(value) => reply::ok(&value),
        None => unauthorized("registration access token is not valid"),
    }
}

fn registered(org: &Org, parent: &App, body: &[u8]) -> Result<Value, Refused> {
    const METADATA: &str = "invalid_client_metadata";
    let metadata: Metadata = serde_json::from_slice(body)
        .map_err(|_| Refused(METADATA, "the body must be the client metadata in JSON"))?;
    if metadata.redirect_uris.is_empty() || !metadata.redirect_uris.iter().all(|uri| is_safe(uri)) {
        let message = "redirect_uris must be absolute, without a fragment, and https, \
                       http on loopback, or a scheme of the app";
        return Err(Refused("invalid_redirect_uri", message));
    }
    if !metadata.grant_types.iter().all(|one| GRANTS.contains(&one.as_str())) {
        return Err(Refused(METADATA, "grant type not supported"));
    }
    let method = metadata.token_endpoint_auth_method.as_deref().unwrap_or("client_secret_basic");
    if !matches!(method, "client_secret_basic" | "client_secret_post" | "none") {
        return Err(Refused(METADATA, "token_endpoint_auth_method not supported"));
    }
    let asked = metadata.scope.or_else(|| metadata.scopes.map(|scopes| scopes.join(" ")));
    let scopes = parent
        .granted(asked.as_deref())
        .map_err(|_| Refused(METADATA, "the requested scope is not allowed"))?;

    let client_id = format!("3MVG9{}", org.random.text(80));
    let secret = (method != "none").then(|| org.random.hex(64).to_uppercase());
    let mut settings = ConnectedApp {
        name: metadata.client_name.unwrap_or_else(|| "Registered App".to_owned()),
        client_id: client_id.clone(),
        secret_required: secret.is_some(),
        client_secret: secret,
        scopes,
        redirect_uris: metadata.redirect_uris,
        any_loopback: false,
        jwt_keys: Vec::new(),
        initial_access_token: None,
        exchange: None,
        asset_tokens: None,
        ..parent.settings.clone()
    };
    settings.pkce_required |= settings.client_secret.is_none();
    settings.disabled_grants.extend(OTHER_GRANTS.map(str::to_owned));

    let mut reply = Map::new();
    let mut set = |name: &str, value: Value| reply.insert(name.to_owned(), value);
    set("client_id", client_id.as_str().into());
    if let Some(secret) = &settings.client_secret {
        set("client_secret", secret.as_str().into());
    }
    set("registration_access_token", org.random.text(64).into());
    let uri = org.absolute(&format!("/services/oauth2/register/{client_id}"));
    set("registration_client_uri", uri.into());
    set("client_id_issued_at", org.clock.now().as_second().into());
    set("client_secret_expires_at", 0.into());
    set("token_endpoint_auth_method", method.into());
    set("redirect_uris", json!(settings.redirect_uris));
    set(
        "response_types",
        json!(metadata.response_types.unwrap_or_else(|| vec!["code".to_owned()])),
    );
    set("grant_types", json!(GRANTS));
    set("contacts", json!(metadata.contacts));
    set("client_name", settings.name.as_str().into());
    set("scopes", json!(settings.scopes));
    let reply = Value::Object(reply);

    let app = App::new(settings).map_err(|_| Refused("unknown_error", "retry your request"))?;
    org.oauth.registrations.keep(&client_id, reply.clone());
    org.apps.add(app);
    Ok(reply)
}

/// Whether codes may be sent there: encrypted, to this machine, or to an app.
fn is_safe(uri: &str) -> bool {
    let Ok(url) = Url::parse(uri) else { return false };
    let loopback = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let scheme = match url.scheme() {
        "https" => true,
        "http" => loopback,
        "javascript" | "data" | "file" | "blob" | "about" => false,
        _ => true,
    };
    scheme && url.fragment().is_none()
}

fn unauthorized(message: &'static str) -> Response {
    let response = refusal(StatusCode::UNAUTHORIZED, &Refused("invalid_token", message));
    reply::with_header(response, WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"")
}

fn refusal(status: StatusCode, Refused(error, description): &Refused) -> Response {
    let body = json!({ "error": error, "error_description": description });
    reply::json(status, body.to_string())
}
