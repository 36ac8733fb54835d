//! The adapter through genai's own types and client.

mod agent;
mod agent_loop;
mod conformance;
