//! Small secrets handed to a model and taken back: encrypted, so that nothing can be read or changed.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::rand;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

/// Seals with AES-256-GCM under a key of this process. A token is base64url of
/// nonce, ciphertext and tag.
pub(crate) struct Sealer {
    key: RandomizedNonceKey,
}

/// The random source or the cipher failed; there is nothing more to say.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the cryptographic library failed")]
pub(crate) struct SealError;

impl Sealer {
    /// A sealer with a fresh random key.
    pub(crate) fn random() -> Result<Self, SealError> {
        let mut bytes = [0_u8; 32];
        rand::fill(&mut bytes).map_err(|_| SealError)?;
        let key = RandomizedNonceKey::new(&AES_256_GCM, &bytes).map_err(|_| SealError)?;
        Ok(Self { key })
    }

    /// A token that only this sealer opens, for the same `purpose`.
    pub(crate) fn seal(&self, purpose: &str, plain: &[u8]) -> Result<String, SealError> {
        let mut sealed = plain.to_vec();
        let nonce = self
            .key
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
        let plain =
            self.key.open_in_place(nonce, Aad::from(purpose.as_bytes()), &mut sealed).ok()?;
        Some(plain.to_vec())
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
