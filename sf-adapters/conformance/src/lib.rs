//! The behaviour that every adapter shows, as one suite of checks.
//!
//! An adapter's test implements [`Adapter`] over its framework's own way of
//! listing and calling tools, and [`Connect`] to put that over a `ToolSet`.
//! [`run`] then checks, each on an embedded org of its own: what is listed,
//! a query with real rows, bad arguments, an unknown tool, a refused write, a
//! write, a cursor followed to its end, a service that is down, text outside
//! ASCII, and a `CallContext`: the person who is asked, progress, cancellation,
//! identity. What is compared is what the model would read.
//!
//! [`task`] is a task of several calls as a script, and [`ModelServer`] a model
//! on loopback that follows one, for frameworks that bring a client of their own.

mod adapter;
mod checks;
mod model_server;
mod org;
mod report;
pub mod script;
pub mod task;

pub use adapter::{Adapter, Connect, Hints, ListedTool, Outcome};
pub use checks::{run, run_some};
pub use model_server::ModelServer;
pub use org::TestOrg;
pub use report::Report;
