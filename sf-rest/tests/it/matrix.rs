//! Every kind of fault against every safety class, over HTTP: what the caller is told, how many
//! requests were sent, and what is in the org afterwards.

use std::time::Duration;

use serde_json::json;
use sf_emulator::{Fault, Operation};
use sf_rest::{CallOptions, Client, Error, Id, RetryPolicy};

use crate::support::{HOUR, Setup, client, outlast};

/// How long an answer is waited for.
const LIMIT: Duration = HOUR.checked_div(2).unwrap();

/// What one call came to: the outcome, the requests sent for it, the writes that happened.
struct Cell {
    told: String,
    requests: usize,
    written: u64,
}

fn told<T>(result: Result<T, Error>) -> String {
    match result {
        Ok(_) => "ok".to_owned(),
        Err(Error::OutcomeUnknown { source, .. }) => format!("Unknown({:?})", source.kind()),
        Err(error) => format!("{:?}", error.kind()),
    }
}

/// A client with a session of its own that the org has accepted.
async fn logged_in(setup: &Setup) -> Client {
    setup.org.faults().clear();
    let client = client(&setup.org, RetryPolicy::without_delay(4).budget(4 * HOUR));
    client.limits().await.unwrap();
    client.with(CallOptions::new().timeout(LIMIT))
}

async fn read(setup: &Setup, client: &Client) -> Cell {
    setup.org.clear_requests();
    let told = told(outlast(&setup.org, LIMIT, client.limits()).await);
    Cell { told, requests: setup.count(Operation::Limits), written: 0 }
}

async fn idempotent(setup: &Setup, client: &Client, id: Id, name: &str) -> Cell {
    setup.org.clear_requests();
    let told = told(
        outlast(&setup.org, LIMIT, client.update("Account", id, &json!({ "Name": name }))).await,
    );
    let requests = setup.count(Operation::Update);
    setup.org.faults().clear();
    Cell { told, requests, written: setup.accounts_named(name).await }
}

async fn write(setup: &Setup, client: &Client, name: &str) -> Cell {
    setup.org.clear_requests();
    let told =
        told(outlast(&setup.org, LIMIT, client.create("Account", &json!({ "Name": name }))).await);
    let requests = setup.count(Operation::Create);
    setup.org.faults().clear();
    Cell { told, requests, written: setup.accounts_named(name).await }
}

