//! The flows against the embedded org.

use sf_auth::transport::Transport;
use sf_auth::{
    Cause, ClientCredentials, Credentials, Error, ExposeSecret, Flow, JwtBearer, PrivateKey,
    TokenBroker,
};
use sf_emulator::{Emulator, Fault, Operation};

fn jwt(org: &Emulator, username: &str) -> JwtBearer {
    let key = PrivateKey::from_pem(org.jwt_private_key_pem().unwrap()).unwrap();
    JwtBearer::new(org.url().as_str(), org.client_id(), username, key).unwrap()
}

fn cause(error: &Error) -> Option<Cause> {
    match error {
        Error::Grant { cause, .. } => Some(*cause),
        _ => None,
    }
}

#[tokio::test]
async fn client_credentials() {
    let org = Emulator::start().await.unwrap();
    let transport = Transport::new().unwrap();
    let url = org.url().as_str();
    let flow = ClientCredentials::new(url, org.client_id(), org.client_secret()).unwrap();
    let session = flow.grant(&transport).await.unwrap();
    assert_eq!(session.instance_url(), org.url());
    assert_eq!(session.org_id(), Some(org.org_id()));
    assert_eq!(session.user_id(), Some(org.user_id()));
    assert!(session.issued_at().is_some());

    let wrong = ClientCredentials::new(url, org.client_id(), "wrong-secret").unwrap();
    let error = wrong.grant(&transport).await.unwrap_err();
    assert_eq!(cause(&error), Some(Cause::WrongSecret));
    insta::assert_snapshot!(error, @"Salesforce refused the login: invalid_client: invalid client credentials. The client secret is wrong: copy the consumer secret of the app again.");

    let unknown = ClientCredentials::new(url, "no-such-app", "x").unwrap();
    assert_eq!(cause(&unknown.grant(&transport).await.unwrap_err()), Some(Cause::UnknownClient));
}

#[tokio::test]
async fn jwt_bearer() {
    let org = Emulator::start().await.unwrap();
    let transport = Transport::new().unwrap();
    let session = jwt(&org, org.username()).grant(&transport).await.unwrap();
    assert_eq!(session.user_id(), Some(org.user_id()));
    assert!(!session.access_token().expose_secret().is_empty());

    let audience = jwt(&org, org.username()).with_audience("https://elsewhere.example");
    assert_eq!(cause(&audience.grant(&transport).await.unwrap_err()), Some(Cause::Audience));

    let stranger = jwt(&org, "nobody@nowhere.example").grant(&transport).await.unwrap_err();
    assert!(!stranger.is_retryable(), "{stranger}");

    // A clock that runs ahead: the assertion has expired when it arrives.
    org.advance(std::time::Duration::from_secs(3600));
    let expired = jwt(&org, org.username()).grant(&transport).await.unwrap_err();
    assert!(
        matches!(cause(&expired), Some(Cause::ExpiredAssertion | Cause::InvalidAssertion)),
        "{expired}"
    );
}

#[tokio::test]
async fn texts_of_refusals_reach_their_causes_over_the_wire() {
    let org = Emulator::start().await.unwrap();
    let transport = Transport::new().unwrap();
    for (error, description, expected) in [
        ("invalid_grant", "user hasn't approved this consumer", Cause::NotApproved),
        ("invalid_grant", "no client credentials user enabled", Cause::NoRunAsUser),
        ("invalid_app_access", "user is not admin approved to access this app", Cause::NotApproved),
    ] {
        org.faults().push(Fault::token_error(error, description));
        let refused = jwt(&org, org.username()).grant(&transport).await.unwrap_err();
        assert_eq!(cause(&refused), Some(expected), "{refused}");
        assert!(!refused.is_retryable());
    }
}

#[tokio::test]
async fn an_outage_of_the_token_endpoint_keeps_the_credentials() {
    let org = Emulator::start().await.unwrap();
    let broker = TokenBroker::new(jwt(&org, org.username()), Transport::new().unwrap());
    let first = broker.session().await.unwrap();
    first.mark_accepted();
    org.faults().push(Fault::unavailable_html().on(Operation::Token));
    org.faults().push(Fault::cut_body().on(Operation::Token));
    org.faults().push(Fault::dropped_connection().on(Operation::Token));
    for _ in 0..3 {
        let error = broker.refresh(&first).await.unwrap_err();
        assert!(error.is_retryable(), "{error}");
    }
    let renewed = broker.refresh(&first).await.unwrap();
    assert!(!renewed.is_same(&first));
}

