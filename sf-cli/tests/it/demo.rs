//! `sf-agent demo`, whose own checks end it with an error when one fails.

use crate::support::run;

#[test]
fn the_demo_comes_to_its_end() {
    let ran = run(&["demo"]);
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    let checks: Vec<_> = ran.stdout.lines().filter(|line| line.starts_with('✓')).collect();
    insta::assert_snapshot!(checks.join("\n"), @"
    ✓ 9566 rows, each once, as COUNT() said; one new login on the way
    ✓ the record is stored as it was sent
    ✓ one record, one request, nothing doubled
    ");
    assert!(ran.stdout.contains("outcome_unknown"), "{}", ran.stdout);
    assert!(!ran.stdout.contains('\u{1b}'), "no colours outside a terminal");
}

#[test]
fn in_full_it_shows_the_very_json() {
    let ran = run(&["demo", "--full"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let replies = ran.stdout.lines().filter_map(|line| line.strip_prefix("  ← "));
    let parsed: Result<Vec<serde_json::Value>, _> = replies.map(serde_json::from_str).collect();
    assert!(parsed.expect("every reply is JSON").len() > 20);
}
