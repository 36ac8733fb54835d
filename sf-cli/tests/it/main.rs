//! The command `sf-agent` as its users run it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests fail as tests do")]

mod accounts;
mod audit;
mod bad_input;
mod browser;
mod codegen;
mod commands;
mod demo;
mod desk;
mod doctor;
mod doctor_accounts;
mod emulate;
mod emulate_twin;
mod login;
mod login_ways;
mod policy;
mod schema;
mod support;
