//! How far a request came, told by the transport.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use sf_auth::transport::{TotalTimeout, Transport, TransportError, TransportErrorKind};
use sf_emulator::{Emulator, Fault};

async fn limits(
    org: &Emulator,
    transport: &Transport,
    total: Option<Duration>,
) -> Result<Bytes, TransportError> {
    let mut request = Request::get(format!("{}services/data/v66.0/limits", org.url()))
        .header("authorization", format!("Bearer {}", org.issue_token()))
        .body(Bytes::new())
        .unwrap();
    if let Some(total) = total {
        request.extensions_mut().insert(TotalTimeout(total));
    }
    transport.send(request).await?.into_body().bytes(1 << 20).await
}

#[tokio::test]
async fn each_fault_has_its_kind() {
    let org = Emulator::start().await.unwrap();
    let transport = Transport::new().unwrap();
    assert!(!limits(&org, &transport, None).await.unwrap().is_empty());
    for (fault, kind) in [
        (Fault::dropped_connection(), TransportErrorKind::Interrupted),
        (Fault::cut_body(), TransportErrorKind::BodyCut),
        (Fault::cut_chunked_body(), TransportErrorKind::BodyCut),
    ] {
        org.faults().push(fault);
        let error = limits(&org, &transport, None).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(!error.never_sent() && error.is_retryable());
    }
    org.faults().push(Fault::latency(Duration::from_secs(30)));
    let error = limits(&org, &transport, Some(Duration::from_millis(50))).await.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::Timeout);

    let patient = Transport::builder().response_timeout(Duration::from_millis(50)).build().unwrap();
    org.faults().push(Fault::latency(Duration::from_secs(30)));
    assert_eq!(limits(&org, &patient, None).await.unwrap_err().kind(), TransportErrorKind::Timeout);
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let org = Emulator::start().await.unwrap();
    let request =
        |path: &str| Request::get(format!("{}{path}", org.url())).body(Bytes::new()).unwrap();
    org.faults().push(Fault::reply(302, "text/html", "").path_prefix("/services/data"));
    let response = Transport::new().unwrap().send(request("services/data")).await.unwrap();
    assert_eq!(response.status(), 302);
    assert_eq!(org.requests().len(), 1);
}

#[tokio::test]
async fn nothing_is_sent_to_a_closed_port() {
    let org = Emulator::start().await.unwrap();
    let url = org.url().to_string();
    org.shutdown().await;
    let request = Request::get(url).body(Bytes::new()).unwrap();
    let error = Transport::new().unwrap().send(request).await.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::Connect);
    assert!(error.never_sent());
}

#[test]
fn settings_that_cannot_work_are_told_at_once() {
    for builder in [
        Transport::builder().root_certificate_pem("no certificate"),
        Transport::builder()
            .root_certificate_pem("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----"),
        Transport::builder().proxy("::"),
    ] {
        assert_eq!(builder.build().unwrap_err().kind(), TransportErrorKind::Setup);
    }
}

#[tokio::test]
async fn endless_timeouts_do_not_overflow() {
    let org = Emulator::start().await.unwrap();
    let endless = Duration::MAX;
    let transport =
        Transport::builder().response_timeout(endless).read_timeout(endless).build().unwrap();
    limits(&org, &transport, None).await.unwrap();
    limits(&org, &transport, Some(endless)).await.unwrap();
}
