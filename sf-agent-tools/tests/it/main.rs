//! The tools against the embedded org, over HTTP.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail the test")]

mod approval;
mod arguments;
mod bad_input;
mod custom;
mod definitions;
mod flaws;
mod nested;
mod paging;
mod query;
mod read;
mod sessions;
mod support;
mod write;
mod write_faults;
