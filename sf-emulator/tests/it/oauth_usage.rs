//! What an administrator sees of refresh tokens, and how they are ended.

use insta::assert_snapshot;
use serde_json::Value;
use sf_emulator::{ConnectedApp, Emulator};

use crate::browser::{Browser, CALLBACK, token};
use crate::support::{Client, Reply, send, start};

fn text<'a>(json: &'a Value, key: &str) -> &'a str {
    json[key].as_str().unwrap()
}

async fn authorized(org: &Emulator, client: &Client, app: &str) -> Value {
    let asked = [("response_type", "code"), ("client_id", app), ("redirect_uri", CALLBACK)];
    let callback = Browser::new(client).approve(org, org.username(), &asked).await;
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", app),
        ("client_secret", "s"),
        ("redirect_uri", CALLBACK),
        ("code", callback.get("code")),
    ];
    token(client, &form).await.json()
}

async fn refresh(client: &Client, app: &str, refresh_token: &str) -> Reply {
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", app),
        ("client_secret", "s"),
        ("refresh_token", refresh_token),
    ];
    token(client, &form).await
}

async fn delete(client: &Client, path: &str) -> u16 {
    let url = format!("{}{path}", client.base);
    send(client.http.delete(url).bearer_auth(&client.token)).await.status
}

#[tokio::test]
async fn tokens_are_listed_and_ended() {
    let app = |id: &str, name: &str| {
        ConnectedApp::new(id, "s")
            .name(name)
            .redirect_uri(CALLBACK)
            .scopes(["api", "refresh_token"])
    };
    let builder = Emulator::builder().app(app("one", "Agent (one)")).app(app("two", "Two"));
    let (org, client) = start(builder).await;
    let (first, second) =
        (authorized(&org, &client, "one").await, authorized(&org, &client, "one").await);
    let other = authorized(&org, &client, "two").await;
    assert_eq!(refresh(&client, "one", text(&first, "refresh_token")).await.status, 200);

    let root = "/apps/oauth/usage";
    let apps = client.get(root).await;
    assert_snapshot!(apps.shown(), @r#"200 {"currentPageUrl":"/services/data/v66.0/apps/oauth/usage?page=0&pageSize=100","nextPageUrl":"/services/data/v66.0/apps/oauth/usage?page=1&pageSize=100","apps":[{"developerName":"Agent_one","identifier":"0xIdE0000000002UAA","label":"Agent (one)"},{"developerName":"Two","identifier":"0xIdE0000000003UAA","label":"Two"}]}"#);
    let apps = apps.json();
    let empty = client.follow(text(&apps, "nextPageUrl")).await.json();
    assert_eq!(empty["apps"], serde_json::json!([]));
    let one = text(&apps["apps"][0], "identifier").to_owned();
    let users = client.get(&format!("{root}/{one}/users")).await;
    assert_snapshot!(users.shown(), @r#"200 {"currentPageUrl":"/services/data/v66.0/apps/oauth/usage/0xIdE0000000002UAA/users?page=0&pageSize=100","nextPageUrl":"/services/data/v66.0/apps/oauth/usage/0xIdE0000000002UAA/users?page=1&pageSize=100","users":[{"userIdentifier":"005dE0000000001QAA","username":"admin@example.com"}]}"#);

    let path = format!("{root}/{one}/{}/tokens", org.user_id());
    let tokens = client.get(&path).await.json()["tokens"].as_array().unwrap().clone();
    assert_eq!(tokens.len(), 2);
    let keys: Vec<_> = tokens[0].as_object().unwrap().keys().map(String::as_str).collect();
    assert_snapshot!(keys.join(" "), @"accessTokenFormat appDeveloperName appIdentifier initialConnectionAt lastUsedAt revocationUrl useCount userIdentifier username");
    assert_eq!((&tokens[0]["useCount"], &tokens[1]["useCount"]), (&2.into(), &1.into()));

    // One token, then those of the app; its sessions go with it.
    let revocation = text(&tokens[0], "revocationUrl");
    assert_eq!(delete(&client, revocation).await, 204);
    assert_eq!(delete(&client, revocation).await, 404);
    assert_eq!(refresh(&client, "one", text(&first, "refresh_token")).await.status, 400);
    let session = Client { token: text(&first, "access_token").to_owned(), ..client.clone() };
    assert_eq!(session.get("/limits").await.status, 401);
    assert_eq!(refresh(&client, "one", text(&second, "refresh_token")).await.status, 200);
    let data = |path: &str| format!("/services/data/v66.0{root}/{path}");
    assert_eq!(delete(&client, &data(&format!("{one}/tokens"))).await, 204);
    assert_eq!(refresh(&client, "one", text(&second, "refresh_token")).await.status, 400);

    // Those of a user and an app.
    let two = text(&client.get(root).await.json()["apps"][0], "identifier").to_owned();
    assert_ne!(one, two);
    assert_eq!(delete(&client, &data(&format!("{two}/{}/tokens", org.user_id()))).await, 204);
    assert_eq!(refresh(&client, "two", text(&other, "refresh_token")).await.status, 400);
    assert_eq!(client.get(&format!("{root}/0xIdE0000000009UAA/users")).await.status, 404);
}
