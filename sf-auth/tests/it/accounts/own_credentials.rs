//! Accounts with credentials of their own: a customer's app, JWT, client credentials.

use sf_auth::accounts::{AccountError, AppCredentials, Status};
use sf_auth::{Cause, Credentials, Error};
use sf_emulator::{ConnectedApp, Emulator, Fault, Operation};

use super::World;
use super::browser::approve;
use super::world::CALLBACK;

fn client(org: &Emulator, secret: &str) -> AppCredentials {
    AppCredentials::ClientCredentials {
        login_url: org.url().to_string(),
        client_id: org.client_id().to_owned(),
        client_secret: secret.into(),
    }
}

#[tokio::test]
async fn client_credentials_are_tried_at_once_and_replaced_by_newer_ones() {
    let world = World::with(|app| app).await;
    let accounts = world.process();
    let error = accounts.connect_with("acme", client(&world.org, "wrong")).await.unwrap_err();
    assert!(matches!(error, Error::Grant { cause: Cause::WrongSecret, .. }), "{error}");
    assert_eq!(accounts.account("acme").await.unwrap().status, Status::NeedsAdmin);

    let right = || client(&world.org, world.org.client_secret());
    let connection = accounts.connect_with("acme", right()).await.unwrap();
    assert_eq!((connection.status, connection.authorization_url), (Status::Active, None));
    let sent = world.org.token_requests();
    let again = accounts.connect_with("acme", right()).await.unwrap();
    assert_eq!(again.status, Status::Active);
    assert_eq!(accounts.connect("acme").await.unwrap().status, Status::Active);
    assert_eq!(world.org.token_requests(), sent, "the same credentials are not tried again");

    let session = world.process().credentials("acme").session().await.unwrap();
    assert!(world.accepts(&session).await);
    assert_eq!(session.user_id(), Some(world.org.user_id()));
    let stored = world.store.record("acme").await.to_string();
    assert!(!stored.contains(world.org.client_secret()));
    accounts.disconnect("acme").await.unwrap();
    assert!(!world.store.record("acme").await.to_string().contains("\"secret\""));
}

#[tokio::test]
async fn a_jwt_account_knows_the_end_of_its_certificate() {
    let world = World::with(|app| app).await;
    let accounts = world.process();
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    let mut certificate = rcgen::CertificateParams::new(vec!["agent".to_owned()]).unwrap();
    let end = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * 30);
    let date = end.to_zoned(jiff::tz::TimeZone::UTC).date();
    certificate.not_after =
        rcgen::date_time_ymd(date.year().into(), date.month() as u8, date.day() as u8);
    let certificate = certificate.self_signed(&key).unwrap();
    world.org.register_jwt_key(&certificate.pem()).unwrap();
    let credentials = AppCredentials::JwtBearer {
        login_url: world.org.url().to_string(),
        client_id: world.org.client_id().to_owned(),
        username: world.org.username().to_owned(),
        audience: None,
        private_key_pem: key.serialize_pem().into(),
        certificate_pem: Some(certificate.pem()),
    };
    let connection = accounts.connect_with("acme", credentials).await.unwrap();
    assert_eq!(connection.status, Status::Active);
    let days = accounts.health("acme").await.unwrap().certificate_days_left.unwrap();
    assert!((28..=30).contains(&days), "{days}");
    // There is no token to lose: a lost answer is an outage.
    let credentials = accounts.credentials("acme");
    let session = credentials.session().await.unwrap();
    session.mark_accepted();
    world.org.faults().push(Fault::lost_answer().on(Operation::Token));
    credentials.refresh(&session).await.unwrap_err();
    assert_eq!(accounts.account("acme").await.unwrap().status, Status::Active);
    let renewed = credentials.refresh(&session).await.unwrap();
    assert!(world.accepts(&renewed).await);
    assert!(!world.store.record("acme").await.to_string().contains("PRIVATE KEY"));
}

#[tokio::test]
async fn a_tenant_brings_an_app() {
    let org = Emulator::builder()
        .cache_dir(env!("CARGO_TARGET_TMPDIR"))
        .app(
            ConnectedApp::new("tenant-app", "tenant-secret")
                .redirect_uri(CALLBACK)
                .pre_authorize_everyone()
                .rotate_refresh_tokens(),
        )
        .start()
        .await
        .unwrap();
    let world = World { org, store: super::Probe::new(), sealer: super::world::sealer() };
    let own = |secret: &str| {
        let environment = sf_auth::Environment::parse(world.org.url().as_str()).unwrap();
        let app = sf_auth::App::new(environment, "tenant-app").unwrap();
        let app = app.with_secret(secret).unwrap().with_redirect_uri(CALLBACK).unwrap();
        AppCredentials::AuthorizationCode(app)
    };
    let accounts = world.process();
    let connection = accounts.connect_with("acme", own("tenant-secret")).await.unwrap();
    let url = connection.authorization_url.unwrap();
    assert!(url.as_str().contains("client_id=tenant-app"));
    let callback = approve(&world.org, world.org.username(), &url).await;
    world.process().finish(&callback).await.unwrap();
    let session = world.process().credentials("acme").session().await.unwrap();
    assert!(world.accepts(&session).await);

    // A new secret of the same app is taken over; another app is not.
    let connection = accounts.connect_with("acme", own("another-secret")).await.unwrap();
    assert_eq!(connection.status, Status::Active);
    let error = world.process().credentials("acme").session().await.unwrap_err();
    assert!(matches!(error, Error::Account(AccountError::NeedsAdmin { .. })), "{error}");
    accounts.connect_with("acme", own("tenant-secret")).await.unwrap();
    let session = world.process().credentials("acme").session().await.unwrap();
    assert!(world.accepts(&session).await);
    let other = client(&world.org, world.org.client_secret());
    let error = accounts.connect_with("acme", other).await.unwrap_err();
    assert!(matches!(error, Error::Account(AccountError::OtherCredentials { .. })), "{error}");
}
