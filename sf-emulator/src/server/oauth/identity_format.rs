//! The formats of the identity URL: JSON, a script that calls a function with
//! it, XML, form encoding (Salesforce Help, "Identity URLs").

use axum::response::Response;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::form::Form;
use super::identity::is_function;
use super::pages::escape;
use crate::server::reply;

/// The identity in the format that was asked for: by the parameter `format`, or
/// else by the first of `Accept` that there is.
pub(crate) fn respond(identity: &Value, form: &Form, headers: &HeaderMap) -> Response {
    let format = form.get("format").map(str::to_lowercase);
    let callback = form.get("callback").filter(|name| is_function(name));
    match (format.as_deref().or_else(|| accepted(headers)), callback) {
        (Some("xml"), _) => {
            let mut text = String::from(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
                 <user xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">",
            );
            elements(identity, &mut text);
            text.push_str("</user>");
            typed("application/xml;charset=UTF-8", text)
        }
        (Some("urlencoded"), _) => {
            let mut pairs = url::form_urlencoded::Serializer::new(String::new());
            encode(identity, "", &mut pairs);
            typed("application/x-www-form-urlencoded;charset=UTF-8", pairs.finish())
        }
        (None | Some("json" | "jsonp"), Some(callback)) => {
            typed("application/javascript;charset=UTF-8", format!("{callback}({identity});"))
        }
        _ => reply::ok(identity),
    }
}

fn accepted(headers: &HeaderMap) -> Option<&'static str> {
    let accept = headers.get(ACCEPT)?.to_str().ok()?;
    let kinds = accept.split(',').map(|kind| kind.split(';').next().unwrap_or_default().trim());
    kinds.into_iter().find_map(|kind| match kind {
        "application/json" | "*/*" => Some("json"),
        "application/xml" => Some("xml"),
        "application/x-www-form-urlencoded" => Some("urlencoded"),
        _ => None,
    })
}

fn typed(content_type: &str, body: String) -> Response {
    reply::with_header(reply::json(StatusCode::OK, body), CONTENT_TYPE, content_type)
}

fn elements(value: &Value, out: &mut String) {
    for (name, value) in value.as_object().into_iter().flatten() {
        match value {
            Value::Null => out.push_str(&format!("<{name} xsi:nil=\"true\"/>")),
            Value::Object(_) => {
                out.push_str(&format!("<{name}>"));
                elements(value, out);
                out.push_str(&format!("</{name}>"));
            }
            value => out.push_str(&format!("<{name}>{}</{name}>", escape(&plain(value)))),
        }
    }
}

/// Keys inside an object are joined by a dot.
fn encode(value: &Value, path: &str, out: &mut url::form_urlencoded::Serializer<'_, String>) {
    for (name, value) in value.as_object().into_iter().flatten() {
        let name = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        match value {
            Value::Object(_) => encode(value, &name, out),
            value => {
                out.append_pair(&name, &plain(value));
            }
        }
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}
