//! A deactivated user's sessions and refresh tokens end with the write that
//! deactivates, whichever way it came.

use insta::assert_snapshot;
use serde_json::{Value, json};
use sf_emulator::Emulator;

use crate::browser::{Browser, CALLBACK, redeem, token};
use crate::support::{Client, Reply, org, send};

/// A user with a session, a refresh token and a session of another kind.
struct Victim {
    id: String,
    session: Client,
    minted: Client,
    refresh_token: String,
}

async fn victim(org: &Emulator, client: &Client, number: usize) -> Victim {
    let users = "SELECT Id, Username FROM User WHERE IsActive = true ORDER BY Username";
    let users = client.query(users).await.json();
    let mut users = users["records"].as_array().unwrap().iter();
    let user = users.by_ref().filter(|user| user["Id"] != org.user_id()).nth(number).unwrap();
    let id = user["Id"].as_str().unwrap().to_owned();
    let asked = [
        ("response_type", "code"),
        ("client_id", org.client_id()),
        ("redirect_uri", CALLBACK),
        ("scope", "api id refresh_token"),
    ];
    let username = user["Username"].as_str().unwrap();
    let callback = Browser::new(client).approve(org, username, &asked).await;
    let json = redeem(org, client, callback.get("code"), &[]).await.json();
    let with = |token: &str| Client { token: token.to_owned(), ..client.clone() };
    let victim = Victim {
        session: with(json["access_token"].as_str().unwrap()),
        minted: with(&org.issue_token_for(&id)),
        refresh_token: json["refresh_token"].as_str().unwrap().to_owned(),
        id,
    };
    assert_eq!(victim.session.get("/limits").await.status, 200);
    assert_eq!(victim.minted.get("/limits").await.status, 200);
    victim
}

async fn refresh(org: &Emulator, client: &Client, victim: &Victim) -> Reply {
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", org.client_id()),
        ("client_secret", org.client_secret()),
        ("refresh_token", &victim.refresh_token),
    ];
    token(client, &form).await
}

/// What the user's tokens answer.
async fn shown(org: &Emulator, client: &Client, victim: &Victim) -> String {
    let replies = [
        victim.session.get("/limits").await,
        victim.minted.get("/limits").await,
        victim.session.follow("/services/oauth2/userinfo").await,
        refresh(org, client, victim).await,
    ];
    replies.map(|reply| reply.shown()).join("\n")
}

