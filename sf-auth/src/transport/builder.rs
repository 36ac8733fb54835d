//! Settings of a [`Transport`]: timeouts, roots, proxy, or a client that exists already.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Proxy;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls_platform_verifier::Verifier;

use super::Transport;
use super::error::{TransportError, TransportErrorKind};

/// Builds a [`Transport`].
#[must_use]
pub struct TransportBuilder {
    connect_timeout: Duration,
    response_timeout: Duration,
    read_timeout: Duration,
    total_timeout: Duration,
    user_agent: String,
    roots_pem: Vec<Vec<u8>>,
    proxy: Option<String>,
    client: Option<reqwest::Client>,
}

impl Default for TransportBuilder {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            response_timeout: Duration::from_secs(120),
            read_timeout: Duration::from_secs(60),
            // The platform works on one request for up to ten minutes; most answer in seconds.
            total_timeout: Duration::from_secs(600),
            user_agent: concat!("sf-agent-connector/", env!("CARGO_PKG_VERSION")).to_owned(),
            roots_pem: Vec::new(),
            proxy: None,
            client: None,
        }
    }
}

impl TransportBuilder {
    /// Time for a connection including the TLS handshake. Default 10 s.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// Time from sending to the response headers. Default 120 s.
    pub fn response_timeout(mut self, limit: Duration) -> Self {
        self.response_timeout = limit;
        self
    }

    /// Longest silence between two pieces of a body. Default 60 s.
    pub fn read_timeout(mut self, limit: Duration) -> Self {
        self.read_timeout = limit;
        self
    }

    /// Time for one whole exchange, from sending to the last byte of the body, however steadily it
    /// arrives. Default 600 s. For one request alone, see [`TotalTimeout`](super::TotalTimeout).
    pub fn total_timeout(mut self, limit: Duration) -> Self {
        self.total_timeout = limit;
        self
    }

    /// The `User-Agent` header.
    pub fn user_agent(mut self, text: impl Into<String>) -> Self {
        self.user_agent = text.into();
        self
    }

    /// Trusts the certificates of a PEM text, besides those of the operating system.
    pub fn root_certificate_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.roots_pem.push(pem.into());
        self
    }

    /// Sends everything through this proxy (`http://host:port`) instead of the system's, which is
    /// used for all but loopback addresses.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = Some(url.into());
        self
    }

    /// Uses an existing client, so that its connections, roots and proxy are shared. The settings
    /// for connecting, roots, proxy and user agent given here are then ignored. The client must
    /// have been built with `redirect::Policy::none()`, since a redirect can carry a secret to
    /// another place; an answer that came by a redirect is an error
    /// ([`TransportErrorKind::Redirected`]).
    pub fn client(mut self, client: reqwest::Client) -> Self {
        self.client = Some(client);
        self
    }

    /// Builds the transport.
    ///
    /// # Errors
    /// [`TransportErrorKind::Setup`] if a certificate or the proxy URL cannot be used, or TLS
    /// cannot be set up.
    pub fn build(self) -> Result<Transport, TransportError> {
        let (client, loopback) = match self.client.clone() {
            Some(client) => (client, None),
            None => self.build_clients()?,
        };
        Ok(Transport {
            client,
            loopback,
            response_timeout: self.response_timeout,
            read_timeout: self.read_timeout,
            total_timeout: self.total_timeout,
        })
    }
}

impl TransportBuilder {
    /// The client for everything, and one for loopback, unless a proxy was asked for by name.
    fn build_clients(&self) -> Result<(reqwest::Client, Option<reqwest::Client>), TransportError> {
        let mut tls = client_config(&self.roots_pem)?;
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        if let Some(url) = &self.proxy {
            let proxy = Proxy::all(url).map_err(|e| setup(e.without_url()))?;
            return Ok((self.client_builder(tls).proxy(proxy).build().map_err(setup)?, None));
        }
        let loopback = self.client_builder(tls.clone()).no_proxy().build().map_err(setup)?;
        Ok((self.client_builder(tls).build().map_err(setup)?, Some(loopback)))
    }

    fn client_builder(&self, tls: rustls::ClientConfig) -> reqwest::ClientBuilder {
        reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .connect_timeout(self.connect_timeout)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(&self.user_agent)
            .gzip(true)
    }
}

/// TLS with aws-lc-rs named explicitly: a second backend anywhere in the program would make
/// rustls's own choice of a provider fail. The certificates given are trusted besides the system's.
pub(crate) fn client_config(roots_pem: &[Vec<u8>]) -> Result<rustls::ClientConfig, TransportError> {
    let mut extra = Vec::new();
    for pem in roots_pem {
        let before = extra.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            extra.push(certificate.map_err(|e| setup(BadRoot(e.to_string())))?);
        }
        if extra.len() == before {
            return Err(setup(BadRoot("it holds no CERTIFICATE block".to_owned())));
        }
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(setup)?;
    match Verifier::new_with_extra_roots(extra.iter().cloned(), provider) {
        Ok(verifier) => Ok(builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth()),
        // A system without root certificates (a bare container) can still reach an embedded
        // org over plain http; https then fails at the handshake, which says why.
        Err(_) if extra.is_empty() => {
            Ok(builder.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth())
        }
        Err(e) => Err(setup(e)),
    }
}

/// Without the proxy, whose URL can hold a password.
impl fmt::Debug for TransportBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportBuilder")
            .field("connect_timeout", &self.connect_timeout)
            .field("response_timeout", &self.response_timeout)
            .field("read_timeout", &self.read_timeout)
            .field("total_timeout", &self.total_timeout)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, thiserror::Error)]
#[error("a root certificate given in PEM cannot be used: {0}")]
struct BadRoot(String);

fn setup(error: impl std::error::Error + Send + Sync + 'static) -> TransportError {
    TransportError::new(TransportErrorKind::Setup, "", error)
}
