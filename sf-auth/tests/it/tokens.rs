//! What can be done with a token: refresh, introspect, revoke, ask whose it is.

use sf_auth::authorize::{Callback, Options, exchange, start};
use sf_auth::transport::Transport;
use sf_auth::{
    App, Cause, CauseClass, Credentials, Environment, Error, ExposeSecret, Flow, RefreshToken,
    SecretString, Session, TokenBroker, TokenHint, TokenResponse, discover, identity, introspect,
    refresh, revoke, userinfo,
};
use sf_emulator::{Emulator, Fault, IpRestriction, Operation};

use crate::authorize::app;
use crate::support::{Browser, Canned, org};

async fn approved(org: &Emulator, app: &App, transport: &Transport) -> TokenResponse {
    let begun = start(app, &Options::default()).unwrap();
    let back = Browser::new(org).decide(begun.url.as_str(), org, "allow").await;
    let code = Callback::parse(&back).unwrap().code;
    exchange(transport, app, &code, &begun.verifier).await.unwrap()
}

fn class(error: &Error) -> CauseClass {
    match error {
        Error::Grant { cause, .. } => cause.class(),
        _ => panic!("{error}"),
    }
}

#[tokio::test]
async fn a_refresh_token_that_is_kept() {
    let org = org(|org| org).await;
    let (transport, app) = (Transport::new().unwrap(), app(&org));
    let token = approved(&org, &app, &transport).await.refresh_token.unwrap();
    let again = refresh(&transport, &app, &token).await.unwrap();
    assert!(again.refresh_token.is_none());
    assert_eq!(again.session.user_id(), Some(org.user_id()));

    // A stored token resumes a session with one request and no other grant.
    org.clear_requests();
    let flow = RefreshToken::new(app.clone(), token.clone()).unwrap();
    let broker = TokenBroker::new(flow, transport.clone());
    broker.session().await.unwrap();
    assert_eq!(org.requests().len(), 1);

    revoke(&transport, app.environment(), &token).await.unwrap();
    let dead = refresh(&transport, &app, &token).await.unwrap_err();
    assert_eq!(class(&dead), CauseClass::Dead);
    insta::assert_snapshot!(dead, @"Salesforce refused the login: invalid_grant: expired access/refresh token. The refresh token is dead (revoked, aged out, pushed out by newer approvals, or of a sandbox that was refreshed): the user must approve the app again.");
}

#[tokio::test]
async fn a_refresh_token_that_rotates() {
    let org = org(|org| org.default_app(sf_emulator::ConnectedApp::rotate_refresh_tokens)).await;
    let (transport, app) = (Transport::new().unwrap(), app(&org));
    let first = approved(&org, &app, &transport).await.refresh_token.unwrap();
    let flow = RefreshToken::new(app.clone(), first.clone()).unwrap();
    for _ in 0..3 {
        flow.grant(&transport).await.unwrap();
    }
    assert_ne!(flow.current().expose_secret(), first.expose_secret());
    // The first one again ends all of them.
    let dead = refresh(&transport, &app, &first).await.unwrap_err();
    assert_eq!(class(&dead), CauseClass::Dead);
    assert_eq!(class(&flow.grant(&transport).await.unwrap_err()), CauseClass::Dead);
}

/// What is said of a refresh that failed decides what becomes of an account.
#[tokio::test]
async fn failed_refreshes_are_told_apart() {
    let org = org(|org| org).await;
    let (transport, app) = (Transport::new().unwrap(), app(&org));
    let token = approved(&org, &app, &transport).await.refresh_token.unwrap();
    let html = || Fault::reply(200, "text/html", "<html>Please wait</html>").on(Operation::Token);
    for (fault, lost, retryable) in [
        (Fault::unavailable_html().on(Operation::Token), false, true),
        (Fault::dropped_connection().on(Operation::Token), true, true),
        (Fault::lost_answer().on(Operation::Token), true, true),
        (Fault::cut_body().on(Operation::Token), true, true),
        (html(), true, false),
        (Fault::reply(302, "text/html", "").on(Operation::Token), false, false),
        (Fault::token_error("invalid_grant", "words of a later release"), false, false),
    ] {
        org.faults().push(fault);
        let error = refresh(&transport, &app, &token).await.unwrap_err();
        assert_eq!((error.is_lost_answer(), error.is_retryable()), (lost, retryable), "{error}");
    }
    org.access().restrict_ip(IpRestriction::Login);
    assert_eq!(class(&refresh(&transport, &app, &token).await.unwrap_err()), CauseClass::Admin);
    org.access().restrict_ip(IpRestriction::None);
    org.access().lock_user(org.user_id());
    assert_eq!(class(&refresh(&transport, &app, &token).await.unwrap_err()), CauseClass::Admin);
    org.access().unlock_user(org.user_id());
    assert!(refresh(&transport, &app, &token).await.is_ok(), "none of this killed it");
    org.shutdown().await;
    let error = refresh(&transport, &app, &token).await.unwrap_err();
    assert!(!error.is_lost_answer() && error.is_retryable(), "nothing was sent: {error}");
}

