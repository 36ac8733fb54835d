//! Policies from the command line.

use std::path::PathBuf;

use crate::support::{Ran, run};

const POLICY: &str = r#"
[objects.Account]
operations = ["read"]
read = ["*"]
hide = ["AnnualRevenue"]
rows = "Industry = 'Energy'"

[objects.Contact]
operations = ["read"]
read = ["*"]
masks = { Email = "token" }
"#;

fn file(name: &str, text: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).expect("the folder of the tests can be written");
    path
}

fn run_in(words: &[&str], name: &str, text: &str) -> Ran {
    let path = file(name, text);
    let path = path.to_str().expect("the path is UTF-8");
    let words: Vec<&str> =
        words.iter().map(|word| if *word == "FILE" { path } else { word }).collect();
    run(&words)
}

#[test]
fn check_says_what_the_org_does_not_have() {
    let ran = run_in(&["policy", "check", "FILE"], "fits.toml", POLICY);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert!(ran.stdout.ends_with("The policy fits the org.\n"), "{}", ran.stdout);
    let wrong = POLICY.replace("AnnualRevenue", "AnualRevenue");
    let ran = run_in(&["policy", "check", "FILE"], "wrong.toml", &wrong);
    assert_eq!(ran.status, 1);
    assert!(ran.stdout.contains("Did you mean AnnualRevenue?"), "{}", ran.stdout);
    // A tool that is not switched off, though the policy looks as if it were.
    let off = format!("{POLICY}\n[tools]\noff = [\"salesforce_qery\", \"salesforce_get_*\"]\n");
    let ran = run_in(&["policy", "check", "FILE"], "off.toml", &off);
    assert_eq!(ran.status, 1);
    let told = "error: tools.off: salesforce_qery fits no tool. Did you mean salesforce_query?\n";
    assert!(ran.stdout.contains(told) && !ran.stdout.contains("get_*"), "{}", ran.stdout);
    let broken = POLICY.replace("\"token\"", "\"tokens\"");
    let ran = run_in(&["policy", "check", "FILE"], "broken.toml", &broken);
    assert_eq!(ran.status, 1);
    assert!(ran.stderr.contains("line 11, objects.Contact.masks.Email"), "{}", ran.stderr);
    assert!(ran.stderr.contains("hash, last_four, token"), "{}", ran.stderr);
}

#[test]
fn explain_shows_what_is_sent_or_why_not() {
    let explain = |soql: &str| run_in(&["policy", "explain", "FILE", soql], "explain.toml", POLICY);
    let ran = explain("SELECT Email, Account.Name FROM Contact LIMIT 5");
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    insta::assert_snapshot!(ran.stdout, @"
    sent: SELECT Email, Account.Name, AccountId FROM Contact LIMIT 5
    masked: Email (token)
    redacted where it may not be read: Account
    ");
    let ran = explain("SELECT Name FROM Account WHERE Name LIKE 'A%' OR Rating = 'Hot'");
    insta::assert_snapshot!(ran.stdout, @"
    sent: SELECT Name FROM Account WHERE (Name LIKE 'A%' OR Rating = 'Hot') AND Industry = 'Energy'
    added for Account: Industry = 'Energy'
    ");
    let ran = explain("SELECT AnnualRevenue FROM Account");
    assert_eq!(ran.status, 1);
    assert!(ran.stdout.contains("Account has no field AnnualRevenue"), "{}", ran.stdout);
}

#[test]
fn tools_work_under_a_policy() {
    let words = ["tools", "--policy", "FILE", "list"];
    let ran = run_in(&words, "tools.toml", POLICY);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert!(
        ran.stdout.contains("salesforce_query") && !ran.stdout.contains("salesforce_create"),
        "{}",
        ran.stdout
    );
    let soql = r#"{"soql": "SELECT AnnualRevenue FROM Account"}"#;
    let ran = run_in(
        &["tools", "call", "salesforce_query", soql, "--policy", "FILE"],
        "call.toml",
        POLICY,
    );
    assert_eq!(ran.status, 1);
    assert!(ran.stdout.contains("has no field AnnualRevenue"), "{}", ran.stdout);
}
