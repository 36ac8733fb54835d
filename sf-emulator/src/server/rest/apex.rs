//! `/services/apexrest/…`: one class that answers with what it was sent.

use axum::response::Response;
use http::Method;
use serde_json::{Map, Value, json};

use crate::server::reply;

/// The path of a request to Apex REST, without its prefix.
pub(crate) fn path(path: &str) -> Option<&str> {
    let rest = path.strip_prefix("/services/apexrest")?;
    (rest.is_empty() || rest.starts_with('/')).then_some(rest)
}

/// Method, path below `/services/apexrest`, parameters, and the body: as JSON
/// if it is, else as text, `null` if there is none.
pub(crate) fn echo(method: &Method, path: &str, query: Option<&str>, body: &[u8]) -> Response {
    let parameters: Map<String, Value> =
        url::form_urlencoded::parse(query.unwrap_or_default().as_bytes())
            .map(|(key, value)| (key.into_owned(), Value::from(value)))
            .collect();
    let body = match serde_json::from_slice::<Value>(body) {
        Ok(json) => json,
        Err(_) if body.is_empty() => Value::Null,
        Err(_) => Value::from(String::from_utf8_lossy(body)),
    };
    reply::ok(&json!({
        "method": method.as_str(),
        "path": path,
        "parameters": parameters,
        "body": body,
    }))
}
