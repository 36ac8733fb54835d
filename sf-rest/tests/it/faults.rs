//! Reads under faults: retried, complete, or an error that says what happened.

use std::time::{Duration, Instant};

use sf_auth::transport::TransportErrorKind;
use sf_emulator::{Fault, Operation};
use sf_rest::{Error, ErrorKind, Query, RetryPolicy};

use crate::support::{Setup, client};
use crate::wire::{Wire, answer};

#[tokio::test]
async fn reads_are_retried() {
    let setup = Setup::new().await;
    setup.client.limits().await.unwrap();
    for fault in [
        Fault::server_error(),
        Fault::unavailable(),
        Fault::unavailable_html(),
        Fault::too_many_requests(None),
        Fault::dropped_connection(),
        Fault::cut_body(),
        Fault::cut_chunked_body(),
        Fault::concurrent_request_limit(),
    ] {
        let shown = format!("{fault:?}");
        setup.org.clear_requests();
        setup.org.faults().push(fault.times(3));
        setup.client.limits().await.unwrap_or_else(|e| panic!("{shown}: {e}"));
        assert_eq!(setup.count(Operation::Limits), 4, "{shown}");
    }
}

#[tokio::test]
async fn attempts_end_and_are_told() {
    let setup = Setup::new().await;
    setup.org.faults().push(Fault::unavailable_html().always());
    let error = setup.client.limits().await.unwrap_err();
    insta::assert_snapshot!(error, @"Salesforce refused GET limits: HTTP 503, with an HTML or XML page instead of an explanation: <html><head><title>Service Unavailable</title></head><body><h1>503</h1><p>The service is not available. Try again later.</p></body></html>");
    assert!(matches!(error, Error::Api { attempts: 4, .. }));
    assert!(error.is_retryable());

    setup.org.faults().clear();
    setup.org.faults().push(Fault::dropped_connection().always());
    let error = setup.client.limits().await.unwrap_err();
    insta::assert_snapshot!(error, @"GET limits did not complete (attempts: 4)");
    assert!(
        matches!(&error, Error::Transport { source, .. } if source.kind() == TransportErrorKind::Interrupted)
    );
}

#[tokio::test]
async fn the_days_limit_is_not_retried() {
    let setup = Setup::new().await;
    setup.org.faults().push(Fault::request_limit());
    let error = setup.client.limits().await.unwrap_err();
    insta::assert_snapshot!(error, @"the org's API requests are used up (TotalRequests Limit exceeded.); they become free again over the next 24 hours");
    assert_eq!(error.kind(), ErrorKind::RequestLimitExceeded);
    assert_eq!(setup.count(Operation::Limits), 1);
}

#[tokio::test]
async fn retry_after_is_kept_to_or_not_waited_for() {
    let setup = Setup::new().await;
    let client = client(&setup.org, RetryPolicy::without_delay(4).budget(Duration::from_secs(5)));
    client.limits().await.unwrap();
    setup.org.faults().push(Fault::too_many_requests(Some(Duration::from_secs(1))));
    let started = Instant::now();
    client.limits().await.unwrap();
    assert!(started.elapsed() >= Duration::from_secs(1));

    setup.org.faults().push(Fault::too_many_requests(Some(Duration::from_secs(60))));
    let error = client.limits().await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(60)));
}

/// A date is kept to as seconds are, for every class that may be sent again.
#[tokio::test]
async fn retry_after_as_a_date() {
    // Of the time of the answer, however long it takes until there is one.
    let at = |seconds: i64| {
        let time = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(seconds);
        let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&time);
        format!("retry-after: {}\r\n", date.unwrap())
    };
    let wire = Wire::start(move |seen| {
        let headers = if seen.place == 0 { at(3) } else { String::new() };
        async move { answer(if seen.place == 0 { 503 } else { 200 }, &headers, "{}") }
    })
    .await;
    let started = Instant::now();
    wire.client().limits().await.unwrap();
    // The date has whole seconds, so up to one of the three is cut off.
    assert!(started.elapsed() >= Duration::from_secs(1), "{:?}", started.elapsed());

    let wire = Wire::always(answer(503, &at(3_600), "")).await;
    let error = wire.client().limits().await.unwrap_err();
    assert!(error.retry_after().unwrap() > Duration::from_secs(3_500), "{error}");
    assert_eq!(wire.seen().len(), 1, "not waited for");
}

