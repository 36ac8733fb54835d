//! The org of the Salesforce CLI: its auth URL against the embedded org, and a stand-in for the
//! CLI that prints what the real one prints.
#![cfg(unix)]

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sf_auth::authorize::{Callback, Options, exchange, start};
use sf_auth::sfdx::{CliProblem, SalesforceCli, SfdxAuthUrl};
use sf_auth::transport::Transport;
use sf_auth::{Error, ExposeSecret, Flow, SecretString};

use crate::authorize::app;
use crate::support::{Browser, chain, org};

const TOKEN: &str = "00D000000000001!AQhunter2";
const HIDDEN: &str = r#"{"status":0,"result":{"id":"00D000000000001EAA","accessToken":"[REDACTED] Use 'sf org auth show-access-token' to view","instanceUrl":"https://acme.my.salesforce.com","username":"me@acme.com"},"warnings":[]}"#;

/// A program that keeps its arguments and does what the lines of shell say.
fn stand_in(folder: &Path, lines: &str) -> PathBuf {
    let path = folder.join("sf");
    let log = folder.join("arguments").display().to_string();
    let text = format!("#!/bin/sh\necho \"$NO_COLOR $@\" >> '{log}'\n{lines}\n");
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

fn new_cli() -> String {
    let token = format!(r#"{{"status":0,"result":{{"accessToken":"{TOKEN}"}}}}"#);
    // Single quotes of the text, for the shell.
    let hidden = HIDDEN.replace('\'', "'\\''");
    format!("case \"$2\" in display) echo '{hidden}';; auth) echo '{token}';; esac")
}

async fn problem(cli: SalesforceCli) -> CliProblem {
    let error = cli.grant(&Transport::new().unwrap()).await.unwrap_err();
    assert!(!error.is_retryable() && !chain(&error).contains("hunter2"), "{error}");
    match error {
        Error::SalesforceCli(problem) => problem,
        error => panic!("{error}"),
    }
}

#[tokio::test]
async fn the_cli_hands_out_its_session() {
    let folder = tempfile::tempdir().unwrap();
    let program = stand_in(folder.path(), &new_cli());
    // No shell reads this name, and it is no option.
    let name = "$(touch gone); --help".to_owned();
    let cli = SalesforceCli::new(Some(name)).with_program(program);
    let session = cli.grant(&Transport::new().unwrap()).await.unwrap();
    assert_eq!(session.access_token().expose_secret(), TOKEN);
    assert_eq!(session.instance_url().as_str(), "https://acme.my.salesforce.com/");
    let arguments = std::fs::read_to_string(folder.path().join("arguments")).unwrap();
    insta::assert_snapshot!(arguments, @"
    1 org display --json --target-org=$(touch gone); --help
    1 org auth show-access-token --json --target-org=$(touch gone); --help
    ");
}

#[tokio::test]
async fn an_older_cli_shows_the_token_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let shown = HIDDEN.replace("[REDACTED] Use 'sf org auth show-access-token' to view", TOKEN);
    let program = stand_in(folder.path(), &format!("echo '{shown}'"));
    let cli = SalesforceCli::new(None).with_program(program);
    let session = cli.grant(&Transport::new().unwrap()).await.unwrap();
    assert_eq!(session.access_token().expose_secret(), TOKEN);
    let arguments = std::fs::read_to_string(folder.path().join("arguments")).unwrap();
    assert_eq!(arguments, "1 org display --json\n");
}

#[tokio::test]
async fn what_goes_wrong_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let with = |lines: &str| SalesforceCli::new(None).with_program(stand_in(folder.path(), lines));
    let place = |problem: CliProblem| {
        problem.to_string().replace(folder.path().join("sf").to_str().unwrap(), "sf")
    };
    let missing = SalesforceCli::new(None).with_program("/no/such/sf");
    insta::assert_snapshot!(problem(missing).await, @"/no/such/sf is not installed, or not in PATH; install the Salesforce CLI, or use another login");
    let unknown = r#"echo '{"status":1,"name":"NoAuthInfoFound","message":"No authorization information found for nobody."}'; exit 1"#;
    insta::assert_snapshot!(place(problem(with(unknown)).await), @r#""sf org display" failed: NoAuthInfoFound: No authorization information found for nobody."#);
    insta::assert_snapshot!(place(problem(with("echo hunter2; exit 127")).await), @r#""sf org display" failed: exit status: 127: it said nothing in JSON"#);
    insta::assert_snapshot!(place(problem(with("echo hunter2")).await), @r#""sf org display" printed no result in JSON; update the Salesforce CLI"#);
    let hangs = with("exec sleep 60").with_limit(Duration::from_millis(50));
    insta::assert_snapshot!(place(problem(hangs).await), @r#""sf org display" did not end within 50ms"#);
}

#[tokio::test]
async fn an_auth_url_logs_in() {
    let org = org(|org| org).await;
    let (transport, app) = (Transport::new().unwrap(), app(&org));
    let begun = start(&app, &Options::default()).unwrap();
    let back = Browser::new(&org).decide(begun.url.as_str(), &org, "allow").await;
    let code = Callback::parse(&back).unwrap().code;
    let granted = exchange(&transport, &app, &code, &begun.verifier).await.unwrap();
    let url = format!(
        "force://{}:{}:{}@{}",
        org.client_id(),
        org.client_secret(),
        granted.refresh_token.unwrap().expose_secret(),
        org.url().as_str().trim_end_matches('/'),
    );
    let url = SfdxAuthUrl::parse(&SecretString::from(url)).unwrap();
    let session = url.into_flow().unwrap().grant(&transport).await.unwrap();
    assert_eq!(session.user_id(), Some(org.user_id()));
}
