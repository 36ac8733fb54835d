//! Parameters of OAuth requests: the form body, the query, HTTP Basic.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::AUTHORIZATION;

/// What a client sent, wherever it put it; the body wins over the query.
pub(crate) struct Form(HashMap<String, String>);

impl Form {
    pub(crate) fn read(query: Option<&str>, body: &[u8]) -> Self {
        let query = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        let pairs = query.chain(url::form_urlencoded::parse(body));
        Self(pairs.map(|(key, value)| (key.into_owned(), value.into_owned())).collect())
    }

    /// A parameter that is there and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Consumer key and secret, from the body or from HTTP Basic.
    pub(crate) fn client(&self, headers: &HeaderMap) -> (Option<String>, Option<String>) {
        if let Some(id) = self.get("client_id") {
            return (Some(id.to_owned()), self.get("client_secret").map(str::to_owned));
        }
        basic(headers).map_or((None, None), |(id, secret)| (Some(id), Some(secret)))
    }
}

/// RFC 6749 form-encodes both halves before they are joined.
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let (scheme, encoded) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("Basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    let decode =
        |part: &str| percent_encoding::percent_decode_str(part).decode_utf8_lossy().into_owned();
    Some((decode(id), decode(secret)))
}
