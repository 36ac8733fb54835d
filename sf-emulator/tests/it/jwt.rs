//! The JWT bearer grant: what is accepted, and what is refused and why.

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use insta::assert_snapshot;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde_json::{Value, json};
use sf_emulator::{Emulator, ErrorKind};

use crate::browser::soap_session;
use crate::support::{Client, Reply, org, send, start};

fn claims(org: &Emulator) -> Value {
    json!({
        "iss": org.client_id(),
        "sub": org.username(),
        "aud": org.url().as_str().trim_end_matches('/'),
        "exp": org.now().as_second() + 180,
    })
}

fn signed(claims: &Value, key: &EncodingKey) -> String {
    encode(&Header::new(Algorithm::RS256), claims, key).unwrap()
}

fn own_key(org: &Emulator) -> EncodingKey {
    EncodingKey::from_rsa_pem(org.jwt_private_key_pem().unwrap().as_bytes()).unwrap()
}

async fn grant(client: &Client, assertion: &str) -> Reply {
    let form =
        [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", assertion)];
    send(client.http.post(format!("{}/services/oauth2/token", client.base)).form(&form)).await
}

#[tokio::test]
async fn an_assertion_of_the_registered_key_gives_a_session() {
    let (org, mut client) = org().await;
    let reply = grant(&client, &signed(&claims(&org), &own_key(&org))).await;
    assert_snapshot!(reply.keys(), @"access_token scope instance_url id token_type");
    client.token = reply.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(client.get("/limits").await.status, 200);
}

#[tokio::test]
async fn the_login_hosts_are_audiences_too() {
    let (org, client) = org().await;
    for audience in
        ["https://login.salesforce.com", "https://test.salesforce.com", org.url().as_str()]
    {
        let mut claims = claims(&org);
        claims["aud"] = audience.into();
        assert_eq!(
            grant(&client, &signed(&claims, &own_key(&org))).await.status,
            200,
            "{audience}"
        );
    }
}

#[tokio::test]
async fn a_key_that_was_registered_later_works() {
    let (org, client) = org().await;
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let der = pair.as_der().unwrap();
    let key = EncodingKey::from_rsa_pem(pem("PRIVATE KEY", der.as_ref()).as_bytes()).unwrap();
    let assertion = signed(&claims(&org), &key);
    assert_snapshot!(
        grant(&client, &assertion).await.shown(),
        @r#"400 {"error":"invalid_grant","error_description":"invalid assertion"}"#
    );

    let public = pair.public_key().as_der().unwrap();
    org.register_jwt_key(&pem("PUBLIC KEY", public.as_ref())).unwrap();
    assert_eq!(grant(&client, &assertion).await.status, 200);
}

#[tokio::test]
async fn a_certificate_stands_for_its_key() {
    let (org, client) = org().await;
    let pair = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048)
        .unwrap();
    let names = vec!["agents.example.com".to_owned()];
    let certificate = rcgen::CertificateParams::new(names).unwrap().self_signed(&pair).unwrap();
    org.register_jwt_key(&certificate.pem()).unwrap();
    let key = EncodingKey::from_rsa_pem(pair.serialize_pem().as_bytes()).unwrap();
    assert_eq!(grant(&client, &signed(&claims(&org), &key)).await.status, 200);

    let elliptic = rcgen::KeyPair::generate().unwrap().public_key_pem();
    assert_eq!(org.register_jwt_key(&elliptic).unwrap_err().kind(), ErrorKind::Key);
}

#[tokio::test]
async fn refused_assertions_say_why() {
    let (org, client) = org().await;
    let key = own_key(&org);
    let now = org.now().as_second();
    let with = |name: &str, value: Value| {
        let mut claims = claims(&org);
        claims[name] = value;
        signed(&claims, &key)
    };
    let hs256 =
        encode(&Header::default(), &claims(&org), &EncodingKey::from_secret(b"guess")).unwrap();
    let cases = [
        ("wrong audience", with("aud", "https://example.com".into())),
        ("unknown app", with("iss", "3MVG9unknown".into())),
        ("unknown user", with("sub", "nobody@example.com".into())),
        ("expired", with("exp", (now - 1).into())),
        ("too long", with("exp", (now + 3_600).into())),
        ("no subject", with("sub", Value::Null)),
        ("HS256", hs256),
        ("not a token", "abc".to_owned()),
    ];
    let mut shown = Vec::new();
    for (name, assertion) in cases {
        let json = grant(&client, &assertion).await.json();
        shown.push(format!("{name}: {} / {}", json["error"], json["error_description"]));
    }
    assert_snapshot!(shown.join("\n"), @r#"
    wrong audience: "invalid_grant" / "Audience validation failed"
    unknown app: "invalid_client_id" / "client identifier invalid"
    unknown user: "invalid_grant" / "user hasn't approved this consumer"
    expired: "invalid_grant" / "assertion expired"
    too long: "invalid_grant" / "invalid assertion"
    no subject: "invalid_grant" / "invalid assertion"
    HS256: "invalid_grant" / "invalid assertion"
    not a token: "invalid_grant" / "invalid assertion"
    "#);
}

#[tokio::test]
async fn the_orgs_clock_judges_the_assertion() {
    let (org, client) = org().await;
    let assertion = signed(&claims(&org), &own_key(&org));
    org.advance(std::time::Duration::from_secs(181));
    assert_snapshot!(
        grant(&client, &assertion).await.shown(),
        @r#"400 {"error":"invalid_grant","error_description":"assertion expired"}"#
    );
}

#[tokio::test]
async fn keys_that_cannot_verify_are_refused() {
    let (org, _client) = org().await;
    let private = org.register_jwt_key(org.jwt_private_key_pem().unwrap()).unwrap_err();
    assert_eq!(private.kind(), ErrorKind::Key);
    assert_snapshot!(private, @"this is a private key; register its certificate or public key, and keep this one");
    let junk = org
        .register_jwt_key("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----")
        .unwrap_err();
    assert_snapshot!(
        junk,
        @"this is not a key that can verify assertions; give the PEM of an RSA certificate (CERTIFICATE) or public key (PUBLIC KEY) of 2,048 to 8,192 bits"
    );
}

/// Exchanges a session and an actor token.
async fn exchange(client: &Client, subject: &str, actor: &str) -> Reply {
    let form = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
        ("subject_token", subject),
        ("actor_token_type", "urn:ietf:params:oauth:token-type:jwt"),
        ("actor_token", actor),
    ];
    send(client.http.post(format!("{}/services/oauth2/token", client.base)).form(&form)).await
}

