//! Answers of the token endpoint, read one by one.

use super::*;
use crate::ExposeSecret;

fn full(status: u16, headers: HeaderMap, body: &str) -> Result<TokenResponse, Error> {
    let environment = Environment::parse("https://acme.my.salesforce.com").unwrap();
    let answer = Answer {
        endpoint: environment.token_endpoint(),
        status: StatusCode::from_u16(status).unwrap(),
        headers,
        body: Bytes::copy_from_slice(body.as_bytes()),
    };
    read(&environment, &answer)
}

fn answer(status: u16, body: &str) -> Result<TokenResponse, Error> {
    full(status, HeaderMap::new(), body)
}

#[test]
fn token_response_without_lifetime_or_time_of_issue() {
    let granted = answer(
        200,
        r#"{"access_token":"00D!t","scope":"api web","instance_url":"https://acme.my.salesforce.com",
           "id":"https://login.salesforce.com/id/00D1a000000H3O9EAK/0051a000000UGT8AAO","token_type":"Bearer","new_key":[1]}"#,
    )
    .unwrap();
    let session = granted.session;
    assert_eq!(session.access_token().expose_secret(), "00D!t");
    assert_eq!(session.org_id(), Some("00D1a000000H3O9EAK"));
    assert_eq!(session.user_id(), Some("0051a000000UGT8AAO"));
    assert_eq!(session.scopes(), ["api", "web"]);
    assert_eq!(session.issued_at(), None);
    assert!(granted.refresh_token.is_none() && granted.expires_in.is_none());
}

#[test]
fn numbers_may_be_strings() {
    for (issued_at, expires_in) in [("\"1435269208465\"", "\"7200\""), ("1435269208465", "7200")] {
        let granted = answer(
            200,
            &format!(
                r#"{{"expires_in":{expires_in},"access_token":"t","instance_url":"https://a.my.salesforce.com","issued_at":{issued_at}}}"#
            ),
        )
        .unwrap();
        let issued = granted.session.issued_at().unwrap();
        assert_eq!(issued.to_string(), "2015-06-25T21:53:28.465Z");
        assert_eq!(granted.expires_in, Some(Duration::from_secs(7200)));
    }
}

/// What was granted is not lost to a field that nobody needs.
#[test]
fn numbers_may_be_anything_else() {
    for odd in ["7200.5", "[]", "{\"a\":1}", "true", "99999999999999999999", "null"] {
        let body = format!(
            r#"{{"access_token":"t","refresh_token":"r","instance_url":"https://a.my.salesforce.com","issued_at":{odd},"expires_in":{odd}}}"#
        );
        let granted = answer(200, &body).unwrap();
        assert!(granted.refresh_token.is_some());
        assert_eq!((granted.expires_in, granted.session.issued_at()), (None, None), "{odd}");
    }
}

#[test]
fn refusals_name_the_cause_and_the_remedy() {
    let error = answer(
        400,
        r#"{"error":"invalid_grant","error_description":"user hasn't approved this consumer"}"#,
    )
    .unwrap_err();
    insta::assert_snapshot!(error, @r#"Salesforce refused the login: invalid_grant: user hasn't approved this consumer. The user may not use the app yet: set its permitted users to "Admin approved users are pre-authorized" and assign it to the user's profile or a permission set, or let the user approve it once. Check the user name too: in a sandbox it ends in the sandbox's name."#);
    assert!(!error.is_retryable() && !error.is_lost_answer());
}

#[test]
fn a_clock_that_differs_is_told_beside_the_refusal() {
    let mut headers = HeaderMap::new();
    headers.insert(DATE, "Thu, 25 Jun 2015 21:53:28 GMT".parse().unwrap());
    let body = r#"{"error":"invalid_grant","error_description":"assertion expired"}"#;
    let error = full(400, headers, body).unwrap_err();
    let Error::Grant { clock_ahead: Some(ahead), .. } = &error else { panic!("{error}") };
    assert!(ahead.as_secs() > 86_400 * 365);
    let text = error.to_string();
    assert!(text.contains("This computer's clock is ") && text.ends_with("ahead of Salesforce's."));

    let mut headers = HeaderMap::new();
    let now = jiff::fmt::rfc2822::DateTimePrinter::new();
    let now = now.timestamp_to_rfc9110_string(&Timestamp::now()).unwrap();
    headers.insert(DATE, now.parse().unwrap());
    let error = full(400, headers, body).unwrap_err();
    assert!(matches!(error, Error::Grant { clock_ahead: None, .. }));
}

#[test]
fn form_encoded_refusals_are_read() {
    let error = answer(
        400,
        "error=unsupported_token_type&error_description=this+token+type+is+not+supported",
    )
    .unwrap_err();
    assert!(
        matches!(&error, Error::Grant { error, description, .. }
            if error == "unsupported_token_type" && description == "this token type is not supported"),
        "{error}"
    );
}

#[test]
fn outages_are_not_refusals() {
    for status in [500, 502, 503, 429] {
        let error = answer(status, r#"{"error":"invalid_grant"}"#).unwrap_err();
        assert!(error.is_retryable() && !error.is_lost_answer(), "{error}");
    }
    // The endpoint said yes, and nobody knows to what: a token may have been rotated.
    let link = "<html><a href='/x?a=b&error=invalid_grant'>";
    assert!(answer(200, link).unwrap_err().is_lost_answer());
    let page = answer(200, "<html>maintenance</html>").unwrap_err();
    assert!(page.is_lost_answer());
    insta::assert_snapshot!(page, @"https://acme.my.salesforce.com/services/oauth2/token answered HTTP 200 with no token response in JSON; check that the login URL is a Salesforce address");
    assert!(!answer(404, "<html>nobody here</html>").unwrap_err().is_lost_answer());
    assert!(!answer(302, "").unwrap_err().is_lost_answer());
}

#[test]
fn a_malformed_answer_is_not_quoted() {
    let error =
        answer(200, r#"{"access_token":"s3cr3t","instance_url":"s3cr3t","id":7}"#).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("s3cr3t"));
}

#[test]
fn instance_must_be_safe() {
    for instance in ["http://evil.example", "http://127.0.0.1:80", "https://a.lightning.force.com"]
    {
        let body = format!(r#"{{"access_token":"t","instance_url":"{instance}"}}"#);
        assert!(answer(200, &body).is_err(), "{instance}");
    }
}

#[test]
fn a_grant_without_what_was_asked_for_is_told_at_once() {
    let granted = |scope: &str| {
        answer(
            200,
            &format!(
                r#"{{"access_token":"t","instance_url":"https://a.my.salesforce.com","scope":"{scope}"}}"#
            ),
        )
        .unwrap()
    };
    let missing = granted("id refresh_token").check(&Scopes::default()).unwrap_err();
    insta::assert_snapshot!(missing, @"the grant lacks api (granted: id refresh_token); add it to the OAuth scopes of the app, ask for it, and let the user approve the app again");
    let missing = granted("api id").check(&Scopes::default()).unwrap_err();
    insta::assert_snapshot!(missing, @"the grant lacks refresh_token (granted: api id); add it to the OAuth scopes of the app, ask for it, and let the user approve the app again");
    assert!(granted("full").check(&Scopes::api()).is_ok(), "full contains api");
    assert!(granted("").check(&Scopes::api()).is_ok(), "not listed is not missing");
    assert!(granted("openid").check(&Scopes::new(["openid"]).unwrap()).is_ok(), "not asked for");
}
