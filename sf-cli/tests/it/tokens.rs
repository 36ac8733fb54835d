//! `sf-agent accounts token` and `tokens`.

use serde_json::Value;

use crate::desk::Desk;
use crate::support::Ran;

/// What does not differ from run to run.
fn masked(desk: &Desk, text: &str, id: &str) -> String {
    let text = desk.masked(&text.replace(id, "<id>"));
    let line = |line: &str| {
        let words = line.split(' ').map(|word| match word.trim_end_matches('.') {
            day if day.len() == 10 && day.starts_with("20") && day.contains('-') => "<day>",
            time if time.len() == 6 && time.ends_with('Z') && time.contains(':') => "<time>",
            _ => word,
        });
        words.collect::<Vec<_>>().join(" ")
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

async fn with_account() -> Desk {
    let desk = Desk::new().await;
    assert_eq!(desk.login(&["nightly", "--client-credentials"]).status, 0);
    desk
}

fn refused(status: i32, ran: &Ran) -> String {
    assert_eq!((ran.status, ran.stdout.as_str()), (status, ""), "{}", ran.stderr);
    ran.stderr.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_shown_once_listed_and_revoked() {
    let desk = with_account().await;
    assert_eq!(
        desk.run(&["accounts", "tokens"]).stderr.trim_end(),
        "No tokens; `sf-agent accounts token NAME` makes one for an account."
    );
    let ran = desk.run(&["accounts", "token", "nightly", "--profile", "sales", "--expires", "30d"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let token = ran.stdout.trim();
    let [prefix, id, secret] = token.splitn(3, '_').collect::<Vec<_>>()[..] else {
        panic!("{token}")
    };
    assert_eq!((prefix, id.len(), secret.len()), ("sfmcp", 8, 43));
    insta::assert_snapshot!(masked(&desk, &ran.stderr, id), @"
    This is shown once; only its digest is kept. Whoever shows it works as nightly: tools sales, reading, until <day> <time>
    To revoke it: sf-agent accounts token --revoke <id>
    ");

    let path = desk.home.path().join("tokens.json");
    let kept = std::fs::read_to_string(&path).unwrap();
    assert!(kept.contains(id) && !kept.contains(secret), "{kept}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let ran = desk.run(&["accounts", "tokens", "--format", "json"]);
    let list: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        (list[0]["account"].as_str(), list[0]["profile"].as_str()),
        (Some("nightly"), Some("sales"))
    );
    assert!(!ran.stdout.contains("sha256"), "{}", ran.stdout);

    let other = desk.run(&["accounts", "token", "nightly", "--write", "--expires", "never"]);
    assert_ne!(other.stdout, ran.stdout);
    let ran = desk.run(&["accounts", "tokens"]);
    let rows: Vec<_> =
        ran.stdout.lines().map(|l| l.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(rows.len(), 3, "{rows:?}");
    assert!(rows[2].contains("nightly tools all, reading and writing"), "{rows:?}");
    assert!(rows[2].ends_with("until it is revoked"), "{rows:?}");

    let ran = desk.run(&["accounts", "token", "--revoke", id]);
    insta::assert_snapshot!(masked(&desk, &ran.stdout, id), @"Revoked <id> of nightly. Servers refuse it from now on, and end its sessions.");
    assert_eq!(desk.run(&["accounts", "tokens"]).stdout.lines().count(), 2);
    let again = desk.run(&["accounts", "token", "--revoke", id]);
    insta::assert_snapshot!(masked(&desk, &refused(3, &again), id), @r#"error: there is no token "<id>"; `sf-agent accounts tokens` lists them"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_granted_is_told() {
    let desk = Desk::new().await;
    let grant = |words: &[&str]| desk.run(&[&["accounts", "token"], words].concat());
    let told = |status, words: &[&str]| refused(status, &grant(words));
    let absent = |name: &str| {
        let ran = grant(&[name]);
        assert_eq!(ran.status, 3, "{}", ran.stderr);
        ran.stderr
    };
    insta::assert_snapshot!(absent("nightly"), @r#"error: there is no account "nightly", and no other; `sf-agent login nightly` makes it"#);
    insta::assert_snapshot!(told(3, &["--revoke", "none"]), @r#"error: there is no token "none"; `sf-agent accounts tokens` lists them"#);
    assert_eq!(desk.login(&["nightly", "--client-credentials"]).status, 0);
    insta::assert_snapshot!(absent("nigthly"), @r#"error: there is no account "nigthly", the accounts are nightly (did you mean nightly?); `sf-agent login nigthly` makes it"#);
    insta::assert_snapshot!(told(2, &["nightly", "--profile", "boss"]), @r#"error: "boss" is no profile; one of core, sales, admin, all"#);
    insta::assert_snapshot!(told(2, &["nightly", "--expires", "soon"]), @r#"error: "soon" is no time to expire in; write 12h, 30d, 8w, or never"#);
    for wrong in ["0d", "-3d", "1mo", "999999999w"] {
        let expires = format!("--expires={wrong}");
        assert!(told(2, &["nightly", &expires]).starts_with("error: "), "{wrong}");
    }
    let missing = told(1, &["nightly", "--policy", "/nowhere/policy.toml"]);
    assert!(
        missing.starts_with("error: the policy /nowhere/policy.toml cannot be used"),
        "{missing}"
    );
    assert!(desk.run(&["accounts", "tokens"]).stdout.is_empty(), "nothing was kept");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_others_may_write_to_is_refused() {
    use std::os::unix::fs::PermissionsExt;

    let desk = with_account().await;
    assert_eq!(desk.run(&["accounts", "token", "nightly"]).status, 0);
    let path = desk.home.path().join("tokens.json");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).unwrap();
    for words in [&["accounts", "tokens"][..], &["mcp", "--http", "0", "--tokens"]] {
        let told = refused(1, &desk.run(words));
        assert_eq!(
            desk.masked(told.trim_end()),
            "error: <home>/tokens.json has mode 0666, so others than its owner have access; run: chmod 600 <home>/tokens.json"
        );
    }
    std::fs::write(&path, "nonsense").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    let told = refused(1, &desk.run(&["accounts", "tokens"]));
    assert!(
        desk.masked(&told).starts_with("error: <home>/tokens.json is no list of tokens"),
        "{told}"
    );
}
