//! `sf-agent accounts` and `logout`, and which org a command works on.

use serde_json::Value;

use crate::desk::Desk;

/// The cells of a table; times are of the moment.
fn cells(text: &str) -> String {
    let cell = |cell: &str| match cell.trim().split_once('Z') {
        Some((time, rest)) if time.starts_with("20") => format!("<time>{rest}"),
        _ => cell.trim().to_owned(),
    };
    let line = |line: &str| {
        let cells = line.split("  ").map(cell).filter(|cell| !cell.is_empty());
        cells.collect::<Vec<_>>().join(" | ")
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn they_are_listed_and_how_they_fare() {
    let desk = Desk::new().await;
    assert_eq!(desk.login_web(&["person"]).await.status, 0);
    assert_eq!(desk.login(&["nightly", "--client-credentials"]).status, 0);
    let key = desk.key_file();
    let by_key = ["robot", "--jwt-key", &key, "--username", "samortega@example.com"];
    assert_eq!(desk.login(&by_key).status, 0);
    desk.org.access().lock_user(desk.org.user_id());
    assert_eq!(desk.run(&["--org", "person", "objects"]).status, 4);

    let ran = desk.run(&["accounts"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    insta::assert_snapshot!(cells(&desk.masked(&ran.stdout)), @"
    NAME | STATUS | USER | ORG | INSTANCE | FLOW | LAST SUCCESS | LAST FAILURE | CERTIFICATE
    nightly | active | 005dE0000000001QAA | 00DdE0000000001UAA | https://acme.example | client credentials | <time> | - | -
    person | needs_admin | 005dE0000000001QAA | 00DdE0000000001UAA | https://acme.example | refresh token | <time> | <time> InactiveUser | -
    robot | active | samortega@example.com | 00DdE0000000001UAA | https://acme.example | JWT bearer | <time> | - | -
    ");

    let ran = desk.run(&["accounts", "--status", "needs-admin", "--format", "json"]);
    let found: Value = serde_json::from_str(&ran.stdout).expect("it is JSON");
    assert_eq!(found.as_array().unwrap().len(), 1);
    assert_eq!(found[0]["last_failure"]["cause"], "InactiveUser");
    desk.assert_no_secret(&ran);

    let none = desk.run(&["accounts", "--status", "pending"]);
    assert_eq!((none.status, none.stderr.as_str()), (0, "No account is pending.\n"));
    let ran = desk.run(&["accounts", "--status", "asleep"]);
    assert_eq!(ran.status, 2);
    insta::assert_snapshot!(ran.stderr, @r#"error: "asleep" is no status; one of pending, active, uncertain, needs_reauth, needs_admin, disconnected"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn logout_revokes_and_forgets() {
    let desk = Desk::new().await;
    assert_eq!(desk.login_web(&["person"]).await.status, 0);
    let ran = desk.run(&["logout", "person"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    insta::assert_snapshot!(ran.stdout, @"Logged out of person. Its refresh token is revoked, and its sessions ended with it.");
    let revoked =
        desk.org.requests().iter().any(|r| r.path.ends_with("/revoke") && r.status == Some(200));
    assert!(revoked);
    assert_eq!(desk.run(&["accounts"]).stdout, "");

    assert_eq!(desk.login(&["nightly", "--client-credentials"]).status, 0);
    let ran = desk.run(&["logout", "person"]);
    assert_eq!(ran.status, 3);
    insta::assert_snapshot!(ran.stderr, @r#"error: there is no account "person", the accounts are nightly; `sf-agent login person` makes it"#);
    insta::assert_snapshot!(desk.run(&["logout", "nightly"]).stdout, @"Logged out of nightly. There was no refresh token to revoke. A session that another program still has ends by itself; the app's secret or certificate is good until an administrator removes it.");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logout_that_cannot_revoke_says_so_and_can_be_repeated() {
    let desk = Desk::new().await;
    assert_eq!(desk.login_web(&[]).await.status, 0);
    desk.org.faults().push(sf_emulator::Fault::unavailable().path_contains("/revoke").times(1));
    let ran = desk.run(&["logout", "default"]);
    assert_eq!(ran.status, 5);
    insta::assert_snapshot!(desk.masked(&ran.stderr), @r#"
    error: "default" is disconnected here, and its refresh token could not be revoked; it stays sealed until `sf-agent logout default` is run again
      because: https://acme.example/services/oauth2/revoke is not available (HTTP 503); the credentials are kept, try again later
    "#);
    let ran = desk.run(&["logout", "default"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("is revoked"), "{}", ran.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_org_of_a_command() {
    let count = ["query", "SELECT COUNT() FROM Contact"];
    let desk = Desk::new().await;
    // Nothing is there: an embedded org, and no folder is made.
    assert_eq!(desk.run(&count).stdout, "10000\n");
    assert!(!desk.home.path().join("accounts.db").exists());
    let ran = desk.run(&["--org", "work", "objects"]);
    assert_eq!(ran.status, 3);
    insta::assert_snapshot!(ran.stderr, @r#"error: there is no account "work", and no other; `sf-agent login work` makes it"#);

    assert_eq!(desk.login(&["work", "--client-credentials"]).status, 0);
    assert_eq!(desk.run(&count).stdout, "10000\n", "it has another name than default");
    assert_eq!(desk.run(&["query", "--org", "work", count[1]]).stdout, "200\n");
    let named = desk.command(&count).env("SF_ORG", "work").output().unwrap();
    assert_eq!(named.stdout, b"200\n");
    let ran = desk.run(&["--org", "wrok", "objects"]);
    insta::assert_snapshot!(ran.stderr, @r#"error: there is no account "wrok", the accounts are work (did you mean work?); `sf-agent login wrok` makes it"#);

    // The environment goes before the account `default`, and an option before both.
    assert_eq!(desk.login(&["--client-credentials"]).status, 0);
    let other = crate::desk::org(|org| org.contacts(50)).await;
    let with_environment = |words: &[&str]| {
        let mut command = desk.command(words);
        command.env("SF_INSTANCE_URL", other.url().as_str());
        command.env("SF_ACCESS_TOKEN", other.issue_token());
        command.output().unwrap().stdout
    };
    assert_eq!(with_environment(&count), b"50\n");
    assert_eq!(with_environment(&["--org", "default", count[0], count[1]]), b"200\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_master_key_is_changed_in_use() {
    let desk = Desk::new().await;
    assert_eq!(desk.login(&["--client-credentials"]).status, 0);
    let key = desk.home.path().join("master.key");
    let before = std::fs::read_to_string(&key).unwrap();
    let ran = desk.run(&["accounts", "--rotate-key"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    insta::assert_snapshot!(ran.stdout, @"Accounts sealed under the new key: 1. Restart the programs that run, then remove all lines but the first from the key file.");
    let after = std::fs::read_to_string(&key).unwrap();
    assert!(after.ends_with(&before) && after.lines().count() == 2);

    // The old key is needed no more.
    let newest = after.lines().next().unwrap();
    std::fs::write(&key, format!("{newest}\n")).unwrap();
    let count = desk.run(&["query", "SELECT COUNT() FROM Contact"]);
    assert_eq!((count.status, count.stdout.as_str()), (0, "200\n"), "{}", count.stderr);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_key_file_that_is_lost_wrong_or_open_to_others_is_told() {
    use std::os::unix::fs::PermissionsExt;

    let desk = Desk::new().await;
    assert_eq!(desk.login(&["--client-credentials"]).status, 0);
    let key = desk.home.path().join("master.key");
    let last = |words: &[&str]| {
        let ran = desk.run(words);
        assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
        desk.masked(format!("{}{}", ran.stderr, ran.stdout).lines().last().unwrap())
    };
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    insta::assert_snapshot!(last(&["accounts"]), @"error: key file <home>/master.key: has mode 0644, so others than its owner have access; run: chmod 600 <home>/master.key");
    insta::assert_snapshot!(last(&["doctor"]), @"configuration: key file <home>/master.key: has mode 0644, so others than its owner have access. Run: chmod 600 <home>/master.key.");
    std::fs::remove_file(&key).unwrap();
    insta::assert_snapshot!(last(&["objects"]), @"error: <home>/master.key is missing, and without it the accounts beside it cannot be opened; put it back, or remove <home>/accounts.db and log in again");
    assert!(!key.exists(), "no other key is made in its place");
    std::fs::write(&key, "other:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n").unwrap();
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    let told = last(&["doctor"]);
    assert!(told.starts_with("grant: a stored secret could not be sealed or opened"), "{told}");
    assert!(told.contains("which is not among the keys given here (other). Add it"), "{told}");
}
