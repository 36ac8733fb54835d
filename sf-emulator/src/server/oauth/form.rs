//! Parameters of OAuth requests: form bodies, the query, HTTP Basic.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::{AUTHORIZATION, CONTENT_TYPE};

/// What a client sent, wherever it put it; the body wins over the query.
pub(crate) struct Form(HashMap<String, String>);

impl Form {
    pub(crate) fn read(query: Option<&str>, headers: &HeaderMap, body: &[u8]) -> Self {
        let query = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        let mut pairs: HashMap<String, String> =
            query.map(|(key, value)| (key.into_owned(), value.into_owned())).collect();
        match boundary(headers) {
            Some(boundary) => pairs.extend(multipart(body, &boundary)),
            None => pairs.extend(
                url::form_urlencoded::parse(body)
                    .map(|(key, value)| (key.into_owned(), value.into_owned())),
            ),
        }
        Self(pairs)
    }

    /// A parameter that is there and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Consumer key and secret, from the body or from HTTP Basic.
    pub(crate) fn client(&self, headers: &HeaderMap) -> (Option<String>, Option<String>) {
        if let Some((id, secret)) = basic(headers) {
            return (Some(id), Some(secret).filter(|secret| !secret.is_empty()));
        }
        (self.get("client_id").map(str::to_owned), self.get("client_secret").map(str::to_owned))
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

/// The boundary of `multipart/form-data`, which some clients send.
fn boundary(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let (kind, parameters) = value.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let mut parameters = parameters.split(';').filter_map(|one| one.trim().split_once('='));
    let (_, boundary) = parameters.find(|(name, _)| name.eq_ignore_ascii_case("boundary"))?;
    Some(boundary.trim_matches('"').to_owned()).filter(|boundary| !boundary.is_empty())
}

/// The plain fields of a multipart body; a part that is no such field is passed over.
fn multipart(body: &[u8], boundary: &str) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(body);
    let field = |part: &str| {
        let part = part.strip_prefix("\r\n")?;
        let (head, value) = part.split_once("\r\n\r\n")?;
        let head = head.lines().find(|line| {
            line.get(..20).is_some_and(|start| start.eq_ignore_ascii_case("content-disposition:"))
        })?;
        let (_, name) = head.split_once("name=\"")?;
        let (name, _) = name.split_once('"')?;
        Some((name.to_owned(), value.strip_suffix("\r\n").unwrap_or(value).to_owned()))
    };
    text.split(&format!("--{boundary}")).filter_map(field).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn multipart_fields_are_read() {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, "multipart/form-data; boundary=\"xYz\"".parse().unwrap());
        let body = "--xYz\r\nContent-Disposition: form-data; name=\"grant_type\"\r\n\r\ndevice\r\n\
                    --xYz\r\ncontent-disposition: form-data; name=\"code\"\r\nContent-Type: text/plain\r\n\r\na=b&c\r\n--xYz--\r\n";
        let form = Form::read(None, &headers, body.as_bytes());
        assert_eq!(form.get("grant_type"), Some("device"));
        assert_eq!(form.get("code"), Some("a=b&c"));
    }
}
