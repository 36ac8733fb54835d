//! Errors in XML, for clients that accept nothing else. Other replies are JSON
//! whatever the client accepts.

use http::HeaderMap;
use http::header::ACCEPT;
use serde_json::Value;

/// Whether the client takes XML and no JSON.
pub(crate) fn is_wanted(headers: &HeaderMap) -> bool {
    let accepted = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let takes = |kind: &str| accepted.split(',').any(|item| item.trim().starts_with(kind));
    takes("application/xml") && !takes("application/json") && !takes("*/*")
}

/// An error array of the platform; `None` if the text is something else.
pub(crate) fn errors(json: &str) -> Option<String> {
    let items: Vec<Value> = serde_json::from_str(json).ok()?;
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?><Errors>");
    for item in &items {
        text.push_str("<Error>");
        for name in ["errorCode", "message"] {
            let value = item.get(name)?.as_str()?;
            text.push_str(&format!("<{name}>{}</{name}>", escape(value)));
        }
        text.push_str("</Error>");
    }
    text.push_str("</Errors>");
    Some(text)
}

/// Text that cannot be markup; characters that XML does not have are left out.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\n' | '\t' | '\r' | ' '.. => out.push(c),
            _ => {}
        }
    }
    out
}
