//! https: the certificate, and faults below it.

use insta::assert_snapshot;
use serde_json::json;
use sf_emulator::{Emulator, Fault, Operation};

use crate::support::{Client, http, start};

/// A client that trusts the org's authority and no other.
async fn tls_org() -> (Emulator, Client) {
    let (org, mut client) = start(Emulator::builder().tls(true)).await;
    client.http = trusting(&org);
    (org, client)
}

fn trusting(org: &Emulator) -> reqwest::Client {
    let authority = reqwest::Certificate::from_pem(org.ca_pem().unwrap().as_bytes()).unwrap();
    reqwest::Client::builder().no_proxy().tls_certs_only([authority]).build().unwrap()
}

#[tokio::test]
async fn who_trusts_the_authority_is_served_over_https() {
    let (org, client) = tls_org().await;
    assert!(client.base.starts_with("https://127.0.0.1:"));
    assert_eq!(client.get("/limits").await.status, 200);
    let by_name = Client { base: client.base.replace("127.0.0.1", "localhost"), ..client.clone() };
    assert_eq!(by_name.get("/limits").await.status, 200);

    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", org.client_id()),
        ("client_secret", org.client_secret()),
    ];
    let reply = crate::browser::token(&client, &form).await;
    assert_eq!(reply.json()["instance_url"], client.base.as_str());
    let next = client.query("SELECT Id FROM Contact").await.json();
    assert_eq!(client.follow(next["nextRecordsUrl"].as_str().unwrap()).await.status, 200);
}

#[tokio::test]
async fn others_are_not() {
    let (org, client) = tls_org().await;
    let stranger = http().get(format!("{}/services/data", client.base)).send().await;
    assert!(stranger.unwrap_err().is_connect());
    let plain = client.base.replace("https://", "http://");
    assert!(http().get(format!("{plain}/services/data")).send().await.is_err());
    assert!(org.requests().is_empty());
    assert_eq!(client.get("/limits").await.status, 200, "the org goes on");
}

#[tokio::test]
async fn bodies_are_cut_and_connections_dropped_below_tls_too() {
    let (org, client) = tls_org().await;
    let page = "/query?q=SELECT+Id,Name+FROM+Contact+LIMIT+2000";
    for fault in [Fault::cut_body(), Fault::cut_chunked_body()] {
        org.faults().push(fault);
        let response = client.request(reqwest::Method::GET, page).send().await.unwrap();
        assert_eq!(response.status().as_u16(), 200, "the head looks well");
        assert!(response.bytes().await.is_err());
    }
    org.faults().push(Fault::dropped_connection().on(Operation::Limits));
    assert!(client.request(reqwest::Method::GET, "/limits").send().await.is_err());
    org.faults().push(Fault::lost_answer());
    let body = json!({ "Name": "Lost below TLS" });
    let sent = client.request(reqwest::Method::POST, "/sobjects/Account").json(&body).send().await;
    assert!(sent.is_err());
    assert_eq!(client.count("SELECT COUNT() FROM Account WHERE Name = 'Lost below TLS'").await, 1);
}

#[tokio::test]
async fn a_login_cookie_is_for_https_alone() {
    let (org, client) = tls_org().await;
    let mut browser = crate::browser::Browser::new(&client);
    let asked = [
        ("response_type", "code"),
        ("client_id", org.client_id()),
        ("redirect_uri", crate::browser::CALLBACK),
    ];
    let page = browser.authorize(&asked).await;
    let typed = [("username", org.username()), ("pw", org.password())];
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .tls_certs_only([reqwest::Certificate::from_pem(org.ca_pem().unwrap().as_bytes()).unwrap()])
        .build()
        .unwrap();
    let source = page.text.split("name=\"source\" value=\"").nth(1).unwrap();
    let source = source.split('"').next().unwrap();
    let mut form = typed.to_vec();
    form.push(("source", source));
    let url = org.url().join("login").unwrap();
    let response = client.post(url).form(&form).send().await.unwrap();
    let cookies = response.headers().get_all("set-cookie").iter();
    let login =
        cookies.map(|value| value.to_str().unwrap()).find(|value| value.starts_with("sid="));
    let attributes = login.unwrap().split_once(';').unwrap().1;
    assert_snapshot!(attributes, @" Path=/; HttpOnly; SameSite=Lax; Secure");
}
