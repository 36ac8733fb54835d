//! The device flow, from the code on the device to its session.

use std::time::Duration;

use insta::assert_snapshot;
use reqwest::header::CONTENT_TYPE;
use serde_json::Value;
use sf_emulator::Emulator;

use crate::browser::{Browser, token};
use crate::support::{Client, Reply, org, send, start};

async fn begin(org: &Emulator, client: &Client) -> Value {
    let form = [("response_type", "device_code"), ("client_id", org.client_id())];
    let reply = token(client, &form).await;
    assert_eq!(reply.keys(), "device_code user_code verification_uri interval");
    reply.json()
}

async fn poll(org: &Emulator, client: &Client, device: &Value) -> Reply {
    let form = [
        ("grant_type", "device"),
        ("client_id", org.client_id()),
        ("client_secret", org.client_secret()),
        ("code", device["device_code"].as_str().unwrap()),
    ];
    token(client, &form).await
}

#[tokio::test]
async fn a_person_connects_the_device() {
    let (org, mut client) = org().await;
    let device = begin(&org, &client).await;
    assert_eq!(device["interval"], 5);
    let (pending, hasty) = (poll(&org, &client, &device).await, poll(&org, &client, &device).await);
    assert_snapshot!([pending.shown(), hasty.shown()].join("\n"), @r#"
    400 {"error":"authorization_pending","error_description":"authorization pending"}
    400 {"error":"slow_down","error_description":"polling too frequently"}
    "#);

    let mut browser = Browser::new(&client);
    let path = device["verification_uri"].as_str().unwrap().strip_prefix(&client.base).unwrap();
    let page = browser.get(path).await;
    assert!(page.text.contains("<label for=\"user_code\">"), "{}", page.text);
    let wrong = browser.submit(&page, &[("user_code", "NOPE")]).await;
    assert!(wrong.text.contains("role=\"alert\""), "{}", wrong.text);
    // As a person types it.
    let typed = device["user_code"].as_str().unwrap().to_lowercase();
    let typed = format!("{} {}", &typed[..4], &typed[4..]);
    let login = browser.submit(&wrong, &[("user_code", &typed)]).await;
    let consent = browser.log_in(&login, &org, org.username()).await;
    let done = browser.submit(&consent, &[("decision", "allow")]).await;
    assert!(done.text.contains("The device is connected"), "{}", done.text);

    let reply = poll(&org, &client, &device).await;
    assert_snapshot!(
        reply.keys(),
        @"access_token refresh_token signature scope id_token instance_url id token_type issued_at"
    );
    client.token = reply.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(client.get("/limits").await.status, 200);
    assert_snapshot!(
        poll(&org, &client, &device).await.shown(),
        @r#"400 {"error":"invalid_grant","error_description":"invalid or expired device code"}"#
    );
}

#[tokio::test]
async fn a_refusal_and_the_end_of_the_code_are_told() {
    let (org, client) = start(Emulator::builder().device_interval(Duration::ZERO)).await;
    let device = begin(&org, &client).await;
    let mut browser = Browser::new(&client);
    let page = browser.get("/setup/connect").await;
    let code = device["user_code"].as_str().unwrap();
    let login = browser.submit(&page, &[("user_code", code)]).await;
    let consent = browser.log_in(&login, &org, org.username()).await;
    let done = browser.submit(&consent, &[("decision", "deny")]).await;
    assert!(done.text.contains("The device was not connected"), "{}", done.text);
    let denied = poll(&org, &client, &device).await;

    let device = begin(&org, &client).await;
    for _ in 0..2 {
        assert!(poll(&org, &client, &device).await.text.contains("authorization_pending"));
    }
    org.advance(Duration::from_secs(600));
    let over = poll(&org, &client, &device).await;
    assert_snapshot!([denied.shown(), over.shown()].join("\n"), @r#"
    400 {"error":"access_denied","error_description":"end-user denied authorization"}
    400 {"error":"invalid_grant","error_description":"invalid or expired device code"}
    "#);
}

#[tokio::test]
async fn a_multipart_body_is_taken_too() {
    let (org, client) = org().await;
    let part = |name: &str, value: &str| {
        format!("--b0\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let body = format!(
        "{}{}--b0--\r\n",
        part("response_type", "device_code"),
        part("client_id", org.client_id())
    );
    let request = client
        .http
        .post(format!("{}/services/oauth2/token", client.base))
        .header(CONTENT_TYPE, "multipart/form-data; boundary=b0")
        .body(body);
    assert_eq!(send(request).await.status, 200);
}
