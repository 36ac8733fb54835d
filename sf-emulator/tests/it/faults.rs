//! Every fault, as a client meets it.

use std::time::{Duration, Instant};

use insta::assert_snapshot;
use serde_json::json;
use sf_emulator::{Fault, Operation};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Client, org, send};

const SOQL: &str = "/query?q=SELECT+Id,Name+FROM+Contact+LIMIT+2000";

/// What one connection gives until it is closed.
async fn raw(client: &Client, path: &str) -> Vec<u8> {
    let address = client.base.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "GET /services/data/v66.0{path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\n\r\n",
        client.token
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    // A reset, if the system makes one of the early close, is an end too.
    let _ = stream.read_to_end(&mut bytes).await;
    bytes
}

/// Head, and body as it went over the wire.
fn split(bytes: &[u8]) -> (String, &[u8]) {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    (String::from_utf8(bytes[..end].to_vec()).unwrap().to_lowercase(), &bytes[end + 4..])
}

#[tokio::test]
async fn replies_instead_of_handling() {
    let (org, client) = org().await;
    let faults = [
        Fault::request_limit(),
        Fault::concurrent_request_limit(),
        Fault::too_many_requests(Some(Duration::from_millis(1_500))),
        Fault::server_error(),
        Fault::unavailable(),
        Fault::unavailable_html(),
        Fault::reply(420, "text/plain", "no route"),
    ];
    let mut shown = Vec::new();
    for fault in faults {
        org.faults().push(fault);
        let reply = client.get("/limits").await;
        shown.push(format!(
            "{} [{}] {}",
            reply.header("content-type"),
            reply.header("retry-after"),
            reply.shown()
        ));
    }
    assert_snapshot!(shown.join("\n"), @r#"
    application/json;charset=UTF-8 [] 403 [{"message":"TotalRequests Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]
    application/json;charset=UTF-8 [] 403 [{"message":"ConcurrentRequests (Concurrent API Requests) Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]
    application/json;charset=UTF-8 [2] 429 [{"message":"Too many requests","errorCode":"REQUEST_LIMIT_EXCEEDED"}]
    application/json;charset=UTF-8 [] 500 [{"message":"An unexpected error occurred. Please include this ErrorId if you contact support: 170412906-2718 (81726)","errorCode":"UNKNOWN_EXCEPTION"}]
    application/json;charset=UTF-8 [] 503 [{"message":"Server too busy","errorCode":"SERVER_UNAVAILABLE"}]
    text/html;charset=UTF-8 [] 503 <html><head><title>Service Unavailable</title></head><body><h1>503</h1><p>The service is not available. Try again later.</p></body></html>
    text/plain [] 420 no route
    "#);
    assert_eq!(client.get("/limits").await.status, 200, "each hit once");
    assert_eq!(org.requests()[3].fault, Some("server_error"));
}

#[tokio::test]
async fn an_expired_session_stays_expired() {
    let (org, client) = org().await;
    let other = Client::new(&org);
    org.faults().push(Fault::expired_session());
    let (first, again) = (client.get("/limits").await, client.get("/limits").await);
    assert_snapshot!(
        first.shown(),
        @r#"401 [{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]"#
    );
    assert_eq!(again.shown(), first.shown());
    assert_eq!(other.get("/limits").await.status, 200, "another session is not touched");
}

#[tokio::test]
async fn faults_are_matched_skipped_and_counted() {
    let (org, client) = org().await;
    org.faults().push(Fault::unavailable().on(Operation::Describe).skip(1).times(2));
    org.faults().push(Fault::server_error().path_contains("/limits").method("head"));
    let mut seen = Vec::new();
    for path in ["/limits", "/sobjects", "/sobjects", "/limits", "/sobjects", "/sobjects"] {
        seen.push(client.get(path).await.status);
    }
    assert_eq!(seen, [200, 200, 503, 200, 503, 200]);
    assert_eq!(org.faults().pending(), 1);
    assert_eq!(send(client.request(reqwest::Method::HEAD, "/limits")).await.status, 500);
    assert_eq!(org.faults().pending(), 0);

    org.faults().push(Fault::server_error().always());
    assert_eq!(
        [client.get("/limits").await.status, client.get("/limits").await.status],
        [500, 500]
    );
    org.faults().clear();
    assert_eq!(client.get("/limits").await.status, 200);
}

#[tokio::test]
async fn a_token_request_is_hit_only_when_meant() {
    let (org, client) = org().await;
    org.faults().push(Fault::unavailable());
    org.faults().push(Fault::token_error("invalid_grant", "expired access/refresh token"));
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", org.client_id()),
        ("client_secret", org.client_secret()),
    ];
    let request =
        || send(client.http.post(format!("{}/services/oauth2/token", client.base)).form(&form));
    assert_snapshot!(
        request().await.shown(),
        @r#"400 {"error":"invalid_grant","error_description":"expired access/refresh token"}"#
    );
    assert_eq!(request().await.status, 200);
    assert_eq!(org.token_requests(), 2);
}

#[tokio::test]
async fn a_body_is_cut_under_its_promised_length() {
    let (org, client) = org().await;
    let whole = raw_length(&client).await;
    org.faults().push(Fault::cut_body().keep(10));
    let bytes = raw(&client, SOQL).await;
    let (head, body) = split(&bytes);
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert!(head.contains(&format!("content-length: {whole}")), "{head}");
    assert_eq!(body.len(), 10);

    org.faults().push(Fault::cut_body());
    let response = client.request(reqwest::Method::GET, SOQL).send().await.unwrap();
    assert_eq!(response.status().as_u16(), 200, "the head looks well");
    assert!(response.bytes().await.is_err());
}

async fn raw_length(client: &Client) -> usize {
    let reply = client.request(reqwest::Method::GET, SOQL).header("accept-encoding", "identity");
    send(reply).await.text.len()
}

#[tokio::test]
async fn a_chunked_body_is_cut_before_its_last_chunk() {
    let (org, client) = org().await;
    org.faults().push(Fault::cut_chunked_body());
    let bytes = raw(&client, SOQL).await;
    let (head, body) = split(&bytes);
    assert!(head.contains("transfer-encoding: chunked"), "{head}");
    assert!(body.len() > 10_000, "half of the page arrived: {}", body.len());
    assert!(!body.ends_with(b"0\r\n\r\n"));

    org.faults().push(Fault::cut_chunked_body());
    let response = client.request(reqwest::Method::GET, SOQL).send().await.unwrap();
    assert!(response.bytes().await.is_err());
}

#[tokio::test]
async fn a_dropped_connection_handles_nothing() {
    let (org, client) = org().await;
    org.faults().push(Fault::dropped_connection());
    assert!(raw(&client, "/limits").await.is_empty());

    org.faults().push(Fault::dropped_connection().on(Operation::Create));
    let body = json!({ "Name": "Dropped Ltd" });
    let sent = client.request(reqwest::Method::POST, "/sobjects/Account").json(&body).send().await;
    assert!(sent.is_err());
    assert_eq!(client.count("SELECT COUNT() FROM Account WHERE Name = 'Dropped Ltd'").await, 0);
    let dropped = &org.requests()[1];
    assert_eq!((dropped.status, dropped.fault), (None, Some("dropped_connection")));
}

#[tokio::test]
async fn a_lost_answer_is_committed_exactly_once() {
    let (org, client) = org().await;
    org.faults().push(Fault::lost_answer());
    assert_eq!(client.get("/limits").await.status, 200, "reads are let pass");
    let body = json!({ "Name": "Lost Answer Ltd" });
    let sent = client.request(reqwest::Method::POST, "/sobjects/Account").json(&body).send().await;
    assert!(sent.is_err());
    assert_eq!(client.count("SELECT COUNT() FROM Account WHERE Name = 'Lost Answer Ltd'").await, 1);
    assert_eq!(org.requests()[1].status, None);
    assert_eq!(org.faults().pending(), 0);
}

#[tokio::test]
async fn lost_answers_of_collections_and_upserts_are_committed_too() {
    let (org, client) = org().await;
    let record =
        |n: u32| json!({ "attributes": { "type": "Account" }, "Name": format!("Lost {n}") });
    let body = json!({ "records": [record(1), record(2)] });
    let deal = json!({ "Name": "Lost deal", "AIM__Stage__c": "Sourcing" });
    org.faults().push(Fault::lost_answer().times(2));
    let sent =
        client.request(reqwest::Method::POST, "/composite/sobjects").json(&body).send().await;
    assert!(sent.is_err());
    let path = "/sobjects/AIM__Deal__c/AIM__Ext_Key__c/L-1";
    assert!(client.request(reqwest::Method::PATCH, path).json(&deal).send().await.is_err());
    assert_eq!(client.count("SELECT COUNT() FROM Account WHERE Name LIKE 'Lost _'").await, 2);
    assert_eq!(client.get(path).await.status, 200);
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_committed_all_the_same() {
    let (org, client) = org().await;
    org.faults().push(Fault::unanswered());
    let body = json!({ "Name": "Silent Ltd" });
    let sent = client.request(reqwest::Method::POST, "/sobjects/Account").json(&body).send();
    let written = async {
        while org.requests().first().is_none_or(|request| request.status.is_none()) {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        answer = sent => panic!("{answer:?}"),
        () = written => {}
    }
    assert_eq!(client.count("SELECT COUNT() FROM Account WHERE Name = 'Silent Ltd'").await, 1);
    let record = &org.requests()[0];
    assert_eq!((record.status, record.fault), (Some(201), Some("unanswered")));
}

#[tokio::test]
async fn a_body_that_stalls_is_open_after_its_first_part() {
    let (org, client) = org().await;
    let whole = raw_length(&client).await;
    org.faults().push(Fault::stalled_body().keep(10));
    let request = client.request(reqwest::Method::GET, SOQL);
    let mut response = request.header("accept-encoding", "identity").send().await.unwrap();
    assert_eq!(response.content_length(), Some(whole as u64));
    assert_eq!(response.chunk().await.unwrap().unwrap().len(), 10);
    let rest = tokio::time::timeout(Duration::from_millis(50), response.chunk()).await;
    assert!(rest.is_err(), "{rest:?}");
    assert_eq!(org.requests()[1].fault, Some("stalled_body"));
}

#[tokio::test]
async fn latency_delays_and_nothing_else() {
    let (org, client) = org().await;
    org.faults().push(Fault::latency(Duration::from_millis(80)));
    let begun = Instant::now();
    assert_eq!(client.get("/limits").await.status, 200);
    assert!(begun.elapsed() >= Duration::from_millis(80));

    org.faults().push(Fault::latency(Duration::from_secs(60)));
    let impatient = client
        .request(reqwest::Method::GET, "/limits")
        .timeout(Duration::from_millis(50))
        .send()
        .await;
    assert!(impatient.unwrap_err().is_timeout());
    assert_eq!(org.requests()[1].status, None, "given up by the client, and still in the log");
}

#[tokio::test]
async fn a_locked_row_is_not_written() {
    let (org, client) = org().await;
    let id = client.account("Before").await;
    org.faults().push(Fault::row_locked());
    let reply =
        client.send("PATCH", &format!("/sobjects/Account/{id}"), json!({ "Name": "After" })).await;
    assert_snapshot!(
        reply.shown().replace(&id, "[id]"),
        @r#"400 [{"message":"unable to obtain exclusive access to this record or 1 records: [id]","errorCode":"UNABLE_TO_LOCK_ROW","fields":[]}]"#
    );
    let row = client.get(&format!("/sobjects/Account/{id}?fields=Name")).await;
    assert_eq!(row.json()["Name"], "Before");
}

#[tokio::test]
async fn locked_rows_of_a_collection_are_told_apart() {
    let (org, client) = org().await;
    let record = |name: &str| json!({ "attributes": { "type": "Account" }, "Name": name });
    let records = json!([record("Lock A"), record("Lock B"), record("Lock C")]);
    org.faults().push(Fault::rows_locked([1]).times(2));
    let reply = client
        .send("POST", "/composite/sobjects", json!({ "allOrNone": false, "records": records }))
        .await;
    let success: Vec<_> =
        reply.json().as_array().unwrap().iter().map(|item| item["success"] == true).collect();
    assert_eq!(success, [true, false, true]);
    assert_snapshot!(
        reply.json()[1],
        @r#"{"success":false,"errors":[{"statusCode":"UNABLE_TO_LOCK_ROW","message":"unable to obtain exclusive access to this record","fields":[]}]}"#
    );
    assert_eq!(client.count("SELECT COUNT() FROM Account WHERE Name LIKE 'Lock _'").await, 2);

    let reply = client
        .send("POST", "/composite/sobjects", json!({ "allOrNone": true, "records": records }))
        .await;
    assert_eq!(reply.json()[0]["errors"][0]["statusCode"], "ALL_OR_NONE_OPERATION_ROLLED_BACK");
    assert_eq!(client.count("SELECT COUNT() FROM Account WHERE Name LIKE 'Lock _'").await, 2);
}

#[tokio::test]
async fn faults_by_chance_follow_their_seed() {
    let mut runs = Vec::new();
    for seed in [7, 7, 8] {
        let (org, client) = org().await;
        org.faults().push(Fault::unavailable().probability(0.5).seed(seed).always());
        let mut seen = Vec::new();
        for _ in 0..24 {
            seen.push(client.get("/limits").await.status);
        }
        assert!(seen.contains(&200) && seen.contains(&503), "{seen:?}");
        runs.push(seen);
    }
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0], runs[2]);
}

#[tokio::test]
async fn a_wrong_content_type_labels_the_right_body() {
    let (org, client) = org().await;
    let right = client.query("SELECT Id FROM Account LIMIT 1").await;
    org.faults().push(Fault::wrong_content_type("text/html"));
    let wrong = client.query("SELECT Id FROM Account LIMIT 1").await;
    assert_eq!(wrong.header("content-type"), "text/html");
    assert_eq!(wrong.shown(), right.shown());
}
