//! Dynamic client registration: who may, what comes back, and that it works.

use insta::assert_snapshot;
use serde_json::{Value, json};
use sf_emulator::{ConnectedApp, Emulator};

use crate::browser::{Browser, token};
use crate::support::{Client, Reply, org, send, start};

const CALLBACK: &str = "https://agents.example.com/callback";

async fn register(client: &Client, initial: &str, metadata: &Value) -> Reply {
    let url = format!("{}/services/oauth2/register", client.base);
    send(client.http.post(url).bearer_auth(initial).json(metadata)).await
}

fn metadata() -> Value {
    json!({
        "redirect_uris": [CALLBACK],
        "client_name": "Agent <7>",
        "contacts": ["admin@example.com"],
        "token_endpoint_auth_method": "client_secret_post",
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "scope": "api refresh_token",
        "software_id": "passed over",
    })
}

fn text<'a>(json: &'a Value, key: &str) -> &'a str {
    json[key].as_str().unwrap()
}

#[tokio::test]
async fn a_registered_app_gets_codes_and_refreshes() {
    let (org, mut client) = org().await;
    let endpoint = client.follow("/.well-known/openid-configuration").await.json();
    assert_eq!(
        text(&endpoint, "registration_endpoint"),
        format!("{}/services/oauth2/register", client.base)
    );
    let reply = register(&client, org.initial_access_token(), &metadata()).await;
    assert_eq!(reply.status, 201);
    assert!(reply.header("cache-control").contains("no-store"));
    assert_snapshot!(
        reply.keys(),
        @"client_id client_secret registration_access_token registration_client_uri client_id_issued_at client_secret_expires_at token_endpoint_auth_method redirect_uris response_types grant_types contacts client_name scopes"
    );
    let app = reply.json();
    assert_eq!(app["client_secret_expires_at"], 0);
    assert_eq!(app["client_id_issued_at"], org.now().as_second());
    assert_eq!(app["scopes"], json!(["api", "refresh_token"]));
    assert_eq!(
        app["grant_types"],
        json!(["authorization_code", "hybrid_auth_code", "implicit", "refresh_token"])
    );

    let read = |token: String| {
        send(client.http.get(text(&app, "registration_client_uri")).bearer_auth(token))
    };
    let again = read(text(&app, "registration_access_token").to_owned()).await;
    assert_eq!((again.status, again.json()), (200, app.clone()));
    assert_eq!(read(org.initial_access_token().to_owned()).await.status, 401);

    let asked = [
        ("response_type", "code"),
        ("client_id", text(&app, "client_id")),
        ("redirect_uri", CALLBACK),
        ("state", "s"),
    ];
    let mut browser = Browser::new(&client);
    let page = browser.authorize(&asked).await;
    let consent = browser.log_in(&page, &org, org.username()).await;
    assert!(consent.text.contains("Agent &lt;7&gt;"), "a person is asked, by the app's name");
    let callback = browser.approve(&org, org.username(), &asked).await;
    let with = |more: &[(&'static str, &str)]| {
        let mut form = vec![
            ("client_id", text(&app, "client_id").to_owned()),
            ("client_secret", text(&app, "client_secret").to_owned()),
        ];
        form.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
        form
    };
    let form = |more: &[(&'static str, &str)]| {
        let form = with(more);
        let client = client.clone();
        async move {
            let form: Vec<(&str, &str)> =
                form.iter().map(|(name, value)| (*name, value.as_str())).collect();
            token(&client, &form).await
        }
    };
    let code = callback.get("code");
    let first =
        form(&[("grant_type", "authorization_code"), ("redirect_uri", CALLBACK), ("code", code)]);
    let first = first.await.json();
    assert_eq!(first["scope"], "api refresh_token");
    let refresh =
        [("grant_type", "refresh_token"), ("refresh_token", text(&first, "refresh_token"))];
    let second = form(&refresh).await.json();
    let other = form(&[("grant_type", "client_credentials")]).await;
    assert_snapshot!(
        other.shown(),
        @r#"400 {"error":"unsupported_grant_type","error_description":"grant type not supported"}"#
    );
    client.token = text(&second, "access_token").to_owned();
    assert_eq!(client.get("/limits").await.status, 200);
}

#[tokio::test]
async fn a_public_app_has_no_secret_and_must_use_pkce() {
    let gateway = ConnectedApp::new("3MVG9gateway", "s")
        .scopes(["api", "refresh_token"])
        .initial_access_token("gate-token");
    let (org, client) = start(Emulator::builder().app(gateway)).await;
    let metadata = json!({
        "redirect_uris": ["http://localhost:8400/callback", "agent7://callback"],
        "token_endpoint_auth_method": "none",
    });
    let app = register(&client, "gate-token", &metadata).await.json();
    assert!(app.get("client_secret").is_none());
    assert_eq!(app["scopes"], json!(["api", "refresh_token"]), "those of the app it came by");
    let asked = [
        ("response_type", "code"),
        ("client_id", text(&app, "client_id")),
        ("redirect_uri", "agent7://callback"),
    ];
    let reply = Browser::new(&client).authorize(&asked).await;
    assert!(reply.header("location").contains("missing%20required%20code%20challenge"));
    drop(org);
}

#[tokio::test]
async fn refused_registrations_say_why() {
    let (org, client) = org().await;
    let initial = org.initial_access_token();
    let with = |name: &str, value: Value| {
        let mut metadata = metadata();
        metadata[name] = value;
        metadata
    };
    let cases = [
        ("no token", "", metadata()),
        ("a session", client.token.as_str(), metadata()),
        ("no object", initial, json!([])),
        ("no callback", initial, with("redirect_uris", json!([]))),
        ("plain http", initial, with("redirect_uris", json!(["http://example.com/cb"]))),
        ("a script", initial, with("redirect_uris", json!(["javascript:alert(1)"]))),
        ("a fragment", initial, with("redirect_uris", json!(["https://example.com/#x"]))),
        ("a flow", initial, with("grant_types", json!(["client_credentials"]))),
        ("a method", initial, with("token_endpoint_auth_method", json!("tls_client_auth"))),
        ("a scope", initial, with("scope", json!("api full"))),
    ];
    let mut shown = Vec::new();
    for (name, initial, metadata) in cases {
        let reply = register(&client, initial, &metadata).await;
        let json = reply.json();
        shown.push(format!(
            "{name}: {} {} / {}",
            reply.status,
            text(&json, "error"),
            text(&json, "error_description")
        ));
        assert_eq!(reply.status == 401, !reply.header("www-authenticate").is_empty());
    }
    assert_snapshot!(shown.join("\n"), @"
    no token: 401 invalid_token / initial access token is not valid
    a session: 401 invalid_token / initial access token is not valid
    no object: 400 invalid_client_metadata / the body must be the client metadata in JSON
    no callback: 400 invalid_redirect_uri / redirect_uris must be absolute, without a fragment, and https, http on loopback, or a scheme of the app
    plain http: 400 invalid_redirect_uri / redirect_uris must be absolute, without a fragment, and https, http on loopback, or a scheme of the app
    a script: 400 invalid_redirect_uri / redirect_uris must be absolute, without a fragment, and https, http on loopback, or a scheme of the app
    a fragment: 400 invalid_redirect_uri / redirect_uris must be absolute, without a fragment, and https, http on loopback, or a scheme of the app
    a flow: 400 invalid_client_metadata / grant type not supported
    a method: 400 invalid_client_metadata / token_endpoint_auth_method not supported
    a scope: 400 invalid_client_metadata / the requested scope is not allowed
    ");
}
