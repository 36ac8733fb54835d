//! The adapter through rmcp's own client, over an in-process stream.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests fail the test"
)]

mod changes;
mod client;
mod complete;
mod conformance;
mod elicit;
mod host;
mod http;
mod log;
mod own_prompts;
mod progress;
mod prompts;
mod protocol;
mod resources;
mod stream;
