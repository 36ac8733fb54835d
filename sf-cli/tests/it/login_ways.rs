//! `sf-agent login` without a browser on this computer.

use std::time::Duration;

use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256, date_time_ymd};

use crate::browser::Browser;
use crate::desk::{Desk, Waiting};

const COUNT: [&str; 2] = ["query", "SELECT COUNT() FROM Contact"];

fn counts(desk: &Desk) {
    let ran = desk.run(&COUNT);
    assert_eq!((ran.status, ran.stdout.as_str()), (0, "200\n"), "{}", ran.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn by_device() {
    let desk = Desk::with(|org| org.device_interval(Duration::ZERO)).await;
    let waiting = Waiting::start(desk.login_command(&["--device"]));
    Browser::new(&desk.org).connect_device(&desk.org, &waiting.url, "allow").await;
    let ran = waiting.finish();
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    desk.assert_no_secret(&ran);
    counts(&desk);
}

#[tokio::test(flavor = "multi_thread")]
async fn by_key() {
    let desk = Desk::new().await;
    let key = desk.key_file();
    let pem = |text: &str, name: &str| {
        let path = desk.home.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_string_lossy().into_owned()
    };
    let certificate = |key: &KeyPair| {
        let mut parameters = CertificateParams::new(["app".to_owned()]).unwrap();
        parameters.not_after = date_time_ymd(2999, 1, 2);
        parameters.self_signed(key).unwrap().pem()
    };
    let own = KeyPair::from_pem(&std::fs::read_to_string(&key).unwrap()).unwrap();
    let other = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    let login = |certificate: &str| {
        let user = desk.org.username();
        desk.login(&["--jwt-key", &key, "--jwt-certificate", certificate, "--username", user])
    };
    let refused = login(&pem(&certificate(&other), "other.pem"));
    assert_eq!(refused.status, 1);
    assert!(refused.stderr.contains("does not belong to the private key"), "{}", refused.stderr);
    assert_eq!(desk.org.token_requests(), 0);
    let ran = login(&pem(&certificate(&own), "own.pem"));
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    desk.assert_no_secret(&ran);
    let listed = desk.run(&["accounts", "--format", "json"]);
    let listed: serde_json::Value = serde_json::from_str(&listed.stdout).unwrap();
    assert!(listed[0]["certificate_days_left"].as_i64().unwrap() > 300_000, "{listed}");
    // The account has a copy of its own.
    std::fs::remove_file(&key).unwrap();
    counts(&desk);
}

#[tokio::test(flavor = "multi_thread")]
async fn by_secret_from_the_environment_and_from_a_file() {
    let desk = Desk::new().await;
    let ran = desk.login(&["--client-credentials"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    desk.assert_no_secret(&ran);
    counts(&desk);

    let file = desk.home.path().join("secret");
    std::fs::write(&file, format!("{}\n", desk.org.client_secret())).unwrap();
    let words = ["file", "--client-credentials", "--secret-file", file.to_str().unwrap()];
    let ran: crate::support::Ran =
        desk.login_command(&words).env_remove("SF_CLIENT_SECRET").output().unwrap().into();
    assert_eq!(ran.status, 0, "{}", ran.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret_makes_no_account() {
    let desk = Desk::new().await;
    let mut command = desk.login_command(&["--client-credentials"]);
    let ran: crate::support::Ran =
        command.env("SF_CLIENT_SECRET", "hunter2").output().unwrap().into();
    assert_eq!(ran.status, 4);
    assert!(!ran.stderr.contains("hunter2"));
    insta::assert_snapshot!(desk.masked(&ran.stderr), @"error: Salesforce refused the login: invalid_client: invalid client credentials. The client secret is wrong: copy the consumer secret of the app again.");
    assert_eq!(desk.run(&["accounts"]).stdout, "");
}

/// A refresh token of the org, by a login that is not kept anywhere else.
async fn refresh_token(desk: &Desk) -> String {
    use sf_auth::{App, Environment, ExposeSecret, device, transport::Transport};
    let transport = Transport::new().unwrap();
    let app = App::new(Environment::parse(desk.org.url().as_str()).unwrap(), desk.org.client_id())
        .unwrap()
        .with_secret(desk.org.client_secret())
        .unwrap();
    let begun = device::start(&transport, &app).await.unwrap();
    let url = begun.verification_uri_complete().to_string();
    Browser::new(&desk.org).connect_device(&desk.org, &url, "allow").await;
    let granted = device::poll(&transport, &app, &begun).await.unwrap();
    granted.refresh_token.unwrap().expose_secret().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn with_an_sfdx_auth_url() {
    let desk = Desk::with(|org| org.device_interval(Duration::ZERO)).await;
    let token = refresh_token(&desk).await;
    let host = desk.org.url().as_str().trim_end_matches('/');
    let (id, secret) = (desk.org.client_id(), desk.org.client_secret());
    let url = format!("force://{id}:{secret}:{token}@{host}");
    let file = desk.home.path().join("auth.json");
    let json = serde_json::json!({ "status": 0, "result": { "sfdxAuthUrl": url } });
    std::fs::write(&file, json.to_string()).unwrap();
    let ran = desk.run(&["login", "--sfdx-url-file", file.to_str().unwrap()]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert!(!format!("{}{}", ran.stdout, ran.stderr).contains(&token));
    counts(&desk);
}

/// Where the app rotates, the one who gave the URL has lost its own login, and is told so.
#[tokio::test(flavor = "multi_thread")]
async fn with_an_sfdx_auth_url_of_an_app_that_rotates() {
    let desk = Desk::with(|org| {
        org.device_interval(Duration::ZERO)
            .default_app(sf_emulator::ConnectedApp::rotate_refresh_tokens)
    })
    .await;
    let token = refresh_token(&desk).await;
    let host = desk.org.url().as_str().trim_end_matches('/');
    let (id, secret) = (desk.org.client_id(), desk.org.client_secret());
    let file = desk.home.path().join("auth.txt");
    std::fs::write(&file, format!("force://{id}:{secret}:{token}@{host}")).unwrap();
    let ran = desk.run(&["login", "--sfdx-url-file", file.to_str().unwrap()]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    insta::assert_snapshot!(ran.stderr, @"The app gives a new refresh token each time, so the Salesforce CLI's own login of this org has ended with this one. Log in anew there before you use it again (sf org login web): sending its old token may end this login too.");
    counts(&desk);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn with_the_login_of_the_salesforce_cli() {
    use std::os::unix::fs::PermissionsExt;

    let desk = Desk::with(|org| org.device_interval(Duration::ZERO)).await;
    let token = refresh_token(&desk).await;
    let host = desk.org.url().as_str().trim_end_matches('/');
    let (id, secret) = (desk.org.client_id(), desk.org.client_secret());
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("sf");
    let script = format!(
        "#!/bin/sh\n\
         [ \"$*\" = 'org auth show-sfdx-auth-url --json --target-org=acme' ] || {{\n\
         echo '{{\"status\":1,\"name\":\"NamedOrgNotFoundError\",\"message\":\"No authorization information found.\"}}'\n\
         exit 1; }}\n\
         echo '{{\"status\":0,\"result\":{{\"sfdxAuthUrl\":\"force://{id}:{secret}:{token}@{host}\"}}}}'\n"
    );
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).unwrap();
    let run = |alias: &str| -> crate::support::Ran {
        let mut command = desk.command(&["login", "--sf-cli", alias]);
        let path = std::env::var("PATH").unwrap();
        command.env("PATH", format!("{}:{path}", folder.path().display()));
        command.output().unwrap().into()
    };
    let unknown = run("nobody");
    assert_eq!(unknown.status, 1);
    insta::assert_snapshot!(unknown.stderr, @r#"error: the Salesforce CLI gives no SFDX auth URL for "nobody" (No authorization information found.); it has one for orgs that it logged in to in a browser"#);
    let ran = run("acme");
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    counts(&desk);
}
