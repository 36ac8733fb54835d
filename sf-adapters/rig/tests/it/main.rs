//! The adapter through rig's own tool registry and agent.

mod agent;
mod agent_loop;
mod conformance;
mod errors;
mod model;
