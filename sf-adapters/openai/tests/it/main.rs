//! The adapter through async-openai's own types and client.

mod agent;
mod agent_loop;
mod conformance;
