//! How far a request came, told by the transport.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use sf_auth::transport::{TotalTimeout, Transport, TransportError, TransportErrorKind};
use sf_emulator::{Emulator, Fault};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::closed_port;

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

/// How the exchange fails, before or in its body.
async fn ends(transport: &Transport, request: Request<Bytes>) -> TransportErrorKind {
    match transport.send(request).await {
        Ok(response) => response.into_body().bytes(1 << 20).await.unwrap_err().kind(),
        Err(error) => error.kind(),
    }
}

/// A byte now and then is no silence, and would go on for hours.
#[tokio::test]
async fn a_body_that_trickles_has_an_end() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            tokio::spawn(async move {
                let _ = socket.read(&mut [0; 4096]).await;
                let _ =
                    socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n").await;
                // What is tested is time itself: bytes that come now and then.
                while socket.write_all(b"x").await.is_ok() {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            });
        }
    });
    let request = || Request::get(&url).body(Bytes::new()).unwrap();
    let tick = Duration::from_millis(1);
    let impatient = Transport::builder()
        .response_timeout(Duration::from_secs(60))
        .total_timeout(Duration::from_millis(200))
        .build()
        .unwrap();
    assert_eq!(ends(&impatient, request()).await, TransportErrorKind::Timeout);

    // One request may be given another limit, in place of all others.
    let strict = Transport::builder()
        .response_timeout(tick)
        .read_timeout(tick)
        .total_timeout(tick)
        .build()
        .unwrap();
    assert_eq!(ends(&strict, request()).await, TransportErrorKind::Timeout);
    let mut longer = request();
    longer.extensions_mut().insert(TotalTimeout(Duration::from_secs(60)));
    let mut body = strict.send(longer).await.unwrap().into_body();
    for _ in 0..3 {
        assert!(body.chunk().await.unwrap().is_some());
    }
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
    let (_nobody, port) = closed_port();
    let request = Request::get(format!("http://127.0.0.1:{port}")).body(Bytes::new()).unwrap();
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
    let transport = Transport::builder()
        .response_timeout(endless)
        .read_timeout(endless)
        .total_timeout(endless)
        .build()
        .unwrap();
    limits(&org, &transport, None).await.unwrap();
    limits(&org, &transport, Some(endless)).await.unwrap();
}
