//! No secret in Debug output, in errors, or in what causes them.

#![allow(deprecated, reason = "the old logins are tested until the platform ends them")]

use std::fmt::Debug;
use std::time::Duration;

use sf_auth::authorize::{Callback, Options, exchange, start};
use sf_auth::device;
use sf_auth::password::{SoapLogin, UsernamePassword};
use sf_auth::sfdx::SfdxAuthUrl;
use sf_auth::token_exchange::{self, SubjectToken, SubjectTokenType};
use sf_auth::transport::Transport;
use sf_auth::{
    App, ClientCredentials, Credentials, Environment, Error, ExposeSecret, Flow, JwtBearer,
    PrivateKey, RefreshToken, SecretString, StaticCredentials, TokenBroker, TokenHint, introspect,
    refresh, revoke, userinfo,
};
use sf_emulator::{Fault, Operation};

use crate::authorize::app;
use crate::support::{Browser, Canned, chain, org};

/// Every secret that the tests below put somewhere has this in it.
const MARK: &str = "hunter2";

fn marked(name: &str) -> SecretString {
    SecretString::from(format!("{MARK}-{name}"))
}

#[track_caller]
fn shows_nothing(what: &(impl Debug + ?Sized)) {
    let text = format!("{what:?} {what:#?}");
    assert!(!text.contains(MARK), "a secret in {text}");
}

#[track_caller]
fn tells_nothing(error: &Error) {
    let text = chain(error);
    assert!(!text.contains(MARK), "a secret in {text}");
}

#[tokio::test]
async fn debug_and_errors_hold_no_secret() {
    let org = org(|org| org).await;
    let transport = Transport::new().unwrap();
    let pem = org.jwt_private_key_pem().unwrap();
    let key = PrivateKey::from_pem(pem).unwrap();
    let jwt =
        JwtBearer::new(org.url().as_str(), org.client_id(), org.username(), key.clone()).unwrap();
    let fixed = StaticCredentials::new(org.url().as_str(), marked("token")).unwrap();
    let broker = TokenBroker::new(jwt.clone(), transport.clone());
    let session = broker.session().await.unwrap();
    let token = session.access_token().expose_secret().to_owned();

    let fixed_session = fixed.session().await.unwrap();
    let texts = [
        format!("{key:?} {jwt:?} {jwt:#?} {fixed:?} {broker:?} {session:?} {transport:?}"),
        chain(&fixed.refresh(&fixed_session).await.unwrap_err()),
        chain(&broker.refresh(&session).await.unwrap_err()),
        chain(&userinfo(&transport, &fixed_session).await.unwrap_err()),
    ];
    let key_line = pem.lines().nth(3).unwrap();
    for text in texts {
        for secret in [MARK, token.as_str(), key_line] {
            assert!(!text.contains(secret), "a secret in {text}");
        }
    }
}

#[test]
fn every_type_that_holds_a_secret_hides_it() {
    let there = Environment::parse("https://acme.my.salesforce.com").unwrap();
    let app = App::new(there.clone(), "id")
        .unwrap()
        .with_secret(marked("secret"))
        .unwrap()
        .with_redirect_uri("http://localhost:1/cb")
        .unwrap();
    shows_nothing(&app);
    shows_nothing(&ClientCredentials::new("https://a.my.salesforce.com", "id", marked("secret")));
    shows_nothing(&RefreshToken::new(app.clone(), marked("refresh")));
    let options = Options::default().state(marked("state-0123456789abcdef"));
    shows_nothing(&options);
    let begun = start(&app, &options).unwrap();
    shows_nothing(&begun);
    assert!(!format!("{begun:?}").contains(begun.verifier.expose_secret()));
    shows_nothing(&Callback::parse("code=hunter2&state=hunter2"));
    shows_nothing(&Callback::parse("error=access_denied&state=hunter2"));
    shows_nothing(&Callback::parse("code=hunter2"));
    shows_nothing(&SubjectToken::new(SubjectTokenType::Jwt, marked("subject")));
    let (word, token) = (marked("password"), marked("security"));
    shows_nothing(&UsernamePassword::new(app, "me", &word, Some(&token)));
    shows_nothing(&SoapLogin::new(there, "me", &word, Some(&token)));
    let url = "force://id:hunter2-s:hunter2-r@acme.my.salesforce.com";
    shows_nothing(&SfdxAuthUrl::parse(&SecretString::from(url)));
    shows_nothing(&SfdxAuthUrl::parse(&SecretString::from("force://hunter2")));
    shows_nothing(&PrivateKey::from_pem("-----BEGIN PRIVATE KEY-----\nhunter2"));
    for padded in ["hunter2 ", "\nhunter2", ""] {
        shows_nothing(&ClientCredentials::new("https://a.my.salesforce.com", "id", padded));
        shows_nothing(&SubjectToken::new(SubjectTokenType::Jwt, padded));
    }
}

/// Two implementations apply to a type that can be serialized, and the call does not compile.
trait NotSerialize<Which> {
    fn holds() {}
}
impl<T: ?Sized> NotSerialize<()> for T {}
impl<T: ?Sized + serde::Serialize> NotSerialize<u8> for T {}

