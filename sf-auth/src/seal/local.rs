//! Master keys that the program itself holds.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::account::{open_bytes, seal_bytes};
use super::{DataKey, KeyWrapper, SealError, WrappedKey, key_file};

const WANTED: &str = "each key is 32 random bytes as base64 (openssl rand -base64 32), alone or as id:base64; \
                      the first is the current one, the others still open what they wrapped";

/// Master keys from a file, from the environment, or made on the spot. The first wraps; all open.
///
/// As text, keys stand on lines of their own or are separated by commas, and each is `id:base64` or
/// the base64 alone, which then has an id made from a digest of the key. `#` begins a comment line.
///
/// To change the master key: put a new one before the old ([`Self::rotate_file`] does), restart every
/// process, re-wrap every account ([`Sealer::rewrap`](super::Sealer::rewrap)), then remove the old.
/// While not every process has the new key, an account that was re-wrapped is closed to the others:
/// where that matters, give all of them both keys with the old one first, and then turn the order.
#[derive(Clone)]
pub struct LocalKeys {
    /// Never empty; the first is the current one.
    keys: Arc<[(String, DataKey)]>,
}

impl LocalKeys {
    /// Keys that the program got by itself, the current one first.
    ///
    /// # Errors
    /// [`SealError::Configuration`]: no key, an id twice, or an id with a character outside
    /// `A-Z a-z 0-9 . _ -`.
    pub fn new(keys: impl IntoIterator<Item = (String, DataKey)>) -> Result<Self, SealError> {
        Self::checked(keys.into_iter().collect()).map_err(|what| SealError::Configuration { what })
    }

    /// One new random key, which is gone with the process: for tests, and with a memory store.
    ///
    /// # Errors
    /// [`SealError::Crypto`] when the system gives no randomness.
    pub fn generate() -> Result<Self, SealError> {
        let key = DataKey::generate()?;
        Self::new([(digest_id(&key), key)])
    }

    /// Keys from text in the form described above.
    ///
    /// # Errors
    /// [`SealError::Configuration`] with the number of the entry; the text is never quoted.
    pub fn parse(text: &str) -> Result<Self, SealError> {
        Self::read(text).map_err(|what| SealError::Configuration { what })
    }

    /// Keys from an environment variable. Everything that runs as the same user may read it, and
    /// child processes inherit it; a file is better where there is one.
    ///
    /// # Errors
    /// [`SealError::Configuration`] with the variable's name.
    pub fn from_env(variable: &str) -> Result<Self, SealError> {
        let failed =
            |what: String| SealError::Configuration { what: format!("{variable}: {what}") };
        let text = std::env::var(variable).map_err(|error| {
            failed(match error {
                std::env::VarError::NotPresent => format!("the variable is not set; {WANTED}"),
                std::env::VarError::NotUnicode(_) => format!("the value is not text; {WANTED}"),
            })
        })?;
        Self::read(&Zeroizing::new(text)).map_err(failed)
    }