/// A device's key, for signing and as a JWK.
fn device_key() -> (EncodingKey, Value) {
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let der = pair.as_der().unwrap();
    let key = EncodingKey::from_rsa_pem(pem("PRIVATE KEY", der.as_ref()).as_bytes()).unwrap();
    let public = pair.public_key();
    let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let jwk = json!({
        "kty": "RSA",
        "n": part(public.modulus().big_endian_without_leading_zero()),
        "e": part(public.exponent().big_endian_without_leading_zero()),
    });
    (key, jwk)
}

#[tokio::test]
async fn a_device_gets_an_asset_token() {
    let audience = "https://devices.example.com";
    let lifetime = std::time::Duration::from_secs(60);
    let (org, client) =
        start(Emulator::builder().default_app(|app| app.asset_tokens(audience, lifetime))).await;
    let session = grant(&client, &signed(&claims(&org), &own_key(&org))).await.json();
    let session = session["access_token"].as_str().unwrap();
    let (key, jwk) = device_key();
    let device = json!({
        "did": "printer-7",
        "Name": "Printer",
        "aud": format!("{}/services/oauth2/token", client.base),
        "exp": org.now().as_second() + 60,
        "cnf": { "jwk": jwk },
    });

    let reply = exchange(&client, session, &signed(&device, &key)).await;
    assert_snapshot!(reply.keys(), @"access_token issued_token_type token_type expires_in");
    let json = reply.json();
    assert_eq!(json["issued_token_type"], "urn:ietf:params:oauth:token-type:jwt");
    assert_eq!(json["token_type"], "Bearer");
    assert_eq!(json["expires_in"], 60);

    // Any service can check it with the org's published key.
    let published = client.follow("/id/keys").await.json()["keys"][0].clone();
    let part = |name: &str| published[name].as_str().unwrap().to_owned();
    let published = DecodingKey::from_rsa_components(&part("n"), &part("e")).unwrap();
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&[audience]);
    let token = json["access_token"].as_str().unwrap();
    let asset = decode::<Value>(token, &published, &validation).unwrap().claims;
    let keys: Vec<_> = asset.as_object().unwrap().keys().map(String::as_str).collect();
    assert_snapshot!(keys.join(" "), @"aud nbf iss sub exp iat did Name cnf");
    assert_eq!(asset["did"], "printer-7");
    assert_eq!(asset["cnf"]["jwk"], device["cnf"]["jwk"]);
    assert_eq!(asset["exp"].as_i64().unwrap() - asset["iat"].as_i64().unwrap(), 60);

    let with = |name: &str, value: Value, key: &EncodingKey| {
        let mut device = device.clone();
        device[name] = value;
        signed(&device, key)
    };
    let own = own_key(&org);
    assert_eq!(
        exchange(&client, session, &with("cnf", Value::Null, &own)).await.status,
        200,
        "a device without a key has the app speak for it"
    );
    let soap = soap_session(&org, &client).await;
    let mut shown = Vec::new();
    for (name, subject, actor) in [
        ("another key", session, signed(&device, &own)),
        ("no key", session, with("cnf", Value::Null, &key)),
        ("no device", session, with("did", "".into(), &key)),
        ("other audience", session, with("aud", "https://example.com".into(), &key)),
        ("expired", session, with("exp", 1.into(), &key)),
        ("not a token", session, "abc".to_owned()),
        ("no session", "00D!x", signed(&device, &key)),
        ("session without an app", &soap, signed(&device, &key)),
    ] {
        let json = exchange(&client, subject, &actor).await.json();
        shown.push(format!("{name}: {} / {}", json["error"], json["error_description"]));
    }
    assert_snapshot!(shown.join("\n"), @r#"
    another key: "invalid_grant" / "invalid actor token"
    no key: "invalid_grant" / "invalid actor token"
    no device: "invalid_grant" / "invalid actor token"
    other audience: "invalid_grant" / "Audience validation failed"
    expired: "invalid_grant" / "assertion expired"
    not a token: "invalid_grant" / "invalid actor token"
    no session: "invalid_grant" / "invalid subject token"
    session without an app: "invalid_grant" / "invalid subject token"
    "#);
}

#[tokio::test]
async fn asset_tokens_are_off_unless_the_app_has_them() {
    let (org, client) = org().await;
    let session = grant(&client, &signed(&claims(&org), &own_key(&org))).await.json();
    let reply = exchange(&client, session["access_token"].as_str().unwrap(), "a.b.c").await;
    assert_snapshot!(
        reply.shown(),
        @r#"400 {"error":"unsupported_grant_type","error_description":"grant type not supported"}"#
    );
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}
