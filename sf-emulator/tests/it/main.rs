//! The embedded org as its clients see it: over HTTP, and on the socket itself.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod collections;
mod describe;
mod errors;
mod faults;
mod hostile;
mod jwt;
mod lifecycle;
mod oauth;
mod query;
mod rows;
mod sessions;
mod support;
