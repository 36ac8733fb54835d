//! The web server and user-agent flows: pages, codes, PKCE, error redirects.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use insta::assert_snapshot;
use sf_emulator::{ConnectedApp, Emulator};

use crate::browser::{Browser, CALLBACK, Callback, redeem};
use crate::support::{org, start};

fn request<'a>(org: &'a Emulator, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut all = vec![
        ("response_type", "code"),
        ("client_id", org.client_id()),
        ("redirect_uri", CALLBACK),
        ("state", "x y&z"),
    ];
    all.extend(more);
    all
}

#[tokio::test]
async fn login_and_consent_lead_to_a_code_that_works_once() {
    let (org, mut client) = org().await;
    let mut browser = Browser::new(&client);
    let page = browser.authorize(&request(&org, &[("login_hint", "\"><b>")])).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.header("x-frame-options"), "DENY");
    assert!(page.text.contains("<html lang=\"en\">"));
    assert!(page.text.contains("<label for=\"username\">"));
    assert!(page.text.contains("value=\"&quot;&gt;&lt;b&gt;\""), "{}", page.text);

    let again = browser.submit(&page, &[("username", org.username()), ("pw", "wrong")]).await;
    assert!(again.text.contains("role=\"alert\""), "{}", again.text);
    assert!(again.text.contains("aria-describedby=\"problem\""));
    let consent = browser.log_in(&again, &org, org.username()).await;
    assert!(consent.text.contains("<h1>Allow Access?</h1>"), "{}", consent.text);
    assert!(consent.text.contains("Manage user data via APIs (<code>api</code>)"));

    let callback = Callback::of(&browser.submit(&consent, &[("decision", "allow")]).await);
    assert_eq!(callback.keys(), "code state");
    assert_eq!(callback.get("state"), "x y&z");
    let code = callback.get("code").to_owned();
    assert!(code.ends_with("=="));
    assert!(callback.target.contains("%3D%3D&state=x%20y%26z"), "{}", callback.target);

    let reply = redeem(&org, &client, &code, &[]).await;
    assert_snapshot!(
        reply.keys(),
        @"access_token refresh_token signature scope id_token instance_url id token_type issued_at"
    );
    client.token = reply.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(client.get("/limits").await.status, 200);
    assert_snapshot!(
        redeem(&org, &client, &code, &[]).await.shown(),
        @r#"400 {"error":"invalid_grant","error_description":"invalid authorization code"}"#
    );

    let straight = browser.authorize(&request(&org, &[])).await;
    assert_eq!(straight.status, 302, "logged in and approved");
    let asked = browser.authorize(&request(&org, &[("prompt", "consent")])).await;
    assert!(asked.text.contains("Allow Access?"));
    let login = browser.authorize(&request(&org, &[("prompt", "login")])).await;
    assert!(login.text.contains("name=\"pw\""));
}

#[tokio::test]
async fn who_approved_little_is_asked_for_more() {
    let (org, client) = org().await;
    let mut browser = Browser::new(&client);
    browser.approve(&org, org.username(), &request(&org, &[("scope", "id api")])).await;
    let less = browser.authorize(&request(&org, &[("scope", "api")])).await;
    assert_eq!(less.status, 302);
    let more = browser.authorize(&request(&org, &[("scope", "api refresh_token")])).await;
    assert!(more.text.contains("Perform requests at any time"), "{}", more.text);
}

#[tokio::test]
async fn a_refusal_and_a_lost_page_are_told() {
    let (org, client) = org().await;
    let mut browser = Browser::new(&client);
    let page = browser.authorize(&request(&org, &[])).await;
    let consent = browser.log_in(&page, &org, org.username()).await;
    let denied = Callback::of(&browser.submit(&consent, &[("decision", "deny")]).await);
    assert_snapshot!(denied.shown(), @"access_denied / end-user denied authorization / x y&z");
    assert!(denied.target.contains("end-user%20denied%20authorization"), "{}", denied.target);

    let lost = browser.submit(&consent, &[("decision", "allow")]).await;
    assert_eq!(lost.status, 400);
    assert!(lost.text.contains("error=OAUTH_APPROVAL_ERROR_GENERIC"), "{}", lost.text);

    let page = browser.authorize(&request(&org, &[])).await;
    let mut stranger = Browser::new(&client);
    let stolen = stranger.submit(&page, &[("decision", "allow")]).await;
    assert!(stolen.text.contains("OAUTH_APPROVAL_ERROR_GENERIC"), "another browser's page");
}

