//! The language, through its public interface.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper of a test fails the test, as the test itself may"
)]

mod build;
mod building;
mod corpus;
mod errors;
mod escaping;
mod generate;
mod generate_search;
mod properties;
mod searching;
mod spans;
mod walking;
