//! Secrets at rest: AES-256-GCM under one data key per account, itself wrapped by a master key.
//!
//! ```
//! use std::sync::Arc;
//! use sf_auth::seal::{Binding, LocalKeys, Sealer};
//! use sf_auth::{ExposeSecret, SecretString};
//!
//! # async fn run() -> Result<(), sf_auth::seal::SealError> {
//! let sealer = Sealer::new(Arc::new(LocalKeys::generate()?));
//! let account = Binding { identifier: "tenant-7", org: Some("00D000000000001EAA") };
//!
//! let (key, wrapped) = sealer.new_account_key().await?; // `wrapped` is stored in the row
//! let sealed = key.seal("refresh_token", account, &SecretString::from("5Aep861..."))?;
//!
//! let key = sealer.account_key(&wrapped).await?; // in another process
//! assert_eq!(key.open("refresh_token", account, &sealed)?.expose_secret(), "5Aep861...");
//! # Ok(())
//! # }
//! ```
//!
//! A sealed secret opens only for the same purpose, identifier and org, so whoever can write to the
//! store can neither move a secret to another account nor to another field. They can put back an
//! older row of the same account: that is not detected, and the platform refuses its rotated token.

mod account;
mod error;
mod key_file;
mod local;
mod wrap;

pub use account::{AccountKey, Binding, SealedSecret, Sealer};
pub use error::SealError;
pub use local::LocalKeys;
pub use wrap::{DataKey, KeyWrapper, WrappedKey};
