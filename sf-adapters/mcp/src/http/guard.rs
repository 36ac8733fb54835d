//! What is looked at before anything else of a request: where it was sent, which web page sent it,
//! and with which token.

use http::header::{AUTHORIZATION, HOST, ORIGIN};
use http::uri::{Authority, Uri};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::HttpSettings;

/// A request that goes no further, and what its sender is told.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    /// A sentence or two: what is wrong, and what to do.
    pub(super) text: String,
    /// The value of `WWW-Authenticate`, where a token would help.
    pub(super) challenge: Option<&'static str>,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, text: impl Into<String>) -> Self {
        Self { status, text: text.into(), challenge: None }
    }

    /// No token was shown (RFC 6750, 3: such a challenge has no error code).
    pub(super) fn no_token() -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            text:
                "This server wants a bearer token with every request, in the header Authorization: \
                   Bearer TOKEN. Ask whoever runs it for one."
                    .to_owned(),
            challenge: Some("Bearer realm=\"salesforce\""),
        }
    }

    /// A token was shown that is nobody's.
    pub(super) fn wrong_token() -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            text:
                "This bearer token is unknown, was revoked, or has expired. Ask whoever runs this \
                   server for another."
                    .to_owned(),
            challenge: Some("Bearer realm=\"salesforce\", error=\"invalid_token\""),
        }
    }
}

/// A host and its port, as far as one is named.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    host: String,
    port: Option<u16>,
}

impl Place {
    fn of(authority: &Authority) -> Self {
        Self { host: plain(authority.host()), port: authority.port_u16() }
    }

    fn parse(text: &str) -> Option<Self> {
        // An IPv6 address may stand without its brackets in a setting.
        if text.parse::<std::net::Ipv6Addr>().is_ok() {
            return Some(Self { host: plain(text), port: None });
        }
        let authority = Authority::try_from(text).ok()?;
        (!authority.as_str().contains('@')).then(|| Self::of(&authority))
    }
}

fn plain(host: &str) -> String {
    host.trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase()
}

/// Checks `Host` and `Origin`.
///
/// Gives back the origin of a web page that is allowed to call from elsewhere, whose browser wants
/// to read that in the answer.
pub(super) fn check(
    settings: &HttpSettings,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<Option<HeaderValue>, Refusal> {
    let host = host(uri, headers)?;
    let named = settings.allowed_hosts.iter().filter_map(|allowed| Place::parse(allowed));
    let allowed =
        |place: Place| place.host == host.host && (place.port.is_none() || place.port == host.port);
    if !named.into_iter().any(allowed) {
        let text = format!(
            "This server does not answer to the name {:?}, only to {}. Call it by one of these, or \
             have whoever runs it allow that name.",
            shorten(&host.host),
            settings.allowed_hosts.join(", "),
        );
        return Err(Refusal::new(StatusCode::FORBIDDEN, text));
    }
    let Some(given) = one(headers, &ORIGIN)? else {
        return Ok(None);
    };
    let text = given.to_str().unwrap_or_default();
    match origin(text) {
        Some((_, port, place)) if place.host == host.host && port == host.port => Ok(None),
        Some((scheme, port, place)) if is_listed(settings, scheme, port, &place.host) => {
            Ok(Some(given.clone()))
        }
        _ => Err(Refusal::new(
            StatusCode::FORBIDDEN,
            format!(
                "Web pages of {:?} may not call this server. Whoever runs it can allow that origin.",
                shorten(text)
            ),
        )),
    }
}

fn host(uri: &Uri, headers: &HeaderMap) -> Result<Place, Refusal> {
    let bad = || Refusal::new(StatusCode::BAD_REQUEST, "The request has no valid Host header.");
    match one(headers, &HOST)? {
        Some(value) => value.to_str().ok().and_then(Place::parse).ok_or_else(bad),
        // HTTP/2 names it in the address.
        None => uri.authority().map(Place::of).ok_or_else(bad),
    }
}

/// The scheme of an origin, its port if it is not told by the scheme, and its place.
fn origin(text: &str) -> Option<(&str, Option<u16>, Place)> {
    let (scheme, rest) = text.split_once("://")?;
    let place = Place::parse(rest)?;
    let usual = matches!((scheme, place.port), ("http", Some(80)) | ("https", Some(443)));
    Some((scheme, place.port.filter(|_| !usual), place))
}

fn is_listed(settings: &HttpSettings, scheme: &str, port: Option<u16>, host: &str) -> bool {
    settings.allowed_origins.iter().any(|allowed| {
        let (text, any_port) = match allowed.strip_suffix(":*") {
            Some(text) => (text, true),
            None => (allowed.trim_end_matches('/'), false),
        };
        origin(text).is_some_and(|(a_scheme, a_port, a_place)| {
            a_scheme.eq_ignore_ascii_case(scheme)
                && a_place.host == host
                && (any_port || a_port == port)
        })
    })
}

/// The bearer token of a request, if it has one.
pub(super) fn bearer(headers: &HeaderMap) -> Result<&str, Refusal> {
    let value = one(headers, &AUTHORIZATION)?.ok_or_else(Refusal::no_token)?;
    let (scheme, token) =
        value.to_str().ok().and_then(|text| text.split_once(' ')).ok_or_else(Refusal::no_token)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Refusal::no_token());
    }
    // What is longer is no token of anybody, and costs its digest for nothing.
    match token.trim() {
        token if (1..=4_096).contains(&token.len()) => Ok(token),
        _ => Err(Refusal::wrong_token()),
    }
}

/// The header, which may be there once: of two, a proxy and this server may read different ones.
fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a HeaderValue>, Refusal> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() {
        let text = format!("The request has the header {name} more than once.");
        return Err(Refusal::new(StatusCode::BAD_REQUEST, text));
    }
    Ok(first)
}

fn shorten(text: &str) -> String {
    text.chars().take(100).collect()
}
