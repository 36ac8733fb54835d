//! The token request that every grant shares, and the reading of its answer.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, DATE};
use http::{HeaderMap, Request, StatusCode};
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use serde::Deserialize;
use url::{Url, form_urlencoded};

use super::Scopes;
use crate::diagnose::one_line;
use crate::transport::{TotalTimeout, Transport};
use crate::{Cause, Environment, Error, Session};

/// How long one request to an OAuth endpoint may take, from the first byte sent to the last byte
/// read, whatever the transport's own timeouts are. A grant takes a second or two; ten times that
/// is a failure. A lease around a refresh must outlast it.
pub const TOKEN_REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
const BODY_CAP: usize = 256 << 10;
/// Clocks that differ by less are not worth a word; the header counts whole seconds.
const NOTABLE_SKEW: SignedDuration = SignedDuration::from_secs(30);

/// What a grant gave. Unknown keys and the order of keys do not matter.
#[non_exhaustive]
pub struct TokenResponse {
    /// The session.
    pub session: Session,
    /// A refresh token: from a grant that was asked for one, or the successor of the token that
    /// was just used, where the app rotates them.
    pub refresh_token: Option<SecretString>,
    /// A signed statement about the user, where `openid` was asked for. It is not verified here.
    pub id_token: Option<SecretString>,
    /// How long the token lives, where the platform says so; for sessions it does not.
    pub expires_in: Option<Duration>,
    /// The Experience Cloud site that the user belongs to.
    pub community_url: Option<Url>,
    /// When the answer was sent, by the platform's clock.
    pub server_time: Option<Timestamp>,
}

impl TokenResponse {
    /// A response that holds a session alone.
    pub fn new(session: Session) -> Self {
        Self {
            session,
            refresh_token: None,
            id_token: None,
            expires_in: None,
            community_url: None,
            server_time: None,
        }
    }

    /// Reports a grant that lacks what was asked for, at once and not at its first use: `api`, or a
    /// refresh token. An answer without a list of scopes (the password grant's) is not judged by
    /// it. The flows of this crate have done this, all but [`refresh`](crate::refresh).
    ///
    /// # Errors
    /// [`Error::MissingScope`]; the tokens are dropped.
    pub fn check(self, asked: &Scopes) -> Result<Self, Error> {
        let granted = self.session.scopes();
        let has_api = granted.iter().any(|scope| scope == "api" || scope == "full");
        let missing = if asked.has_api() && !granted.is_empty() && !has_api {
            "api"
        } else if asked.has_refresh() && self.refresh_token.is_none() {
            "refresh_token"
        } else {
            return Ok(self);
        };
        Err(Error::MissingScope { missing, granted: granted.join(" ") })
    }
}

impl fmt::Debug for TokenResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hidden = |secret: &Option<SecretString>| secret.as_ref().map(|_| "[redacted]");
        f.debug_struct("TokenResponse")
            .field("session", &self.session)
            .field("refresh_token", &hidden(&self.refresh_token))
            .field("id_token", &hidden(&self.id_token))
            .field("expires_in", &self.expires_in)
            .field("community_url", &self.community_url.as_ref().map(Url::as_str))
            .field("server_time", &self.server_time)
            .finish()
    }
}

/// Sends one token request with the given form fields.
pub(crate) async fn request(
    transport: &Transport,
    environment: &Environment,
    form: &[(&str, &str)],
) -> Result<TokenResponse, Error> {
    let answer = post(transport, environment.token_endpoint(), form).await?;
    read(environment, &answer)
}

/// An answer that has been read to its end.
pub(crate) struct Answer {
    pub(crate) endpoint: String,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Posts a form to an OAuth endpoint.
pub(crate) async fn post(
    transport: &Transport,
    endpoint: String,
    form: &[(&str, &str)],
) -> Result<Answer, Error> {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let request = Request::post(&endpoint)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(ACCEPT, "application/json");
    send(transport, endpoint, request, Bytes::from(body)).await
}

/// Sends a request with the timeout of OAuth endpoints, and reads the whole answer.
pub(crate) async fn send(
    transport: &Transport,
    endpoint: String,
    request: http::request::Builder,
    body: Bytes,
) -> Result<Answer, Error> {
    let request =
        request.extension(TotalTimeout(TOKEN_REQUEST_TIMEOUT)).body(body).map_err(|e| {
            Error::Configuration {
                what: format!("the address {endpoint} cannot be used in a request: {e}"),
            }
        })?;
    let response = transport.send(request).await?;
    let (status, headers) = (response.status(), response.headers().clone());
    let body = response.into_body().bytes(BODY_CAP).await?;
    Ok(Answer { endpoint, status, headers, body })
}

#[derive(Deserialize)]
struct Granted {
    access_token: SecretString,
    instance_url: String,
    refresh_token: Option<SecretString>,
    id_token: Option<SecretString>,
    id: Option<String>,
    scope: Option<String>,
    issued_at: Option<Number>,
    expires_in: Option<Number>,
    sfdc_community_url: Option<String>,
}

/// A number, which the platform writes as a string in some places.
#[derive(Deserialize)]
#[serde(untagged)]
enum Number {
    Integer(i64),
    Text(String),
    /// Anything else is no reason to lose the tokens beside it.
    Other(serde::de::IgnoredAny),
}

impl Number {
    fn value(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            Self::Text(text) => text.trim().parse().ok(),
            Self::Other(_) => None,
        }
    }
}

