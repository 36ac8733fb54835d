//! Refresh tokens: with and without rotation, their end, and what ends them.

use std::time::Duration;

use insta::assert_snapshot;
use serde_json::Value;
use sf_emulator::{ConnectedApp, Emulator};

use crate::browser::{Browser, CALLBACK, redeem, soap_session, token};
use crate::support::{Client, Reply, send, start};

async fn with(change: impl FnOnce(ConnectedApp) -> ConnectedApp) -> (Emulator, Client) {
    start(Emulator::builder().default_app(change)).await
}

/// A new authorization of the administrator.
async fn authorized(org: &Emulator, client: &Client) -> Value {
    let asked = [
        ("response_type", "code"),
        ("client_id", org.client_id()),
        ("redirect_uri", CALLBACK),
        ("scope", "api refresh_token"),
    ];
    let mut browser = Browser::new(client);
    let callback = browser.approve(org, org.username(), &asked).await;
    let reply = redeem(org, client, callback.get("code"), &[]).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

async fn refresh(org: &Emulator, client: &Client, refresh_token: &str) -> Reply {
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", org.client_id()),
        ("client_secret", org.client_secret()),
        ("refresh_token", refresh_token),
    ];
    token(client, &form).await
}

fn text<'a>(json: &'a Value, key: &str) -> &'a str {
    json[key].as_str().unwrap()
}

/// A code of this user, and what this grant gives for it.
async fn granted(
    org: &Emulator,
    client: &Client,
    username: &str,
    scope: &str,
    grant_type: &str,
) -> Reply {
    let asked = [
        ("response_type", "code"),
        ("client_id", org.client_id()),
        ("redirect_uri", CALLBACK),
        ("scope", scope),
    ];
    let callback = Browser::new(client).approve(org, username, &asked).await;
    let form = [
        ("grant_type", grant_type),
        ("client_id", org.client_id()),
        ("client_secret", org.client_secret()),
        ("redirect_uri", CALLBACK),
        ("code", callback.get("code")),
    ];
    token(client, &form).await
}

async fn works(client: &Client, token: &str) -> bool {
    let client = Client { token: token.to_owned(), ..client.clone() };
    client.get("/limits").await.status == 200
}

#[tokio::test]
async fn without_rotation_the_token_stays() {
    let (org, client) = with(|app| app).await;
    let first = authorized(&org, &client).await;
    for _ in 0..2 {
        let reply = refresh(&org, &client, text(&first, "refresh_token")).await;
        let keys = "access_token signature scope instance_url id token_type issued_at";
        assert_eq!(reply.keys(), keys, "no refresh token");
        assert!(works(&client, text(&reply.json(), "access_token")).await);
    }
    org.expire_sessions();
    assert!(!works(&client, text(&first, "access_token")).await);
    assert_eq!(refresh(&org, &client, text(&first, "refresh_token")).await.status, 200);
    assert_snapshot!(
        refresh(&org, &client, "5Aepunknown").await.shown(),
        @r#"400 {"error":"invalid_grant","error_description":"expired access/refresh token"}"#
    );
}

#[tokio::test]
async fn a_replayed_token_ends_the_family_and_no_other() {
    let (org, client) = with(ConnectedApp::rotate_refresh_tokens).await;
    let (first, bystander) = (authorized(&org, &client).await, authorized(&org, &client).await);
    let second = refresh(&org, &client, text(&first, "refresh_token")).await;
    assert_snapshot!(
        second.keys(),
        @"access_token refresh_token signature scope instance_url id token_type issued_at"
    );
    let second = second.json();
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    assert!(works(&client, text(&first, "access_token")).await);

    let replayed = refresh(&org, &client, text(&first, "refresh_token")).await;
    assert_snapshot!(
        replayed.shown(),
        @r#"400 {"error":"invalid_grant","error_description":"expired access/refresh token"}"#
    );
    let newest = refresh(&org, &client, text(&second, "refresh_token")).await;
    assert_eq!(newest.shown(), replayed.shown());
    for json in [&first, &second] {
        assert!(!works(&client, text(json, "access_token")).await);
    }
    assert!(works(&client, text(&bystander, "access_token")).await);
    assert_eq!(refresh(&org, &client, text(&bystander, "refresh_token")).await.status, 200);
}

#[tokio::test]
async fn of_two_refreshes_at_once_one_wins_and_the_family_is_lost() {
    let (org, client) = with(ConnectedApp::rotate_refresh_tokens).await;
    let first = authorized(&org, &client).await;
    let old = text(&first, "refresh_token");
    let (one, other) = tokio::join!(refresh(&org, &client, old), refresh(&org, &client, old));
    let mut status = [one.status, other.status];
    status.sort_unstable();
    assert_eq!(status, [200, 400]);
    let winner = if one.status == 200 { one } else { other }.json();
    assert!(!works(&client, text(&winner, "access_token")).await);
    assert_eq!(refresh(&org, &client, text(&winner, "refresh_token")).await.status, 400);
}

