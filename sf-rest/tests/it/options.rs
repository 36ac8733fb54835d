//! Options of a call: headers, limits of time, retries.

use std::time::Duration;

use http::{HeaderName, HeaderValue};
use serde_json::{Value, json};
use sf_auth::transport::TransportErrorKind;
use sf_emulator::{Fault, Operation};
use sf_rest::{
    AutoAssign, CallOptions, Client, Collection, CollectionRecord, Condition, DuplicateRule, Error,
    ErrorKind, Id, Query, RetryPolicy, SaveResult,
};

use crate::support::{HOUR, Setup, outlast};
use crate::wire::{Wire, answer};

fn id() -> Id {
    Id::parse("01Q000000000001").unwrap()
}

#[tokio::test]
async fn headers_of_the_platform() {
    let wire = Wire::always(answer(200, "", "{}")).await;
    let client = wire.builder().client_name("acme").build().unwrap();
    let all = CallOptions::new()
        .auto_assign(AutoAssign::Rule(id()))
        .duplicate_rule(DuplicateRule::default().allow_save().run_as_current_user())
        .update_mru(true)
        .batch_size(300)
        .default_namespace("pkg")
        .unwrap()
        .package_version("pkg", 1, 30)
        .unwrap()
        .header(HeaderName::from_static("x-trace"), HeaderValue::from_static("7"))
        .unwrap();
    let with = client.with(all);
    with.limits().await.unwrap();
    // What is said later goes before what was said earlier, and the rest stays.
    with.with(CallOptions::new().auto_assign(AutoAssign::Off)).limits().await.unwrap();
    // A query's own page size goes before that of the options.
    let _ = with.query_page(&Query::new("SELECT Id FROM Account").batch_size(777)).await;
    client.limits().await.unwrap();
    let names = [
        "sforce-auto-assign",
        "sforce-duplicate-rule-header",
        "sforce-mru",
        "sforce-query-options",
        "sforce-call-options",
        "x-sfdc-packageversion-pkg",
        "x-trace",
        "authorization",
    ];
    let mut shown = String::new();
    for seen in wire.seen() {
        shown.push_str(&format!("{}\n", seen.head.lines().next().unwrap()));
        for name in names {
            if let Some(value) = seen.header(name) {
                shown.push_str(&format!("  {name}: {value}\n"));
            }
        }
    }
    insta::assert_snapshot!(shown, @"
    GET /services/data/v66.0/limits HTTP/1.1
      sforce-auto-assign: 01Q000000000001EAA
      sforce-duplicate-rule-header: allowSave=true, runAsCurrentUser=true
      sforce-mru: updateMru=true
      sforce-query-options: batchSize=300
      sforce-call-options: client=acme, defaultNamespace=pkg
      x-sfdc-packageversion-pkg: 1.30
      x-trace: 7
      authorization: Bearer 00D!token
    GET /services/data/v66.0/limits HTTP/1.1
      sforce-auto-assign: FALSE
      sforce-duplicate-rule-header: allowSave=true, runAsCurrentUser=true
      sforce-mru: updateMru=true
      sforce-query-options: batchSize=300
      sforce-call-options: client=acme, defaultNamespace=pkg
      x-sfdc-packageversion-pkg: 1.30
      x-trace: 7
      authorization: Bearer 00D!token
    GET /services/data/v66.0/query?q=SELECT%20Id%20FROM%20Account HTTP/1.1
      sforce-auto-assign: 01Q000000000001EAA
      sforce-duplicate-rule-header: allowSave=true, runAsCurrentUser=true
      sforce-mru: updateMru=true
      sforce-query-options: batchSize=777
      sforce-call-options: client=acme, defaultNamespace=pkg
      x-sfdc-packageversion-pkg: 1.30
      x-trace: 7
      authorization: Bearer 00D!token
    GET /services/data/v66.0/limits HTTP/1.1
      sforce-call-options: client=acme
      authorization: Bearer 00D!token
    ");
}

#[test]
fn dangerous_headers_are_refused_by_name() {
    let set = |name: &'static str| {
        CallOptions::new().header(HeaderName::from_static(name), HeaderValue::from_static("secret"))
    };
    for name in ["authorization", "host", "content-length", "cookie", "transfer-encoding", "range"]
    {
        let error = set(name).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        assert!(error.to_string().contains(name), "{error}");
    }
    insta::assert_snapshot!(set("if-match").unwrap_err(), @"invalid request: the header if-match cannot be set for a call: see Condition");
    insta::assert_snapshot!(CallOptions::new().default_namespace("a b").unwrap_err(), @r#"invalid request: "a b" is not the namespace of a package: that has 1 to 15 letters, digits and underscores"#);
    assert!(CallOptions::new().package_version("x\r\ny", 1, 0).is_err());
    let shown = format!("{:?}", set("x-api-key").unwrap());
    assert!(shown.contains("x-api-key") && !shown.contains("secret"), "{shown}");
}

#[tokio::test]
async fn a_duplicate_that_a_rule_alerts_to_is_saved_on_request() {
    let rule = sf_emulator::DuplicateRule::new("Account", "Same_Name", ["Name"]);
    let org =
        sf_emulator::Emulator::builder().contacts(1).duplicate_rule(rule).start().await.unwrap();
    let client = crate::support::client(&org, RetryPolicy::none());
    let account = json!({ "Name": "Twin" });
    client.create("Account", &account).await.unwrap();
    let error = client.create("Account", &account).await.unwrap_err();
    assert!(error.has_code(&sf_rest::ErrorCode::DUPLICATES_DETECTED), "{error}");
    let allow = CallOptions::new().duplicate_rule(DuplicateRule::default().allow_save());
    client.with(allow).create("Account", &account).await.unwrap();
}

#[tokio::test]
async fn a_timeout_and_retries_of_one_call() {
    let setup = Setup::new().await;
    setup.client.limits().await.unwrap();
    let limit = HOUR / 4;
    let retry = RetryPolicy::without_delay(2).budget(HOUR);
    let client = setup.client.with(CallOptions::new().timeout(limit).retry(retry));
    setup.org.clear_requests();
    setup.org.faults().push(Fault::held().times(2));
    let error = outlast(&setup.org, limit, client.limits()).await.unwrap_err();
    let Error::Transport { source, attempts: 2, elapsed, .. } = &error else { panic!("{error:?}") };
    assert_eq!(source.kind(), TransportErrorKind::Timeout);
    assert!(*elapsed >= 2 * limit && *elapsed < HOUR, "{elapsed:?}");
    assert_eq!((error.attempts(), error.elapsed()), (Some(2), Some(*elapsed)));

    let once = setup.client.with(CallOptions::new().retry(RetryPolicy::none()));
    setup.org.clear_requests();
    setup.org.faults().push(Fault::unavailable());
    once.limits().await.unwrap_err();
    assert_eq!(setup.count(Operation::Limits), 1);
    setup.client.limits().await.unwrap();
}

#[tokio::test]
async fn a_time_budget_ends_whatever_is_under_way() {
    let setup = Setup::new().await;
    let id = setup.account("Slow").await;
    let budget = HOUR / 60;
    let client = setup.client.with(CallOptions::new().time_budget(budget));
    let late = Fault::held();
    setup.org.faults().push(late.clone());
    let error = outlast(&setup.org, budget, client.limits()).await.unwrap_err();
    insta::assert_snapshot!(error, @"GET limits ran out of time while it waited for the answer (attempts: 1)");
    assert!(error.is_retryable() && error.kind() == ErrorKind::TimedOut);

    // A write that was sent may have been executed.
    setup.org.faults().push(late.clone().on_writes());
    let account = json!({ "Name": "x" });
    let create = client.create("Account", &account);
    let error = outlast(&setup.org, budget, create).await.unwrap_err();
    let Error::OutcomeUnknown { source, .. } = &error else { panic!("{error}") };
    assert_eq!(source.kind(), ErrorKind::TimedOut);
    assert!(!error.is_retryable());
    setup.org.faults().push(late.clone().on_writes());
    let update = client.update("Account", id, &account);
    let error = outlast(&setup.org, budget, update).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);

    // A longer wait than there is time for is not begun.
    setup.org.clear_requests();
    setup.org.faults().push(Fault::too_many_requests(Some(HOUR)));
    let error = client.limits().await.unwrap_err();
    assert_eq!(error.retry_after(), Some(HOUR));
    assert_eq!(setup.count(Operation::Limits), 1);

    // A write of many records is one call.
    setup.org.faults().push(late.on_writes().times(2));
    let records = (0..400)
        .map(|i| CollectionRecord::new("Account", &json!({ "Name": format!("n{i}") })).unwrap())
        .collect();
    let all = Collection::create(records, false);
    let results = outlast(&setup.org, budget, client.save(&all)).await.unwrap();
    assert!(results.iter().all(|r| matches!(r, SaveResult::Unknown { .. })));
}

