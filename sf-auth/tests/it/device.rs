//! The device flow, from the code on the device to its session.

use std::time::Duration;

use sf_auth::device::{poll, start};
use sf_auth::transport::Transport;
use sf_auth::{Cause, Error};
use sf_emulator::{Emulator, Fault, Operation};

use crate::authorize::app;
use crate::support::{Browser, Canned, org, pass};

async fn device_org() -> Emulator {
    org(|org| org.device_interval(Duration::ZERO)).await
}

async fn decide(org: &Emulator, url: &str, decision: &str) {
    let mut browser = Browser::new(org);
    let page = browser.get(url).await;
    let login = browser.submit(&page, &[("user_code", &code(url))]).await;
    let consent = browser.log_in(&login, org).await;
    let done = browser.submit(&consent, &[("decision", decision)]).await;
    assert_eq!(done.status, 200, "{}", done.text);
}

fn code(url: &str) -> String {
    url.split_once("user_code=").unwrap().1.to_owned()
}

#[tokio::test]
async fn a_person_connects_the_device() {
    let org = device_org().await;
    let (transport, app) = (Transport::new().unwrap(), app(&org));
    let device = start(&transport, &app).await.unwrap();
    assert_eq!(device.user_code().len(), 8);
    assert!(device.verification_uri().path().ends_with("/setup/connect"));
    let url = device.verification_uri_complete().to_string();

    let waiting = tokio::spawn({
        let (transport, app) = (transport.clone(), app.clone());
        async move { poll(&transport, &app, &device).await }
    });
    // Questions that fail in between do not end it.
    org.faults().push(Fault::unavailable_html().on(Operation::Token));
    org.faults().push(Fault::dropped_connection().on(Operation::Token));
    decide(&org, &url, "allow").await;
    let granted = waiting.await.unwrap().unwrap();
    assert_eq!(granted.session.user_id(), Some(org.user_id()));
    assert!(granted.refresh_token.is_some());
}

#[tokio::test]
async fn a_refusal_ends_it() {
    let org = device_org().await;
    let (transport, app) = (Transport::new().unwrap(), app(&org));
    let device = start(&transport, &app).await.unwrap();
    decide(&org, device.verification_uri_complete().as_str(), "deny").await;
    let error = poll(&transport, &app, &device).await.unwrap_err();
    assert!(matches!(error, Error::Grant { cause: Cause::AccessDenied, .. }), "{error}");
}

#[tokio::test]
async fn nobody_comes() {
    let org = device_org().await;
    let (transport, app) = (Transport::new().unwrap(), app(&org));
    let device = start(&transport, &app).await.unwrap().with_time_limit(Duration::from_millis(250));
    let error = poll(&transport, &app, &device).await.unwrap_err();
    insta::assert_snapshot!(error, @"the code was not entered and allowed within 250ms; start again");

    // The platform's clock says that it is over before ours does.
    let device = start(&transport, &app).await.unwrap();
    org.advance(Duration::from_secs(601));
    let error = poll(&transport, &app, &device).await.unwrap_err();
    assert!(matches!(error, Error::Grant { cause: Cause::InvalidCode, .. }), "{error}");
}

#[tokio::test]
async fn slow_down_is_heeded_and_dropping_ends_it() {
    let started = r#"{"device_code":"d","user_code":"U","verification_uri":"HERE/x","interval":0}"#;
    let slow = r#"{"error":"slow_down","error_description":"polling too frequently"}"#;
    let canned = Canned::start(vec![
        (200, "application/json", started.to_owned()),
        (400, "application/json", slow.to_owned()),
    ])
    .await;
    let transport = Transport::new().unwrap();
    let environment = sf_auth::Environment::parse(&canned.url).unwrap();
    let app = sf_auth::App::new(environment, "id").unwrap();
    let device = start(&transport, &app).await.unwrap();
    assert_eq!(canned.field("response_type").as_deref(), Some("device_code"));
    assert_eq!(canned.field("scope").as_deref(), Some("api refresh_token"));
    let polling = tokio::spawn(async move { poll(&transport, &app, &device).await });
    let asked = async |times: usize| {
        while canned.requests().len() < times {
            tokio::task::yield_now().await;
        }
    };
    asked(2).await;
    assert_eq!(canned.field("grant_type").as_deref(), Some("device"));
    // At the first interval these would be many questions; they are five seconds apart now.
    for _ in 0..4 {
        pass(Duration::from_secs(1)).await;
        assert_eq!(canned.requests().len(), 2);
    }
    // Its answer may not have been read before time passed: then the five seconds begin now.
    for _ in 0..60 {
        pass(Duration::from_secs(1)).await;
    }
    asked(3).await;
    polling.abort();
    assert!(polling.await.unwrap_err().is_cancelled());
    let before = canned.requests().len();
    pass(Duration::from_secs(300)).await;
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(canned.requests().len(), before);
}
