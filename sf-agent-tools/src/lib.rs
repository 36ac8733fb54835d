//! Framework-neutral Salesforce tools for AI agents, behind a guarded org.
//!
//! A [`ToolSet`] belongs to one identity. An adapter (MCP, rig, ...) lists its
//! [`definitions`](ToolSet::definitions), passes each call a model makes to
//! [`call`](ToolSet::call), and gives the model either
//! [`ToolReply::to_model`] or [`ToolError::to_model`]. Nothing else is needed:
//! arguments are checked here, errors are already written for a model, and a
//! reply that is not complete says so and names the call that goes on.
//!
//! ```no_run
//! use sf_agent_tools::{CallContext, Org, Policy, ToolSet};
//! use serde_json::json;
//!
//! # async fn example(client: sf_rest::Client) {
//! let tools = ToolSet::salesforce(Org::new(client, Policy::read_only()));
//! for tool in tools.definitions() {
//!     println!("{}: {}", tool.name, tool.description);
//! }
//! let args = json!({ "soql": "SELECT Id, Name FROM Account ORDER BY Name" });
//! match tools.call(&CallContext::default(), "salesforce_query", args).await {
//!     Ok(reply) => println!("{}", reply.to_model()),
//!     Err(error) => println!("{}", error.to_model()),
//! }
//! # }
//! ```
//!
//! A cursor lives as long as the connection that made it: the rows behind it are kept in this
//! process ([`Limits::kept_rows`], [`Limits::cursor_lifetime`]), and the key that seals it is
//! by default a random one of this process. Another process, or this one after a restart, refuses it
//! as not valid.
//!
//! To add a tool, implement [`Tool`] with typed arguments and output and hand
//! it to [`ToolSet::with`]. A tool is given the guarded [`Org`], never a client.

mod arguments;
mod context;
mod contract;
mod cursor;
mod definition;
mod effect;
mod error;
mod limits;
mod org;
mod policy;
mod reply;
mod rows;
mod seal;
mod text;
mod tool;
mod tools;
mod toolset;

pub use context::{Answer, AskPerson, CallContext, Progress, Question};
pub use definition::ToolDefinition;
pub use effect::Effect;
pub use error::{ErrorClass, Problem, ToolError};
pub use limits::Limits;
pub use org::{Org, OrgBuilder, Values};
pub use policy::Policy;
pub use reply::{Completeness, Link, Reply, SuggestedCall, ToolReply};
pub use seal::{SealError, Sealer};
pub use tool::{DynTool, Tool};
pub use toolset::ToolSet;
