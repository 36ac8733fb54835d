//! Behaviour of sf-rest against the embedded org, over HTTP and with faults.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do, by panicking"
)]

mod collections;
mod faults;
mod lost_answers;
mod property;
mod requests;
mod rows;
mod sessions;
mod support;
mod traces;
mod writes;