#[tokio::test]
async fn tokens_end_by_policy_and_by_the_sixth() {
    let (org, client) = with(|app| app.refresh_token_lifetime(Duration::from_secs(3_600))).await;
    let first = authorized(&org, &client).await;
    for _ in 0..4 {
        authorized(&org, &client).await;
    }
    assert_eq!(refresh(&org, &client, text(&first, "refresh_token")).await.status, 200);
    let sixth = authorized(&org, &client).await;
    assert_snapshot!(
        refresh(&org, &client, text(&first, "refresh_token")).await.shown(),
        @r#"400 {"error":"invalid_grant","error_description":"expired access/refresh token"}"#
    );
    org.advance(Duration::from_secs(3_600));
    assert_snapshot!(
        refresh(&org, &client, text(&sixth, "refresh_token")).await.shown(),
        @r#"400 {"error":"invalid_grant","error_description":"token validity expired"}"#
    );
}

#[tokio::test]
async fn an_idle_token_ends_and_a_used_one_lives_on() {
    let (org, client) = with(|app| app.refresh_token_idle(Duration::from_secs(3_600))).await;
    let json = authorized(&org, &client).await;
    for _ in 0..3 {
        org.advance(Duration::from_secs(3_000));
        assert_eq!(refresh(&org, &client, text(&json, "refresh_token")).await.status, 200);
    }
    org.advance(Duration::from_secs(3_600));
    let reply = refresh(&org, &client, text(&json, "refresh_token")).await;
    assert!(reply.text.contains("token validity expired"), "{}", reply.text);
}

#[tokio::test]
async fn revoking_either_token_ends_both() {
    let (org, client) = with(|app| app).await;
    for revoked in ["access_token", "refresh_token"] {
        let json = authorized(&org, &client).await;
        let url = format!("{}/services/oauth2/revoke", client.base);
        let reply = send(client.http.post(url).form(&[("token", text(&json, revoked))])).await;
        assert_eq!(reply.shown(), "200");
        assert!(!works(&client, text(&json, "access_token")).await);
        assert_eq!(refresh(&org, &client, text(&json, "refresh_token")).await.status, 400);
    }
}

#[tokio::test]
async fn who_is_kept_out_for_a_time_keeps_the_token() {
    let (org, client) = with(ConnectedApp::rotate_refresh_tokens).await;
    let json = authorized(&org, &client).await;
    org.access().lock_user(org.user_id());
    assert_snapshot!(
        refresh(&org, &client, text(&json, "refresh_token")).await.shown(),
        @r#"400 {"error":"invalid_grant","error_description":"user is locked"}"#
    );
    org.access().unlock_user(org.user_id());
    assert_eq!(refresh(&org, &client, text(&json, "refresh_token")).await.status, 200);
}

