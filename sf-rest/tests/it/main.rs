//! Behaviour of sf-rest against the embedded org, over HTTP and with faults.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do, by panicking"
)]

mod acting;
mod blobs;
mod bodies;
mod budget;
mod bulk_ingest;
mod bulk_lost;
mod bulk_property;
mod bulk_query;
mod bulk_requests;
mod collections;
mod composites;
mod conditions;
mod faults;
mod hostile;
mod keys;
mod lost_answers;
mod matrix;
mod options;
mod org_resources;
mod pages;
mod property;
mod property_writes;
mod reading;
mod report_requests;
mod report_rows;
mod report_runs;
mod requests;
mod resource_answers;
mod resource_requests;
mod rows;
mod sessions;
mod support;
mod traces;
mod wire;
mod writes;
