//! Connecting and finishing: idempotent, bound to one account, used once.

use futures_util::StreamExt;
use sf_auth::accounts::{AccountError, FinishOptions, Status};
use sf_auth::{Cause, Credentials, Error, Scopes};
use sf_emulator::ConnectedApp;

use super::World;
use super::browser::{approve, decide};

fn account_error<T: std::fmt::Debug>(result: Result<T, Error>) -> AccountError {
    match result.unwrap_err() {
        Error::Account(error) => error,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn connect_is_idempotent_across_tasks_and_processes() {
    let world = World::rotating().await;
    let processes = [world.process(), world.process()];
    let tasks: Vec<_> = (0..16)
        .map(|turn| {
            let process = processes[turn % 2].clone();
            tokio::spawn(async move { process.connect("acme").await.unwrap() })
        })
        .collect();
    let mut urls = Vec::new();
    for task in tasks {
        let connection = task.await.unwrap();
        assert_eq!(connection.status, Status::Pending);
        urls.push(connection.authorization_url.unwrap());
    }
    urls.dedup();
    assert_eq!(urls.len(), 1);

    // Any process may finish it.
    let callback = approve(&world.org, world.org.username(), &urls[0]).await;
    let account = processes[1].finish(&callback).await.unwrap();
    assert_eq!((account.identifier.as_str(), account.status), ("acme", Status::Active));
    assert_eq!(account.org_id.as_deref(), Some(world.org.org_id()));
    assert_eq!(account.user_id.as_deref(), Some(world.org.user_id()));
    assert_eq!(account.missing_scopes, [] as [&str; 0]);
    let again = processes[0].connect("acme").await.unwrap();
    assert_eq!((again.status, again.authorization_url), (Status::Active, None));
}

#[tokio::test]
async fn an_authorization_runs_out_and_begins_anew() {
    let world = World::rotating().await;
    let accounts = world.process();
    let url = accounts.connect("acme").await.unwrap().authorization_url.unwrap();
    let callback = approve(&world.org, world.org.username(), &url).await;
    world.store.advance(std::time::Duration::from_secs(31 * 60));
    let expired = account_error(accounts.finish(&callback).await);
    assert!(matches!(expired, AccountError::ExpiredState { .. }));
    let newer = accounts.connect("acme").await.unwrap().authorization_url.unwrap();
    assert_ne!(url, newer);
    let replaced = account_error(accounts.finish(&callback).await);
    assert!(matches!(replaced, AccountError::UsedState { .. }));
    let callback = approve(&world.org, world.org.username(), &newer).await;
    accounts.finish(&callback).await.unwrap();
}

#[tokio::test]
async fn a_callback_works_once_whoever_gets_it() {
    let world = World::rotating().await;
    let processes = [world.process(), world.process()];
    let url = processes[0].connect("acme").await.unwrap().authorization_url.unwrap();
    let callback = approve(&world.org, world.org.username(), &url).await;
    let tasks: Vec<_> = (0..8)
        .map(|turn| {
            let (process, callback) = (processes[turn % 2].clone(), callback.clone());
            tokio::spawn(async move { process.finish(&callback).await })
        })
        .collect();
    let mut finished = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => finished += 1,
            error => assert!(matches!(account_error(error), AccountError::UsedState { .. })),
        }
    }
    assert_eq!((finished, world.org.token_requests()), (1, 1));
}

#[tokio::test]
async fn a_state_that_is_not_ours_is_refused_before_anything_is_sent() {
    let world = World::rotating().await;
    let accounts = world.process();
    accounts.connect("acme").await.unwrap();
    let foreign = World::rotating().await;
    let url = foreign.process().connect("acme").await.unwrap().authorization_url.unwrap();
    let (_, state) = url.query_pairs().find(|(key, _)| key == "state").unwrap();
    for state in ["", "abc", "AAAA", &state] {
        let callback = format!("code=aPrx&state={state}");
        assert_eq!(account_error(accounts.finish(&callback).await), AccountError::UnknownState);
    }
    assert_eq!(world.org.token_requests(), 0);
    assert!(!url.as_str().contains("acme"), "the identifier is nobody's business");
}

/// The state of one account cannot finish another.
#[tokio::test]
async fn a_row_that_was_copied_to_another_account_does_not_open() {
    let world = World::rotating().await;
    let accounts = world.process();
    world.authorize(&accounts, "acme").await;
    world.store.copy("acme", "evil", |record| record["identifier"] = "evil".into()).await;
    let error = world.process().credentials("evil").session().await.unwrap_err();
    assert!(matches!(error, Error::Seal(_)), "{error:?}");
    world.store.copy("acme", "worse", |_| {}).await;
    let error = world.process().credentials("worse").session().await;
    assert!(matches!(account_error(error), AccountError::Damaged { .. }));
    // Nor does another org's.
    world.store.edit("acme", |record| record["org"] = "00D000000000000AAA".into()).await;
    let error = world.process().credentials("acme").session().await.unwrap_err();
    assert!(matches!(error, Error::Seal(_)), "{error:?}");
}

#[tokio::test]
async fn a_person_who_denies_is_told_of_and_may_try_again() {
    let world = World::with(ConnectedApp::self_authorize).await;
    let accounts = world.process();
    let url = accounts.connect("acme").await.unwrap().authorization_url.unwrap();
    let callback = decide(&world.org, world.org.username(), &url, "deny").await;
    let error = accounts.finish(&callback).await.unwrap_err();
    let Error::Callback(refused) = &error else { panic!("{error:?}") };
    assert_eq!(refused.cause(), Some(Cause::AccessDenied));
    let account = accounts.account("acme").await.unwrap();
    assert_eq!(account.status, Status::Pending);
    assert_eq!(account.health.last_failure.unwrap().cause.as_deref(), Some("AccessDenied"));
    world.authorize(&accounts, "acme").await;
}

