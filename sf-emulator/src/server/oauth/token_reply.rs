//! Token replies: each grant has its own keys, in JSON, XML or form encoding.

use axum::response::Response;
use http::header::{ACCEPT, CONTENT_TYPE, EXPIRES, HeaderName};
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value, json};

use super::issue::Issued;
use super::pages::escape;
use super::token::Refused;
use crate::server::reply;

/// Keys and values in the order in which the platform's documentation and its
/// public collection list them.
pub(crate) type Parameters = Map<String, Value>;

/// Codes, refresh tokens, device codes and exchanged tokens; a refresh has a
/// `refresh_token` only if it was replaced.
pub(crate) fn code(issued: &Issued) -> Parameters {
    let mut keys = Map::new();
    keys.insert("access_token".to_owned(), issued.access_token.as_str().into());
    if let Some(token) = &issued.refresh_token {
        keys.insert("refresh_token".to_owned(), token.as_str().into());
    }
    keys.insert("signature".to_owned(), issued.signature.as_str().into());
    keys.insert("scope".to_owned(), issued.scope.as_str().into());
    if let Some(token) = &issued.id_token {
        keys.insert("id_token".to_owned(), token.as_str().into());
    }
    keys.insert("instance_url".to_owned(), issued.instance_url.as_str().into());
    keys.insert("id".to_owned(), issued.id.as_str().into());
    keys.insert("token_type".to_owned(), "Bearer".into());
    keys.insert("issued_at".to_owned(), issued.issued_at.as_str().into());
    keys
}

pub(crate) fn client_credentials(issued: &Issued) -> Parameters {
    let mut keys = code(issued);
    keys.insert("api_instance_url".to_owned(), "https://api.salesforce.com".into());
    keys.insert("token_format".to_owned(), "opaque".into());
    keys
}

/// Of an assertion: neither `issued_at` nor `signature`.
pub(crate) fn bearer(issued: &Issued) -> Parameters {
    of_value(json!({
        "access_token": issued.access_token,
        "scope": issued.scope,
        "instance_url": issued.instance_url,
        "id": issued.id,
        "token_type": "Bearer",
    }))
}

/// No `scope`.
pub(crate) fn password(issued: &Issued) -> Parameters {
    of_value(json!({
        "access_token": issued.access_token,
        "instance_url": issued.instance_url,
        "id": issued.id,
        "token_type": "Bearer",
        "issued_at": issued.issued_at,
        "signature": issued.signature,
    }))
}

/// What the user-agent flow puts into the fragment.
pub(crate) fn in_fragment(issued: &Issued) -> Vec<(&'static str, String)> {
    let mut pairs = vec![("access_token", issued.access_token.clone())];
    pairs.extend(issued.refresh_token.clone().map(|token| ("refresh_token", token)));
    pairs.push(("instance_url", issued.instance_url.clone()));
    pairs.push(("id", issued.id.clone()));
    pairs.push(("issued_at", issued.issued_at.clone()));
    pairs.push(("signature", issued.signature.clone()));
    pairs.push(("scope", issued.scope.clone()));
    pairs.push(("token_type", "Bearer".to_owned()));
    pairs.extend(issued.id_token.clone().map(|token| ("id_token", token)));
    pairs
}

pub(crate) fn of_value(value: Value) -> Parameters {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// The reply in the format that was asked for.
pub(crate) fn respond(
    granted: Result<Parameters, Refused>,
    format: Option<&str>,
    headers: &HeaderMap,
) -> Response {
    let (status, parameters) = match granted {
        Ok(parameters) => (StatusCode::OK, parameters),
        Err(Refused(error, description)) => {
            let body = json!({ "error": error, "error_description": description });
            (StatusCode::BAD_REQUEST, of_value(body))
        }
    };
    let response = match format.or_else(|| accepted(headers)) {
        Some("xml") => text(status, "application/xml;charset=UTF-8", xml(&parameters)),
        Some("urlencoded") => {
            text(status, "application/x-www-form-urlencoded;charset=UTF-8", encoded(&parameters))
        }
        _ => reply::json(status, Value::Object(parameters).to_string()),
    };
    let response = reply::with_header(response, EXPIRES, "Thu, 01 Jan 1970 00:00:00 GMT");
    reply::with_header(response, HeaderName::from_static("x-readonlymode"), "false")
}

/// `Accept` counts if it names one of the other formats first.
fn accepted(headers: &HeaderMap) -> Option<&'static str> {
    let accept = headers.get(ACCEPT)?.to_str().ok()?;
    match accept.split([',', ';']).next()?.trim() {
        "application/xml" => Some("xml"),
        "application/x-www-form-urlencoded" => Some("urlencoded"),
        _ => None,
    }
}

fn text(status: StatusCode, content_type: &str, body: String) -> Response {
    reply::with_header(reply::json(status, body), CONTENT_TYPE, content_type)
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn xml(parameters: &Parameters) -> String {
    let items: String = parameters
        .iter()
        .map(|(name, value)| format!("<{name}>{}</{name}>", escape(&plain(value))))
        .collect();
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><OAuth>{items}</OAuth>")
}

fn encoded(parameters: &Parameters) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in parameters {
        form.append_pair(name, &plain(value));
    }
    form.finish()
}
