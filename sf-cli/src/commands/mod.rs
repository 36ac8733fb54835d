//! The commands, one file each.

pub(crate) mod describe;
pub(crate) mod emulate;
pub(crate) mod mcp;
pub(crate) mod objects;
pub(crate) mod query;
pub(crate) mod tools;