#[tokio::test]
async fn introspection() {
    let org = org(|org| org).await;
    let (transport, app) = (Transport::new().unwrap(), app(&org));
    let granted = approved(&org, &app, &transport).await;
    let token = granted.session.access_token();
    let told = introspect(&transport, &app, token, TokenHint::Access).await.unwrap();
    assert!(told.active && told.scope.unwrap().has_api());
    assert_eq!(told.username.as_deref(), Some(org.username()));
    let life = told.exp.unwrap().duration_since(told.iat.unwrap());
    assert_eq!(life.as_secs(), 7200, "the session timeout");

    let token = granted.refresh_token.unwrap();
    let told = introspect(&transport, &app, &token, TokenHint::Refresh).await.unwrap();
    assert!(told.active && told.exp.is_none());
    assert_eq!(told.token_type.as_deref(), Some("refresh_token"));
    let nobody = SecretString::from("nobody's");
    let told = introspect(&transport, &app, &nobody, TokenHint::Refresh).await.unwrap();
    assert!(!told.active && told.username.is_none());

    let public = App::new(app.environment().clone(), app.client_id()).unwrap();
    let error = introspect(&transport, &public, &token, TokenHint::Refresh).await.unwrap_err();
    insta::assert_snapshot!(error, @"introspection needs the client secret of the app; set it");
    org.faults().push(Fault::unavailable().on(Operation::Identity));
    let error = introspect(&transport, &app, &token, TokenHint::Refresh).await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
}

#[tokio::test]
async fn an_app_that_may_not_introspect() {
    let org = org(|org| org.default_app(sf_emulator::ConnectedApp::without_introspection)).await;
    let token = SecretString::from("t");
    let error = introspect(&Transport::new().unwrap(), &app(&org), &token, TokenHint::Access)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Grant { cause: Cause::IntrospectionNotAllowed, .. }), "{error}");
}

#[tokio::test]
async fn revocation_takes_all_that_belongs_together() {
    let org = org(|org| org).await;
    let (transport, app) = (Transport::new().unwrap(), app(&org));
    let granted = approved(&org, &app, &transport).await;
    let token = granted.refresh_token.unwrap();
    org.faults().push(Fault::dropped_connection().on(Operation::Identity));
    assert!(revoke(&transport, app.environment(), &token).await.unwrap_err().is_lost_answer());
    revoke(&transport, app.environment(), granted.session.access_token()).await.unwrap();
    let told = introspect(&transport, &app, &token, TokenHint::Refresh).await.unwrap();
    assert!(!told.active);
    // What is dead already is as good as revoked.
    revoke(&transport, app.environment(), &token).await.unwrap();

    org.faults().push(Fault::reply(200, "text/html", "<html>").on(Operation::Identity));
    assert!(revoke(&transport, app.environment(), &token).await.is_err());
    let canned = Canned::start(vec![(400, "text/plain", "error=invalid_request".to_owned())]).await;
    let there = Environment::parse(&canned.url).unwrap();
    let error = revoke(&transport, &there, &token).await.unwrap_err();
    assert!(matches!(error, Error::Grant { cause: Cause::InvalidRequest, .. }), "{error}");
}

#[tokio::test]
async fn whose_a_session_is() {
    let org = org(|org| org).await;
    let (transport, app) = (Transport::new().unwrap(), app(&org));
    let session = approved(&org, &app, &transport).await.session;
    let info = userinfo(&transport, &session).await.unwrap();
    assert_eq!((&*info.user_id, &*info.organization_id), (org.user_id(), org.org_id()));
    assert_eq!(info.preferred_username.as_deref(), Some(org.username()));
    assert!(info.other.contains_key("urls"));
    let who = identity(&transport, &session).await.unwrap();
    assert_eq!(who.username.as_deref(), Some(org.username()));
    assert!(
        who.urls["rest"].as_str().unwrap().ends_with("/services/data/v68.0/"),
        "{:?}",
        who.urls
    );

    let nameless = Session::new(org.url().clone(), org.issue_token());
    insta::assert_snapshot!(identity(&transport, &nameless).await.unwrap_err(), @"the session does not say whose it is; ask userinfo instead");
    org.expire_sessions();
    let error = userinfo(&transport, &session).await.unwrap_err();
    assert!(matches!(error, Error::Resource { cause: Cause::SessionExpired, status: 403, .. }));
    let text = error.to_string().replace(org.url().as_str(), "https://acme.my.salesforce.com/");
    insta::assert_snapshot!(text, @"https://acme.my.salesforce.com/services/oauth2/userinfo refused the session (HTTP 403): Bad_OAuth_Token. The session has ended: log in again. If it is new, check the login IP ranges and that the instance URL belongs to this org.");
    org.faults().push(Fault::reply(403, "text/html", "<html>blocked").on(Operation::Identity));
    let error = identity(&transport, &session).await.unwrap_err();
    assert!(matches!(error, Error::Resource { cause: Cause::Unknown, .. }), "{error}");
}

#[tokio::test]
async fn what_a_login_address_says_of_itself() {
    let org = org(|org| org).await;
    let transport = Transport::new().unwrap();
    let here = Environment::parse(org.url().as_str()).unwrap();
    let found = discover(&transport, &here).await.unwrap();
    assert_eq!(found.token_endpoint.as_str(), here.token_endpoint());
    assert!(found.scopes_supported.iter().any(|scope| scope == "api"));
    let page = Canned::start(vec![(200, "text/html", "<html>hello</html>".to_owned())]).await;
    let there = Environment::parse(&page.url).unwrap();
    let error = discover(&transport, &there).await.unwrap_err();
    insta::assert_snapshot!(error.to_string().replace(&page.url, "https://www.example.com"), @"https://www.example.com/.well-known/openid-configuration answered HTTP 200 with no discovery document in JSON; check that the login URL is a Salesforce address");
}