#[tokio::test]
async fn a_long_error_text_in_any_script_is_cut_between_characters() {
    let setup = Setup::new().await;
    for pad in 0..4 {
        let text = format!("{}{}", "x".repeat(pad), "漢字é𐍈".repeat(300));
        setup.org.faults().push(Fault::reply(400, "text/plain", text));
        let error = setup.client.limits().await.unwrap_err().to_string();
        assert!(error.ends_with('…') && error.len() < 400, "{error}");
    }
    // The platform's own message is kept whole.
    let message = "漢字".repeat(600);
    let body = format!(r#"[{{"message":"{message}","errorCode":"APEX_ERROR","fields":[]}}]"#);
    setup.org.faults().push(Fault::reply(400, "application/json", body));
    assert_eq!(setup.client.limits().await.unwrap_err().api_errors()[0].message, message);
}

#[tokio::test]
async fn an_answer_that_is_not_json_is_told() {
    let setup = Setup::new().await;
    setup.org.faults().push(Fault::reply(200, "text/html", "<html>login please</html>"));
    let error = setup.client.limits().await.unwrap_err();
    insta::assert_snapshot!(error, @"the answer (HTTP 200) is an HTML or XML page instead of the limits of the org; it begins: <html>login please</html>");
    setup.org.faults().push(Fault::reply(200, "application/json", r#"{"DailyApiRequests":"#));
    let error = setup.client.limits().await.unwrap_err();
    insta::assert_snapshot!(error, @r#"the answer (HTTP 200) is JSON that ends too early instead of the limits of the org; it begins: {"DailyApiRequests":"#);
}

#[tokio::test]
async fn the_cap_of_a_body_is_an_error() {
    let setup = Setup::new().await;
    let credentials =
        sf_auth::StaticCredentials::new(setup.org.url().as_str(), setup.org.issue_token()).unwrap();
    let client =
        sf_rest::Client::builder(std::sync::Arc::new(credentials)).body_cap(1000).build().unwrap();
    let error = client.describe("Account").await.unwrap_err();
    assert!(
        matches!(&error, Error::Transport { source, attempts: 1, .. } if source.kind() == TransportErrorKind::BodyTooLarge),
        "{error:?}"
    );
}

#[tokio::test]
async fn errors_of_a_statement_reach_the_caller_whole() {
    let setup = Setup::new().await;
    let error = setup.client.query_page(&Query::new("SELECT Nope FROM Account")).await.unwrap_err();
    assert!(error.has_code(&sf_rest::ErrorCode::INVALID_FIELD), "{error}");
    assert!(error.to_string().contains("No such column 'Nope'"), "{error}");
    assert_eq!(setup.count(Operation::Query), 1);
    let error = setup.client.describe("Nope").await.unwrap_err();
    assert!(error.has_code(&sf_rest::ErrorCode::NOT_FOUND), "{error}");
}

#[tokio::test]
async fn a_write_that_was_never_sent_is_tried_again_and_its_outcome_is_known() {
    let setup = Setup::new().await;
    let url = setup.org.url().to_string();
    setup.org.shutdown().await;
    let credentials = sf_auth::StaticCredentials::new(&url, "00D!token").unwrap();
    let client = sf_rest::Client::builder(std::sync::Arc::new(credentials))
        .retry(RetryPolicy::without_delay(3))
        .build()
        .unwrap();
    let error = client.create("Account", &serde_json::json!({ "Name": "x" })).await.unwrap_err();
    assert!(
        matches!(&error, Error::Transport { source, attempts: 3, .. } if source.never_sent()),
        "{error:?}"
    );
}
