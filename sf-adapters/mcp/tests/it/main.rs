//! The adapter through rmcp's own client, over an in-process stream.

mod client;
mod conformance;
mod protocol;
mod stream;
