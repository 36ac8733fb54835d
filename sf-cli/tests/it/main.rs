//! The command `sf-agent` as its users run it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests fail as tests do")]

mod bad_input;
mod commands;
mod demo;
mod emulate;
mod support;