#[tokio::test]
async fn a_closed_port_is_named() {
    let org = Emulator::start().await.unwrap();
    let flow = ClientCredentials::new(org.url().as_str(), "id", "secret").unwrap();
    let origin = org.url().origin().ascii_serialization();
    org.shutdown().await;
    let error = flow.grant(&Transport::new().unwrap()).await.unwrap_err();
    assert!(error.is_retryable());
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(
        source,
        format!(
            "cannot connect to {origin}; nothing was sent. Check the address, the network and the proxy"
        )
    );
}

#[test]
fn key_files_that_cannot_be_used_are_named_and_not_quoted() {
    let missing = PrivateKey::from_file("/no/such/server.key").unwrap_err();
    insta::assert_snapshot!(missing, @"private key file /no/such/server.key: the file does not exist; give the path of the app's private key in PEM");

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("server.key");
    let tell = |contents: &str| {
        std::fs::write(&path, contents).unwrap();
        let error = PrivateKey::from_file(&path).unwrap_err().to_string();
        assert!(error.contains(path.to_str().unwrap()), "{error}");
        assert!(!error.contains("c2VjcmV0"), "{error}");
        error.replace(path.to_str().unwrap(), "FILE")
    };
    insta::assert_snapshot!(tell("c2VjcmV0"), @r#"private key file FILE: the key cannot be parsed; expected an RSA key in PEM that begins with "-----BEGIN PRIVATE KEY-----" or "-----BEGIN RSA PRIVATE KEY-----""#);
    insta::assert_snapshot!(tell("-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n"), @r#"private key file FILE: the key is not a usable RSA key (InvalidEncoding); expected an RSA key in PEM that begins with "-----BEGIN PRIVATE KEY-----" or "-----BEGIN RSA PRIVATE KEY-----" of 2048 bits or more"#);
    insta::assert_snapshot!(tell("-----BEGIN ENCRYPTED PRIVATE KEY-----\nc2VjcmV0\n-----END ENCRYPTED PRIVATE KEY-----\n"), @"private key file FILE: the key is encrypted; decrypt it first (openssl pkcs8 -in key.pem -out plain.pem)");
    insta::assert_snapshot!(tell("-----BEGIN CERTIFICATE-----\nc2VjcmV0\n-----END CERTIFICATE-----\n"), @r#"private key file FILE: the key cannot be parsed; expected an RSA key in PEM that begins with "-----BEGIN PRIVATE KEY-----" or "-----BEGIN RSA PRIVATE KEY-----""#);
}

#[tokio::test]
async fn a_key_from_a_file_works_too() {
    let org = Emulator::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("server.key");
    std::fs::write(&path, org.jwt_private_key_pem().unwrap()).unwrap();
    let key = PrivateKey::from_file(&path).unwrap();
    let flow = JwtBearer::new(org.url().as_str(), org.client_id(), org.username(), key).unwrap();
    flow.grant(&Transport::new().unwrap()).await.unwrap();
}

/// PKCS #1 is what PKCS #8 wraps; for an RSA key of 2,048 bits the wrapping is 26 bytes.
#[tokio::test]
async fn a_key_in_the_older_form_works_too() {
    use base64::Engine;
    let org = Emulator::start().await.unwrap();
    let pem = org.jwt_private_key_pem().unwrap();
    let base64 = base64::engine::general_purpose::STANDARD;
    let text: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let der = base64.decode(text).unwrap();
    let old = format!(
        "-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----\n",
        base64.encode(&der[26..])
    );
    let key = PrivateKey::from_pem(&old).unwrap();
    let flow = JwtBearer::new(org.url().as_str(), org.client_id(), org.username(), key).unwrap();
    flow.grant(&Transport::new().unwrap()).await.unwrap();
}
