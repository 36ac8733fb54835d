//! The command `sf-agent` as its users run it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests fail as tests do")]

mod accounts;
mod audit;
mod bad_input;
mod browser;
mod bulk;
mod bulk_policy;
#[cfg(all(unix, feature = "chat"))]
mod chat;
mod codegen;
mod commands;
mod completions;
mod config;
mod config_policy;
mod data;
mod demo;
mod desk;
mod doctor;
mod doctor_accounts;
mod emulate;
mod emulate_twin;
mod examples;
mod install;
mod interrupt;
mod left_behind;
mod login;
mod login_ways;
mod mcp_http;
mod mcp_rules;
mod mcp_support;
#[cfg(all(unix, feature = "chat"))]
mod model;
mod pipes;
mod policy;
mod report;
mod schema;
#[cfg(unix)]
mod screen;
#[cfg(all(unix, feature = "chat"))]
mod session;
mod shop;
mod support;
#[cfg(unix)]
mod terminal;
mod tokens;
