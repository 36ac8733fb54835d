//! No secret in Debug output, in errors, or in what causes them.

use sf_auth::transport::Transport;
use sf_auth::{
    ClientCredentials, Credentials, Flow, JwtBearer, PrivateKey, StaticCredentials, TokenBroker,
};
use sf_emulator::Emulator;

/// An error with everything that stands behind it.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = format!("{error} {error:?}");
    let mut source = error.source();
    while let Some(inner) = source {
        text.push_str(&format!(" {inner} {inner:?}"));
        source = inner.source();
    }
    text
}

#[tokio::test]
async fn debug_and_errors_hold_no_secret() {
    let org = Emulator::start().await.unwrap();
    let transport = Transport::new().unwrap();
    let pem = org.jwt_private_key_pem().unwrap();
    let key = PrivateKey::from_pem(pem).unwrap();
    let jwt =
        JwtBearer::new(org.url().as_str(), org.client_id(), org.username(), key.clone()).unwrap();
    let wrong =
        ClientCredentials::new(org.url().as_str(), org.client_id(), "hunter2-secret").unwrap();
    let fixed = StaticCredentials::new(org.url().as_str(), "00D!hunter2-token").unwrap();
    let broker = TokenBroker::new(jwt.clone(), transport.clone());
    let session = broker.session().await.unwrap();
    let token = sf_auth::ExposeSecret::expose_secret(session.access_token()).to_owned();

    let fixed_session = fixed.session().await.unwrap();
    let texts = [
        format!(
            "{key:?} {jwt:?} {jwt:#?} {wrong:?} {wrong:#?} {fixed:?} {broker:?} {session:?} {transport:?}"
        ),
        chain(&wrong.grant(&transport).await.unwrap_err()),
        chain(&fixed.refresh(&fixed_session).await.unwrap_err()),
        chain(&broker.refresh(&session).await.unwrap_err()),
    ];
    let key_line = pem.lines().nth(3).unwrap();
    for text in texts {
        for secret in ["hunter2", token.as_str(), key_line] {
            assert!(!text.contains(secret), "a secret in {text}");
        }
    }
}

#[test]
fn the_password_of_a_proxy_is_not_shown() {
    let builder = || Transport::builder().proxy("http://me:hunter2@proxy.example:3128");
    let broken = Transport::builder().proxy("http://me:hunter2@:::/").build().unwrap_err();
    let text = format!("{:?} {:?} {}", builder(), builder().build().unwrap(), chain(&broken));
    assert!(!text.contains("hunter2"), "{text}");
}