#[test]
fn nothing_that_holds_a_secret_can_be_serialized() {
    <SecretString as NotSerialize<_>>::holds();
    <sf_auth::Session as NotSerialize<_>>::holds();
    <sf_auth::TokenResponse as NotSerialize<_>>::holds();
    <App as NotSerialize<_>>::holds();
    <ClientCredentials as NotSerialize<_>>::holds();
    <JwtBearer as NotSerialize<_>>::holds();
    <PrivateKey as NotSerialize<_>>::holds();
    <RefreshToken as NotSerialize<_>>::holds();
    <Options as NotSerialize<_>>::holds();
    <sf_auth::authorize::Authorization as NotSerialize<_>>::holds();
    <Callback as NotSerialize<_>>::holds();
    <device::DeviceAuthorization as NotSerialize<_>>::holds();
    <SubjectToken as NotSerialize<_>>::holds();
    <UsernamePassword as NotSerialize<_>>::holds();
    <SoapLogin as NotSerialize<_>>::holds();
    <SfdxAuthUrl as NotSerialize<_>>::holds();
}

/// Whatever the other side answers, what was sent is in no error.
#[tokio::test]
async fn answers_of_every_kind_bring_no_secret_into_an_error() {
    let granted = format!(
        r#"{{"access_token":"{MARK}","refresh_token":"{MARK}","id_token":"{MARK}","scope":"openid","instance_url":"HERE"}}"#
    );
    let answers = [
        (200, granted.clone()),
        (200, granted.replace("HERE", &format!("https://{MARK}@x"))),
        (200, granted.replace("\"scope\":", "\"id\":7,\"scope\":")),
        (200, format!("<html>{MARK}")),
        (400, format!("<html>{MARK}")),
        (400, r#"{"error":"invalid_grant"}"#.to_owned()),
        (401, format!("{{\"access_token\":\"{MARK}\"}}")),
        (500, MARK.to_owned()),
    ];
    for (status, body) in answers {
        let canned = Canned::start(vec![(status, "application/json", body)]).await;
        let transport = Transport::new().unwrap();
        let there = Environment::parse(&canned.url).unwrap();
        let app = App::new(there.clone(), "id").unwrap().with_secret(marked("secret")).unwrap();
        let secret = marked("sent");
        let mut errors = Vec::new();
        match refresh(&transport, &app, &secret).await {
            Ok(granted) => shows_nothing(&granted),
            Err(error) => errors.push(error),
        }
        errors.extend(exchange(&transport, &app, &secret, &secret).await.err());
        errors.extend(introspect(&transport, &app, &secret, TokenHint::Access).await.err());
        errors.extend(revoke(&transport, &there, &secret).await.err());
        errors.extend(device::start(&transport, &app).await.err());
        let subject = SubjectToken::new(SubjectTokenType::Saml2, secret.clone()).unwrap();
        errors.extend(token_exchange::exchange(&transport, &app, &subject).await.err());
        let flow = UsernamePassword::new(app.clone(), "me", &secret, None).unwrap();
        errors.extend(flow.grant(&transport).await.err());
        let flow = SoapLogin::new(there, "me", &secret, None).unwrap();
        errors.extend(flow.grant(&transport).await.err());
        assert!(errors.len() > 2, "{status}");
        errors.iter().for_each(tells_nothing);
    }
}

#[tokio::test]
async fn what_an_org_grants_is_hidden() {
    let org = org(|org| org.device_interval(Duration::ZERO)).await;
    let (transport, app) = (Transport::new().unwrap(), app(&org));
    let begun = start(&app, &Options::default()).unwrap();
    let back = Browser::new(&org).decide(begun.url.as_str(), &org, "allow").await;
    let callback = Callback::parse(&back).unwrap();
    let granted = exchange(&transport, &app, &callback.code, &begun.verifier).await.unwrap();
    let device = device::start(&transport, &app).await.unwrap();
    org.faults().push(Fault::cut_body().on(Operation::Token));
    let lost =
        refresh(&transport, &app, granted.refresh_token.as_ref().unwrap()).await.unwrap_err();
    let again = exchange(&transport, &app, &callback.code, &begun.verifier).await.unwrap_err();
    let text = format!(
        "{granted:?} {callback:?} {begun:?} {device:?} {app:?} {} {}",
        chain(&lost),
        chain(&again)
    );
    let secrets = [
        granted.session.access_token(),
        granted.refresh_token.as_ref().unwrap(),
        &callback.code,
        &callback.state,
        &begun.verifier,
        &SecretString::from(org.client_secret()),
        &SecretString::from(device.user_code()),
    ];
    for secret in secrets {
        assert!(!text.contains(secret.expose_secret()), "a secret in {text}");
    }
}

#[test]
fn the_password_of_a_proxy_is_not_shown() {
    let builder = || Transport::builder().proxy("http://me:hunter2@proxy.example:3128");
    let broken = Transport::builder().proxy("http://me:hunter2@:::/").build().unwrap_err();
    let text = format!("{:?} {:?} {}", builder(), builder().build().unwrap(), chain(&broken));
    assert!(!text.contains(MARK), "{text}");
}
