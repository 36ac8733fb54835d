//! The Salesforce tools in OpenAI's types.
//!
#![doc = include_str!("../README.md")]

mod call;
pub mod chat;
pub mod responses;
