//! Every flow that is one request: what it gives, and how it ends when the answer is a refusal, a
//! page, or none at all.

#![allow(deprecated, reason = "the old logins are tested until the platform ends them")]

use async_trait::async_trait;
use sf_auth::password::{SoapLogin, UsernamePassword};
use sf_auth::token_exchange::{SubjectToken, SubjectTokenType, exchange};
use sf_auth::transport::{Transport, TransportErrorKind};
use sf_auth::{
    App, Cause, ClientCredentials, Environment, Error, ErrorKind, Flow, JwtBearer, PrivateKey,
    Scopes, SecretString, Session,
};
use sf_emulator::{Emulator, Fault, Operation};

use crate::authorize::app;
use crate::support::{Canned, org};

/// A token exchange as a flow, so that all can stand in one table.
struct Exchange(App, SubjectToken);

#[async_trait]
impl Flow for Exchange {
    async fn grant(&self, transport: &Transport) -> Result<Session, Error> {
        Ok(exchange(transport, &self.0, &self.1).await?.session)
    }
}

fn idp(token: &str) -> SubjectToken {
    SubjectToken::new(SubjectTokenType::Jwt, token).unwrap()
}

fn environment(org: &Emulator) -> Environment {
    Environment::parse(org.url().as_str()).unwrap()
}

fn password(org: &Emulator, password: &str) -> (UsernamePassword, SoapLogin) {
    let (word, token) = (SecretString::from(password), SecretString::from(org.security_token()));
    let flow = UsernamePassword::new(app(org), org.username(), &word, Some(&token)).unwrap();
    (flow, SoapLogin::new(environment(org), org.username(), &word, Some(&token)).unwrap())
}

fn flows(org: &Emulator) -> Vec<(&'static str, Box<dyn Flow>)> {
    let url = org.url().as_str();
    let key = PrivateKey::from_pem(org.jwt_private_key_pem().unwrap()).unwrap();
    let (with_password, soap) = password(org, org.password());
    vec![
        (
            "client credentials",
            Box::new(ClientCredentials::new(url, org.client_id(), org.client_secret()).unwrap()),
        ),
        (
            "JWT bearer",
            Box::new(JwtBearer::new(url, org.client_id(), org.username(), key).unwrap()),
        ),
        ("username-password", Box::new(with_password)),
        ("SOAP login", Box::new(soap)),
    ]
}

#[tokio::test]
async fn each_gives_a_session_and_tells_its_failures_apart() {
    let org = org(|org| org).await;
    let transport = Transport::new().unwrap();
    let page = |status| Fault::reply(status, "text/html", "<html><p>Please wait</html>");
    for (name, flow) in flows(&org) {
        let session = flow.grant(&transport).await.unwrap();
        assert_eq!(session.user_id(), Some(org.user_id()), "{name}");
        assert_eq!(session.instance_url(), org.url(), "{name}");
        for (fault, kind, lost) in [
            (Fault::token_error("invalid_grant", "inactive user"), ErrorKind::Refused, false),
            (Fault::dropped_connection().on(Operation::Token), ErrorKind::Unavailable, true),
            (Fault::lost_answer().on(Operation::Token), ErrorKind::Unavailable, true),
            (Fault::cut_body().on(Operation::Token), ErrorKind::Unavailable, true),
            (Fault::unavailable_html().on(Operation::Token), ErrorKind::Unavailable, false),
            (page(200).on(Operation::Token), ErrorKind::Protocol, true),
            (page(404).on(Operation::Token), ErrorKind::Protocol, false),
            (page(302).on(Operation::Token), ErrorKind::Protocol, false),
        ] {
            org.faults().push(fault);
            let error = flow.grant(&transport).await.unwrap_err();
            assert_eq!((error.kind(), error.is_lost_answer()), (kind, lost), "{name}: {error}");
        }
        assert!(flow.grant(&transport).await.is_ok(), "{name}");
    }
}

#[tokio::test]
async fn wrong_passwords_are_refused_in_the_words_of_each() {
    let org = org(|org| org).await;
    let transport = Transport::new().unwrap();
    let (flow, soap) = password(&org, "hunter2");
    insta::assert_snapshot!(flow.grant(&transport).await.unwrap_err(), @"Salesforce refused the login: invalid_grant: authentication failure. Name, password or security token is wrong, the user is inactive, or this flow or address is blocked: see the user's login history. The user name must have no white space around it, and in a sandbox it ends in the sandbox's name.");
    insta::assert_snapshot!(soap.grant(&transport).await.unwrap_err(), @"Salesforce refused the login: INVALID_LOGIN: Invalid username, password, security token; or user locked out. Name, password or security token is wrong, the user is inactive, or this flow or address is blocked: see the user's login history. The user name must have no white space around it, and in a sandbox it ends in the sandbox's name.");

    let login = |name: &str, word: &str, token: Option<&SecretString>| {
        SoapLogin::new(environment(&org), name, &SecretString::from(word), token)
    };
    let without = login(org.username(), org.password(), None).unwrap();
    let error = without.grant(&transport).await.unwrap_err();
    assert!(matches!(error, Error::Grant { cause: Cause::SecurityTokenRequired, .. }), "{error}");
    insta::assert_snapshot!(login("me@acme.com ", "x", None).unwrap_err(), @"the user name begins or ends with white space; remove it");
    assert!(login("me@acme.com", "", None).is_err());

    // What could end the element is escaped.
    let token = SecretString::from("]]></urn:password>");
    let odd =
        login("<a>&\"'", "&amp;<", Some(&token)).unwrap().grant(&transport).await.unwrap_err();
    assert!(matches!(odd, Error::Grant { cause: Cause::AuthenticationFailure, .. }), "{odd}");
}

