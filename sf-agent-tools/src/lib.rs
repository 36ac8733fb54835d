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
//! A cursor is sealed and good for one identity. The rows behind it are kept in this process for a
//! while ([`Limits::kept_rows`], [`Limits::kept_bytes`], [`Limits::cursor_lifetime`]); where they
//! are not, as in another process with the same [`Sealer`], the statement goes on behind the last
//! row if its order allows it, and the model is told to start again if it does not. The key that
//! seals it is by default a random one of this process.
//!
//! A write can be prepared and then applied by its digest, once. What was prepared is kept in this
//! process (15 minutes, [`OrgBuilder::plan_lifetime`]) and lost with it: the digest is refused then,
//! and the write has to be prepared again. With an audit log ([`audit`]) and
//! [`OrgBuilder::portable_plans`] another process with the same [`Sealer`] honours it.
//!
//! To add a tool, implement [`Tool`] with typed arguments and output and hand
//! it to [`ToolSet::with`]. A tool is given the guarded [`Org`], never a client.

mod arguments;
pub mod audit;
mod content;
mod context;
mod contract;
mod cursor;
mod definition;
mod effect;
mod error;
mod limits;
mod notes;
mod org;
mod orgs;
mod paused;
mod policy;
mod prepare;
mod profile;
mod prompts;
mod question;
mod reply;
mod resources;
mod results;
mod rows;
mod seal;
mod text;
mod tokens;
mod tool;
mod tools;
mod toolset;
mod write_mode;

pub use context::{Answer, AskPerson, CallContext, Filled, Form, Progress, Question};
pub use definition::ToolDefinition;
pub use effect::Effect;
pub use error::{ErrorClass, Problem, ToolError};
pub use limits::Limits;
pub use notes::{Note, NoteLevel, Notes};
pub use org::{BulkExport, Gate, Org, OrgBuilder, Values};
pub use orgs::OrgsError;
pub use paused::{Ask, Given, PausedCalls, Step};
pub use policy::{
    Caps, Mask, ObjectRule, Permitted, PermittedSearch, Policy, PolicyError, PolicyFinding,
    RowFilter, Rules, Window,
};
pub use profile::{Fitted, Profile};
pub use prompts::{
    Prompt, PromptArgument, PromptDefinition, PromptSteps, PromptText, PromptValues,
};
pub use reply::{Completeness, Link, Reply, SuggestedCall, ToolReply};
pub use resources::{
    Completion, ResourceChange, ResourceInfo, ResourceProvider, ResourceTemplate, ResourceText,
    ResourceWatch, Resources,
};
pub use results::{RESULTS_URI, ResultBounds, ResultFile, Results};
pub use seal::{KeyFileError, SealError, Sealer};
pub use tool::{DynTool, Tool};
pub use toolset::ToolSet;
pub use write_mode::WriteMode;
