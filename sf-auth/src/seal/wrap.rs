//! Data keys and what wraps them.

use std::fmt;

use async_trait::async_trait;
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::SealError;

/// A 256-bit key in the clear, wiped when it is dropped. Debug shows nothing of it.
#[derive(Clone)]
pub struct DataKey(Zeroizing<[u8; 32]>);

impl DataKey {
    /// A new random key.
    ///
    /// # Errors
    /// [`SealError::Crypto`] when the system gives no randomness.
    pub fn generate() -> Result<Self, SealError> {
        let mut bytes = Zeroizing::new([0; 32]);
        SystemRandom::new()
            .fill(bytes.as_mut_slice())
            .map_err(|_| SealError::Crypto { doing: "making a key" })?;
        Ok(Self(bytes))
    }

    /// A key from its 32 bytes, for those who implement [`KeyWrapper`]. `None` for any other length.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut key = Zeroizing::new([0; 32]);
        if bytes.len() != key.len() {
            return None;
        }
        key.copy_from_slice(bytes);
        Some(Self(key))
    }

    /// The bytes, for those who implement [`KeyWrapper`].
    pub fn expose_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey([redacted])")
    }
}

/// A data key as it is stored: encrypted by the master key that it names.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrappedKey {
    /// The master key that opens it.
    pub key_id: String,
    /// The encrypted key, in whatever form its [`KeyWrapper`] writes. Base64 in serde.
    #[serde(with = "as_base64")]
    pub bytes: Vec<u8>,
}

impl fmt::Debug for WrappedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WrappedKey({:?}, {} bytes)", self.key_id, self.bytes.len())
    }
}

/// What holds the master keys: [`LocalKeys`](super::LocalKeys), or a key service. It is asked once
/// for each account that a process opens, not for each secret.
#[async_trait]
pub trait KeyWrapper: Send + Sync {
    /// The id of the master key with which new data keys are wrapped.
    fn current_key_id(&self) -> &str;

    /// Encrypts a data key with the current master key.
    ///
    /// # Errors
    /// [`SealError`]; [`SealError::unavailable`] when trying again later may help.
    async fn wrap(&self, key: &DataKey) -> Result<WrappedKey, SealError>;

    /// Decrypts a data key with the master key that it names, current or older.
    ///
    /// # Errors
    /// [`SealError::UnknownKey`], [`SealError::WrongKey`], or as for [`Self::wrap`].
    async fn unwrap(&self, wrapped: &WrappedKey) -> Result<DataKey, SealError>;
}

/// Bytes as standard base64 text.
pub(super) mod as_base64 {
    use super::{Deserialize, Engine, STANDARD};

    pub(in crate::seal) fn serialize<S: serde::Serializer>(
        bytes: &[u8],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    /// The error does not quote the text.
    pub(in crate::seal) fn deserialize<'de, D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<u8>, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        STANDARD
            .decode(text.as_bytes())
            .map_err(|_| serde::de::Error::custom("expected base64 text"))
    }
}
