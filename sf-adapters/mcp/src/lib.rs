//! The Salesforce tools as a Model Context Protocol server.
//!
#![doc = include_str!("../README.md")]

mod call;
mod info;
mod list;
mod server;
mod stdio;

pub use server::Server;
pub use stdio::{ServeError, serve_stdio};