    /// Keys from a file that nobody but its owner may read (on Unix, where this is checked).
    ///
    /// # Errors
    /// [`SealError::KeyFile`]: missing, readable by others, or unusable, each with what to do.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, SealError> {
        let path = path.as_ref();
        let Some(text) = key_file::read(path)? else {
            let problem = format!("does not exist; {WANTED}");
            return Err(SealError::KeyFile { path: path.to_owned(), problem });
        };
        Self::of_file(path, &text)
    }

    /// Keys from a file, which is made with one random key if it does not exist: with mode 0600 from
    /// the first byte, its folder with 0700. Processes that start at once get the same key.
    ///
    /// Whoever loses this file has lost every secret that was sealed: back it up, apart from the store.
    ///
    /// # Errors
    /// As [`Self::from_file`], or that the file cannot be made.
    pub fn load_or_create(path: impl AsRef<Path>) -> Result<Self, SealError> {
        let path = path.as_ref();
        let text = key_file::update(path, |existing| match existing {
            Some(_) => Ok(None),
            None => Ok(Some(new_line()?)),
        })?;
        Self::of_file(path, &text)
    }

    /// Puts a new random key before those in the file, in one step: a reader sees the old file or the
    /// new one. Other processes have the new key once they read the file again.
    ///
    /// # Errors
    /// As [`Self::load_or_create`].
    pub fn rotate_file(path: impl AsRef<Path>) -> Result<Self, SealError> {
        let path = path.as_ref();
        let text = key_file::update(path, |existing| {
            let mut text = new_line()?;
            if let Some(existing) = existing {
                Self::of_file(path, existing)?;
                // The buffer must not move while it holds keys.
                let mut joined = Zeroizing::new(String::with_capacity(text.len() + existing.len()));
                joined.push_str(&text);
                joined.push_str(existing);
                text = joined;
            }
            Ok(Some(text))
        })?;
        Self::of_file(path, &text)
    }

    /// The ids, the current one first.
    pub fn key_ids(&self) -> Vec<&str> {
        self.keys.iter().map(|(id, _)| id.as_str()).collect()
    }

    fn of_file(path: &Path, text: &str) -> Result<Self, SealError> {
        Self::read(text).map_err(|problem| SealError::KeyFile { path: path.to_owned(), problem })
    }

    fn read(text: &str) -> Result<Self, String> {
        let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
        let entries = lines.flat_map(|line| line.split(',')).map(str::trim);
        let mut keys = Vec::new();
        for (index, entry) in entries.filter(|entry| !entry.is_empty()).enumerate() {
            let (id, base64) =
                entry.split_once(':').map_or((None, entry), |(id, key)| (Some(id), key));
            let bytes = STANDARD.decode(base64).map(Zeroizing::new);
            let key =
                bytes.ok().and_then(|bytes| DataKey::from_bytes(&bytes)).ok_or_else(|| {
                    format!("entry {} is not the base64 of 32 bytes; {WANTED}", index + 1)
                })?;
            keys.push((id.map_or_else(|| digest_id(&key), str::to_owned), key));
        }
        Self::checked(keys)
    }

    fn checked(keys: Vec<(String, DataKey)>) -> Result<Self, String> {
        if keys.is_empty() {
            return Err(format!("there is no key; {WANTED}"));
        }
        for (index, (id, _)) in keys.iter().enumerate() {
            let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
            // A malformed entry may have a key where its id should be: it is not quoted.
            if id.is_empty() || id.len() > 64 || !id.chars().all(allowed) {
                return Err(format!(
                    "entry {} has an id that is not 1 to 64 of A-Z a-z 0-9 . _ -",
                    index + 1
                ));
            }
            if keys[..index].iter().any(|(other, _)| other == id) {
                return Err(format!("entry {} has the id of an entry before it", index + 1));
            }
        }
        Ok(Self { keys: keys.into() })
    }

    fn current(&self) -> &(String, DataKey) {
        // `checked` lets no empty list through.
        &self.keys[0]
    }
}

#[async_trait]
impl KeyWrapper for LocalKeys {
    fn current_key_id(&self) -> &str {
        &self.current().0
    }

    async fn wrap(&self, key: &DataKey) -> Result<WrappedKey, SealError> {
        let (id, master) = self.current();
        let bytes = seal_bytes(master, &associated_data(id), key.expose_bytes())?;
        Ok(WrappedKey { key_id: id.clone(), bytes })
    }

    async fn unwrap(&self, wrapped: &WrappedKey) -> Result<DataKey, SealError> {
        let key_id = &wrapped.key_id;
        let Some((_, master)) = self.keys.iter().find(|(id, _)| id == key_id) else {
            let known = self.key_ids().into_iter().map(str::to_owned).collect();
            return Err(SealError::UnknownKey { key_id: key_id.clone(), known });
        };
        open_bytes(master, &associated_data(key_id), &wrapped.bytes)
            .and_then(|bytes| DataKey::from_bytes(&bytes))
            .ok_or_else(|| SealError::WrongKey { key_id: key_id.clone() })
    }
}

impl fmt::Debug for LocalKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LocalKeys({})", self.key_ids().join(", "))
    }
}

fn associated_data(key_id: &str) -> Vec<u8> {
    [b"sf-auth data key ", key_id.as_bytes()].concat()
}

/// 32 bits of a digest: enough to tell a program's keys apart, of no use for finding a key.
fn digest_id(key: &DataKey) -> String {
    let input = Zeroizing::new([b"sf-auth key id ".as_slice(), key.expose_bytes()].concat());
    let hash = digest(&SHA256, &input);
    hash.as_ref().iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

/// A line of a key file with a new key.
fn new_line() -> Result<Zeroizing<String>, SealError> {
    let key = DataKey::generate()?;
    let base64 = Zeroizing::new(STANDARD.encode(key.expose_bytes()));
    Ok(Zeroizing::new(format!("{}:{}\n", digest_id(&key), base64.as_str())))
}
