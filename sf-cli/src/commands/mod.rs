//! The commands, one file each.

pub(crate) mod accounts;
pub(crate) mod audit;
pub(crate) mod bulk;
#[cfg(feature = "chat")]
pub(crate) mod chat;
pub(crate) mod codegen;
pub(crate) mod completions;
pub(crate) mod data;
pub(crate) mod describe;
pub(crate) mod doctor;
pub(crate) mod emulate;
pub(crate) mod install;
pub(crate) mod limits;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod mcp;
pub(crate) mod objects;
pub(crate) mod orgs;
pub(crate) mod policy;
pub(crate) mod query;
pub(crate) mod report;
pub(crate) mod schema;
pub(crate) mod tools;
