//! Token grants, identity, revocation, SOAP login.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use insta::assert_snapshot;

use crate::support::{Client, Reply, org, send};
use sf_emulator::Emulator;

async fn token(client: &Client, form: &[(&str, &str)]) -> Reply {
    send(client.http.post(format!("{}/services/oauth2/token", client.base)).form(form)).await
}

async fn client_credentials(org: &Emulator, client: &Client) -> Reply {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", org.client_id()),
        ("client_secret", org.client_secret()),
    ];
    token(client, &form).await
}

#[tokio::test]
async fn client_credentials_give_a_session_that_works() {
    let (org, mut client) = org().await;
    let reply = client_credentials(&org, &client).await;
    assert_eq!(reply.status, 200);
    assert_snapshot!(
        reply.keys(),
        @"access_token signature scope instance_url id token_type issued_at api_instance_url token_format"
    );
    let json = reply.json();
    assert_eq!(json["instance_url"], client.base.as_str());
    assert_eq!(json["id"], format!("{}/id/{}/{}", client.base, org.org_id(), org.user_id()));
    assert_eq!(reply.header("content-type"), "application/json;charset=UTF-8");
    assert_eq!(reply.header("x-readonlymode"), "false");
    assert_eq!(reply.header("sforce-limit-info"), "", "the token endpoint counts nothing");

    let key = hmac::Key::new(hmac::HMAC_SHA256, org.client_secret().as_bytes());
    let message =
        format!("{}{}", json["id"].as_str().unwrap(), json["issued_at"].as_str().unwrap());
    let signature = STANDARD.decode(json["signature"].as_str().unwrap()).unwrap();
    assert!(hmac::verify(&key, message.as_bytes(), &signature).is_ok());

    client.token = json["access_token"].as_str().unwrap().to_owned();
    assert_eq!(client.token.len(), 112);
    assert!(client.token.starts_with(&format!("{}!", &org.org_id()[..15])));
    assert_eq!(client.get("/limits").await.status, 200);
    assert_eq!(org.token_requests(), 1);
}

#[tokio::test]
async fn client_credentials_come_in_a_basic_header_too() {
    let (org, client) = org().await;
    let request = client
        .http
        .post(format!("{}/services/oauth2/token", client.base))
        .basic_auth(org.client_id(), Some(org.client_secret()))
        .form(&[("grant_type", "client_credentials")]);
    assert_eq!(send(request).await.status, 200);
}

#[tokio::test]
async fn the_password_grant_wants_the_security_token() {
    let (org, client) = org().await;
    let with_token = format!("{}{}", org.password(), org.security_token());
    let form = |password| {
        [
            ("grant_type", "password"),
            ("client_id", org.client_id()),
            ("client_secret", org.client_secret()),
            ("username", org.username()),
            ("password", password),
        ]
    };
    let reply = token(&client, &form(&with_token)).await;
    assert_snapshot!(reply.keys(), @"access_token instance_url id token_type issued_at signature");
    let refused = token(&client, &form(org.password())).await;
    assert_snapshot!(
        refused.shown(),
        @r#"400 {"error":"invalid_grant","error_description":"authentication failure"}"#
    );
}

