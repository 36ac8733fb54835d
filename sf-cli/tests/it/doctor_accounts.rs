//! `sf-agent doctor` on accounts.

use sf_emulator::{ConnectedApp, Fault};

use crate::desk::Desk;

fn last(desk: &Desk, words: &[&str], status: i32) -> String {
    let ran = desk.run(words);
    assert_eq!(ran.status, status, "{}{}", ran.stdout, ran.stderr);
    desk.assert_no_secret(&ran);
    desk.masked(ran.stdout.lines().last().unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_in_full() {
    let desk = Desk::new().await;
    assert_eq!(desk.login_web(&[]).await.status, 0);
    let ran = desk.run(&["doctor"]);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    desk.assert_no_secret(&ran);
    insta::assert_snapshot!(desk.masked(&ran.stdout), @r#"
    Checking the account "default": refresh token at https://acme.example
      ok       configuration  stored as active
      ok       network        127.0.0.1 answers without TLS
      ok       clock          in step with the login host
      ok       login host     it describes itself as one (OpenID Connect discovery)
      ok       grant          the account obtained a session
      ok       scopes         api refresh_token
      ok       instance       https://acme.example
      ok       API access     version 66.0, with this session
      ok       identity       admin@example.com (STANDARD) of org 00DdE0000000001UAA
      ok       objects        47 can be queried, Account and User among them
      ok       API budget     99998 of 100000 requests are left for these 24 hours
    all is well
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_to_an_account_and_what_to_do() {
    let desk = Desk::with(|org| org.default_app(ConnectedApp::rotate_refresh_tokens)).await;
    assert_eq!(desk.login_web(&[]).await.status, 0);
    insta::assert_snapshot!(last(&desk, &["doctor", "nobody"], 1), @r#"configuration: there is no account "nobody", the accounts are default. `sf-agent login nobody` makes it."#);

    desk.org.faults().push(Fault::unavailable().path_contains("/token").times(1));
    insta::assert_snapshot!(last(&desk, &["doctor"], 1), @"grant: Salesforce is not available (HTTP 503). Try again later; status.salesforce.com tells about outages.");

    desk.org.access().lock_user(desk.org.user_id());
    insta::assert_snapshot!(last(&desk, &["doctor", "default"], 1), @"grant: Salesforce refused the login: invalid_grant: user is locked. The user is inactive, frozen or locked: an administrator must activate or unlock it.");
    // Mended: the account is not made to wait.
    desk.org.access().unlock_user(desk.org.user_id());
    assert_eq!(last(&desk, &["doctor"], 0), "all is well");

    let dead = Fault::token_error("invalid_grant", "expired access/refresh token");
    desk.org.faults().push(dead.times(1));
    insta::assert_snapshot!(last(&desk, &["doctor"], 1), @"grant: Salesforce refused the login: invalid_grant: expired access/refresh token. The refresh token is dead (revoked, aged out, pushed out by newer approvals, or of a sandbox that was refreshed): the user must approve the app again. Log in again: sf-agent login default");
    let query = desk.run(&["--org", "default", "objects"]);
    assert_eq!(query.status, 4);
    insta::assert_snapshot!(query.stderr, @r#"
    error: the schema could not be fetched
      because: the account "default" has to be authorised again (Salesforce refused the login: invalid_grant: expired access/refresh token. The refresh token is dead (revoked, aged out, pushed out by newer approvals, or of a sandbox that was refreshed): the user must approve the app again.); send a person to the URL that connect returns
      try: sf-agent login default
    "#);
    assert_eq!(desk.login_web(&[]).await.status, 0);
    assert_eq!(last(&desk, &["doctor"], 0), "all is well");
}

/// It works, and something is worth knowing.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_noted_is_no_failure() {
    let desk = Desk::with(|org| org.default_app(|app| app.scopes(["full"]))).await;
    assert_eq!(desk.login(&["--client-credentials"]).status, 0);
    let faults = desk.org.faults();
    let json = "application/json";
    let limits = r#"{"DailyApiRequests": {"Max": 1000, "Remaining": 7}}"#;
    faults.push(Fault::reply(200, json, limits).path_contains("/limits").times(1));
    faults.push(Fault::reply(403, "text/plain", "No_Access").path_contains("/userinfo").times(1));
    let hidden = r#"[{"errorCode": "INVALID_TYPE", "message": "sObject type is not supported."}]"#;
    faults.push(Fault::reply(400, json, hidden).path_contains("/query").times(1));
    let ran = desk.run(&["doctor"]);
    assert_eq!(ran.status, 0, "{}", ran.stdout);
    let notes: Vec<_> = ran.stdout.lines().filter(|line| line.starts_with("  note")).collect();
    insta::assert_snapshot!(notes.join("\n"), @"
    note     scopes         full; full is more than is needed: api is enough
    note     identity       userinfo does not tell (HTTP 403: No_Access)
    note     objects        47 can be queried, but not Account: the user lacks the permission
    note     API budget     7 of 1000 requests are left for these 24 hours
    ");

    let none = r#"{"DailyApiRequests": {"Max": 1000, "Remaining": 0}}"#;
    faults.push(Fault::reply(200, json, none).path_contains("/limits").times(1));
    insta::assert_snapshot!(last(&desk, &["doctor"], 1), @"API budget: 0 of 1000 requests are left for these 24 hours. The API requests are used up: wait.");
    let empty = r#"{"sobjects": []}"#;
    faults.push(Fault::reply(200, json, empty).path_contains("/sobjects").times(1));
    insta::assert_snapshot!(last(&desk, &["doctor"], 1), @"objects: the user may query no object. Give the user a profile or permission sets with read access to objects.");
}