#[tokio::test]
async fn waiting_for_a_place_or_a_session_counts() {
    let wire = Wire::start(|_| std::future::pending::<String>()).await;
    let client = wire.builder().max_in_flight(1).build().unwrap();
    let busy = client.clone();
    let busy = tokio::spawn(async move { busy.limits().await });
    while wire.seen().is_empty() {
        tokio::task::yield_now().await;
    }
    let timed = client.with(CallOptions::new().time_budget(Duration::from_millis(50)));
    let error = timed.create("Account", &json!({ "Name": "x" })).await.unwrap_err();
    insta::assert_snapshot!(error, @"POST sobjects/{object} ran out of time while it waited for a free place among the requests in flight (attempts: 0)");
    assert_eq!(wire.seen().len(), 1, "nothing was sent");
    busy.abort();
}

/// Calls can be boxed and sent to another thread, whatever they borrow.
#[test]
fn futures_are_send() {
    type Boxed<'a, T> = std::pin::Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;
    fn save<'a>(client: &'a Client, write: &'a Collection) -> Boxed<'a, Vec<SaveResult>> {
        Box::pin(client.save(write))
    }
    fn many<'a>(client: &'a Client, rows: &'a [Value]) -> Boxed<'a, Vec<SaveResult>> {
        Box::pin(client.create_many_with_key("A", "F", rows, false))
    }
    fn create<'a>(client: &'a Client, fields: &'a Value) -> Boxed<'a, Id> {
        Box::pin(client.create_with_key("A", "F", "v", fields))
    }
    fn update<'a>(client: &'a Client, fields: &'a Value, unless: &'a Condition) -> Boxed<'a, ()> {
        Box::pin(client.update_if("A", id(), fields, unless))
    }
    let _ = (save, many, create, update);
}
