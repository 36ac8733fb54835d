//! The Salesforce tools as ADK tools.
//!
#![doc = include_str!("../README.md")]

mod confirm;
mod progress;
mod tool;

pub use confirm::Confirmations;
pub use tool::SalesforceTools;
