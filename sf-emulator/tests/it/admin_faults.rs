//! Faults and bulk jobs by way of the admin endpoint: each does there what its
//! function in Rust does.

use insta::assert_snapshot;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use sf_emulator::Emulator;

use crate::support::{Client, Reply, send, start};

async fn admin_org() -> (Emulator, Client) {
    start(Emulator::builder().contacts(500).admin(true)).await
}

async fn post(org: &Emulator, client: &Client, path: &str, body: Value) -> Reply {
    let url = format!("{}/__admin{path}", client.base);
    send(client.http.post(url).bearer_auth(org.admin_token().unwrap()).json(&body)).await
}

/// What a client sees of an answer.
async fn outcome(request: RequestBuilder) -> String {
    let Ok(response) = request.send().await else { return "no answer".to_owned() };
    let status = response.status().as_u16();
    let header = |name: &str| {
        let value = response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        value.unwrap_or_default()
    };
    let (kind, wait) = (header("content-type"), header("retry-after"));
    match response.text().await {
        Err(_) => format!("{status} cut"),
        Ok(text) => {
            let text: String = text.chars().take(60).collect();
            format!("{status} {kind} {wait} {text}").replace(";charset=UTF-8", "")
        }
    }
}

#[tokio::test]
async fn each_kind_of_fault_does_what_its_function_does() {
    let (org, mut client) = admin_org().await;
    let page = |size: &str| {
        client
            .request(Method::GET, "/query")
            .query(&[("q", "SELECT Id FROM Contact")])
            .header("Sforce-Query-Options", format!("batchSize={size}"))
    };
    let next = send(page("200")).await.json()["nextRecordsUrl"].as_str().unwrap().to_owned();
    let next = next.split_once("/v66.0").unwrap().1.to_owned();
    let account = |name: &str| json!({"attributes": {"type": "Account"}, "Name": name});
    let names = [
        "expired_session",
        "request_limit",
        "concurrent_request_limit",
        "server_error",
        "unavailable",
        "unavailable_html",
        "dropped_connection",
        "cut_body",
        "cut_chunked_body",
    ];
    let mut cases: Vec<(Value, RequestBuilder)> = names
        .iter()
        .map(|kind| (json!({"kind": kind}), client.request(Method::GET, "/limits")))
        .collect();
    let get = |fault: Value| (fault, client.request(Method::GET, "/limits"));
    cases.push(get(json!({"kind": "too_many_requests", "retry_after_ms": 1500})));
    cases.push(get(
        json!({"kind": "reply", "status": 420, "content_type": "text/plain", "body": "no route"}),
    ));
    cases.push(get(json!({"kind": "wrong_content_type", "content_type": "text/html"})));
    cases.push(get(json!({"kind": "server_error", "method": "GET", "path_prefix": "/services/data/v66.0/limits"})));
    cases.push((json!({"kind": "expired_locator"}), client.request(Method::GET, &next)));
    let create = |body: Value| client.request(Method::POST, "/composite/sobjects").json(&body);
    let pair = json!({"records": [account("Pair"), account("Pair")]});
    cases.push((json!({"kind": "row_locked", "rows": [0]}), create(pair)));
    cases.push((json!({"kind": "lost_answer"}), create(json!({"records": [account("Lost")]}))));
    let token = client.http.post(format!("{}/services/oauth2/token", client.base));
    let fault = json!({"kind": "token_error", "error": "invalid_grant", "error_description": "no"});
    cases.push((fault, token.form(&[("grant_type", "password")])));

    let mut shown = Vec::new();
    for (fault, request) in cases {
        let reply = post(&org, &client, "/faults", fault.clone()).await;
        assert_eq!(reply.shown(), r#"200 {"pending":1}"#, "{fault}");
        // The session of the first fault is over.
        let fresh = format!("Bearer {}", org.issue_token());
        let (http, request) = request.build_split();
        let mut request = request.unwrap();
        if fault["kind"] != "token_error" {
            request.headers_mut().insert("authorization", fresh.parse().unwrap());
        }
        let seen = outcome(RequestBuilder::from_parts(http, request)).await;
        shown.push(format!("{}\n  {}", fault["kind"].as_str().unwrap(), seen.trim_end()));
        assert_eq!(org.faults().pending(), 0, "{fault}");
    }
    assert_snapshot!(shown.join("\n"), @r#"
    expired_session
      401 application/json  [{"message":"Session expired or invalid","errorCode":"INVALI
    request_limit
      403 application/json  [{"message":"TotalRequests Limit exceeded.","errorCode":"REQ
    concurrent_request_limit
      403 application/json  [{"message":"ConcurrentRequests (Concurrent API Requests) Li
    server_error
      500 application/json  [{"message":"An unexpected error occurred. Please include th
    unavailable
      503 application/json  [{"message":"Server too busy","errorCode":"SERVER_UNAVAILABL
    unavailable_html
      503 text/html  <html><head><title>Service Unavailable</title></head><body><
    dropped_connection
      no answer
    cut_body
      200 cut
    cut_chunked_body
      200 cut
    too_many_requests
      429 application/json 2 [{"message":"Too many requests","errorCode":"REQUEST_LIMIT_E
    reply
      420 text/plain  no route
    wrong_content_type
      200 text/html  {"AnalyticsExternalDataSizeMB":{"Max":40960,"Remaining":4096
    server_error
      500 application/json  [{"message":"An unexpected error occurred. Please include th
    expired_locator
      400 application/json  [{"message":"invalid query locator","errorCode":"INVALID_QUE
    row_locked
      200 application/json  [{"success":false,"errors":[{"statusCode":"UNABLE_TO_LOCK_RO
    lost_answer
      no answer
    token_error
      400 application/json  {"error":"invalid_grant","error_description":"no"}
    "#);
    client.token = org.issue_token();
    let count = |name: &str| format!("SELECT COUNT() FROM Account WHERE Name = '{name}'");
    assert_eq!(client.count(&count("Pair")).await, 1, "the locked one was not written");
    assert_eq!(client.count(&count("Lost")).await, 1, "the lost one was");
}

#[tokio::test]
async fn silences_too() {
    let (org, client) = admin_org().await;
    let faults = json!([{"kind": "stalled_body", "keep": 3}, {"kind": "unanswered"}]);
    assert_eq!(post(&org, &client, "/faults", faults).await.shown(), r#"200 {"pending":2}"#);
    let limits = client.request(Method::GET, "/limits").header("accept-encoding", "identity");
    let mut begun = limits.send().await.unwrap();
    assert_eq!(begun.chunk().await.unwrap().unwrap().len(), 3);
    let create = client.request(Method::POST, "/sobjects/Account").json(&json!({"Name": "Silent"}));
    tokio::select! {
        answer = create.send() => panic!("{answer:?}"),
        () = org.faults().spent() => {}
    }
    post(&org, &client, "/faults", json!({"kind": "unavailable", "until_released": true})).await;
    let held = tokio::spawn(send(client.request(Method::GET, "/limits")));
    org.faults().spent().await;
    assert!(!held.is_finished());
    assert_eq!(post(&org, &client, "/faults/release", Value::Null).await.status, 204);
    assert_eq!(held.await.unwrap().status, 503);
    let hit: Vec<_> = org.requests().iter().filter_map(|request| request.fault).collect();
    assert_eq!(hit, ["stalled_body", "unanswered", "unavailable"]);
}

#[tokio::test]
async fn faults_are_counted_and_thrown_as_in_rust() {
    let (org, client) = admin_org().await;
    let run = async |fault: Value| {
        org.faults().clear();
        assert_eq!(post(&org, &client, "/faults", fault).await.status, 200);
        let mut seen = Vec::new();
        for _ in 0..12 {
            seen.push(client.get("/limits").await.status);
        }
        seen
    };
    let counted =
        run(json!({"kind": "unavailable", "skip": 2, "times": 3, "operations": ["limits"]})).await;
    assert_eq!(counted, [200, 200, 503, 503, 503, 200, 200, 200, 200, 200, 200, 200]);
    let chance = |seed: u64| json!({"kind": "unavailable", "always": true, "probability": 0.5, "seed": seed});
    let (one, same, other) = (run(chance(7)).await, run(chance(7)).await, run(chance(8)).await);
    assert!(one.contains(&200) && one.contains(&503), "{one:?}");
    assert_eq!(one, same);
    assert_ne!(one, other);
    org.faults().clear();
    let late = json!({"kind": "latency", "after_ms": 40});
    post(&org, &client, "/faults", late).await;
    let begun = std::time::Instant::now();
    assert_eq!(client.get("/limits").await.status, 200);
    assert!(begun.elapsed() >= std::time::Duration::from_millis(40));
}

#[tokio::test]
async fn a_bulk_job_is_led_from_state_to_state() {
    let (org, client) = admin_org().await;
    let step = || post(&org, &client, "/bulk/step", Value::Null);
    let refused = step().await;
    assert_snapshot!(refused.shown(), @r#"409 {"error":"the jobs are not held; POST /__admin/bulk/hold first"}"#);
    assert_eq!(post(&org, &client, "/bulk/hold", Value::Null).await.status, 204);
    let csv = format!("Name\n{}", "Stepped\n".repeat(201));
    let id = client.load(json!({"object": "Account", "operation": "insert"}), csv).await;
    let mut seen = Vec::new();
    let mut look = async || {
        let job = client.job(&id).await;
        seen.push(format!("{} {}", job["state"].as_str().unwrap(), job["numberRecordsProcessed"]));
    };
    look().await;
    for _ in 0..3 {
        assert_eq!(step().await.status, 204);
        look().await;
    }
    assert_eq!(post(&org, &client, "/bulk/release", Value::Null).await.status, 204);
    assert_eq!(post(&org, &client, "/bulk/idle", Value::Null).await.status, 204);
    look().await;
    assert_eq!(
        seen,
        [
            "UploadComplete 0",
            "InProgress 0",
            "InProgress 200",
            "JobComplete 201",
            "JobComplete 201"
        ]
    );
    let nowhere = post(&org, &client, "/bulk/stop", Value::Null).await;
    assert!(
        nowhere.status == 404 && nowhere.text.contains("/__admin/bulk/step"),
        "{}",
        nowhere.text
    );
}
