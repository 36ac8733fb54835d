//! The tools against the embedded org, over HTTP.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail the test")]

mod approval;
mod arguments;
mod audit;
mod audit_file;
mod bad_calls;
mod bad_input;
mod custom;
mod definitions;
mod flaws;
mod graph;
mod keys;
mod nested;
mod paging;
mod policy;
mod prepared;
mod query;
mod read;
mod resume;
mod revert;
mod sessions;
mod sizes;
mod structured;
mod support;
mod write;
mod write_faults;
