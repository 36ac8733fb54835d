//! The Salesforce tools as rig tools.
//!
#![doc = include_str!("../README.md")]

mod error;
mod tool;

pub use error::execution_error;
pub use tool::{tools, tools_in};
