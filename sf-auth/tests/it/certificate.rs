//! JWT bearer beyond its happy case: audiences, clocks, certificates.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use sf_auth::transport::Transport;
use sf_auth::{Cause, Certificate, Error, Flow, JwtBearer, PrivateKey};
use sf_emulator::{Emulator, Fault};

use crate::support::{Canned, org};

fn key(org: &Emulator) -> PrivateKey {
    PrivateKey::from_pem(org.jwt_private_key_pem().unwrap()).unwrap()
}

/// A certificate for this key until the end of that year.
fn certificate(pem: &str, year: i32) -> String {
    let key = KeyPair::from_pem(pem).unwrap();
    let mut parameters = CertificateParams::new(["app".to_owned()]).unwrap();
    parameters.not_before = date_time_ymd(2020, 1, 2);
    parameters.not_after = date_time_ymd(year, 12, 31);
    parameters.self_signed(&key).unwrap().pem()
}

#[tokio::test]
async fn the_claims_follow_the_environment() {
    let canned = Canned::granting("").await;
    let org = org(|org| org).await;
    let transport = Transport::new().unwrap();
    let flow = JwtBearer::new(&canned.url, "3MVG9id", "me@acme.com", key(&org)).unwrap();
    let claims = || {
        let assertion = canned.field("assertion").unwrap();
        let claims = URL_SAFE_NO_PAD.decode(assertion.split('.').nth(1).unwrap()).unwrap();
        serde_json::from_slice::<serde_json::Value>(&claims).unwrap()
    };
    let begun = Timestamp::now().as_second();
    flow.grant(&transport).await.unwrap();
    let own = claims();
    assert_eq!((&own["iss"], &own["sub"]), (&"3MVG9id".into(), &"me@acme.com".into()));
    assert_eq!(own["aud"], canned.url.as_str());
    let ends = own["exp"].as_i64().unwrap();
    assert!((begun + 120..=Timestamp::now().as_second() + 120).contains(&ends), "{ends}");

    let skewed = flow.clone().with_clock_ahead(SignedDuration::from_hours(1));
    skewed.grant(&transport).await.unwrap();
    let ends = claims()["exp"].as_i64().unwrap() + 3600;
    assert!((begun + 120..=Timestamp::now().as_second() + 120).contains(&ends), "{ends}");

    flow.with_audience("https://test.salesforce.com").grant(&transport).await.unwrap();
    assert_eq!(claims()["aud"], "https://test.salesforce.com");
}

#[tokio::test]
async fn a_clock_that_is_slow_is_set_right() {
    let org = org(|org| org).await;
    let transport = Transport::new().unwrap();
    let flow =
        JwtBearer::new(org.url().as_str(), org.client_id(), org.username(), key(&org)).unwrap();
    org.advance(std::time::Duration::from_secs(3600));
    let error = flow.grant(&transport).await.unwrap_err();
    assert!(matches!(error, Error::Grant { cause: Cause::ExpiredAssertion, .. }), "{error}");
    let right = flow.with_clock_ahead(SignedDuration::from_hours(-1));
    right.grant(&transport).await.unwrap();
}

#[tokio::test]
async fn the_end_of_a_certificate_is_known_and_explains_a_refusal() {
    let org = org(|org| org).await;
    let transport = Transport::new().unwrap();
    let pem = org.jwt_private_key_pem().unwrap();
    let flow =
        JwtBearer::new(org.url().as_str(), org.client_id(), org.username(), key(&org)).unwrap();
    for (year, ends, cause) in [
        (2021, "2021-12-31T00:00:00Z", Cause::ExpiredCertificate),
        (2048, "2048-12-31T00:00:00Z", Cause::InvalidAssertion),
        (2150, "2150-12-31T00:00:00Z", Cause::InvalidAssertion),
    ] {
        let certificate = Certificate::from_pem(&certificate(pem, year)).unwrap();
        assert_eq!(certificate.not_before().to_string(), "2020-01-02T00:00:00Z");
        assert_eq!(certificate.not_after().to_string(), ends);
        assert_eq!(certificate.remaining(Timestamp::now()).is_negative(), year < 2030);
        let flow = flow.clone().with_certificate(certificate).unwrap();
        assert!(flow.certificate().is_some());
        org.faults().push(Fault::token_error("invalid_grant", "invalid assertion"));
        let error = flow.grant(&transport).await.unwrap_err();
        assert!(matches!(&error, Error::Grant { cause: told, .. } if *told == cause), "{error}");
    }
}

#[test]
fn certificates_that_cannot_be_used() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("server.crt");
    std::fs::write(&path, "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n")
        .unwrap();
    let error = Certificate::from_file(&path).unwrap_err().to_string();
    insta::assert_snapshot!(error.replace(path.to_str().unwrap(), "FILE"), @"the certificate FILE is not an X.509 certificate");
    insta::assert_snapshot!(Certificate::from_pem("x").unwrap_err(), @r#"the certificate cannot be parsed; expected PEM that begins with "-----BEGIN CERTIFICATE-----""#);
}

#[tokio::test]
async fn the_certificate_of_another_key() {
    let org = org(|org| org).await;
    let other = KeyPair::generate().unwrap();
    let pem =
        CertificateParams::new(["app".to_owned()]).unwrap().self_signed(&other).unwrap().pem();
    let flow =
        JwtBearer::new(org.url().as_str(), org.client_id(), org.username(), key(&org)).unwrap();
    let error = flow.with_certificate(Certificate::from_pem(&pem).unwrap()).unwrap_err();
    insta::assert_snapshot!(error, @"the certificate does not belong to the private key; use the pair that was made together");
}
