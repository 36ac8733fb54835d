//! RSA keys: of the JWT bearer flow, and the one that signs id tokens.

use std::sync::OnceLock;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize, PublicKey};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::DecodingKey;

use crate::error::Error;

/// A key pair for tests and demos.
pub(crate) struct ProcessKey {
    pub(crate) private_pem: String,
    pub(crate) public: DecodingKey,
}

/// The one key pair of this process, made on first use: making it takes longer
/// than starting an org does.
pub(crate) fn process_key() -> Result<&'static ProcessKey, Error> {
    static KEY: OnceLock<ProcessKey> = OnceLock::new();
    if let Some(key) = KEY.get() {
        return Ok(key);
    }
    let made =
        make().map_err(|_| Error::Key("the machine could not make an RSA key".to_owned()))?;
    Ok(KEY.get_or_init(|| made))
}

/// The key that signs id tokens.
pub(crate) struct SigningKey {
    pair: KeyPair,
    /// `kid` of the key set.
    pub(crate) id: String,
    /// Big-endian, without leading zeros.
    pub(crate) modulus: Vec<u8>,
    pub(crate) exponent: Vec<u8>,
}

impl SigningKey {
    /// An RS256 signature.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
            .map_err(|_| Error::Key("the machine could not sign".to_owned()))?;
        Ok(signature)
    }
}

/// The one signing key of this process, made on first use.
pub(crate) fn signing_key() -> Result<&'static SigningKey, Error> {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    if let Some(key) = KEY.get() {
        return Ok(key);
    }
    let pair = KeyPair::generate(KeySize::Rsa2048)
        .map_err(|_| Error::Key("the machine could not make an RSA key".to_owned()))?;
    let public = pair.public_key();
    let modulus = public.modulus().big_endian_without_leading_zero().to_vec();
    let exponent = public.exponent().big_endian_without_leading_zero().to_vec();
    let hash = digest(&SHA256, &modulus);
    let id = hash.as_ref().iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    Ok(KEY.get_or_init(|| SigningKey { pair, id, modulus, exponent }))
}

fn make() -> Result<ProcessKey, aws_lc_rs::error::Unspecified> {
    let pair = KeyPair::generate(KeySize::Rsa2048)?;
    let pkcs8 = pair.as_der()?;
    Ok(ProcessKey {
        private_pem: pem("PRIVATE KEY", pkcs8.as_ref()),
        public: DecodingKey::from_rsa_der(pair.public_key().as_ref()),
    })
}

fn pem(label: &str, der: &[u8]) -> String {
    let encoded = STANDARD.encode(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, tail) = rest.split_at(rest.len().min(64));
        text.push_str(line);
        text.push('\n');
        rest = tail;
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text
}

/// The public key in a certificate or public key PEM.
pub(crate) fn public_key(text: &str) -> Result<DecodingKey, Error> {
    let refused = || {
        let allowed = "PEM of an RSA certificate (CERTIFICATE) or public key (PUBLIC KEY) of 2,048 to 8,192 bits";
        Error::Key(format!("this is not a key that can verify assertions; give the {allowed}"))
    };
    if text.contains("PRIVATE KEY") {
        let message =
            "this is a private key; register its certificate or public key, and keep this one";
        return Err(Error::Key(message.to_owned()));
    }
    let key = DecodingKey::from_rsa_pem(text.as_bytes()).map_err(|_| refused())?;
    let der = key.try_get_as_bytes().map_err(|_| refused())?;
    let bits = PublicKey::from_der(der).map_err(|_| refused())?.modulus_len() * 8;
    if !(2048..=8192).contains(&bits) {
        return Err(refused());
    }
    Ok(key)
}
