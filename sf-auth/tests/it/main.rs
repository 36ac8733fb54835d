//! Behaviour of sf-auth through its public API.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do, by panicking"
)]

mod broker;
mod flows;
mod secrets;
mod tls;
mod transport;
