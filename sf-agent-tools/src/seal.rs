//! Small secrets handed to a model and taken back: encrypted, so that nothing can be read or changed.

mod key_file;

use std::sync::{Arc, OnceLock};

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::rand;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

pub use key_file::KeyFileError;

/// Seals what a model is given and hands back (cursors, digests, tokens for masked values), with
/// AES-256-GCM: a token is base64url of nonce, ciphertext and tag. Cheap to clone; clones share the
/// key.
#[derive(Clone)]
pub struct Sealer {
    key: Arc<Result<RandomizedNonceKey, SealError>>,
}

/// The random source or the cipher failed; there is nothing more to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the cryptographic library failed")]
pub struct SealError;

impl Sealer {
    /// A sealer with this key, for tokens that other processes honour. The key is as secret as
    /// what it seals.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        Self { key: Arc::new(RandomizedNonceKey::new(&AES_256_GCM, key).map_err(|_| SealError)) }
    }

    /// A sealer with a fresh random key.
    ///
    /// # Errors
    /// If the random source fails.
    pub fn random() -> Result<Self, SealError> {
        let mut bytes = [0_u8; 32];
        rand::fill(&mut bytes).map_err(|_| SealError)?;
        Ok(Self::new(&bytes))
    }

    /// The one of this process, with a random key. If there are no random numbers, every use fails.
    pub(crate) fn of_process() -> Self {
        static SEALER: OnceLock<Sealer> = OnceLock::new();
        let broken = |error| Self { key: Arc::new(Err(error)) };
        SEALER.get_or_init(|| Self::random().unwrap_or_else(broken)).clone()
    }

    fn key(&self) -> Result<&RandomizedNonceKey, SealError> {
        self.key.as_ref().as_ref().map_err(|error| *error)
    }

    /// A token that only this sealer opens, for the same `purpose`.
    pub(crate) fn seal(&self, purpose: &str, plain: &[u8]) -> Result<String, SealError> {
        let mut sealed = plain.to_vec();
        let nonce = self
            .key()?
            .seal_in_place_append_tag(Aad::from(purpose.as_bytes()), &mut sealed)
            .map_err(|_| SealError)?;
        let mut token = nonce.as_ref().to_vec();
        token.append(&mut sealed);
        Ok(BASE64_URL_SAFE_NO_PAD.encode(token))
    }

    /// What was sealed; none if the token is not one of this sealer's, unchanged.
    pub(crate) fn open(&self, purpose: &str, token: &str) -> Option<Vec<u8>> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(token.trim()).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut sealed = sealed.to_vec();
        let plain = self
            .key()
            .ok()?
            .open_in_place(nonce, Aad::from(purpose.as_bytes()), &mut sealed)
            .ok()?;
        Some(plain.to_vec())
    }
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sealer").finish_non_exhaustive()
    }
}

/// A random number, for names that must not be guessed or repeated.
pub(crate) fn random_u64() -> Result<u64, SealError> {
    let mut bytes = [0_u8; 8];
    rand::fill(&mut bytes).map_err(|_| SealError)?;
    Ok(u64::from_le_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_only_what_it_sealed_for_the_same_purpose() {
        let (a, b) = (Sealer::random().unwrap(), Sealer::random().unwrap());
        let token = a.seal("cursor", b"page 7").unwrap();
        assert_eq!(a.open("cursor", &token).as_deref(), Some(&b"page 7"[..]));
        assert_eq!(a.open("digest", &token), None);
        assert_eq!(b.open("cursor", &token), None);
        assert_ne!(token, a.seal("cursor", b"page 7").unwrap());
    }

    #[test]
    fn every_changed_character_is_noticed() {
        let sealer = Sealer::random().unwrap();
        let token = sealer.seal("cursor", b"page 7").unwrap();
        for at in 0..token.len() - 1 {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(sealer.open("cursor", &changed), None, "position {at}");
        }
        for text in ["", "x", "not base64 at all!", "é", "AAAA"] {
            assert_eq!(sealer.open("cursor", text), None);
        }
    }
}
