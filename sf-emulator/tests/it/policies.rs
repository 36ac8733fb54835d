//! What the administrator of an org can forbid, and how a client learns of it.

use std::time::Duration;

use insta::assert_snapshot;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::json;
use sf_emulator::{ConnectedApp, Emulator, IpRestriction};

use crate::browser::{Browser, CALLBACK, token};
use crate::support::{Client, Reply, org, send, start};

const JWT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

async fn client_credentials(client: &Client, id: &str, secret: &str) -> Reply {
    let form = [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)];
    token(client, &form).await
}

async fn jwt(org: &Emulator, client: &Client, username: &str) -> Reply {
    let key = EncodingKey::from_rsa_pem(org.jwt_private_key_pem().unwrap().as_bytes()).unwrap();
    let claims = json!({
        "iss": org.client_id(),
        "sub": username,
        "aud": "https://login.salesforce.com",
        "exp": org.now().as_second() + 180,
    });
    let assertion = encode(&Header::new(Algorithm::RS256), &claims, &key).unwrap();
    token(client, &[("grant_type", JWT), ("assertion", &assertion)]).await
}

#[tokio::test]
async fn an_assertion_needs_an_approval_once() {
    let (org, client) = start(Emulator::builder().default_app(ConnectedApp::self_authorize)).await;
    assert_snapshot!(
        jwt(&org, &client, org.username()).await.shown(),
        @r#"400 {"error":"invalid_grant","error_description":"user hasn't approved this consumer"}"#
    );
    let asked =
        [("response_type", "code"), ("client_id", org.client_id()), ("redirect_uri", CALLBACK)];
    Browser::new(&client).approve(&org, org.username(), &asked).await;
    assert_eq!(jwt(&org, &client, org.username()).await.status, 200);
}

#[tokio::test]
async fn the_administrator_approves_users() {
    let (org, client) =
        start(Emulator::builder().default_app(|app| app.admin_approved(["x@example.com"]))).await;
    assert_snapshot!(
        jwt(&org, &client, org.username()).await.shown(),
        @r#"400 {"error":"invalid_app_access","error_description":"user is not admin approved to access this app"}"#
    );
}