#[tokio::test]
async fn wrong_apps_and_callbacks_stay_on_an_error_page() {
    let (org, client) = start(
        Emulator::builder()
            .default_app(|app| app.exact_redirects().redirect_uri("https://app.example.com/cb")),
    )
    .await;
    let mut browser = Browser::new(&client);
    let mut shown = Vec::new();
    for (client_id, uri) in [
        (org.client_id(), "https://app.example.com/cb/"),
        (org.client_id(), CALLBACK),
        (org.client_id(), ""),
        ("3MVG9unknown", "https://app.example.com/cb"),
    ] {
        let parameters =
            [("response_type", "code"), ("client_id", client_id), ("redirect_uri", uri)];
        let page = browser.authorize(&parameters).await;
        assert_eq!(page.header("location"), "", "the browser stays");
        let details = page.text.split("<code>").nth(1).unwrap().split("</code>").next().unwrap();
        shown.push(format!("{} {details}", page.status));
    }
    assert_snapshot!(shown.join("\n"), @"
    400 error=redirect_uri_mismatch&amp;error_description=redirect_uri%20must%20match%20configuration
    400 error=redirect_uri_mismatch&amp;error_description=redirect_uri%20must%20match%20configuration
    400 error=invalid_request&amp;error_description=missing%20required%20parameters
    400 error=invalid_client_id&amp;error_description=client%20identifier%20invalid
    ");
}

#[tokio::test]
async fn what_is_wrong_otherwise_is_told_to_the_app() {
    let strict = ConnectedApp::new("3MVG9strict", "s3cret")
        .redirect_uri(CALLBACK)
        .scopes(["api"])
        .require_pkce()
        .admin_approved(["nobody@example.com"]);
    let gone = ConnectedApp::new("3MVG9gone", "s3cret").redirect_uri(CALLBACK).not_installed();
    let (org, client) = start(Emulator::builder().app(strict).app(gone)).await;
    let mut browser = Browser::new(&client);
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let strict = |more: &[(&'static str, &'static str)]| {
        let mut all = vec![("client_id", "3MVG9strict"), ("redirect_uri", CALLBACK)];
        all.extend(more);
        all
    };
    let code = ("response_type", "code");
    let cases: Vec<Vec<(&str, &str)>> = vec![
        strict(&[]),
        strict(&[("response_type", "device")]),
        strict(&[code]),
        strict(&[code, ("code_challenge", "short")]),
        strict(&[code, ("code_challenge", challenge), ("code_challenge_method", "plain")]),
        strict(&[code, ("code_challenge", challenge), ("scope", "api full")]),
        strict(&[code, ("code_challenge", challenge), ("immediate", "true")]),
        vec![code, ("client_id", "3MVG9gone"), ("redirect_uri", CALLBACK)],
    ];
    let mut shown = Vec::new();
    for case in cases {
        shown.push(Callback::of(&browser.authorize(&case).await).shown());
    }
    let page = browser.authorize(&strict(&[code, ("code_challenge", challenge)])).await;
    let refused = browser.log_in(&page, &org, org.username()).await;
    shown.push(Callback::of(&refused).shown());
    assert_snapshot!(shown.join("\n"), @"
    invalid_request / missing required parameters / 
    unsupported_response_type / response type not supported / 
    invalid_request / missing required code challenge / 
    invalid_request / invalid code challenge / 
    invalid_request / invalid code challenge method / 
    invalid_scope / the requested scope is not allowed / 
    immediate_unsuccessful / user is not logged in / 
    OAUTH_EC_APP_NOT_FOUND / External client app is not installed in this org / 
    OAUTH_APP_ACCESS_DENIED / user is not admin approved to access this app / 
    ");
}

#[tokio::test]
async fn a_challenge_must_be_met() {
    let (org, client) = org().await;
    let mut browser = Browser::new(&client);
    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
    let with = [("code_challenge", challenge.as_str())];
    let (with, without) = (request(&org, &with), request(&org, &[]));
    let wrong = "a".repeat(43);
    let right = ("code_verifier", verifier);
    let mut shown = Vec::new();
    for (asked, sent) in [
        (&with, vec![]),
        (&with, vec![("code_verifier", wrong.as_str())]),
        (&without, vec![right]),
        (&with, vec![right]),
    ] {
        let callback = browser.approve(&org, org.username(), asked).await;
        let reply = redeem(&org, &client, callback.get("code"), &sent).await;
        shown.push(if reply.status == 200 { "200".to_owned() } else { reply.shown() });
    }
    // As the platform documents it: 128 bytes, which are 171 characters.
    let long = "v".repeat(171);
    let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, long.as_bytes()));
    let more = [("code_challenge", challenge.as_str())];
    let asked = request(&org, &more);
    let callback = browser.approve(&org, org.username(), &asked).await;
    let sent = [("code_verifier", long.as_str())];
    assert_eq!(redeem(&org, &client, callback.get("code"), &sent).await.status, 200);
    assert_snapshot!(shown.join("\n"), @r#"
    400 {"error":"invalid_grant","error_description":"invalid code verifier"}
    400 {"error":"invalid_grant","error_description":"invalid code verifier"}
    400 {"error":"invalid_grant","error_description":"invalid code verifier"}
    200
    "#);
}

#[tokio::test]
async fn codes_end_and_belong_to_their_callback() {
    let (org, client) = org().await;
    let mut browser = Browser::new(&client);
    let asked = request(&org, &[]);
    let code = browser.approve(&org, org.username(), &asked).await.get("code").to_owned();
    org.advance(Duration::from_secs(15 * 60));
    let late = redeem(&org, &client, &code, &[]).await;
    let code = browser.approve(&org, org.username(), &asked).await.get("code").to_owned();
    let other = redeem(&org, &client, &code, &[("redirect_uri", "http://localhost/other")]).await;
    assert_snapshot!([late.shown(), other.shown()].join("\n"), @r#"
    400 {"error":"invalid_grant","error_description":"expired authorization code"}
    400 {"error":"redirect_uri_mismatch","error_description":"redirect_uri must match configuration"}
    "#);
}

#[tokio::test]
async fn the_user_agent_flow_answers_in_the_fragment() {
    let (org, mut client) = org().await;
    let mut browser = Browser::new(&client);
    let asked = [
        ("response_type", "token id_token"),
        ("client_id", org.client_id()),
        ("redirect_uri", CALLBACK),
        ("scope", "api openid refresh_token"),
        ("state", "s"),
        ("nonce", "n"),
    ];
    let callback = browser.approve(&org, org.username(), &asked).await;
    assert!(callback.target.starts_with(&format!("{CALLBACK}#access_token=")));
    assert_snapshot!(
        callback.keys(),
        @"access_token refresh_token instance_url id issued_at signature scope token_type id_token state"
    );
    callback.get("access_token").clone_into(&mut client.token);
    assert_eq!(client.get("/limits").await.status, 200);
}
