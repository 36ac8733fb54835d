//! One account's data key, and the secrets that it seals.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::wrap::as_base64;
use super::{DataKey, KeyWrapper, SealError, WrappedKey};

/// The first byte of everything that is sealed here.
const FORMAT: u8 = 1;
const TAG_LEN: usize = 16;

/// Makes, opens and re-wraps the data keys of accounts.
#[derive(Clone)]
pub struct Sealer {
    wrapper: Arc<dyn KeyWrapper>,
}

impl Sealer {
    /// A sealer whose data keys are wrapped by `wrapper`.
    pub fn new(wrapper: Arc<dyn KeyWrapper>) -> Self {
        Self { wrapper }
    }

    /// A new data key, for the memory and for the store.
    ///
    /// # Errors
    /// As [`KeyWrapper::wrap`].
    pub async fn new_account_key(&self) -> Result<(AccountKey, WrappedKey), SealError> {
        let key = DataKey::generate()?;
        let wrapped = self.wrapper.wrap(&key).await?;
        Ok((AccountKey { key, key_id: wrapped.key_id.clone() }, wrapped))
    }

    /// The data key that the store holds.
    ///
    /// # Errors
    /// As [`KeyWrapper::unwrap`]; a wrong key is named by its id.
    pub async fn account_key(&self, wrapped: &WrappedKey) -> Result<AccountKey, SealError> {
        let key = self.wrapper.unwrap(wrapped).await?;
        Ok(AccountKey { key, key_id: wrapped.key_id.clone() })
    }

    /// Whether the data key is wrapped with another master key than the current one.
    pub fn needs_rewrap(&self, wrapped: &WrappedKey) -> bool {
        wrapped.key_id != self.wrapper.current_key_id()
    }

    /// The same data key, wrapped with the current master key. What it sealed stays as it is.
    ///
    /// # Errors
    /// As [`KeyWrapper::unwrap`] and [`KeyWrapper::wrap`].
    pub async fn rewrap(&self, wrapped: &WrappedKey) -> Result<WrappedKey, SealError> {
        let key = self.wrapper.unwrap(wrapped).await?;
        self.wrapper.wrap(&key).await
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealer(master key {:?})", self.wrapper.current_key_id())
    }
}

/// Whose secret it is: bound to what is sealed, so that it opens nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Binding<'a> {
    /// The caller's own name of the account.
    pub identifier: &'a str,
    /// The org id, once it is known. Unknown and known are different bindings.
    pub org: Option<&'a str>,
}

/// The data key of one account, in the clear; wiped when it is dropped. 32 bytes and an id, so that
/// thousands can be kept.
#[derive(Clone)]
pub struct AccountKey {
    key: DataKey,
    key_id: String,
}

impl AccountKey {
    /// Seals a secret. `purpose` says what it is (`refresh_token`); the same is needed to open it.
    ///
    /// # Errors
    /// [`SealError::Crypto`] when the system gives no randomness.
    pub fn seal(
        &self,
        purpose: &str,
        binding: Binding<'_>,
        secret: &SecretString,
    ) -> Result<SealedSecret, SealError> {
        let aad = associated_data(purpose, binding);
        seal_bytes(&self.key, &aad, secret.expose_secret().as_bytes())
            .map(|bytes| SealedSecret { bytes })
    }

    /// Opens what [`Self::seal`] made with the same purpose and binding.
    ///
    /// # Errors
    /// [`SealError::NotAuthentic`].
    pub fn open(
        &self,
        purpose: &str,
        binding: Binding<'_>,
        sealed: &SealedSecret,
    ) -> Result<SecretString, SealError> {
        let aad = associated_data(purpose, binding);
        open_bytes(&self.key, &aad, &sealed.bytes)
            .as_deref()
            .and_then(|plain| std::str::from_utf8(plain).ok())
            .map(SecretString::from)
            .ok_or_else(|| SealError::NotAuthentic {
                purpose: purpose.to_owned(),
                identifier: binding.identifier.to_owned(),
                key_id: self.key_id.clone(),
            })
    }

    /// Whether both are one data key, however it is wrapped.
    #[cfg(feature = "accounts")]
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        aws_lc_rs::constant_time::verify_slices_are_equal(
            self.key.expose_bytes(),
            other.key.expose_bytes(),
        )
        .is_ok()
    }

    /// The master key that this data key was wrapped with when it was read.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }
}

impl fmt::Debug for AccountKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccountKey([redacted], master key {:?})", self.key_id)
    }
}

/// A sealed secret: base64 text in serde.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SealedSecret {
    #[serde(with = "as_base64")]
    bytes: Vec<u8>,
}

impl fmt::Debug for SealedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealedSecret({} bytes)", self.bytes.len())
    }
}

/// Every part with its length before it, so that no two bindings give the same bytes.
fn associated_data(purpose: &str, binding: Binding<'_>) -> Vec<u8> {
    let mut data = b"sf-auth secret".to_vec();
    let org_is_known = if binding.org.is_some() { "org" } else { "" };
    for part in [purpose, binding.identifier, org_is_known, binding.org.unwrap_or_default()] {
        data.extend_from_slice(&(part.len() as u64).to_be_bytes());
        data.extend_from_slice(part.as_bytes());
    }
    data
}

/// Format byte, nonce, ciphertext, tag. The plain text never stands in a buffer that moves.
pub(super) fn seal_bytes(key: &DataKey, aad: &[u8], plain: &[u8]) -> Result<Vec<u8>, SealError> {
    let failed = |_| SealError::Crypto { doing: "sealing a secret" };
    let start = 1 + NONCE_LEN;
    let mut sealed = Vec::with_capacity(start + plain.len() + TAG_LEN);
    sealed.push(FORMAT);
    sealed.resize(start, 0);
    sealed.extend_from_slice(plain);
    let cipher = RandomizedNonceKey::new(&AES_256_GCM, key.expose_bytes()).map_err(failed)?;
    let (nonce, tag) =
        cipher.seal_in_place_separate_tag(Aad::from(aad), &mut sealed[start..]).map_err(failed)?;
    sealed[1..start].copy_from_slice(nonce.as_ref());
    sealed.extend_from_slice(tag.as_ref());
    Ok(sealed)
}

/// `None` for anything that [`seal_bytes`] did not make with this key and these associated data.
pub(super) fn open_bytes(key: &DataKey, aad: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let rest = sealed.strip_prefix(&[FORMAT])?;
    let (nonce, ciphertext) = rest.split_at_checked(NONCE_LEN)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let cipher = RandomizedNonceKey::new(&AES_256_GCM, key.expose_bytes()).ok()?;
    let mut plain = Zeroizing::new(ciphertext.to_vec());
    let length = cipher.open_in_place(nonce, Aad::from(aad), &mut plain).ok()?.len();
    plain.truncate(length);
    Some(plain)
}
