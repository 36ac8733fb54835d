//! TLS with a root certificate of one's own, and without it.

use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::PrivatePkcs8KeyDer;
use sf_auth::transport::{Transport, TransportErrorKind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// A server on loopback with a certificate that nobody knows; gives its port and the certificate.
async fn server() -> (u16, String) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivatePkcs8KeyDer::from(signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key.into())
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(socket).await else { return };
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
                let _ = stream.shutdown().await;
            });
        }
    });
    (port, cert.pem())
}

fn request(port: u16) -> Request<Bytes> {
    Request::get(format!("https://localhost:{port}/")).body(Bytes::new()).unwrap()
}

#[tokio::test]
async fn a_root_certificate_of_ones_own_is_trusted() {
    let (port, pem) = server().await;
    let transport = Transport::builder().root_certificate_pem(pem).build().unwrap();
    let response = transport.send(request(port)).await.unwrap();
    assert_eq!(response.into_body().bytes(10).await.unwrap(), "ok");
}

#[tokio::test]
async fn an_unknown_certificate_is_refused_before_anything_is_sent() {
    let (port, _) = server().await;
    let error = Transport::new().unwrap().send(request(port)).await.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::Connect);
    let mut chain = format!("{error}");
    let mut source = std::error::Error::source(&error);
    while let Some(inner) = source {
        chain.push_str(&format!(": {inner}"));
        source = inner.source();
    }
    assert!(chain.contains("certificate"), "{chain}");
}