fn faults() -> Vec<(&'static str, Fault)> {
    let json = "application/json";
    let invalid = r#"[{"message":"no","errorCode":"INVALID_FIELD"}]"#;
    vec![
        ("session expired", Fault::expired_session()),
        ("day's limit", Fault::request_limit()),
        ("concurrent limit", Fault::concurrent_request_limit()),
        ("429", Fault::too_many_requests(None)),
        ("400 invalid field", Fault::reply(400, json, invalid)),
        ("400 row locked", Fault::row_locked()),
        ("404 html", Fault::reply(404, "text/html", "<h1>no</h1>")),
        ("420 from the edge", Fault::reply(420, "text/plain", "")),
        ("500", Fault::server_error()),
        ("503", Fault::unavailable()),
        ("503 html", Fault::unavailable_html()),
        ("302", Fault::reply(302, "text/html", "")),
        ("307", Fault::reply(307, "text/html", "")),
        ("200 html", Fault::reply(200, "text/html", "<h1>hello</h1>")),
        ("200 half a JSON", Fault::reply(200, json, r#"{"a":"#)),
        ("wrong content type", Fault::wrong_content_type("text/html")),
        ("cut body", Fault::cut_body()),
        ("cut chunked body", Fault::cut_chunked_body()),
        ("connection dropped", Fault::dropped_connection()),
        ("answer lost", Fault::lost_answer()),
        ("no answer in time", Fault::held()),
    ]
}

#[tokio::test]
async fn fault_matrix() {
    let setup = Setup::new().await;
    let mut table = String::from(
        "fault               times  read                       idempotent                          write\n",
    );
    for (place, (name, fault)) in faults().into_iter().enumerate() {
        for (times, count) in [("once", 1), ("always", usize::MAX)] {
            let id = setup.account("Before").await;
            let label = format!("{place} {times}");
            let push = |operation| {
                setup.org.faults().clear();
                setup.org.faults().push(fault.clone().on(operation).times(count));
            };
            let client = logged_in(&setup).await;
            push(Operation::Limits);
            let r = read(&setup, &client).await;
            let client = logged_in(&setup).await;
            push(Operation::Update);
            let i = idempotent(&setup, &client, id, &format!("I {label}")).await;
            let client = logged_in(&setup).await;
            push(Operation::Create);
            let w = write(&setup, &client, &format!("W {label}")).await;
            assert!(w.written <= 1, "{name}: written twice");
            assert!(w.told != "ok" || w.written == 1, "{name}: told as written");
            assert!(i.told != "ok" || i.written == 1, "{name}: told as written");
            let unknown = |cell: &Cell| cell.told.starts_with("Unknown");
            assert!(unknown(&w) || w.told == "ok" || w.written == 0, "{name}: told as not written");
            assert!(unknown(&i) || i.told == "ok" || i.written == 0, "{name}: told as not written");
            let cell = |c: &Cell| format!("{} / {} / {}", c.told, c.requests, c.written);
            let reads = format!("{} / {}", r.told, r.requests);
            table.push_str(&format!(
                "{name:<19} {times:<6} {reads:<26} {:<35} {}\n",
                cell(&i),
                cell(&w)
            ));
        }
    }
    insta::assert_snapshot!(table, @"
    fault               times  read                       idempotent                          write
    session expired     once   ok / 2                     ok / 2 / 1                          ok / 2 / 1
    session expired     always Auth / 2                   Auth / 2 / 0                        Auth / 2 / 0
    day's limit         once   RequestLimitExceeded / 1   RequestLimitExceeded / 1 / 0        RequestLimitExceeded / 1 / 0
    day's limit         always RequestLimitExceeded / 1   RequestLimitExceeded / 1 / 0        RequestLimitExceeded / 1 / 0
    concurrent limit    once   ok / 2                     ok / 2 / 1                          ok / 2 / 1
    concurrent limit    always ConcurrentRequestLimit / 4 ConcurrentRequestLimit / 4 / 0      ConcurrentRequestLimit / 4 / 0
    429                 once   ok / 2                     ok / 2 / 1                          ok / 2 / 1
    429                 always Api / 4                    Api / 4 / 0                         Api / 4 / 0
    400 invalid field   once   Api / 1                    Api / 1 / 0                         Api / 1 / 0
    400 invalid field   always Api / 1                    Api / 1 / 0                         Api / 1 / 0
    400 row locked      once   ok / 2                     ok / 2 / 1                          ok / 2 / 1
    400 row locked      always Api / 4                    Api / 4 / 0                         Api / 4 / 0
    404 html            once   Api / 1                    Api / 1 / 0                         Api / 1 / 0
    404 html            always Api / 1                    Api / 1 / 0                         Api / 1 / 0
    420 from the edge   once   ok / 2                     ok / 2 / 1                          ok / 2 / 1
    420 from the edge   always Api / 4                    Api / 4 / 0                         Api / 4 / 0
    500                 once   ok / 2                     ok / 2 / 1                          Unknown(Api) / 1 / 0
    500                 always Api / 4                    Unknown(Api) / 4 / 0                Unknown(Api) / 1 / 0
    503                 once   ok / 2                     ok / 2 / 1                          Unknown(Api) / 1 / 0
    503                 always Api / 4                    Unknown(Api) / 4 / 0                Unknown(Api) / 1 / 0
    503 html            once   ok / 2                     ok / 2 / 1                          Unknown(Api) / 1 / 0
    503 html            always Api / 4                    Unknown(Api) / 4 / 0                Unknown(Api) / 1 / 0
    302                 once   Redirected / 1             Unknown(Redirected) / 1 / 0         Unknown(Redirected) / 1 / 0
    302                 always Redirected / 1             Unknown(Redirected) / 1 / 0         Unknown(Redirected) / 1 / 0
    307                 once   Redirected / 1             Redirected / 1 / 0                  Redirected / 1 / 0
    307                 always Redirected / 1             Redirected / 1 / 0                  Redirected / 1 / 0
    200 html            once   Decode / 1                 Unknown(Decode) / 1 / 0             Unknown(Decode) / 1 / 0
    200 html            always Decode / 1                 Unknown(Decode) / 1 / 0             Unknown(Decode) / 1 / 0
    200 half a JSON     once   Decode / 1                 Unknown(Decode) / 1 / 0             Unknown(Decode) / 1 / 0
    200 half a JSON     always Decode / 1                 Unknown(Decode) / 1 / 0             Unknown(Decode) / 1 / 0
    wrong content type  once   ok / 1                     ok / 1 / 1                          ok / 1 / 1
    wrong content type  always ok / 1                     ok / 1 / 1                          ok / 1 / 1
    cut body            once   ok / 2                     ok / 1 / 1                          Unknown(Transport) / 1 / 1
    cut body            always Transport / 4              ok / 1 / 1                          Unknown(Transport) / 1 / 1
    cut chunked body    once   ok / 2                     ok / 1 / 1                          Unknown(Transport) / 1 / 1
    cut chunked body    always Transport / 4              ok / 1 / 1                          Unknown(Transport) / 1 / 1
    connection dropped  once   ok / 2                     ok / 2 / 1                          Unknown(Transport) / 1 / 0
    connection dropped  always Transport / 4              Unknown(Transport) / 4 / 0          Unknown(Transport) / 1 / 0
    answer lost         once   ok / 2                     ok / 2 / 1                          Unknown(Transport) / 1 / 1
    answer lost         always Transport / 4              Unknown(Transport) / 4 / 1          Unknown(Transport) / 1 / 1
    no answer in time   once   ok / 2                     ok / 2 / 1                          Unknown(Transport) / 1 / 0
    no answer in time   always Transport / 4              Unknown(Transport) / 4 / 0          Unknown(Transport) / 1 / 0
    ");
}
