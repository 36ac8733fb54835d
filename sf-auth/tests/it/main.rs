//! Behaviour of sf-auth through its public API.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do, by panicking"
)]

mod accounts;
mod authorize;
mod broker;
mod certificate;
mod device;
mod edges;
mod flows;
mod grants;
mod loopback;
mod seal;
mod secrets;
mod sfdx;
mod stores;
mod support;
mod tls;
mod tokens;
mod transport;
