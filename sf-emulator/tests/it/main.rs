//! The embedded org as its clients see it: over HTTP, and on the socket itself.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod access;
mod admin;
mod admin_faults;
mod authorize;
mod browser;
mod bulk;
mod bulk_ingest;
mod bulk_query;
mod codes;
mod collections;
mod composite;
mod conditions;
mod describe;
mod device;
mod discovery;
mod errors;
mod extras;
mod faults;
mod feeds;
mod hostile;
mod hostile_oauth;
mod jwt;
mod lifecycle;
mod oauth;
mod oauth_deactivation;
mod oauth_errors;
mod oauth_identity;
mod oauth_register;
mod oauth_saml;
mod oauth_usage;
mod paging;
mod policies;
mod query;
mod refresh;
mod rows;
mod rules;
mod search;
mod sessions;
mod sizes;
mod support;
mod tls;
mod trees;
