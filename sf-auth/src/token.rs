//! The token request that every grant shares, and the reading of its answer.

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{Request, StatusCode};
use jiff::Timestamp;
use secrecy::SecretString;
use serde::Deserialize;
use url::form_urlencoded;

use crate::login_url::parse_instance;
use crate::transport::{TotalTimeout, Transport};
use crate::{Cause, Error, LoginUrl, Session};

/// A grant takes a second or two; ten times that is a failure.
const TIMEOUT: Duration = Duration::from_secs(30);
const BODY_CAP: usize = 256 << 10;

/// Sends one token request with the given form fields.
pub(crate) async fn request(
    transport: &Transport,
    login_url: &LoginUrl,
    form: &[(&str, &str)],
) -> Result<Session, Error> {
    let endpoint = login_url.token_endpoint();
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let request = Request::post(&endpoint)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(ACCEPT, "application/json")
        .extension(TotalTimeout(TIMEOUT))
        .body(Bytes::from(body))
        .map_err(|e| Error::Configuration {
            what: format!("the login URL {login_url} cannot be used in a request: {e}"),
        })?;
    let response = transport.send(request).await?;
    let status = response.status();
    let body = response.into_body().bytes(BODY_CAP).await?;
    read(&endpoint, status, &body)
}

#[derive(Deserialize)]
struct Granted {
    access_token: SecretString,
    instance_url: String,
    id: Option<String>,
    scope: Option<String>,
    issued_at: Option<String>,
}

#[derive(Deserialize)]
struct Refused {
    error: String,
    #[serde(default)]
    error_description: String,
}

/// Reads the answer of the token endpoint.
fn read(endpoint: &str, status: StatusCode, body: &[u8]) -> Result<Session, Error> {
    let code = status.as_u16();
    if status.is_success() {
        // The parser's own message can quote a value, which may be the token.
        let granted: Granted = serde_json::from_slice(body)
            .map_err(|_| unexpected(endpoint, code, "no token response in JSON"))?;
        return session(endpoint, code, granted);
    }
    if status.is_server_error() || code == 429 || code == 420 {
        return Err(Error::Unavailable { endpoint: endpoint.to_owned(), status: code });
    }
    if let Ok(refused) = serde_json::from_slice::<Refused>(body) {
        let cause = Cause::of(&refused.error, &refused.error_description);
        return Err(Error::Grant {
            status: code,
            error: refused.error,
            description: refused.error_description,
            cause,
        });
    }
    let problem = if status.is_redirection() {
        "a redirect, which is not followed with credentials"
    } else if body.trim_ascii_start().starts_with(b"<") {
        "an HTML page"
    } else {
        "neither a token nor an OAuth error"
    };
    Err(unexpected(endpoint, code, problem))
}

fn session(endpoint: &str, status: u16, granted: Granted) -> Result<Session, Error> {
    let Some(instance) = parse_instance(&granted.instance_url) else {
        return Err(unexpected(endpoint, status, "an instance_url that is not an https address"));
    };
    let mut session = Session::new(instance, granted.access_token);
    if let Some((org, user)) = granted.id.as_deref().and_then(identity) {
        session = session.with_identity(org, user);
    }
    if let Some(scope) = granted.scope {
        session = session.with_scopes(scope.split_whitespace().map(str::to_owned).collect());
    }
    let millis = granted.issued_at.and_then(|text| text.parse().ok());
    if let Some(time) = millis.and_then(|ms| Timestamp::from_millisecond(ms).ok()) {
        session = session.with_issued_at(time);
    }
    Ok(session)
}

/// `https://login.salesforce.com/id/<org>/<user>` → organisation and user id.
fn identity(url: &str) -> Option<(&str, &str)> {
    let mut parts = url.trim_end_matches('/').rsplit('/');
    let (user, org, marker) = (parts.next()?, parts.next()?, parts.next()?);
    let plain = |id: &str| id.len() >= 15 && id.bytes().all(|b| b.is_ascii_alphanumeric());
    (marker == "id" && plain(org) && plain(user)).then_some((org, user))
}

fn unexpected(endpoint: &str, status: u16, problem: &str) -> Error {
    Error::UnexpectedResponse { endpoint: endpoint.to_owned(), status, problem: problem.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ExposeSecret;

    fn answer(status: u16, body: &str) -> Result<Session, Error> {
        let endpoint = "https://acme.my.salesforce.com/services/oauth2/token";
        read(endpoint, StatusCode::from_u16(status).unwrap(), body.as_bytes())
    }

    #[test]
    fn token_response_without_lifetime_or_time_of_issue() {
        let session = answer(
            200,
            r#"{"access_token":"00D!t","scope":"api web","instance_url":"https://acme.my.salesforce.com",
               "id":"https://login.salesforce.com/id/00D1a000000H3O9EAK/0051a000000UGT8AAO","token_type":"Bearer","new_key":[1]}"#,
        )
        .unwrap();
        assert_eq!(session.access_token().expose_secret(), "00D!t");
        assert_eq!(session.org_id(), Some("00D1a000000H3O9EAK"));
        assert_eq!(session.user_id(), Some("0051a000000UGT8AAO"));
        assert_eq!(session.scopes(), ["api", "web"]);
        assert_eq!(session.issued_at(), None);
    }

    #[test]
    fn time_of_issue_is_a_string_of_milliseconds() {
        let session = answer(
            200,
            r#"{"access_token":"t","instance_url":"https://a.my.salesforce.com","issued_at":"1435269208465"}"#,
        )
        .unwrap();
        assert_eq!(session.issued_at().unwrap().to_string(), "2015-06-25T21:53:28.465Z");
    }

    #[test]
    fn refusals_name_the_cause_and_the_remedy() {
        let error = answer(
            400,
            r#"{"error":"invalid_grant","error_description":"user hasn't approved this consumer"}"#,
        )
        .unwrap_err();
        insta::assert_snapshot!(error, @r#"Salesforce refused the login: invalid_grant: user hasn't approved this consumer. The user may not use the app yet: set its permitted users to "Admin approved users are pre-authorized" and assign it to the user's profile or a permission set, or let the user approve it once."#);
        assert!(!error.is_retryable());
    }

    #[test]
    fn outages_are_not_refusals() {
        for status in [500, 502, 503, 429] {
            let error = answer(status, r#"{"error":"invalid_grant"}"#).unwrap_err();
            assert!(error.is_retryable(), "{error}");
        }
        let page = answer(200, "<html>maintenance</html>").unwrap_err();
        insta::assert_snapshot!(page, @"the token endpoint https://acme.my.salesforce.com/services/oauth2/token answered HTTP 200 with no token response in JSON; check that the login URL is a Salesforce address");
    }

    #[test]
    fn a_malformed_answer_is_not_quoted() {
        let error =
            answer(200, r#"{"access_token":"s3cr3t","instance_url":"s3cr3t","id":7}"#).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("s3cr3t"));
    }

    #[test]
    fn instance_must_be_safe() {
        assert!(
            answer(200, r#"{"access_token":"t","instance_url":"http://evil.example"}"#).is_err()
        );
    }
}
