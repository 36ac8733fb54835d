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
//!   token request however many callers were refused, and renew a session before a known end.
//! - `accounts::Accounts` (feature `accounts`): orgs that were authorised once, kept logged in by any
//!   number of processes over a `store` (memory; features `sqlite`, `postgres`, `redis`), with their
//!   secrets sealed (`seal`); `lifecycle` has the table of their states. The feature `metrics` counts
//!   refreshes and accounts.
//! - [`Environment`], where an org logs in; [`diagnose`], from the platform's words to a cause and a
//!   remedy.
//! - `App` and `Scopes`, the client side of an app; `refresh`, `introspect`, `revoke`, `userinfo`,
//!   `identity`, `discover` (feature `oauth`, which every flow implies).
//! - The flows, a feature each:
//!
//! | for | feature | type or module |
//! | --- | --- | --- |
//! | a server with a secret | `client-credentials` | `ClientCredentials` |
//! | a server with a certificate, as any user | `jwt` | `JwtBearer`, `PrivateKey`, `Certificate` |
//! | a person in a browser | `authorization-code` | `authorize`, `authorize::Loopback` |
//! | a refresh token that is there already | `oauth` | `RefreshToken` |
//! | a person at another screen | `device` | `device` |
//! | a token of another identity provider | `token-exchange` | `token_exchange` |
//! | a developer's machine | `sfdx` | `sfdx::SalesforceCli`, `sfdx::SfdxAuthUrl` |
//! | programs that cannot change yet | `password` | `password`, deprecated |
//!
//! A grant that lacks `api`, or a refresh token that was asked for, is an error at once
//! ([`Error::MissingScope`]). An error tells whether the request may have been acted on
//! ([`Error::is_lost_answer`]), and its cause who can mend it ([`Cause::class`]).
//!
//! Where the platform's documentation leaves something open:
//! - The audience of assertions at a My Domain is that of the generic hosts, which every edition of
//!   the documentation names, by whether the domain is a sandbox's; `JwtBearer::with_audience`
//!   replaces it.
//! - A refresh token is dead only if the platform says `expired access/refresh token` or
//!   `token validity expired`. Texts that are not known decide nothing.
//! - A token that cannot be revoked since the platform does not know it counts as revoked.
//! - Device codes live for ten minutes, unless the answer says otherwise.
//!
//! With `default-features = false` only the types and traits are compiled.
//!
//! TLS and signatures use aws-lc-rs, always named explicitly, so that another backend in the same
//! program changes nothing. Its jitter entropy costs about 28 ms at the first random bytes of a
//! process; a program that minds sets `AWS_LC_SYS_NO_JITTER_ENTROPY=1` when it is built.

#[cfg(feature = "accounts")]
pub mod accounts;
mod credentials;
pub mod diagnose;
mod environment;
mod error;
mod session;

#[cfg(feature = "broker")]
mod broker;
#[cfg(feature = "broker")]
mod flow;
#[cfg(feature = "oauth")]
mod flows;
#[cfg(feature = "accounts")]
pub mod lifecycle;
#[cfg(feature = "oauth")]
mod oauth;
#[cfg(feature = "accounts")]
mod private_file;
#[cfg(feature = "accounts")]
pub mod seal;
#[cfg(feature = "accounts")]
pub mod store;
#[cfg(feature = "transport")]
pub mod transport;

pub use credentials::{Credentials, StaticCredentials, with_session};
pub use diagnose::{Cause, CauseClass, Diagnosis};
pub use environment::{Environment, EnvironmentKind};
pub use error::{Error, ErrorKind};
pub use secrecy::{ExposeSecret, SecretString};
pub use session::Session;

#[cfg(feature = "broker")]
pub use broker::{TokenBroker, TokenBrokerBuilder};
#[cfg(feature = "broker")]
pub use flow::Flow;
#[cfg(feature = "client-credentials")]
pub use flows::ClientCredentials;
#[cfg(feature = "authorization-code")]
pub use flows::authorize;
#[cfg(feature = "device")]
pub use flows::device;
#[cfg(feature = "password")]
pub use flows::password;
#[cfg(feature = "sfdx")]
pub use flows::sfdx;
#[cfg(feature = "token-exchange")]
pub use flows::token_exchange;
#[cfg(feature = "jwt")]
pub use flows::{Certificate, JwtBearer, PrivateKey};
#[cfg(feature = "oauth")]
pub use oauth::{
    App, Discovery, Identity, Introspection, RefreshToken, Scopes, TOKEN_REQUEST_TIMEOUT,
    TokenHint, TokenResponse, UserInfo, discover, identity, introspect, refresh, revoke, userinfo,
};
