//! The decision table, and the waits.

use super::*;

fn status(status: u16, code: &'static str, message: &str) -> (u16, Vec<ApiError>) {
    (status, vec![ApiError::new(ErrorCode::new(code), message)])
}

/// Every fault against every safety class.
#[test]
fn fault_matrix() {
    let statuses = [
        status(401, "INVALID_SESSION_ID", "Session expired or invalid"),
        status(401, "INVALID_SESSION_ID", "This session is not valid for use with the REST API"),
        status(401, "INVALID_AUTH_HEADER", "INVALID_AUTH_HEADER"),
        status(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
        status(
            403,
            "REQUEST_LIMIT_EXCEEDED",
            "ConcurrentRequests (Concurrent API Requests) Limit exceeded.",
        ),
        status(400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record"),
        status(400, "INVALID_FIELD", "No such column"),
        status(404, "NOT_FOUND", "The requested resource does not exist"),
        status(429, "X", ""),
        status(500, "UNKNOWN_EXCEPTION", "An unexpected error occurred"),
        status(503, "SERVER_UNAVAILABLE", "Server too busy"),
        (502, Vec::new()),
        status(501, "NOT_IMPLEMENTED", "The report format is not supported"),
    ];
    let mut table = String::new();
    let mut row = |name: String, failure: &Failure<'_>| {
        let [read, idempotent, write] =
            [Safety::Read, Safety::Idempotent, Safety::Write].map(|safety| decide(safety, failure));
        let [read, idempotent] = [read, idempotent].map(|d| format!("{d:?}"));
        table.push_str(&format!("{name:<48} {read:<14} {idempotent:<16} {write:?}\n"));
    };
    for (status, errors) in &statuses {
        let code = errors.first().map_or("(html)", |e| e.code.as_str());
        let hint: String = errors.first().map_or("", |e| &*e.message).chars().take(19).collect();
        let failure = Failure::Status { status: *status, errors, usage: None };
        row(format!("{status} {code} {hint}"), &failure);
    }
    use TransportErrorKind::{
        BodyCut, BodyTooLarge, Connect, Interrupted, InvalidRequest, Timeout,
    };
    for kind in [Connect, Timeout, Interrupted, BodyCut, BodyTooLarge, InvalidRequest] {
        row(format!("{kind:?}"), &Failure::Transport { kind, refused: false });
    }
    row("BodyCut of a 4xx".to_owned(), &Failure::Transport { kind: BodyCut, refused: true });
    for status in [302, 307] {
        row(format!("{status}"), &Failure::Redirect { status });
    }
    insta::assert_snapshot!(table, @r#"
    401 INVALID_SESSION_ID Session expired or        Refresh        Refresh          Refresh
    401 INVALID_SESSION_ID This session is not       Fail           Fail             Fail
    401 INVALID_AUTH_HEADER INVALID_AUTH_HEADER      Fail           Fail             Fail
    403 REQUEST_LIMIT_EXCEEDED TotalRequests Limit   LimitExceeded  LimitExceeded    LimitExceeded
    403 REQUEST_LIMIT_EXCEEDED ConcurrentRequests    Resend         Resend           Resend
    400 UNABLE_TO_LOCK_ROW unable to obtain ex       Resend         Resend           Resend
    400 INVALID_FIELD No such column                 Fail           Fail             Fail
    404 NOT_FOUND The requested resou                Fail           Fail             Fail
    429 X                                            Resend         Resend           Resend
    500 UNKNOWN_EXCEPTION An unexpected error        Resend         ResendMaybeDone  Unknown
    503 SERVER_UNAVAILABLE Server too busy           Resend         ResendMaybeDone  Unknown
    502 (html)                                       Resend         ResendMaybeDone  Unknown
    501 NOT_IMPLEMENTED The report format i          Fail           ResendMaybeDone  Unknown
    Connect                                          Resend         Resend           Resend
    Timeout                                          Resend         ResendMaybeDone  Unknown
    Interrupted                                      Resend         ResendMaybeDone  Unknown
    BodyCut                                          Resend         ResendMaybeDone  Unknown
    BodyTooLarge                                     Fail           Unknown          Unknown
    InvalidRequest                                   Fail           Fail             Fail
    BodyCut of a 4xx                                 Resend         Resend           Resend
    302                                              Fail           Unknown          Unknown
    307                                              Fail           Fail             Fail
    "#);
}

#[test]
fn the_limits_of_one_code() {
    let with = |status, message: &str, left: Option<u64>| {
        let errors = [ApiError::new(ErrorCode::REQUEST_LIMIT_EXCEEDED, message)];
        let usage = left.map(|left| ApiUsage { used: 100 - left, max: 100 });
        limit(status, &errors, usage).map(|(limit, _)| limit)
    };
    let (day, concurrent) = (Some(Limit::Day), Some(Limit::Concurrent));
    assert_eq!(with(403, "TotalRequests Limit exceeded.", Some(50)), day);
    assert_eq!(with(403, "ConcurrentPerOrgLongTxn Limit exceeded.", Some(0)), concurrent);
    // Another language.
    assert_eq!(with(403, "Das Limit ist überschritten.", Some(50)), concurrent);
    assert_eq!(with(403, "Das Limit ist überschritten.", Some(0)), day);
    assert_eq!(with(403, "Das Limit ist überschritten.", None), day);
    assert_eq!(with(429, "TotalRequests Limit exceeded.", None), None);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_ends_the_schedule() {
    let second = Duration::from_secs(1);
    let deadline = Some(Instant::now() + 3 * second);
    let mut schedule = RetryPolicy::default().max_attempts(9).schedule(deadline);
    assert_eq!(schedule.next(Some(4 * second)), None);
    assert_eq!(schedule.next(Some(3 * second)), Some(3 * second));
    tokio::time::advance(3 * second).await;
    assert_eq!(schedule.next(None), None);
}

fn headers(retry_after: &'static str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(http::header::RETRY_AFTER, http::HeaderValue::from_static(retry_after));
    headers
}

#[test]
fn retry_after_in_both_forms() {
    let now: Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
    assert_eq!(retry_after(&headers("7"), now), Some(Duration::from_secs(7)));
    assert_eq!(
        retry_after(&headers("Fri, 20 Nov 2026 10:00:30 GMT"), now),
        Some(Duration::from_secs(30))
    );
    assert_eq!(retry_after(&headers("Fri, 20 Nov 2026 09:00:00 GMT"), now), Some(Duration::ZERO));
    assert_eq!(retry_after(&headers("soon"), now), None);
    assert_eq!(retry_after(&HeaderMap::new(), now), None);
}

#[tokio::test]
async fn attempts_and_budget_end_the_schedule() {
    let mut schedule = RetryPolicy::without_delay(3).schedule(None);
    assert_eq!(schedule.next(None), Some(Duration::ZERO));
    assert_eq!(schedule.next(None), Some(Duration::ZERO));
    assert_eq!(schedule.next(None), None);

    let mut schedule = RetryPolicy::default().budget(Duration::from_secs(5)).schedule(None);
    assert_eq!(schedule.next(Some(Duration::from_secs(9))), None, "longer than the budget");
    let delay = schedule.next(Some(Duration::from_secs(3))).unwrap();
    assert_eq!(delay, Duration::from_secs(3), "what the platform asked for");
    assert_eq!(schedule.next(Some(Duration::MAX)), None, "no overflow");
    assert_eq!(RetryPolicy::none().schedule(None).next(None), None);
}

#[test]
fn waits_grow_with_jitter() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let _guard = runtime.enter();
    let mut schedule = RetryPolicy::default().max_attempts(6).schedule(None);
    let waits: Vec<u128> =
        std::iter::from_fn(|| schedule.next(None)).map(|d| d.as_millis()).collect();
    assert_eq!(waits.len(), 5);
    for (place, wait) in waits.iter().enumerate() {
        let least = 500 << place;
        assert!((least.min(5_000)..=(2 * least).min(10_000)).contains(wait), "{waits:?}");
    }
}
