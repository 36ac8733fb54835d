//! The tools against the embedded org, over HTTP.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail the test")]

mod actions;
mod analytics;
mod approval;
mod arguments;
mod audit;
mod audit_file;
mod audit_parts;
mod bad_calls;
mod bad_input;
mod bulk_loads;
mod bulk_tools;
mod custom;
mod definitions;
mod files;
mod flaws;
mod graph;
mod keys;
mod mapping;
mod nested;
mod org_facts;
mod orgs;
mod paging;
mod policy;
mod prepared;
mod prompts;
mod query;
mod questions;
mod raw_request;
mod read;
mod replays;
mod report_rows;
mod resources;
mod results;
mod resume;
mod revert;
mod sessions;
mod sizes;
mod structured;
mod support;
mod write;
mod write_faults;
