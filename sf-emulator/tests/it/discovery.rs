//! The discovery documents, the key set, and the id token that it verifies.

use insta::assert_snapshot;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::Value;

use crate::browser::{Browser, CALLBACK, redeem};
use crate::support::org;

#[tokio::test]
async fn documents_have_the_platforms_keys() {
    let (org, client) = org().await;
    let openid = client.follow("/.well-known/openid-configuration").await;
    assert_snapshot!(
        openid.keys(),
        @"end_session_endpoint frontchannel_logout_supported frontchannel_logout_session_supported issuer authorization_endpoint token_endpoint revocation_endpoint userinfo_endpoint jwks_uri registration_endpoint introspection_endpoint scopes_supported response_types_supported subject_types_supported id_token_signing_alg_values_supported display_values_supported token_endpoint_auth_methods_supported claims_supported"
    );
    assert_eq!(openid.json()["issuer"], client.base.as_str());
    assert_eq!(openid.header("sforce-limit-info"), "");
    let auth = client.follow("/.well-known/auth-configuration").await;
    assert_snapshot!(
        auth.keys(),
        @"OrgId Url MobileSDK LoginPage SamlProviders AuthProviders CertificateLogin LoginPageType LoginPageTypeConfigs"
    );
    assert_eq!(auth.json()["OrgId"], org.org_id());
}

#[tokio::test]
async fn the_key_set_verifies_id_tokens() {
    let (org, client) = org().await;
    let asked = [
        ("response_type", "code"),
        ("client_id", org.client_id()),
        ("redirect_uri", CALLBACK),
        ("scope", "api openid"),
        ("nonce", "n-0S6_WzA2Mj"),
    ];
    let callback = Browser::new(&client).approve(&org, org.username(), &asked).await;
    let reply = redeem(&org, &client, callback.get("code"), &[]).await;
    assert_snapshot!(
        reply.keys(),
        @"access_token signature scope id_token instance_url id token_type issued_at"
    );
    let id_token = reply.json()["id_token"].as_str().unwrap().to_owned();

    let keys = client.follow("/id/keys").await.json();
    let key = &keys["keys"][0];
    assert_eq!(key["kid"], decode_header(&id_token).unwrap().kid.unwrap());
    let verifying =
        DecodingKey::from_rsa_components(key["n"].as_str().unwrap(), key["e"].as_str().unwrap())
            .unwrap();
    let mut rules = Validation::new(Algorithm::RS256);
    rules.set_audience(&[org.client_id()]);
    rules.set_issuer(&[&client.base]);
    let claims = decode::<Value>(&id_token, &verifying, &rules).unwrap().claims;
    assert_eq!(claims["nonce"], "n-0S6_WzA2Mj");
    assert_eq!(claims["sub"], reply.json()["id"]);
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 120);
}
