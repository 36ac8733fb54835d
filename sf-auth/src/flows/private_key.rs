//! An RSA private key that signs assertions and is never shown.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;

use crate::Error;

/// An RSA private key of 2048 bits or more, from PEM: `PRIVATE KEY` (PKCS #8) or
/// `RSA PRIVATE KEY` (PKCS #1), not encrypted. The app in Salesforce holds its certificate.
#[derive(Clone)]
pub struct PrivateKey(Arc<KeyPair>);

impl PrivateKey {
    /// Reads a key from PEM text.
    ///
    /// # Errors
    /// [`Error::Configuration`]; the message never quotes the text.
    pub fn from_pem(pem: &str) -> Result<Self, Error> {
        parse(pem.as_bytes())
            .map_err(|reason| Error::Configuration { what: format!("the private key {reason}") })
    }

    /// Reads a key from a PEM file.
    ///
    /// # Errors
    /// [`Error::KeyFile`] with the path; the message never quotes the contents.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let failed = |reason: String| Error::KeyFile { path: path.to_owned(), reason };
        let pem = std::fs::read(path).map_err(|e| {
            failed(match e.kind() {
                std::io::ErrorKind::NotFound => {
                    "the file does not exist; give the path of the app's private key in PEM"
                        .to_owned()
                }
                _ => format!("cannot be read ({e})"),
            })
        })?;
        parse(&pem).map_err(|reason| failed(format!("the key {reason}")))
    }

    /// The public key as RFC 8017 encodes it.
    pub(crate) fn public_key(&self) -> &[u8] {
        self.0.public_key().as_ref()
    }

    /// RSASSA-PKCS1-v1_5 with SHA-256 (`RS256`).
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
            .map_err(|_| Error::Configuration { what: "the private key cannot sign".to_owned() })?;
        Ok(signature)
    }
}

fn parse(pem: &[u8]) -> Result<PrivateKey, String> {
    const EXPECTED: &str = "expected an RSA key in PEM that begins with \"-----BEGIN PRIVATE KEY-----\" or \
                            \"-----BEGIN RSA PRIVATE KEY-----\"";
    if pem.windows(9).any(|part| part == b"ENCRYPTED") {
        return Err(
            "is encrypted; decrypt it first (openssl pkcs8 -in key.pem -out plain.pem)".to_owned()
        );
    }
    let der =
        PrivateKeyDer::from_pem_slice(pem).map_err(|_| format!("cannot be parsed; {EXPECTED}"))?;
    let pair = match &der {
        PrivateKeyDer::Pkcs8(der) => KeyPair::from_pkcs8(der.secret_pkcs8_der()),
        PrivateKeyDer::Pkcs1(der) => KeyPair::from_der(der.secret_pkcs1_der()),
        _ => return Err(format!("is not an RSA key; {EXPECTED}")),
    };
    let pair = pair
        .map_err(|e| format!("is not a usable RSA key ({e}); {EXPECTED} of 2048 bits or more"))?;
    Ok(PrivateKey(Arc::new(pair)))
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey([redacted])")
    }
}
