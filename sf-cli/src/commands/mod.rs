//! The commands, one file each.

pub(crate) mod accounts;
pub(crate) mod audit;
pub(crate) mod codegen;
pub(crate) mod describe;
pub(crate) mod doctor;
pub(crate) mod emulate;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod mcp;
pub(crate) mod objects;
pub(crate) mod policy;
pub(crate) mod query;
pub(crate) mod schema;
pub(crate) mod tools;