#[tokio::test]
async fn scopes_that_are_missing_are_reported_at_once() {
    let world = World::with(|app| app.scopes(["api", "id", "refresh_token"])).await;
    let app = world.app().with_scopes(Scopes::new(["api", "refresh_token", "id"]).unwrap());
    let accounts = world.process_with(|builder| builder.app(app));
    let account = world.authorize(&accounts, "acme").await;
    assert!(account.scopes.contains(&"id".to_owned()));
    // The platform gives less than was asked for.
    for (scope, missing) in [("api refresh_token", Some("id")), ("id refresh_token", None)] {
        let url = accounts.connect(scope).await.unwrap().authorization_url.unwrap();
        let callback = approve(&world.org, world.org.username(), &url).await;
        let body = serde_json::json!({
            "access_token": "00D!t", "refresh_token": "5Aep", "scope": scope,
            "instance_url": world.org.url(), "token_type": "Bearer",
            "id": format!("{}id/{}/{}", world.org.url(), world.org.org_id(), world.org.user_id()),
        });
        let reply = sf_emulator::Fault::reply(200, "application/json", body.to_string());
        world.org.faults().push(reply.on(sf_emulator::Operation::Token));
        let finished = accounts.finish(&callback).await;
        match missing {
            Some(missing) => assert_eq!(finished.unwrap().missing_scopes, [missing]),
            None => {
                assert!(matches!(
                    finished.unwrap_err(),
                    Error::MissingScope { missing: "api", .. }
                ));
                assert_eq!(accounts.account(scope).await.unwrap().status, Status::Pending);
            }
        }
    }
    // An app that asks for no refresh token cannot be connected.
    let app = world.app().with_scopes(Scopes::new(["api"]).unwrap());
    let accounts = world.process_with(|builder| builder.app(app));
    let error = accounts.connect("other").await.unwrap_err();
    insta::assert_snapshot!(error, @"the app does not ask for a refresh token, without which an account ends with its first session; add the scope refresh_token");
}

#[tokio::test]
async fn another_user_or_org_is_refused_unless_allowed() {
    let world = World::rotating().await;
    let accounts = world.process();
    world.authorize(&accounts, "acme").await;
    world
        .org
        .faults()
        .push(sf_emulator::Fault::token_error("invalid_grant", "expired access/refresh token"));
    let session = accounts.credentials("acme").session().await.unwrap();
    session.mark_accepted();
    accounts.credentials("acme").refresh(&session).await.unwrap_err();

    // Another user of the same org.
    let someone = other_user(&world).await;
    let url = accounts.connect("acme").await.unwrap().authorization_url.unwrap();
    let callback = approve(&world.org, &someone, &url).await;
    let error = account_error(accounts.finish(&callback).await);
    assert!(matches!(error, AccountError::OtherUser { .. }), "{error}");
    assert_eq!(accounts.account("acme").await.unwrap().status, Status::NeedsReauth);
    let revoked = world.org.requests().iter().filter(|r| r.path.ends_with("/revoke")).count();
    assert_eq!(revoked, 1, "what is not wanted is revoked");

    let url = accounts.connect("acme").await.unwrap().authorization_url.unwrap();
    let callback = approve(&world.org, &someone, &url).await;
    let options = FinishOptions::default().allow_other_user();
    let account = accounts.finish_with(&callback, options).await.unwrap();
    assert_ne!(account.user_id.as_deref(), Some(world.org.user_id()));
    let session = accounts.credentials("acme").session().await.unwrap();
    assert!(world.accepts(&session).await);
    assert_eq!(session.user_id(), account.user_id.as_deref());
}

/// The name of some active user who is not the administrator.
async fn other_user(world: &World) -> String {
    use sf_auth::ExposeSecret;
    let accounts = world.process();
    world.authorize(&accounts, "lookup").await;
    let session = accounts.credentials("lookup").session().await.unwrap();
    let mut url = session.instance_url().join("/services/data/v66.0/query").unwrap();
    let soql = "SELECT Id, Username FROM User WHERE IsActive = true ORDER BY Username LIMIT 5";
    url.query_pairs_mut().append_pair("q", soql);
    let request = http::Request::get(url.as_str())
        .header("authorization", format!("Bearer {}", session.access_token().expose_secret()))
        .body(bytes::Bytes::new())
        .unwrap();
    let response = sf_auth::transport::Transport::new().unwrap().send(request).await.unwrap();
    let body = response.into_body().bytes(1 << 20).await.unwrap();
    let json: serde_json::Value = serde_json::from_slice(&body).unwrap();
    let users = json["records"].as_array().unwrap();
    let other = users.iter().find(|user| user["Id"] != world.org.user_id()).unwrap();
    other["Username"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn changes_of_status_are_told() {
    let world = World::rotating().await;
    let accounts = world.process();
    let mut events = accounts.events();
    world.authorize(&accounts, "acme").await;
    accounts.disconnect("acme").await.unwrap();
    let mut seen = Vec::new();
    for _ in 0..3 {
        let change = events.next().await.unwrap();
        seen.push(format!("{} {}", change.identifier, change.status));
    }
    assert_eq!(seen, ["acme pending", "acme active", "acme disconnected"]);
}
