//! The ways to obtain a session, one file each.

#[cfg(feature = "authorization-code")]
pub mod authorize;
#[cfg(feature = "jwt")]
mod certificate;
#[cfg(feature = "client-credentials")]
mod client_credentials;
#[cfg(feature = "device")]
pub mod device;
#[cfg(feature = "jwt")]
mod jwt;
#[cfg(feature = "password")]
pub mod password;
#[cfg(feature = "jwt")]
mod private_key;
#[cfg(feature = "sfdx")]
pub mod sfdx;
#[cfg(feature = "token-exchange")]
pub mod token_exchange;

#[cfg(feature = "jwt")]
pub use certificate::Certificate;
#[cfg(feature = "client-credentials")]
pub use client_credentials::ClientCredentials;
#[cfg(feature = "jwt")]
pub use jwt::JwtBearer;
#[cfg(feature = "jwt")]
pub use private_key::PrivateKey;
