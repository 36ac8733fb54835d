//! From a request as a value to the one that is sent: address, headers, token, compression.

use std::io::Write;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderName, HeaderValue};
use sf_auth::transport::TotalTimeout;
use sf_auth::{ExposeSecret, Session};
use url::{Position, Url};

use crate::client::Client;
use crate::ops::bulk::CSV;
use crate::{Error, Request};

/// The platform refuses longer URIs with an HTML page (REST API Developer Guide, Status Codes).
pub(crate) const MAX_URI: usize = 16_384;

/// The body of a request, compressed once for all attempts.
pub(crate) struct Payload {
    body: Bytes,
    gzip: bool,
}

impl Payload {
    /// Compresses a body of more than `above` bytes, unless it is the data of a bulk job.
    pub(crate) fn new(request: &Request, above: Option<usize>) -> Self {
        let body = request.body().cloned().unwrap_or_default();
        let headers = request.headers();
        let as_it_is = headers.contains_key(CONTENT_ENCODING)
            || headers.get(CONTENT_TYPE).is_some_and(|kind| kind == CSV);
        if above.is_none_or(|above| body.len() <= above) || as_it_is {
            return Self { body, gzip: false };
        }
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        match encoder.write_all(&body).and_then(|()| encoder.finish()) {
            Ok(packed) if packed.len() < body.len() => Self { body: packed.into(), gzip: true },
            _ => Self { body, gzip: false },
        }
    }
}

/// The HTTP request for a session.
pub(crate) fn build(
    client: &Client,
    request: &Request,
    payload: &Payload,
    session: &Session,
) -> Result<http::Request<Bytes>, Error> {
    if let Some(reference) = request.references().first() {
        return Err(Error::invalid(format!(
            "{} refers to {reference}, an earlier part of a composite, and can be sent in it alone",
            request.template()
        )));
    }
    let path = request.path(client.inner.version);
    let url = resolve(session.instance_url(), &path)?;
    if url.len() > MAX_URI {
        return Err(Error::invalid(format!(
            "the address of {} would have {} characters, and the platform accepts {MAX_URI}; shorten the \
             statement or the list",
            request.template(),
            url.len(),
        )));
    }
    let mut built = http::Request::new(payload.body.clone());
    *built.method_mut() = request.method().clone();
    *built.uri_mut() = url.try_into().map_err(|_| {
        Error::invalid(format!("the address of {} is not valid", request.template()))
    })?;
    if let Some(limit) = client.options.exchange_timeout() {
        built.extensions_mut().insert(TotalTimeout(limit));
    }
    let headers = built.headers_mut();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    if let Some(value) = call_options(client)? {
        headers.insert(HeaderName::from_static("sforce-call-options"), value);
    }
    headers.extend(client.options.headers().clone());
    headers.extend(request.headers().clone());
    if payload.gzip {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    if !request.is_anonymous() {
        let text = format!("Bearer {}", session.access_token().expose_secret());
        let mut bearer = HeaderValue::from_str(&text).map_err(|_| {
            Error::invalid("the access token has characters that no header can hold")
        })?;
        bearer.set_sensitive(true);
        headers.insert(AUTHORIZATION, bearer);
    }
    Ok(built)
}

/// `Sforce-Call-Options`: the name of the client, and the namespace of the call.
fn call_options(client: &Client) -> Result<Option<HeaderValue>, Error> {
    let name = client.inner.client_name.as_deref().map(|name| format!("client={name}"));
    let namespace = client.options.namespace().map(|name| format!("defaultNamespace={name}"));
    let parts: Vec<String> = name.into_iter().chain(namespace).collect();
    if parts.is_empty() {
        return Ok(None);
    }
    HeaderValue::from_str(&parts.join(", "))
        .map(Some)
        .map_err(|_| Error::invalid("a client name has printable ASCII characters only"))
}

/// The URL of a path on the instance. A URL with another origin is refused: the token would go
/// there.
fn resolve(instance: &Url, path: &str) -> Result<String, Error> {
    // The way of nearly all: what begins with one slash and has nothing that a URL parser changes is
    // on the instance as it stands.
    if let [b'/', first, ..] = path.as_bytes()
        && first.is_ascii_alphanumeric()
        && path
            .bytes()
            .all(|b| b.is_ascii_graphic() && !matches!(b, b'\\' | b'#' | b'"' | b'<' | b'>'))
    {
        return Ok(format!("{}{path}", &instance[..Position::BeforePath]));
    }
    let url = instance
        .join(path)
        .map_err(|_| Error::invalid("an address given by the platform is not a URL"))?;
    if url.origin() != instance.origin() {
        return Err(Error::ForeignOrigin {
            origin: url.origin().ascii_serialization(),
            instance: instance.origin().ascii_serialization(),
        });
    }
    Ok(url.into())
}

/// The origin where a redirect leads.
pub(crate) fn redirect_origin(instance: &Url, headers: &http::HeaderMap) -> String {
    headers
        .get(http::header::LOCATION)
        .and_then(|location| location.to_str().ok())
        .and_then(|location| instance.join(location).ok())
        .map_or_else(|| "no address".to_owned(), |url| url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_instance_gets_the_token() {
        let instance = Url::parse("https://acme.my.salesforce.com").unwrap();
        let ok = [
            "/services/data",
            "https://acme.my.salesforce.com/x",
            "https://acme.my.salesforce.com:443/x",
        ];
        for path in ok {
            assert!(resolve(&instance, path).is_ok(), "{path}");
        }
        let foreign = [
            "https://evil.example/services/data/v66.0/query/0r8-2000",
            "http://acme.my.salesforce.com/x",
            "https://acme.my.salesforce.com:8443/x",
            "//evil.example/x",
            "\\\\evil.example/x",
            "https://acme.my.salesforce.com@evil.example/x",
            "javascript:alert(1)",
        ];
        for path in foreign {
            let url = resolve(&instance, path);
            assert!(matches!(url, Err(Error::ForeignOrigin { .. })), "{path}");
        }
    }

    #[test]
    fn bodies_above_the_threshold_are_packed() {
        let request = |length: usize| {
            let request = Request::new(http::Method::POST, "x", &[]).unwrap();
            request.json(&"a".repeat(length)).unwrap()
        };
        assert!(!Payload::new(&request(5_000), None).gzip);
        assert!(!Payload::new(&request(98), Some(100)).gzip, "not above");
        assert!(!Payload::new(&request(2), Some(0)).gzip, "it would grow");
        let packed = Payload::new(&request(5_000), Some(100));
        assert!(packed.gzip && packed.body.len() < 100);
        let csv = request(5_000).bytes(CSV, vec![b'a'; 5_000]);
        assert!(!Payload::new(&csv, Some(100)).gzip);
    }
}
