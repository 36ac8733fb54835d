//! Grants that the program obtained itself, and accounts that somebody says are mended.

use sf_auth::accounts::{AccountError, FinishOptions, LoginMethod, Status};
use sf_auth::authorize::{self, Callback};
use sf_auth::transport::Transport;
use sf_auth::{App, Credentials, Error, TokenResponse};
use sf_emulator::ConnectedApp;

use super::World;
use super::browser::approve;

/// What a login in a browser gives, outside of any account.
pub(super) async fn granted(world: &World, app: &App, username: &str) -> TokenResponse {
    let begun = authorize::start(app, &authorize::Options::default()).unwrap();
    let callback = Callback::parse(&approve(&world.org, username, &begun.url).await).unwrap();
    let transport = Transport::new().unwrap();
    authorize::exchange(&transport, app, &callback.code, &begun.verifier).await.unwrap()
}

#[tokio::test]
async fn a_grant_becomes_an_account_that_every_process_refreshes() {
    let world = World::rotating().await;
    let (accounts, app) = (world.process(), world.app());
    let options = FinishOptions::default();
    let first = granted(&world, &app, world.org.username()).await;
    let account = accounts.adopt("acme", app.clone(), first, options).await.unwrap();
    assert_eq!(
        (account.status, account.user_id.as_deref()),
        (Status::Active, Some(world.org.user_id()))
    );
    assert_eq!(account.login.method, LoginMethod::AuthorizationCode);
    assert_eq!(account.login.client_id.as_deref(), Some(world.org.client_id()));
    let sent = world.org.token_requests();
    let session = accounts.credentials("acme").session().await.unwrap();
    assert_eq!(world.org.token_requests(), sent, "the session of the grant is used");
    assert!(world.accepts(&session).await);
    let session = world.process().credentials("acme").session().await.unwrap();
    assert!(world.accepts(&session).await);

    let again = granted(&world, &app, world.org.username()).await;
    assert_eq!(
        accounts.adopt("acme", app.clone(), again, options).await.unwrap().status,
        Status::Active
    );

    let other = granted(&world, &app, "samortega@example.com").await;
    let session = sf_auth::StaticCredentials::from_session(other.session).session().await.unwrap();
    let mut response = granted(&world, &app, "samortega@example.com").await;
    let error = accounts.adopt("acme", app.clone(), response, options).await.unwrap_err();
    assert!(matches!(error, Error::Account(AccountError::OtherUser { .. })), "{error}");
    assert!(world.accepts(&session).await, "only the grant that was refused is revoked");
    response = granted(&world, &app, "samortega@example.com").await;
    let allowed = options.allow_other_user();
    assert_eq!(
        accounts.adopt("acme", app, response, allowed).await.unwrap().status,
        Status::Active
    );
}

#[tokio::test]
async fn an_account_that_waits_is_tried_at_once_when_it_is_mended() {
    let world = World::with(|app: ConnectedApp| app).await;
    world.authorize(&world.process(), "acme").await;
    world.org.access().lock_user(world.org.user_id());
    world.process().credentials("acme").session().await.unwrap_err();
    world.org.access().unlock_user(world.org.user_id());

    let sent = world.org.token_requests();
    let accounts = world.process();
    let error = accounts.credentials("acme").session().await.unwrap_err();
    assert!(matches!(error, Error::Account(AccountError::NeedsAdmin { .. })), "{error}");
    assert_eq!(world.org.token_requests(), sent, "it waits");
    accounts.retry_now("acme").await.unwrap();
    world.process().credentials("acme").session().await.unwrap();
    assert_eq!(accounts.account("acme").await.unwrap().status, Status::Active);
}
