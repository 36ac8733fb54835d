//! `sf-agent doctor` on configurations of the environment: what each mistake looks like.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;

use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256, date_time_ymd};
use serde_json::Value;
use sf_emulator::{ConnectedApp, Emulator, IpRestriction};
use tempfile::TempDir;

use crate::desk::org;
use crate::support::{Ran, closed_port, run_with};

type Env = Vec<(&'static str, String)>;

fn doctor(env: &Env, words: &[&str]) -> Ran {
    let env: Vec<_> = env.iter().map(|(name, value)| (*name, value.as_str())).collect();
    run_with(&env, &[&["doctor"], words].concat())
}

fn by_secret(org: &Emulator) -> Env {
    vec![
        ("SF_LOGIN_URL", org.url().to_string()),
        ("SF_CLIENT_ID", org.client_id().to_owned()),
        ("SF_CLIENT_SECRET", org.client_secret().to_owned()),
    ]
}

fn by_session(org: &Emulator, token: &str) -> Env {
    vec![("SF_INSTANCE_URL", org.url().to_string()), ("SF_ACCESS_TOKEN", token.to_owned())]
}

fn by_key(org: &Emulator, folder: &TempDir, key: &str) -> Env {
    let path = folder.path().join("key.pem");
    std::fs::write(&path, key).unwrap();
    vec![
        ("SF_LOGIN_URL", org.url().to_string()),
        ("SF_CLIENT_ID", org.client_id().to_owned()),
        ("SF_USERNAME", org.username().to_owned()),
        ("SF_JWT_KEY_FILE", path.to_string_lossy().into_owned()),
    ]
}

fn with(mut env: Env, name: &'static str, value: &str) -> Env {
    env.retain(|(other, _)| *other != name);
    env.push((name, value.to_owned()));
    env
}

/// The certificate of a key for these years, as a file.
fn certificate(folder: &TempDir, key: &str, years: (i32, i32)) -> String {
    let key = KeyPair::from_pem(key).unwrap();
    let mut parameters = CertificateParams::new(["app".to_owned()]).unwrap();
    parameters.not_before = date_time_ymd(years.0, 1, 2);
    parameters.not_after = date_time_ymd(years.1, 1, 2);
    let path = folder.path().join("certificate.pem");
    std::fs::write(&path, parameters.self_signed(&key).unwrap().pem()).unwrap();
    path.to_string_lossy().into_owned()
}

/// A web server that is none of Salesforce's: every request gets this answer.
fn other_host(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    url
}

/// Mistakes and what is said of them: the last line, which follows from the first step that failed.
#[derive(Default)]
struct Table {
    text: String,
    folder: Option<TempDir>,
}

impl Table {
    fn add(&mut self, mistake: &str, env: &Env) {
        let ran = doctor(env, &[]);
        assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
        let last = ran.stdout.lines().last().unwrap_or_default();
        for (name, value) in env {
            let is_secret = name.ends_with("SECRET") || name.ends_with("TOKEN");
            assert!(!is_secret || !ran.stdout.contains(value.as_str()), "{}", ran.stdout);
        }
        assert_eq!(ran.status, i32::from(last != "all is well"), "{mistake}: {}", ran.stdout);
        let mut line = last.to_owned();
        for (_, value) in env {
            if let Ok(url) = url::Url::parse(value)
                && let Some(port) = url.port()
            {
                line = line.replace(&format!(":{port}"), ":<port>");
            }
        }
        if let Some(folder) = &self.folder {
            line = line.replace(folder.path().to_str().unwrap(), "<folder>");
        }
        line = without_days(&line);
        let failed = ran.stdout.lines().filter(|line| line.starts_with("  FAILED")).count();
        let more = if failed > 1 { format!(" (and {} more)", failed - 1) } else { String::new() };
        self.text.push_str(&format!("{mistake}{more}\n    {line}\n"));
    }
}

/// How long ago something was grows from day to day.
fn without_days(line: &str) -> String {
    let mut words: Vec<_> = line.split(' ').collect();
    for at in 1..words.len() {
        if words[at] == "days" {
            words[at - 1] = "<n>";
        }
    }
    words.join(" ")
}

/// What is documented is what is printed.
fn assert_documented(table: &Table) {
    let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/connect-your-org.md");
    let docs = std::fs::read_to_string(docs).unwrap();
    for line in table.text.lines() {
        assert!(docs.contains(line.trim()), "docs/connect-your-org.md lacks: {line}");
    }
}

async fn app_org(change: impl FnOnce(ConnectedApp) -> ConnectedApp) -> Emulator {
    org(|org| org.default_app(change)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn all_is_well() {
    let org = org(|org| org).await;
    let ran = doctor(&by_secret(&org), &[]);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    let url = org.url().as_str().trim_end_matches('/');
    insta::assert_snapshot!(ran.stdout.replace(url, "https://acme.example"), @"
    Checking the environment: client credentials at https://acme.example
      ok       configuration  complete and well formed
      ok       network        127.0.0.1 answers without TLS
      ok       clock          in step with the login host
      ok       login host     it describes itself as one (OpenID Connect discovery)
      ok       grant          client credentials obtained a session
      ok       scopes         api web id profile email openid
      ok       instance       https://acme.example
      ok       API access     version 66.0, with this session
      ok       identity       admin@example.com (STANDARD) of org 00DdE0000000001UAA
      ok       objects        47 can be queried, Account and User among them
      ok       API budget     99999 of 100000 requests are left for these 24 hours
    all is well
    ");

    let ran = doctor(&by_secret(&org), &["--format", "json"]);
    let report: Value = serde_json::from_str(&ran.stdout).expect("it is JSON");
    assert_eq!((&report["well"], &report["cause"]), (&Value::Bool(true), &Value::Null));
    assert_eq!(report["steps"].as_array().unwrap().len(), 11);

    let nothing = doctor(&vec![], &[]);
    assert_eq!(nothing.status, 0, "{}", nothing.stdout);
    assert!(nothing.stdout.starts_with("Checking an embedded org"), "{}", nothing.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_in_full() {
    let org = org(|org| org).await;
    let env = with(by_secret(&org), "SF_CLIENT_SECRET", "hunter2");
    let ran = doctor(&env, &[]);
    assert_eq!((ran.status, ran.stderr.as_str()), (1, ""));
    let url = org.url().as_str().trim_end_matches('/');
    insta::assert_snapshot!(ran.stdout.replace(url, "https://acme.example"), @r#"
    Checking the environment: client credentials at https://acme.example
      ok       configuration  complete and well formed
      ok       network        127.0.0.1 answers without TLS
      ok       clock          in step with the login host
      ok       login host     it describes itself as one (OpenID Connect discovery)
      FAILED   grant          Salesforce says "invalid_client: invalid client credentials"
      skipped  scopes         there is no session
      skipped  instance       there is no session
      skipped  API access     there is no session
      skipped  identity       there is no session
      skipped  objects        there is no session
      skipped  API budget     there is no session
    grant: Salesforce says "invalid_client: invalid client credentials". The client secret is wrong: copy the consumer secret of the app again.
    "#);

    let ran = doctor(&env, &["--format", "json"]);
    let report: Value = serde_json::from_str(&ran.stdout).expect("it is JSON");
    assert_eq!((&report["well"], &report["failed_step"]), (&Value::Bool(false), &"grant".into()));
    assert!(!ran.stdout.contains("hunter2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_of_the_configuration() {
    let org = org(|org| org).await;
    let folder = tempfile::tempdir().unwrap();
    let pem = org.jwt_private_key_pem().unwrap();
    let other = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap().serialize_pem();
    let (secret, key) = (by_secret(&org), by_key(&org, &folder, pem));
    let ended = certificate(&folder, pem, (2020, 2021));
    let mut table = Table { folder: Some(folder), ..Table::default() };

    table.add("no client id", &with(secret.clone(), "SF_CLIENT_ID", ""));
    let lightning = "https://acme.lightning.force.com";
    table.add("an address of the user interface", &with(secret.clone(), "SF_LOGIN_URL", lightning));
    let generic = "https://login.salesforce.com";
    table.add("the generic host", &with(secret.clone(), "SF_LOGIN_URL", generic));
    let plain = "http://acme.my.salesforce.com";
    table.add("http", &with(secret.clone(), "SF_LOGIN_URL", plain));
    table.add("white space", &with(secret, "SF_CLIENT_ID", &format!("{} ", org.client_id())));
    table.add("no key file", &with(key.clone(), "SF_JWT_KEY_FILE", "/nowhere/key.pem"));
    table.add("a certificate that ended", &with(key.clone(), "SF_JWT_CERTIFICATE_FILE", &ended));
    table.add("a certificate for a key", &with(key.clone(), "SF_JWT_KEY_FILE", &ended));
    let folder = table.folder.as_ref().unwrap();
    let of_other = certificate(folder, &other, (2020, 2999));
    table.add("the certificate of another key", &with(key, "SF_JWT_CERTIFICATE_FILE", &of_other));
    insta::assert_snapshot!(table.text, @r#"
    no client id
        configuration: SF_CLIENT_SECRET is set, and needs SF_CLIENT_ID beside it.
    an address of the user interface
        configuration: the Salesforce address "https://acme.lightning.force.com" is a page of the user interface, which does not answer API calls. Use the same name under my.salesforce.com; give an address such as https://acme.my.salesforce.com (Setup, My Domain).
    the generic host
        configuration: client credentials are not served at https://login.salesforce.com. Use the org's My Domain, for example https://acme.my.salesforce.com.
    http
        configuration: the Salesforce address "http://acme.my.salesforce.com" must be https (http is allowed on loopback only). Give an address such as https://acme.my.salesforce.com (Setup, My Domain).
    white space
        all is well
    no key file
        configuration: private key file /nowhere/key.pem: the file does not exist. Give the path of the app's private key in PEM.
    a certificate that ended
        configuration: the certificate of the key ended <n> days ago. The certificate of the app has ended: make a new one, upload it to the app, and use its private key.
    a certificate for a key
        configuration: private key file <folder>/certificate.pem: the key cannot be parsed. Expected an RSA key in PEM that begins with "-----BEGIN PRIVATE KEY-----" or "-----BEGIN RSA PRIVATE KEY-----".
    the certificate of another key
        configuration: the certificate does not belong to the private key. Use the pair that was made together.
    "#);
    assert_documented(&table);
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_that_do_not_answer_or_are_others() {
    let org = org(|org| org.tls(true)).await;
    let mut table = Table::default();
    let with_host = |host: &str| with(by_secret(&org), "SF_LOGIN_URL", host);

    table.add("an authority that is not trusted", &by_secret(&org));
    let (_nobody, port) = closed_port();
    table.add("a closed port", &with_host(&format!("http://127.0.0.1:{port}")));
    table.add("a name that is not known", &with_host("https://no-such-org.invalid"));
    let page = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 6\r\nconnection: close\r\n\r\n<html>";
    table.add("another web server", &with_host(&other_host(page)));
    let provider = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n{\"issuer\":\"https://idp.example\",\"authorization_endpoint\":\"https://idp.example/authorize\",\"token_endpoint\":\"https://idp.example/token\"}";
    table.add("another login provider", &with_host(&other_host(provider)));
    let moved = "HTTP/1.1 302 Found\r\nlocation: https://acme2.my.salesforce.com/x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    table.add("a domain that was renamed", &with_host(&other_host(moved)));
    let down = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    table.add("an outage", &with_host(&other_host(down)));
    insta::assert_snapshot!(table.text, @"
    an authority that is not trusted
        network: the certificate of https://127.0.0.1:<port> is not trusted (invalid peer certificate: UnknownIssuer). Name the authority that issued it, in PEM, in SF_CA_FILE: a proxy that looks into TLS has one of its own.
    a closed port
        network: nothing listens at http://127.0.0.1:<port> (connection refused). Check host and port of the address, the firewall, and the proxy (HTTPS_PROXY).
    a name that is not known
        network: the name of https://no-such-org.invalid is not known to DNS. Check the address for typing errors (Setup, My Domain); a proxy is named in HTTPS_PROXY.
    another web server
        login host: HTTP 200 and no discovery document: this is no login host of Salesforce's. Use https://login.salesforce.com, https://test.salesforce.com for sandboxes, or the org's My Domain (Setup, My Domain).
    another login provider
        login host: it is a login host, but not one of Salesforce's. Use https://login.salesforce.com, https://test.salesforce.com for sandboxes, or the org's My Domain (Setup, My Domain).
    a domain that was renamed
        login host: it leads on to https://acme2.my.salesforce.com. Use that address as login URL.
    an outage
        login host: it is not available (HTTP 503). Try again later; status.salesforce.com tells about outages.
    ");
    assert_documented(&table);
    assert_eq!(org.token_requests(), 0, "no secret was sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_of_the_app_and_its_secret() {
    let mut table = Table::default();
    let well = org(|org| org).await;
    let env = by_secret(&well);
    table.add("a wrong secret", &with(env.clone(), "SF_CLIENT_SECRET", "hunter2"));
    table.add("an unknown client id", &with(env.clone(), "SF_CLIENT_ID", "3MVG9nobody"));
    well.access().restrict_ip(IpRestriction::Login);
    table.add("an address out of range", &env);
    well.access().restrict_ip(IpRestriction::None);
    well.access().set_logins_per_hour(0);
    table.add("too many logins", &env);
    let org = app_org(ConnectedApp::not_installed).await;
    table.add("an app that is not installed", &by_secret(&org));
    let org = app_org(ConnectedApp::without_run_as).await;
    table.add("no run-as user", &by_secret(&org));
    let org = app_org(|app| app.disable_grant("client_credentials")).await;
    table.add("a flow that is switched off", &by_secret(&org));
    let org = app_org(|app| app.scopes(["id", "refresh_token"])).await;
    table.add("no scope api", &by_secret(&org));
    insta::assert_snapshot!(table.text, @r#"
    a wrong secret
        grant: Salesforce says "invalid_client: invalid client credentials". The client secret is wrong: copy the consumer secret of the app again.
    an unknown client id
        grant: Salesforce says "invalid_client_id: client identifier invalid". No app with this client id is known at this address: check the client id (consumer key) and the login URL (production or sandbox); a new app needs up to ten minutes, and a sandbox that was refreshed has other apps than before.
    an address out of range
        grant: Salesforce says "invalid_grant: ip restricted or invalid login hours". This address or hour is not allowed: check the login IP ranges and hours of the profile, or relax IP restrictions in the policies of the app.
    too many logins
        grant: Salesforce says "invalid_grant: login rate exceeded". Too many logins in the last hour: wait, and reuse sessions.
    an app that is not installed
        grant: Salesforce says "invalid_client: External client app is not installed in this org". The app is not installed in this org: install or deploy it there first.
    no run-as user
        grant: Salesforce says "invalid_grant: no client credentials user enabled". The client credentials flow has no run-as user: choose one in the policies of the app.
    a flow that is switched off
        grant: Salesforce says "unsupported_grant_type: grant type not supported". This flow is not enabled for the app, or is blocked in the org: enable it in the app's OAuth settings (Setup, OAuth and OpenID Connect Settings for the org).
    no scope api
        scopes: the grant lacks api (granted: id). Add the scope api to the OAuth scopes of the app, and let the user approve it again.
    "#);
    assert_documented(&table);
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_of_jwt_bearer() {
    let folder = || tempfile::tempdir().unwrap();
    let mut table = Table { folder: Some(folder()), ..Table::default() };
    let well = org(|org| org).await;
    let pem = well.jwt_private_key_pem().unwrap();
    let other = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap().serialize_pem();
    let (one, two) = (folder(), folder());
    let env = by_key(&well, &one, pem);
    table.add("well", &env);
    table.add("the key of another app", &by_key(&well, &two, &other));
    table.add("a user who is not there", &with(env.clone(), "SF_USERNAME", "nobody@example.com"));
    well.access().lock_user(well.user_id());
    table.add("a user who is locked", &env);
    well.access().unlock_user(well.user_id());
    well.advance(Duration::from_secs(3600));
    table.add("a clock that is an hour slow", &env);
    let org = app_org(ConnectedApp::self_authorize).await;
    let pem = org.jwt_private_key_pem().unwrap();
    table.add("a user who never approved", &by_key(&org, &one, pem));
    let org = app_org(|app| app.admin_approved(Vec::<String>::new())).await;
    let pem = org.jwt_private_key_pem().unwrap();
    table.add("a user without the permission set", &by_key(&org, &one, pem));
    insta::assert_snapshot!(table.text, @r#"
    well
        all is well
    the key of another app
        grant: Salesforce says "invalid_grant: invalid assertion". The assertion was not accepted: check that the app holds the certificate of this private key and that it has not ended, that client id and user name are right, and that this computer's clock is.
    a user who is not there
        grant: Salesforce says "invalid_grant: user hasn't approved this consumer". The user may not use the app yet: set its permitted users to "Admin approved users are pre-authorized" and assign it to the user's profile or a permission set, or let the user approve it once. Check the user name too: in a sandbox it ends in the sandbox's name.
    a user who is locked
        grant: Salesforce says "invalid_grant: user is locked". The user is inactive, frozen or locked: an administrator must activate or unlock it.
    a clock that is an hour slow
        grant: Salesforce says "invalid_grant: assertion expired". The assertion had expired on arrival: check the clock of this computer.
    a user who never approved
        grant: Salesforce says "invalid_grant: user hasn't approved this consumer". The user may not use the app yet: set its permitted users to "Admin approved users are pre-authorized" and assign it to the user's profile or a permission set, or let the user approve it once. Check the user name too: in a sandbox it ends in the sandbox's name.
    a user without the permission set
        grant: Salesforce says "invalid_app_access: user is not admin approved to access this app". The user may not use the app yet: set its permitted users to "Admin approved users are pre-authorized" and assign it to the user's profile or a permission set, or let the user approve it once. Check the user name too: in a sandbox it ends in the sandbox's name.
    "#);
    assert_documented(&table);
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_that_show_at_the_api() {
    let mut table = Table::default();
    let well = org(|org| org).await;
    let session = by_session(&well, &well.issue_token());
    table.add("a session, well", &session);
    table.add("a session of the past", &by_session(&well, "00D!hunter2"));
    well.access().restrict_ip(IpRestriction::EveryRequest);
    table.add("a session from another address", &session);
    well.access().restrict_ip(IpRestriction::None);
    well.access().disable_api(well.user_id());
    table.add("a user without API Enabled", &by_secret(&well));
    well.access().enable_api(well.user_id());
    well.access().set_org_api(false);
    table.add("an edition without API", &by_secret(&well));
    let org = org(|org| org.daily_requests(0)).await;
    table.add("no requests left", &by_secret(&org));
    insta::assert_snapshot!(table.text, @r#"
    a session, well
        all is well
    a session of the past
        API access: HTTP 401, "INVALID_SESSION_ID: Session expired or invalid". The session has ended: log in again. If it is new, check the login IP ranges and that the instance URL belongs to this org.
    a session from another address
        API access: HTTP 401, "INVALID_SESSION_ID: This session is not valid for use with the REST API". The session is not valid for this API: ask for the scope "api" and log in through the app rather than with a session of the user interface. This address or hour is not allowed: check the login IP ranges and hours of the profile, or relax IP restrictions in the policies of the app.
    a user without API Enabled
        API access: HTTP 403, "API_CURRENTLY_DISABLED: API is disabled for this User". The user may not use the API: give it the permission "API Enabled"; if API access control is on, allow the app.
    an edition without API
        API access: HTTP 403, "API_DISABLED_FOR_ORG: API is not enabled for this Organization or Partner". The edition of this org has no API, or it is switched off: ask Salesforce to enable it.
    no requests left
        API access: HTTP 403, "REQUEST_LIMIT_EXCEEDED: TotalRequests Limit exceeded.". The API requests are used up: wait.
    "#);
    assert_documented(&table);
}

#[tokio::test(flavor = "multi_thread")]
async fn clocks_that_differ() {
    let answer = "HTTP/1.1 404 Not Found\r\ndate: Fri, 01 Jan 2100 00:00:00 GMT\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let host = other_host(answer);
    let (org, folder) = (org(|org| org).await, tempfile::tempdir().unwrap());
    let key = by_key(&org, &folder, org.jwt_private_key_pem().unwrap());
    let signed = doctor(&with(key, "SF_LOGIN_URL", &host), &[]).stdout;
    assert!(signed.contains("  FAILED   clock          this computer is"), "{signed}");
    assert!(signed.contains(" s behind the login host. Set this computer's clock"), "{signed}");
    let secret = doctor(&with(by_secret(&org), "SF_LOGIN_URL", &host), &[]).stdout;
    assert!(secret.contains("  note     clock          this computer is"), "{secret}");
}