#[tokio::test]
async fn refused_token_requests_say_why() {
    let (org, client) = org().await;
    let (id, secret) = (org.client_id(), org.client_secret());
    let cases: [&[(&str, &str)]; 6] = [
        &[
            ("grant_type", "client_credentials"),
            ("client_id", "3MVG9unknown"),
            ("client_secret", secret),
        ],
        &[("grant_type", "client_credentials"), ("client_id", id), ("client_secret", "wrong")],
        &[("grant_type", "client_credentials"), ("client_id", id)],
        &[("grant_type", "client_credential"), ("client_id", id), ("client_secret", secret)],
        &[("client_id", id), ("client_secret", secret)],
        &[("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer")],
    ];
    let mut shown = Vec::new();
    for form in cases {
        shown.push(token(&client, form).await.shown());
    }
    shown.push(
        send(client.http.get(format!("{}/services/oauth2/token", client.base))).await.shown(),
    );
    assert_snapshot!(shown.join("\n"), @r#"
    400 {"error":"invalid_client_id","error_description":"client identifier invalid"}
    400 {"error":"invalid_client","error_description":"invalid client credentials"}
    400 {"error":"invalid_client","error_description":"invalid client credentials"}
    400 {"error":"unsupported_grant_type","error_description":"grant type not supported"}
    400 {"error":"invalid_request","error_description":"missing required parameters"}
    400 {"error":"invalid_request","error_description":"missing required parameters"}
    400 {"error":"invalid_request","error_description":"must use HTTP POST"}
    "#);
}

#[tokio::test]
async fn userinfo_and_identity_name_the_user() {
    let (org, client) = org().await;
    let userinfo = client.follow("/services/oauth2/userinfo").await;
    assert_snapshot!(
        userinfo.keys(),
        @"sub user_id organization_id preferred_username nickname name email email_verified given_name family_name zoneinfo photos profile picture address is_salesforce_integration_user urls active user_type language locale utcOffset updated_at"
    );
    assert_eq!(userinfo.json()["preferred_username"], org.username());
    assert!(
        userinfo.json()["urls"]["rest"].as_str().unwrap().ends_with("/services/data/v{version}/")
    );

    let path = format!("/id/{}/{}?version=latest", org.org_id(), org.user_id());
    let identity = client.follow(&path).await;
    assert_eq!(identity.json()["user_id"], org.user_id());
    assert!(identity.json()["urls"]["rest"].as_str().unwrap().ends_with("/services/data/v68.0/"));

    let other = client.follow(&format!("/id/00D000000000000EAA/{}", org.user_id())).await;
    let none = send(client.http.get(format!("{}/services/oauth2/userinfo", client.base))).await;
    let bad =
        send(client.http.get(format!("{}/services/oauth2/userinfo", client.base)).bearer_auth("x"))
            .await;
    assert_snapshot!(
        [other.shown(), none.shown(), bad.shown()].join("\n"),
        @"
    403 Wrong_Org
    403 Missing_OAuth_Token
    403 Bad_OAuth_Token
    "
    );
}

#[tokio::test]
async fn a_revoked_token_is_dead() {
    let (_org, client) = org().await;
    let revoke = || {
        client
            .http
            .post(format!("{}/services/oauth2/revoke", client.base))
            .form(&[("token", &client.token)])
    };
    assert_eq!(send(revoke()).await.shown(), "200");
    assert_eq!(client.get("/limits").await.status, 401);
    let again = send(revoke()).await;
    assert_eq!(again.header("content-type"), "application/x-www-form-urlencoded");
    assert_snapshot!(
        again.shown(),
        @"400 error=unsupported_token_type&error_description=this+token+type+is+not+supported"
    );
}

#[tokio::test]
async fn a_page_revokes_by_a_script_element() {
    let (_org, client) = org().await;
    let revoke = |callback: &str| {
        let query = [("token", client.token.as_str()), ("callback", callback)];
        send(client.http.get(format!("{}/services/oauth2/revoke", client.base)).query(&query))
    };
    let done = revoke("app.onRevoked").await;
    assert_eq!(done.header("content-type"), "application/javascript;charset=UTF-8");
    assert_eq!(client.get("/limits").await.status, 401);
    let shown = [
        done.shown(),
        revoke("app.onRevoked").await.shown(),
        revoke("alert(1);x").await.shown(),
        revoke("a..b").await.shown(),
    ];
    assert_snapshot!(shown.join("\n"), @r#"
    200 app.onRevoked({});
    200 app.onRevoked({"error":"unsupported_token_type"});
    400 error=unsupported_token_type&error_description=this+token+type+is+not+supported
    400 error=unsupported_token_type&error_description=this+token+type+is+not+supported
    "#);
}

fn soap_body(username: &str, password: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="utf-8"?><env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/">
        <env:Body><n1:login xmlns:n1="urn:partner.soap.sforce.com"><n1:username>{username}</n1:username>
        <n1:password>{password}</n1:password></n1:login></env:Body></env:Envelope>"#
    )
}

#[tokio::test]
async fn soap_login_gives_a_session_of_the_rest_api() {
    let (org, mut client) = org().await;
    let login = |version: &str, password: String| {
        let url = format!("{}/services/Soap/u/{version}", client.base);
        let request = client
            .http
            .post(url)
            .header("content-type", "text/xml; charset=UTF-8")
            .header("SOAPAction", "login");
        send(request.body(soap_body(org.username(), &password)))
    };
    let password = format!("{}{}", org.password(), org.security_token());
    let reply = login("59.0", password.clone()).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let document = roxmltree::Document::parse(&reply.text).unwrap();
    let text = |name: &str| {
        document
            .descendants()
            .find(|node| node.tag_name().name() == name)
            .unwrap()
            .text()
            .unwrap()
            .to_owned()
    };
    assert_eq!(
        text("serverUrl"),
        format!("{}/services/Soap/u/59.0/{}", client.base, &org.org_id()[..15])
    );
    assert_eq!(text("userId"), org.user_id());

    let refused = login("59.0", "wrong".to_owned()).await;
    assert_eq!(refused.status, 500);
    assert!(refused.text.contains("<faultcode>sf:INVALID_LOGIN</faultcode>"), "{}", refused.text);
    let too_new = login("65.0", password).await;
    assert!(too_new.text.contains("UNSUPPORTED_API_VERSION"), "{}", too_new.text);

    client.token = text("sessionId");
    assert_eq!(client.get("/limits").await.status, 200);

    let session = format!("<e><sessionId>{}</sessionId><logout/></e>", client.token);
    let logout =
        || client.http.post(format!("{}/services/Soap/u/59.0", client.base)).body(session.clone());
    assert_eq!(send(logout()).await.status, 200);
    assert_eq!(client.get("/limits").await.status, 401);
    assert!(send(logout()).await.text.contains("sf:INVALID_SESSION_ID"));
}
