//! A way to a server that can be cut, closed, or made to lose answers.

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

/// What happens to connections, those that are open included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Open,
    /// Connections are cut, and new ones too.
    Closed,
    /// The server is given everything; its next answer is thrown away and the connection is cut.
    LosesTheAnswer,
    /// The server is given everything; nothing of what it answers comes through.
    Silent,
}

/// How the proxy speaks TLS.
#[derive(Clone)]
pub(super) enum Tls {
    None,
    /// From the first byte.
    Direct(TlsAcceptor),
    /// After PostgreSQL's request for it (PostgreSQL documentation, "SSL Session Encryption").
    Negotiated(TlsAcceptor),
}

pub(super) struct Proxy {
    way: watch::Sender<Way>,
}

impl Proxy {
    /// A proxy to the server of a URL, and the same URL by way of the proxy.
    pub(super) async fn to(url: &str, tls: Tls) -> (Self, String) {
        let parsed = url::Url::parse(url).unwrap();
        let server = format!("{}:{}", parsed.host_str().unwrap(), parsed.port().unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (way, watched) = watch::channel(Way::Open);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if *watched.borrow() == Way::Closed {
                    continue;
                }
                tokio::spawn(serve(client, server.clone(), tls.clone(), watched.clone()));
            }
        });
        let port = |port: u16| format!(":{port}/");
        let url = url.replace(&port(parsed.port().unwrap()), &port(address.port()));
        (Self { way }, url)
    }

    pub(super) fn set(&self, way: Way) {
        self.way.send_replace(way);
    }
}

async fn serve(mut client: TcpStream, server: String, tls: Tls, way: watch::Receiver<Way>) {
    let Ok(server) = TcpStream::connect(server).await else { return };
    match tls {
        Tls::None => forward(client, server, way).await,
        Tls::Direct(acceptor) => {
            if let Ok(client) = acceptor.accept(client).await {
                forward(client, server, way).await;
            }
        }
        Tls::Negotiated(acceptor) => {
            let mut request = [0; 8];
            client.read_exact(&mut request).await.unwrap();
            assert_eq!(request, [0, 0, 0, 8, 4, 210, 22, 47], "the client did not ask for TLS");
            client.write_all(b"S").await.unwrap();
            if let Ok(client) = acceptor.accept(client).await {
                forward(client, server, way).await;
            }
        }
    }
}

async fn forward(
    client: impl AsyncRead + AsyncWrite,
    server: TcpStream,
    mut way: watch::Receiver<Way>,
) {
    let (mut from_client, mut to_client) = tokio::io::split(client);
    let (mut from_server, mut to_server) = server.into_split();
    let mut closing = way.clone();
    let asks = tokio::io::copy(&mut from_client, &mut to_server);
    let answers = async {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let length = from_server.read(&mut buffer).await.unwrap_or(0);
            let now = *way.borrow_and_update();
            if length == 0 || now == Way::LosesTheAnswer {
                return;
            }
            if now == Way::Open && to_client.write_all(&buffer[..length]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        _ = asks => {}
        () = answers => {}
        _ = closing.wait_for(|way| *way == Way::Closed) => {}
    }
}

/// A certificate for `localhost` and 127.0.0.1, as PEM, and who presents it.
pub(super) fn certificate() -> (String, TlsAcceptor) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()])
        .unwrap();
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())
        .unwrap();
    (made.cert.pem(), TlsAcceptor::from(Arc::new(config)))
}
