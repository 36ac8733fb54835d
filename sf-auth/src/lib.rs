//! Salesforce OAuth: sessions, credentials and a token broker that refreshes once.
//!
//! A program that already holds a token needs [`StaticCredentials`] and nothing else:
//!
//! ```
//! use sf_auth::{Credentials, StaticCredentials};
//!
//! # async fn run() -> Result<(), sf_auth::Error> {
//! let credentials = StaticCredentials::new("https://acme.my.salesforce.com", "00D...!AQ...")?;
//! let session = credentials.session().await?;
//! assert_eq!(session.instance_url().host_str(), Some("acme.my.salesforce.com"));
//! # Ok(())
//! # }
//! ```
//!
//! What is here:
//! - [`Session`], one access token and the instance it opens; [`Credentials`], the object-safe
//!   trait through which every client of this workspace obtains and renews sessions.
//! - `transport` (feature): the HTTP transport. No other module of the workspace touches reqwest.
//! - `TokenBroker` and `Flow` (feature `broker`): any grant becomes [`Credentials`] that send one
//!   token request however many callers were refused.
//! - `ClientCredentials` (feature `client-credentials`) and `JwtBearer` (feature `jwt`).
//!
//! With `default-features = false` only the types and traits are compiled.
//!
//! TLS and signatures use aws-lc-rs, always named explicitly, so that another backend in the same
//! program changes nothing. Its jitter entropy costs about 28 ms at the first random bytes of a
//! process; a program that minds sets `AWS_LC_SYS_NO_JITTER_ENTROPY=1` when it is built.

mod credentials;
mod diagnose;
mod error;
mod login_url;
mod session;

#[cfg(feature = "broker")]
mod broker;
#[cfg(feature = "client-credentials")]
mod client_credentials;
#[cfg(feature = "broker")]
mod flow;
#[cfg(feature = "jwt")]
mod jwt;
#[cfg(feature = "jwt")]
mod private_key;
#[cfg(any(feature = "client-credentials", feature = "jwt"))]
mod token;
#[cfg(feature = "transport")]
pub mod transport;

pub use credentials::{Credentials, StaticCredentials};
pub use diagnose::Cause;
pub use error::{Error, ErrorKind};
pub use login_url::LoginUrl;
pub use secrecy::{ExposeSecret, SecretString};
pub use session::Session;

#[cfg(feature = "broker")]
pub use broker::{TokenBroker, TokenBrokerBuilder};
#[cfg(feature = "client-credentials")]
pub use client_credentials::ClientCredentials;
#[cfg(feature = "broker")]
pub use flow::Flow;
#[cfg(feature = "jwt")]
pub use jwt::JwtBearer;
#[cfg(feature = "jwt")]
pub use private_key::PrivateKey;
