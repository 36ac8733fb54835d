//! The adapter through ADK's own tools and agent.

mod agent;
mod conformance;
mod model;
