//! The Salesforce tools as a Model Context Protocol server.
//!
#![doc = include_str!("../README.md")]

mod call;
mod changes;
mod complete;
mod elicit;
mod era;
mod error;
pub mod http;
mod info;
mod list;
mod log;
mod offer;
mod page;
mod person;
mod progress;
mod prompts;
mod resources;
mod rounds;
mod server;
mod session;
mod stdio;

pub use offer::ToolsHandle;
pub use server::Server;
pub use stdio::{ServeError, serve_stdio};