#[derive(Deserialize)]
struct Refused {
    error: String,
    #[serde(default)]
    error_description: String,
}

/// Reads the answer of the token endpoint.
fn read(environment: &Environment, answer: &Answer) -> Result<TokenResponse, Error> {
    let granted: Granted = read_json(answer, "no token response in JSON")?;
    let Some(instance) = environment.instance(&granted.instance_url) else {
        return Err(unexpected(answer, "an instance_url that is not an https address"));
    };
    let mut session = Session::new(instance, granted.access_token);
    if let Some((org, user)) = granted.id.as_deref().and_then(identity) {
        session = session.with_identity(org, user);
    }
    if let Some(scope) = granted.scope {
        session = session.with_scopes(scope.split_whitespace().map(str::to_owned).collect());
    }
    let millis = granted.issued_at.and_then(|time| time.value());
    if let Some(time) = millis.and_then(|ms| Timestamp::from_millisecond(ms).ok()) {
        session = session.with_issued_at(time);
    }
    let seconds = granted.expires_in.and_then(|time| u64::try_from(time.value()?).ok());
    let expires_in = seconds.map(Duration::from_secs);
    if let Some(lifetime) = expires_in {
        session = session.with_expires_in(lifetime);
    }
    Ok(TokenResponse {
        session,
        refresh_token: granted.refresh_token,
        id_token: granted.id_token,
        expires_in,
        community_url: granted.sfdc_community_url.and_then(|url| Url::parse(&url).ok()),
        server_time: server_time(&answer.headers),
    })
}

/// Reads a JSON answer of an OAuth endpoint, or what it says instead.
pub(crate) fn read_json<T: for<'de> Deserialize<'de>>(
    answer: &Answer,
    problem: &str,
) -> Result<T, Error> {
    if answer.status.is_success() {
        // The parser's own message can quote a value, which may be the token.
        if let Ok(read) = serde_json::from_slice(&answer.body) {
            return Ok(read);
        }
        return Err(refused(answer).unwrap_or_else(|| unexpected(answer, problem)));
    }
    Err(failure(answer))
}

/// What an answer other than a success says.
pub(crate) fn failure(answer: &Answer) -> Error {
    let (status, code) = (answer.status, answer.status.as_u16());
    if status.is_server_error() || code == 429 || code == 420 {
        return Error::Unavailable { endpoint: answer.endpoint.clone(), status: code };
    }
    if let Some(refused) = refused(answer) {
        return refused;
    }
    let problem = if status.is_redirection() {
        "a redirect, which is not followed with credentials"
    } else if answer.body.trim_ascii_start().starts_with(b"<") {
        "an HTML page"
    } else {
        "neither a token nor an OAuth error"
    };
    unexpected(answer, problem)
}

/// An OAuth error: JSON from most endpoints, form-encoded from the one that revokes.
fn refused(answer: &Answer) -> Option<Error> {
    let refused = serde_json::from_slice::<Refused>(&answer.body).ok().or_else(|| {
        // A page may hold a link with such a parameter; it does not begin with one.
        if !answer.body.starts_with(b"error") {
            return None;
        }
        let find = |name: &str| {
            let mut pairs = form_urlencoded::parse(&answer.body);
            pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
        };
        let error_description = find("error_description").unwrap_or_default();
        find("error").map(|error| Refused { error, error_description })
    })?;
    let cause = Cause::of(&refused.error, &refused.error_description);
    Some(Error::Grant {
        status: answer.status.as_u16(),
        error: one_line(&refused.error),
        description: one_line(&refused.error_description),
        cause,
        clock_ahead: server_time(&answer.headers)
            .map(|server| Timestamp::now().duration_since(server))
            .filter(|ahead| ahead.abs() >= NOTABLE_SKEW),
    })
}

/// The platform's clock, by the `Date` header.
fn server_time(headers: &HeaderMap) -> Option<Timestamp> {
    let text = headers.get(DATE)?.to_str().ok()?;
    let time = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(time)
}

/// `https://login.salesforce.com/id/<org>/<user>` → organisation and user id.
pub(crate) fn identity(url: &str) -> Option<(&str, &str)> {
    let mut parts = url.trim_end_matches('/').rsplit('/');
    let (user, org, marker) = (parts.next()?, parts.next()?, parts.next()?);
    let plain = |id: &str| id.len() >= 15 && id.bytes().all(|b| b.is_ascii_alphanumeric());
    (marker == "id" && plain(org) && plain(user)).then_some((org, user))
}

fn unexpected(answer: &Answer, problem: &str) -> Error {
    Error::UnexpectedResponse {
        endpoint: answer.endpoint.clone(),
        status: answer.status.as_u16(),
        problem: problem.to_owned(),
    }
}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;
