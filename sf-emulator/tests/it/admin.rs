//! The admin endpoint, for programs that cannot call the Rust functions.

use insta::assert_snapshot;
use serde_json::{Value, json};
use sf_emulator::{Emulator, Operation};

use crate::support::{Client, Reply, org, send, start};

async fn admin_org() -> (Emulator, Client) {
    start(Emulator::builder().admin(true)).await
}

async fn admin(org: &Emulator, client: &Client, method: &str, path: &str, body: Value) -> Reply {
    let request = client
        .http
        .request(method.parse().unwrap(), format!("{}/__admin{path}", client.base))
        .bearer_auth(org.admin_token().unwrap());
    let request = if body.is_null() { request } else { request.json(&body) };
    send(request).await
}

#[tokio::test]
async fn it_is_off_unless_asked_for_and_wants_its_token() {
    let (plain, client) = org().await;
    assert_eq!(plain.admin_token(), None);
    let off = client.follow("/__admin/requests").await;
    assert_eq!(off.status, 404);
    assert!(off.text.contains("NOT_FOUND"), "{}", off.text);

    let (_org, client) = admin_org().await;
    let other = client.follow("/__admin/requests").await;
    let none = send(client.http.get(format!("{}/__admin/requests", client.base))).await;
    assert_snapshot!([other.shown(), none.shown()].join("\n"), @r#"
    401 {"error":"send the org's admin token: Authorization: Bearer …"}
    401 {"error":"send the org's admin token: Authorization: Bearer …"}
    "#);
}

#[tokio::test]
async fn faults_of_every_kind_are_taken() {
    let (org, client) = admin_org().await;
    let faults = json!([
        { "kind": "unavailable", "operations": ["limits"], "times": 2 },
        { "kind": "reply", "status": 418, "content_type": "text/plain", "body": "tea", "path_contains": "/limits" },
        { "kind": "wrong_content_type", "method": "get" },
    ]);
    let added = admin(&org, &client, "POST", "/faults", faults).await;
    assert_eq!(added.shown(), r#"200 {"pending":3}"#);
    let mut seen = Vec::new();
    for _ in 0..4 {
        let reply = client.get("/limits").await;
        seen.push(format!("{} {}", reply.status, reply.header("content-type")));
    }
    assert_snapshot!(seen.join("\n"), @"
    503 application/json;charset=UTF-8
    503 application/json;charset=UTF-8
    418 text/plain
    200 text/html;charset=UTF-8
    ");

    for kind in [
        "expired_session",
        "request_limit",
        "concurrent_request_limit",
        "too_many_requests",
        "server_error",
        "unavailable_html",
        "cut_body",
        "cut_chunked_body",
        "dropped_connection",
        "lost_answer",
        "row_locked",
        "expired_locator",
    ] {
        let reply = admin(&org, &client, "POST", "/faults", json!({ "kind": kind })).await;
        assert_eq!(reply.status, 200, "{kind}: {}", reply.text);
    }
    assert_eq!(org.faults().pending(), 12);
    assert_eq!(admin(&org, &client, "DELETE", "/faults", Value::Null).await.status, 204);
    assert_eq!(org.faults().pending(), 0);
}

#[tokio::test]
async fn wrong_faults_say_what_is_wrong_and_none_is_added() {
    let (org, client) = admin_org().await;
    let cases = [
        json!([{ "kind": "server_error" }, { "kind": "server_eror" }]),
        json!({ "kind": "server_error", "tims": 3 }),
        json!({ "kind": "reply" }),
        json!({ "kind": "server_error", "probability": 1.5 }),
        json!({ "kind": "server_error", "operations": ["qery"] }),
    ];
    let mut shown = Vec::new();
    for case in cases {
        let text = admin(&org, &client, "POST", "/faults", case).await.shown();
        // The list of what is allowed grows with the org.
        shown.push(text.split(", expected").next().unwrap().to_owned());
    }
    assert_eq!(org.faults().pending(), 0);
    assert_snapshot!(shown.join("\n"), @r#"
    400 {"error":"fault 1: unknown variant `server_eror`
    400 {"error":"fault 0: unknown field `tims`
    400 {"error":"fault 0: this kind of fault needs `status`, 200 to 599; none was added"}
    400 {"error":"fault 0: `probability` must be from 0 to 1; none was added"}
    400 {"error":"fault 0: unknown variant `qery`
    "#);
}

#[tokio::test]
async fn clock_sessions_and_log_are_at_hand() {
    let (org, mut client) = admin_org().await;
    let before = org.now();
    let moved = admin(&org, &client, "POST", "/clock/advance", json!({ "seconds": 7_000 })).await;
    assert_eq!(moved.keys(), "now");
    assert!(org.now().duration_since(before).as_secs() >= 7_000);
    assert_eq!(client.get("/limits").await.status, 200);

    assert_eq!(admin(&org, &client, "POST", "/sessions/expire", Value::Null).await.status, 204);
    assert_eq!(client.get("/limits").await.status, 401);
    let issued = admin(&org, &client, "POST", "/tokens", Value::Null).await.json();
    client.token = issued["access_token"].as_str().unwrap().to_owned();
    assert_eq!(client.get("/limits").await.status, 200);

    let access = json!({ "ip": "every_request" });
    assert_eq!(admin(&org, &client, "POST", "/access", access).await.status, 204);
    assert_eq!(client.get("/limits").await.status, 401);
    admin(&org, &client, "POST", "/access", json!({ "ip": "none" })).await;

    let log = admin(&org, &client, "GET", "/requests", Value::Null).await.json();
    let requests = log["requests"].as_array().unwrap();
    assert_eq!(requests.len(), 4, "the admin's own requests are not in the log");
    assert_snapshot!(
        requests[1],
        @r#"{"method":"GET","path":"/services/data/v66.0/limits","query":null,"operation":"limits","status":401,"fault":null}"#
    );
    assert_eq!(admin(&org, &client, "DELETE", "/requests", Value::Null).await.status, 204);
    assert!(org.requests().is_empty());

    let nowhere = admin(&org, &client, "GET", "/nowhere", Value::Null).await;
    assert!(nowhere.text.contains("POST /__admin/clock/advance"), "{}", nowhere.text);
}

#[tokio::test]
async fn an_expired_locator_is_refused_as_one_that_is_over() {
    let (org, client) = admin_org().await;
    let query = || async {
        let page = client
            .request(reqwest::Method::GET, "/query")
            .query(&[("q", "SELECT Id FROM Contact")])
            .header("Sforce-Query-Options", "batchSize=200");
        send(page).await.json()["nextRecordsUrl"].as_str().unwrap().to_owned()
    };
    org.faults().push(sf_emulator::Fault::expired_locator());
    let next = query().await;
    let (first, again) = (client.follow(&next).await, client.follow(&next).await);
    assert_snapshot!(
        first.shown(),
        @r#"400 [{"message":"invalid query locator","errorCode":"INVALID_QUERY_LOCATOR"}]"#
    );
    assert_eq!(first.shown(), again.shown());
    assert_eq!(org.requests()[1].fault, Some("expired_locator"));
    assert_eq!(org.requests()[1].operation, Operation::NextPage);

    let (kept, ended) = (query().await, query().await);
    assert_eq!(client.follow(&kept).await.status, 200);
    assert_eq!(admin(&org, &client, "POST", "/locators/expire", Value::Null).await.status, 204);
    assert_eq!(client.follow(&ended).await.shown(), first.shown());
}