#[tokio::test]
async fn client_credentials_depend_on_the_run_as_user() {
    let nobody = ConnectedApp::new("3MVG9nobody", "s1").without_run_as();
    let unknown = ConnectedApp::new("3MVG9unknown", "s2").run_as("gone@example.com");
    let blocked = ConnectedApp::new("3MVG9blocked", "s3").disable_grant("client_credentials");
    let absent = ConnectedApp::new("3MVG9absent", "s4").not_installed();
    let public = ConnectedApp::public("3MVG9public");
    let builder = Emulator::builder().app(nobody).app(unknown).app(blocked).app(absent).app(public);
    let (org, client) = start(builder).await;
    let mut shown = Vec::new();
    for (id, secret) in [
        ("3MVG9nobody", "s1"),
        ("3MVG9unknown", "s2"),
        ("3MVG9blocked", "s3"),
        ("3MVG9absent", "s4"),
        ("3MVG9public", "any"),
        ("3MVG9nobody", "s2"),
    ] {
        shown.push(client_credentials(&client, id, secret).await.shown());
    }
    assert_snapshot!(shown.join("\n"), @r#"
    400 {"error":"invalid_grant","error_description":"no client credentials user enabled"}
    400 {"error":"invalid_grant","error_description":"no client credentials user enabled"}
    400 {"error":"unsupported_grant_type","error_description":"grant type not supported"}
    400 {"error":"invalid_client","error_description":"External client app is not installed in this org"}
    400 {"error":"invalid_client","error_description":"invalid client credentials"}
    400 {"error":"invalid_client","error_description":"invalid client credentials"}
    "#);
    drop(org);
}

#[tokio::test]
async fn an_address_out_of_range_is_refused_at_login_and_then_at_every_request() {
    let relaxed = ConnectedApp::new("3MVG9relaxed", "s").relax_ip();
    let (org, mut client) = start(Emulator::builder().app(relaxed)).await;
    let bound = client_credentials(&client, org.client_id(), org.client_secret()).await.json();
    org.access().restrict_ip(IpRestriction::Login);
    let at_login = client_credentials(&client, org.client_id(), org.client_secret()).await;
    let assertion = jwt(&org, &client, org.username()).await;
    client.token = bound["access_token"].as_str().unwrap().to_owned();
    assert_eq!(client.get("/limits").await.status, 200, "open sessions go on");

    org.access().restrict_ip(IpRestriction::EveryRequest);
    let request = client.get("/limits").await;
    let userinfo = client.follow("/services/oauth2/userinfo").await;
    assert_snapshot!(
        [at_login.shown(), assertion.shown(), request.shown(), userinfo.shown()].join("\n"),
        @r#"
    400 {"error":"invalid_grant","error_description":"ip restricted or invalid login hours"}
    400 {"error":"invalid_grant","error_description":"ip restricted or invalid login hours"}
    401 [{"message":"This session is not valid for use with the REST API","errorCode":"INVALID_SESSION_ID"}]
    403 Bad_OAuth_Token
    "#
    );

    let free = client_credentials(&client, "3MVG9relaxed", "s").await.json();
    let bound = std::mem::replace(&mut client.token, free["access_token"].as_str().unwrap().into());
    assert_eq!(client.get("/limits").await.status, 200, "the app relaxes the restriction");
    org.access().restrict_ip(IpRestriction::None);
    client.token = bound;
    assert_eq!(client.get("/limits").await.status, 200, "the session was not over");
}

#[tokio::test]
async fn the_api_can_be_switched_off() {
    let (org, client) = org().await;
    org.access().disable_api(org.user_id());
    let user = client.get("/limits").await;
    org.access().set_org_api(false);
    let whole = client.get("/limits").await;
    org.access().enable_api(org.user_id());
    org.access().set_org_api(true);
    assert_eq!(client.get("/limits").await.status, 200);
    assert_snapshot!([user.shown(), whole.shown()].join("\n"), @r#"
    403 [{"message":"API is disabled for this User","errorCode":"API_CURRENTLY_DISABLED"}]
    403 [{"message":"API is not enabled for this Organization or Partner","errorCode":"API_DISABLED_FOR_ORG"}]
    "#);
}

#[tokio::test]
async fn a_session_without_the_scope_api_does_not_serve_the_api() {
    let app = ConnectedApp::new("3MVG9profile", "s").scopes(["id", "profile"]);
    let (_org, mut client) = start(Emulator::builder().app(app)).await;
    let json = client_credentials(&client, "3MVG9profile", "s").await.json();
    client.token = json["access_token"].as_str().unwrap().to_owned();
    assert_eq!(client.get("/limits").await.status, 401);
    assert_eq!(client.follow("/services/oauth2/userinfo").await.status, 200);
}

#[tokio::test]
async fn locked_and_inactive_users_are_told_only_to_trusted_flows() {
    let (org, client) = org().await;
    let users = client.query("SELECT Id, Username FROM User WHERE IsActive = true").await.json();
    let mut users = users["records"].as_array().unwrap().iter();
    let other = users.find(|user| user["Username"] != org.username()).unwrap();
    org.access().lock_user(org.user_id());
    let password = format!("{}{}", org.password(), org.security_token());
    let form = [
        ("grant_type", "password"),
        ("client_id", org.client_id()),
        ("client_secret", org.client_secret()),
        ("username", org.username()),
        ("password", &password),
    ];
    let shown =
        [token(&client, &form).await.shown(), jwt(&org, &client, org.username()).await.shown()];
    assert_snapshot!(shown.join("\n"), @r#"
    400 {"error":"invalid_grant","error_description":"authentication failure"}
    400 {"error":"invalid_grant","error_description":"user is locked"}
    "#);
    let path = format!("/sobjects/User/{}", other["Id"].as_str().unwrap());
    let changed = client.send("PATCH", &path, json!({ "IsActive": false })).await;
    assert_eq!(changed.status, 204, "{}", changed.text);
    assert_snapshot!(
        jwt(&org, &client, other["Username"].as_str().unwrap()).await.shown(),
        @r#"400 {"error":"invalid_grant","error_description":"inactive user"}"#
    );
}

#[tokio::test]
async fn logins_of_an_hour_are_limited() {
    let (org, client) = org().await;
    org.access().set_logins_per_hour(1);
    let login = || client_credentials(&client, org.client_id(), org.client_secret());
    assert_eq!(login().await.status, 200);
    assert_snapshot!(
        login().await.shown(),
        @r#"400 {"error":"invalid_grant","error_description":"login rate exceeded"}"#
    );
    org.advance(Duration::from_secs(3_600));
    assert_eq!(login().await.status, 200);
}

#[tokio::test]
async fn an_app_signs_for_itself_instead_of_a_secret() {
    let (org, client) = org().await;
    let key = EncodingKey::from_rsa_pem(org.jwt_private_key_pem().unwrap().as_bytes()).unwrap();
    let signed = |subject: &str| {
        let claims = json!({
            "iss": org.client_id(),
            "sub": subject,
            "aud": format!("{}/services/oauth2/token", client.base),
            "exp": org.now().as_second() + 60,
        });
        encode(&Header::new(Algorithm::RS256), &claims, &key).unwrap()
    };
    let send = |assertion: String| {
        let client = client.clone();
        async move {
            let form = [
                ("grant_type", "client_credentials"),
                ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
                ("client_assertion", &assertion),
            ];
            token(&client, &form).await.status
        }
    };
    assert_eq!(send(signed(org.client_id())).await, 200);
    assert_eq!(send(signed(org.username())).await, 400);
}

#[tokio::test]
async fn a_handler_stands_for_another_identity_provider() {
    let partner = |username: String| {
        ConnectedApp::new("3MVG9partner", "s").scopes(["api", "refresh_token"]).token_exchange(
            move |subject, _kind| (subject == "their-token").then(|| username.clone()),
        )
    };
    // The generated administrator has the same name in every org.
    let (probe, _) = org().await;
    let (org, client) = start(Emulator::builder().app(partner(probe.username().to_owned()))).await;
    let exchange = |id: &'static str, subject: &'static str, kind: &'static str| {
        let form = [
            ("grant_type", EXCHANGE),
            ("client_id", id),
            ("client_secret", "s"),
            ("subject_token", subject),
            ("subject_token_type", kind),
        ];
        let client = client.clone();
        async move { token(&client, &form).await }
    };
    let kind = "urn:ietf:params:oauth:token-type:access_token";
    let reply = exchange("3MVG9partner", "their-token", kind).await;
    assert_snapshot!(
        reply.keys(),
        @"access_token refresh_token signature scope instance_url id token_type issued_at"
    );
    assert!(reply.json()["id"].as_str().unwrap().ends_with(org.user_id()));
    let shown = [
        exchange("3MVG9partner", "forged", kind).await.shown(),
        exchange("3MVG9partner", "their-token", "urn:other").await.shown(),
    ];
    assert_snapshot!(shown.join("\n"), @r#"
    400 {"error":"invalid_grant","error_description":"invalid subject token"}
    400 {"error":"invalid_request","error_description":"subject token type not supported"}
    "#);
}

#[tokio::test]
async fn soap_logins_are_refused_in_their_own_words() {
    let (org, client) = org().await;
    let login = |password: String| {
        let body = format!(
            "<e><login><username>{}</username><password>{password}</password></login></e>",
            org.username()
        );
        send(client.http.post(format!("{}/services/Soap/u/59.0", client.base)).body(body))
    };
    let code = |reply: Reply| {
        let code = reply.text.split("<sf:exceptionCode>").nth(1).unwrap_or_default();
        format!("{} {}", reply.status, code.split('<').next().unwrap_or_default())
    };
    let whole = format!("{}{}", org.password(), org.security_token());
    let mut shown = vec![code(login(org.password().to_owned()).await)];
    org.access().restrict_ip(IpRestriction::Login);
    shown.push(code(login(whole.clone()).await));
    org.access().restrict_ip(IpRestriction::None);
    org.access().disable_api(org.user_id());
    shown.push(code(login(whole.clone()).await));
    org.access().lock_user(org.user_id());
    shown.push(code(login(whole).await));
    assert_snapshot!(shown.join("\n"), @"
    500 LOGIN_MUST_USE_SECURITY_TOKEN
    500 LOGIN_DURING_RESTRICTED_DOMAIN
    500 API_CURRENTLY_DISABLED
    500 INVALID_LOGIN
    ");
}

#[tokio::test]
async fn replies_come_in_the_format_that_was_asked_for() {
    let (org, client) = org().await;
    let ask = |format: &'static str| {
        let form = [("grant_type", "nonsense"), ("client_id", org.client_id()), ("format", format)];
        let client = client.clone();
        let form: Vec<(&str, String)> =
            form.into_iter().map(|(name, value)| (name, value.to_owned())).collect();
        async move {
            let reply = send(
                client.http.post(format!("{}/services/oauth2/token", client.base)).form(&form),
            )
            .await;
            format!("{} {}", reply.header("content-type"), reply.shown())
        }
    };
    assert_snapshot!([ask("xml").await, ask("urlencoded").await].join("\n"), @r#"
    application/xml;charset=UTF-8 400 <?xml version="1.0" encoding="UTF-8"?><OAuth><error>unsupported_grant_type</error><error_description>grant type not supported</error_description></OAuth>
    application/x-www-form-urlencoded;charset=UTF-8 400 error=unsupported_grant_type&error_description=grant+type+not+supported
    "#);
}
