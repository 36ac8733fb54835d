//! Whatever a client or a browser sends to the login endpoints, the org answers
//! in their shapes and goes on.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::support::{org, send};

const PATHS: [(&str, &str); 12] = [
    ("GET", "/services/oauth2/authorize"),
    ("POST", "/services/oauth2/token"),
    ("POST", "/services/oauth2/introspect"),
    ("POST", "/services/oauth2/revoke"),
    ("GET", "/services/oauth2/userinfo"),
    ("POST", "/login"),
    ("GET", "/setup/secur/RemoteAccessAuthorizationPage.apexp"),
    ("POST", "/setup/secur/RemoteAccessAuthorizationPage.apexp"),
    ("POST", "/setup/connect"),
    ("GET", "/services/auth/idp/oidc/logout"),
    ("GET", "/id/keys"),
    ("POST", "/services/Soap/u/59.0"),
];

const NAMES: [&str; 18] = [
    "grant_type",
    "response_type",
    "client_id",
    "client_secret",
    "redirect_uri",
    "code",
    "code_challenge",
    "code_verifier",
    "refresh_token",
    "assertion",
    "client_assertion_type",
    "scope",
    "state",
    "prompt",
    "format",
    "token",
    "source",
    "user_code",
];

const VALUES: [&str; 14] = [
    "authorization_code",
    "refresh_token",
    "device",
    "device_code",
    "client_credentials",
    "urn:ietf:params:oauth:grant-type:jwt-bearer",
    "urn:ietf:params:oauth:grant-type:token-exchange",
    "code",
    "token id_token",
    "http://localhost:1717/OauthRedirect",
    "eyJhbGciOiJSUzI1NiJ9.e30.AAAA",
    "CLIENT",
    "SECRET",
    "none",
];

/// Parameters, most of them with a meaning.
fn parameters() -> impl Strategy<Value = Vec<(String, String)>> {
    let name = prop_oneof![
        9 => prop::sample::select(NAMES.to_vec()).prop_map(str::to_owned),
        1 => "\\PC{0,8}",
    ];
    let value = prop_oneof![
        3 => prop::sample::select(VALUES.to_vec()).prop_map(str::to_owned),
        1 => "\\PC{0,16}",
    ];
    prop::collection::vec((name, value), 0..8)
}

#[test]
fn no_parameters_break_the_login_endpoints() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (org, client) = runtime.block_on(org());
    let config = Config { cases: 300, failure_persistence: None, ..Config::default() };
    let strategy = (prop::sample::select(PATHS.to_vec()), parameters(), any::<bool>());
    TestRunner::new(config)
        .run(&strategy, |((method, path), parameters, multipart)| {
            let known = |value: &str| match value {
                "CLIENT" => org.client_id().to_owned(),
                "SECRET" => org.client_secret().to_owned(),
                value => value.to_owned(),
            };
            let parameters: Vec<(String, String)> =
                parameters.into_iter().map(|(name, value)| (name, known(&value))).collect();
            let request =
                client.http.request(method.parse().unwrap(), format!("{}{path}", client.base));
            let request = match (method, multipart) {
                ("GET", _) => request.query(&parameters),
                (_, false) => request.form(&parameters),
                (_, true) => {
                    let part = |(name, value): &(String, String)| {
                        format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
                    };
                    let body: String = parameters.iter().map(part).collect();
                    request.header("content-type", "multipart/form-data; boundary=b").body(body)
                }
            };
            let reply = runtime.block_on(send(request));
            let soap_fault = path.contains("Soap") && reply.status == 500;
            prop_assert!(reply.status < 500 || soap_fault, "{} {}", reply.status, reply.text);
            let target = reply.header("location");
            prop_assert!(
                target.is_empty() || target.starts_with("http://localhost:1717/OauthRedirect"),
                "sent to {target}"
            );
            Ok(())
        })
        .unwrap();
    assert_eq!(runtime.block_on(client.get("/limits")).status, 200);
}