const ENDED: &str = r#"401 [{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]
401 [{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]
403 Bad_OAuth_Token
400 {"error":"invalid_grant","error_description":"inactive user"}"#;

#[tokio::test]
async fn every_way_to_write_ends_them() {
    let (org, client) = org().await;
    let update = |victim: &Victim| json!({ "attributes": { "type": "User" }, "Id": victim.id, "IsActive": false });
    for way in ["row", "collection", "composite", "batch", "upsert"] {
        let victim = victim(&org, &client, 0).await;
        let path = format!("/sobjects/User/{}", victim.id);
        let whole = format!("/services/data/v66.0{path}");
        let body = json!({ "IsActive": false });
        let reply = match way {
            "row" => client.send("PATCH", &path, body).await,
            "collection" => {
                let records = json!({ "records": [update(&victim)] });
                client.send("PATCH", "/composite/sobjects", records).await
            }
            "composite" => {
                let sub =
                    json!([{ "method": "PATCH", "url": whole, "referenceId": "r", "body": body }]);
                let composite = json!({ "allOrNone": true, "compositeRequest": sub });
                client.send("POST", "/composite", composite).await
            }
            "batch" => {
                let url = format!("v66.0{path}");
                let batch = json!({ "batchRequests": [{ "method": "PATCH", "url": url, "richInput": body }] });
                client.send("POST", "/composite/batch", batch).await
            }
            _ => {
                let records = json!({ "records": [{ "attributes": { "type": "User" }, "Id": victim.id, "IsActive": false }] });
                client.send("PATCH", "/composite/sobjects/User/Id", records).await
            }
        };
        assert!(reply.status < 300, "{way}: {}", reply.text);
        assert_eq!(shown(&org, &client, &victim).await, ENDED, "{way}");
        assert_eq!(client.get("/limits").await.status, 200, "{way}: and nobody else's");
    }
}

#[tokio::test]
async fn so_does_a_bulk_job() {
    let (org, client) = org().await;
    let victim = victim(&org, &client, 1).await;
    let job = json!({ "object": "User", "operation": "update", "contentType": "CSV", "lineEnding": "LF" });
    let csv = format!("Id,IsActive\n{},false\n", victim.id);
    let id = client.load(job, csv).await;
    org.bulk_jobs().idle().await;
    let state = client.job(&id).await;
    assert_eq!(
        (&state["state"], &state["numberRecordsFailed"]),
        (&json!("JobComplete"), &json!(0))
    );
    assert_eq!(shown(&org, &client, &victim).await, ENDED);
}

#[tokio::test]
async fn a_write_that_was_undone_ends_nothing() {
    let (org, client) = org().await;
    let victim = victim(&org, &client, 2).await;
    let url = format!("/services/data/v66.0/sobjects/User/{}", victim.id);
    let wrong = "/services/data/v66.0/sobjects/Account";
    let composite = json!({ "allOrNone": true, "compositeRequest": [
        { "method": "PATCH", "url": url, "referenceId": "a", "body": { "IsActive": false } },
        { "method": "POST", "url": wrong, "referenceId": "b", "body": {} },
    ] });
    client.send("POST", "/composite", composite).await;
    assert_eq!(victim.session.get("/limits").await.status, 200);
    assert_eq!(refresh(&org, &client, &victim).await.status, 200);
}

#[tokio::test]
async fn what_ended_stays_over_when_the_user_is_back() {
    let (org, client) = org().await;
    let victim = victim(&org, &client, 0).await;
    let activate = |active: bool| {
        let path = format!("/sobjects/User/{}", victim.id);
        let client = client.clone();
        async move { client.send("PATCH", &path, json!({ "IsActive": active })).await.status }
    };
    assert_eq!(activate(false).await, 204);
    let minted = Client { token: org.issue_token_for(&victim.id), ..client.clone() };
    assert_eq!(minted.get("/limits").await.status, 401, "no new one meanwhile");
    assert_eq!(activate(true).await, 204);
    assert_snapshot!(shown(&org, &client, &victim).await, @r#"
    401 [{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]
    401 [{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]
    403 Bad_OAuth_Token
    400 {"error":"invalid_grant","error_description":"expired access/refresh token"}
    "#);
    let again = Client { token: org.issue_token_for(&victim.id), ..client.clone() };
    assert_eq!(again.get("/limits").await.status, 200);
}

#[tokio::test]
async fn sessions_without_a_flow_are_introspected_and_revoked() {
    let (org, client) = org().await;
    let introspect = |token: String| {
        let form = [
            ("token", token),
            ("client_id", org.client_id().to_owned()),
            ("client_secret", org.client_secret().to_owned()),
        ];
        send(client.http.post(format!("{}/services/oauth2/introspect", client.base)).form(&form))
    };
    let token = org.issue_token();
    let active = introspect(token.clone()).await;
    assert_snapshot!(active.keys(), @"active scope client_id username sub token_type exp iat nbf");
    let active: Value = active.json();
    assert_eq!(active["active"], true);
    assert_eq!(active["username"], org.username());
    assert_eq!(active["scope"], "api web id profile email openid");

    let url = format!("{}/services/oauth2/revoke", client.base);
    assert_eq!(send(client.http.post(url).form(&[("token", &token)])).await.shown(), "200");
    assert_eq!(introspect(token.clone()).await.shown(), r#"200 {"active":false}"#);
    assert_eq!(Client { token, ..client.clone() }.get("/limits").await.status, 401);
}