#[tokio::test]
async fn a_soap_session_says_how_long_it_lives() {
    let org = org(|org| org).await;
    let (_, soap) = password(&org, org.password());
    let session = soap.grant(&Transport::new().unwrap()).await.unwrap();
    assert_eq!(session.lifetime().unwrap().as_secs(), 7200);
    assert_eq!(session.org_id(), Some(org.org_id()));
}

#[tokio::test]
async fn an_expired_password_opens_nothing() {
    let body = "<e:Envelope xmlns:e=\"x\"><result><passwordExpired>true</passwordExpired>\
                <serverUrl>HERE/services/Soap/u/64.0/00D</serverUrl><sessionId>s</sessionId></result></e:Envelope>";
    let canned = Canned::start(vec![(200, "text/xml", body.to_owned())]).await;
    let there = Environment::parse(&canned.url).unwrap();
    let flow = SoapLogin::new(there, "me@acme.com", &SecretString::from("x"), None).unwrap();
    let error = flow.grant(&Transport::new().unwrap()).await.unwrap_err();
    assert!(matches!(error, Error::Grant { cause: Cause::PasswordExpired, .. }), "{error}");
}

#[tokio::test]
async fn a_token_is_exchanged() {
    let org = exchanging_org().await;
    let transport = Transport::new().unwrap();
    let granted = exchange(&transport, &app(&org), &idp("of-the-idp")).await.unwrap();
    assert_eq!(granted.session.user_id(), Some(org.user_id()));
    assert!(granted.refresh_token.is_some());

    let error = exchange(&transport, &app(&org), &idp("of-another")).await.unwrap_err();
    assert!(matches!(error, Error::Grant { cause: Cause::InvalidSubjectToken, .. }), "{error}");
    let flow = Exchange(app(&org), idp("of-the-idp"));
    org.faults().push(Fault::lost_answer().on(Operation::Token));
    assert!(flow.grant(&transport).await.unwrap_err().is_lost_answer());
    org.faults().push(Fault::unavailable_html().on(Operation::Token));
    assert!(flow.grant(&transport).await.unwrap_err().is_retryable());

    let generic = app(&org).at(Environment::parse("https://login.salesforce.com").unwrap());
    let error = exchange(&transport, &generic, &idp("of-the-idp")).await.unwrap_err();
    insta::assert_snapshot!(error, @"token exchange is not served at https://login.salesforce.com; use the org's My Domain, for example https://acme.my.salesforce.com");

    let canned = Canned::granting(r#","scope":"api""#).await;
    let there = app(&org).at(Environment::parse(&canned.url).unwrap()).with_scopes(Scopes::api());
    exchange(&transport, &there, &idp("x").with_handler("MyHandler")).await.unwrap();
    assert_eq!(canned.field("token_handler").as_deref(), Some("MyHandler"));
    assert_eq!(canned.field("scope").as_deref(), Some("api"));
}

async fn exchanging_org() -> Emulator {
    // Which name the administrator has is known once an org runs; it is the same for all.
    let username = org(|org| org).await.username().to_owned();
    org(|org| {
        org.default_app(|app| {
            app.token_exchange(move |token, kind| {
                let known = token == "of-the-idp" && kind.ends_with(":JWT");
                known.then(|| username.clone())
            })
        })
    })
    .await
}

#[tokio::test]
async fn a_session_without_api_is_told_at_once() {
    let canned = Canned::granting(r#","scope":"id openid""#).await;
    let transport = Transport::new().unwrap();
    let flow = ClientCredentials::new(&canned.url, "id", "secret").unwrap();
    let error = flow.grant(&transport).await.unwrap_err();
    assert!(matches!(error, Error::MissingScope { missing: "api", .. }), "{error}");
    let other = flow.with_required_scopes(Scopes::none());
    assert!(other.grant(&transport).await.is_ok());
}

#[tokio::test]
async fn redirects_of_a_client_that_follows_them_are_an_error() {
    let canned = Canned::start(vec![
        (302, "text/html", String::new()),
        (200, "application/json", r#"{"access_token":"t","instance_url":"HERE"}"#.to_owned()),
    ])
    .await;
    let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let follows = reqwest::Client::builder().tls_backend_preconfigured(tls).no_proxy();
    let follows = follows.build().unwrap();
    let transport = Transport::builder().client(follows).build().unwrap();
    let flow = ClientCredentials::new(&canned.url, "id", "secret").unwrap();
    let error = flow.grant(&transport).await.unwrap_err();
    let Error::Transport(inner) = &error else { panic!("{error}") };
    assert_eq!(inner.kind(), TransportErrorKind::Redirected);
    assert!(!error.is_retryable());
}