#[tokio::test]
async fn introspection_tells_the_end_of_a_session() {
    let (org, client) = with(|app| app).await;
    let json = authorized(&org, &client).await;
    let introspect = |token: String| {
        let form = [
            ("token", token),
            ("client_id", org.client_id().to_owned()),
            ("client_secret", org.client_secret().to_owned()),
        ];
        send(client.http.post(format!("{}/services/oauth2/introspect", client.base)).form(&form))
    };
    let access = introspect(text(&json, "access_token").to_owned()).await;
    assert_snapshot!(access.keys(), @"active scope client_id username sub token_type exp iat nbf");
    let access = access.json();
    assert_eq!(access["scope"], "api refresh_token");
    assert_eq!(access["exp"].as_i64().unwrap() - access["iat"].as_i64().unwrap(), 7_200);
    let refresh = introspect(text(&json, "refresh_token").to_owned()).await;
    assert_snapshot!(refresh.keys(), @"active scope client_id username sub token_type iat nbf");

    org.advance(Duration::from_secs(7_200));
    let over = introspect(text(&json, "access_token").to_owned()).await;
    let foreign = introspect(soap_session(&org, &client).await).await;
    assert_snapshot!([over.shown(), foreign.shown()].join("\n"), @r#"
    200 {"active":false}
    200 {"active":false}
    "#);
}

#[tokio::test]
async fn hybrid_apps_get_a_session_of_each_page_scope() {
    let all = ["api", "web", "lightning", "visualforce", "content", "refresh_token"];
    let (org, client) = with(|app| app.scopes(all).rotate_refresh_tokens()).await;
    let hybrid = "hybrid_auth_code";
    let first = granted(&org, &client, org.username(), &all.join(" "), hybrid).await;
    assert_snapshot!(
        first.keys(),
        @"access_token refresh_token signature scope instance_url id token_type issued_at lightning_domain lightning_sid visualforce_domain visualforce_sid content_domain content_sid csrf_token cookie-clientSrc cookie-sid_Client sidCookieName"
    );
    let first = first.json();
    assert_eq!(first["lightning_domain"], org.url().host_str().unwrap());
    assert!(works(&client, text(&first, "access_token")).await);
    let page = Client { token: text(&first, "lightning_sid").to_owned(), ..client.clone() };
    assert_snapshot!(
        page.get("/limits").await.shown(),
        @r#"401 [{"message":"This session is not valid for use with the REST API","errorCode":"INVALID_SESSION_ID"}]"#
    );

    let form = |token: String| {
        [
            ("grant_type", "hybrid_refresh".to_owned()),
            ("client_id", org.client_id().to_owned()),
            ("client_secret", org.client_secret().to_owned()),
            ("refresh_token", token),
        ]
    };
    let url = format!("{}/services/oauth2/token", client.base);
    let old = text(&first, "refresh_token").to_owned();
    let second = send(client.http.post(&url).form(&form(old.clone()))).await;
    assert_snapshot!(
        second.keys(),
        @"access_token refresh_token signature scope instance_url id token_type issued_at lightning_domain lightning_sid visualforce_domain visualforce_sid content_domain content_sid csrf_token cookie-clientSrc cookie-sid_Client sidCookieName"
    );
    let second = second.json();
    assert_ne!(first["lightning_sid"], second["lightning_sid"], "a refresh opens new sessions");

    // A replay ends the sessions of the pages too.
    assert_eq!(send(client.http.post(&url).form(&form(old))).await.status, 400);
    for json in [&first, &second] {
        let page = Client { token: text(json, "content_sid").to_owned(), ..client.clone() };
        assert_eq!(page.follow("/services/oauth2/userinfo").await.shown(), "403 Bad_OAuth_Token");
    }
}

#[tokio::test]
async fn hybrid_keys_follow_the_scopes() {
    let all = ["api", "web", "lightning", "visualforce", "content", "refresh_token"];
    let (org, client) = with(|app| app.scopes(all)).await;
    let mut shown = Vec::new();
    for scope in ["api web", "api web visualforce", "api lightning", "web content lightning"] {
        let reply = granted(&org, &client, org.username(), scope, "hybrid_auth_code").await;
        let keys = reply.keys();
        let (_, more) = keys.split_once("issued_at").unwrap();
        shown.push(format!("{scope}:{more}"));
    }
    assert_snapshot!(shown.join("\n"), @"
    api web: cookie-clientSrc cookie-sid_Client sidCookieName
    api web visualforce: visualforce_domain visualforce_sid cookie-clientSrc cookie-sid_Client sidCookieName
    api lightning:
    web content lightning: lightning_domain lightning_sid content_domain content_sid csrf_token cookie-clientSrc cookie-sid_Client sidCookieName
    ");
}

#[tokio::test]
async fn a_deactivated_user_loses_the_tokens_for_good() {
    let (org, client) = with(|app| app).await;
    let users = client
        .query("SELECT Id, Username FROM User WHERE IsActive = true ORDER BY Username")
        .await
        .json();
    let user = users["records"]
        .as_array()
        .unwrap()
        .iter()
        .find(|user| user["Id"] != org.user_id())
        .unwrap();
    let (id, username) = (text(user, "Id"), text(user, "Username"));
    let json = granted(&org, &client, username, "api id refresh_token", "authorization_code").await;
    let json = json.json();
    let session = Client { token: text(&json, "access_token").to_owned(), ..client.clone() };
    assert_eq!(session.follow("/services/oauth2/userinfo").await.status, 200);
    let kept = granted(&org, &client, username, "api refresh_token", "authorization_code").await;
    let kept = kept.json();

    let activate = |active: bool| {
        let body = serde_json::json!({ "IsActive": active });
        let (client, path) = (client.clone(), format!("/sobjects/User/{id}"));
        async move { assert_eq!(client.send("PATCH", &path, body).await.status, 204) }
    };
    activate(false).await;
    let shown = [
        refresh(&org, &client, text(&json, "refresh_token")).await.shown(),
        session.follow("/services/oauth2/userinfo").await.shown(),
    ];
    activate(true).await;
    let again = [
        refresh(&org, &client, text(&json, "refresh_token")).await.shown(),
        session.follow("/services/oauth2/userinfo").await.shown(),
    ];
    assert_snapshot!([&shown[..], &again].concat().join("\n"), @r#"
    400 {"error":"invalid_grant","error_description":"inactive user"}
    403 Bad_OAuth_Token
    400 {"error":"invalid_grant","error_description":"expired access/refresh token"}
    403 Bad_OAuth_Token
    "#);
    // Used in between or not.
    assert_eq!(refresh(&org, &client, text(&kept, "refresh_token")).await.shown(), again[0]);
}
