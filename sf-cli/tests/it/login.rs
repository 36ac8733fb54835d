//! `sf-agent login` in a browser, and whose account it becomes.

use std::time::Duration;

use crate::browser::Browser;
use crate::desk::{Desk, Waiting};

#[tokio::test(flavor = "multi_thread")]
async fn in_a_browser() {
    let desk = Desk::new().await;
    let waiting = desk.begin_web(&[]);
    assert!(waiting.url.contains("code_challenge_method=S256"), "{}", waiting.url);
    let mut browser = Browser::new(&desk.org);
    let user = desk.org.username();
    let page = browser.approve(&desk.org, user, &waiting.url, "allow").await;
    assert!(page.text.contains("You are logged in"), "{}", page.text);
    let ran = waiting.finish();
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    desk.assert_no_secret(&ran);
    insta::assert_snapshot!(desk.masked(&ran.stdout), @"
    Logged in as admin@example.com (Alex Admin)
      account   default
      org       Example Corp (Developer Edition)
      instance  https://acme.example
      granted   api refresh_token
    Try: sf-agent objects account
    ");

    let count = desk.run(&["query", "SELECT COUNT() FROM Contact"]);
    assert_eq!((count.status, count.stdout.as_str()), (0, "200\n"), "{}", count.stderr);
    insta::assert_snapshot!(desk.masked(&count.stderr), @r#"Working on the account "default": https://acme.example/"#);
    let quiet = desk.run(&["--org", "default", "query", "SELECT COUNT() FROM Contact"]);
    assert_eq!((quiet.status, quiet.stderr.as_str()), (0, ""));
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn the_browser_is_opened() {
    use std::os::unix::fs::PermissionsExt;

    let (desk, folder) = (Desk::new().await, tempfile::tempdir().unwrap());
    let (program, opened) = (folder.path().join("xdg-open"), folder.path().join("opened"));
    // Reading it waits for whoever writes to it.
    assert!(std::process::Command::new("mkfifo").arg(&opened).status().unwrap().success());
    let script = format!("#!/bin/sh\nprintf %s \"$1\" > '{}'\n", opened.display());
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).unwrap();
    let mut command = desk.login_command(&["--port", "0"]);
    let path = std::env::var("PATH").unwrap();
    command.env("PATH", format!("{}:{path}", folder.path().display()));
    let waiting = Waiting::start(command);
    let url = waiting.url.clone();
    Browser::new(&desk.org).approve(&desk.org, desk.org.username(), &url, "allow").await;
    let ran = waiting.finish();
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert!(ran.stderr.starts_with("Log in with the browser that opens now."), "{}", ran.stderr);
    assert_eq!(std::fs::read_to_string(opened).unwrap(), url);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_is_its_owners_alone_and_sealed() {
    use std::os::unix::fs::PermissionsExt;

    let desk = Desk::new().await;
    assert_eq!(desk.login_web(&[]).await.status, 0);
    let mut names = Vec::new();
    for entry in std::fs::read_dir(desk.home.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        let name = entry.file_name().into_string().unwrap();
        assert_eq!(mode & 0o077, 0, "{name} has mode {mode:o}");
        let bytes = std::fs::read(entry.path()).unwrap();
        let secret = desk.org.client_secret().as_bytes();
        assert!(!bytes.windows(secret.len()).any(|part| part == secret), "{name}");
        names.push(name);
    }
    assert!(names.contains(&"accounts.db".to_owned()), "{names:?}");
    assert!(names.contains(&"master.key".to_owned()), "{names:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_refuses_or_does_nothing() {
    let desk = Desk::new().await;
    let waiting = desk.begin_web(&[]);
    let mut browser = Browser::new(&desk.org);
    let user = desk.org.username();
    let page = browser.approve(&desk.org, user, &waiting.url, "deny").await;
    assert!(page.text.contains("The login failed"), "{}", page.text);
    let ran = waiting.finish();
    assert_eq!(ran.status, 4);
    let last = ran.stderr.lines().last().unwrap();
    insta::assert_snapshot!(last, @"error: the authorization was refused: access_denied: end-user denied authorization. The user refused access: start the login again and allow it.");

    let started = std::time::Instant::now();
    let idle = desk.begin_web(&["--timeout", "1"]).finish();
    assert!(started.elapsed() < Duration::from_secs(60));
    assert_eq!(idle.status, 4);
    insta::assert_snapshot!(idle.stderr.lines().last().unwrap(), @"error: the login did not come back within 1s; start again");
    let accounts = desk.run(&["accounts"]);
    assert_eq!((accounts.status, accounts.stdout.as_str()), (0, ""), "nothing was kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_user_needs_another_name_or_replace() {
    let desk = Desk::new().await;
    assert_eq!(desk.login_web(&["work"]).await.status, 0);
    // The same user again is no other.
    assert_eq!(desk.login_web(&["work"]).await.status, 0);

    let other = "samortega@example.com";
    let waiting = desk.begin_web(&["work"]);
    Browser::new(&desk.org).approve(&desk.org, other, &waiting.url, "allow").await;
    let refused = waiting.finish();
    assert_eq!(refused.status, 1);
    insta::assert_snapshot!(desk.masked(refused.stderr.lines().last().unwrap()), @r#"error: the account "work" is that of user 005dE0000000001QAA of org 00DdE0000000001UAA, and this login is that of samortega@example.com (Sam Ortega) of Example Corp; give another name to keep both, or --replace to log the old one out"#);
    let ran = desk.run(&["--org", "work", "objects", "account"]);
    assert_eq!(ran.status, 0, "the old login goes on: {}", ran.stderr);

    let waiting = desk.begin_web(&["work", "--replace"]);
    Browser::new(&desk.org).approve(&desk.org, other, &waiting.url, "allow").await;
    let ran = waiting.finish();
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains(other), "{}", ran.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_told_before_anything_is_sent() {
    let desk = Desk::new().await;
    let told = |words: &[&str]| {
        let ran = desk.run(words);
        assert_eq!(ran.status, 2, "{}", ran.stdout);
        desk.masked(&ran.stderr)
    };
    insta::assert_snapshot!(told(&["login"]), @"error: a login needs an app: give its consumer key with --client-id or SF_CLIENT_ID. docs/connect-your-org.md tells how to make one");
    insta::assert_snapshot!(told(&["login", "--client-id", "x", "--jwt-key", "key.pem"]), @"error: a login with a key needs a user; give --username or SF_USERNAME");
    insta::assert_snapshot!(told(&["login", "--client-id", "x", "--client-credentials"]), @"error: client credentials are served at the org's My Domain only; give it with --login-url, such as https://acme.my.salesforce.com");
    let url = desk.org.url().as_str();
    let words = ["login", "--client-id", "x", "--client-credentials", "--login-url", url];
    insta::assert_snapshot!(told(&words), @"error: client credentials need the client secret; set SF_CLIENT_SECRET, or name a file with --secret-file");
    insta::assert_snapshot!(told(&["login", "--client-id", "x", "--scope", "api"]), @"error: an account needs the scopes api and refresh_token; the login asks for api alone");
    insta::assert_snapshot!(told(&["login", "a b", "--client-id", "x"]), @r#"error: "a b" cannot be the name of an account; use up to 100 letters, digits and . _ @ + -, not beginning with -"#);
    let lightning = "https://acme.lightning.force.com";
    insta::assert_snapshot!(told(&["login", "--client-id", "x", "--login-url", lightning]), @r#"error: the Salesforce address "https://acme.lightning.force.com" is a page of the user interface, which does not answer API calls; use the same name under my.salesforce.com; give an address such as https://acme.my.salesforce.com (Setup, My Domain)"#);
    assert_eq!(desk.org.requests().len(), 0);
}
