//! The names that people and models write, and the API names that are meant.
//!
//! [`NameTable`] gives every API name a short name that reads well and leads
//! back to it and to no other. [`resolve_object`], [`resolve_field`] and
//! [`resolve_path`] take whatever somebody wrote (an API name in any case, with
//! or without namespace and suffix, with blanks, a label, a plural) and answer
//! with the one thing that fits, or with candidates and what speaks for each.

mod path;
mod resolve;
mod table;

pub use path::{PathEnd, PathProblem, ResolvedPath, resolve_path};
pub use resolve::{Resolution, resolve_field, resolve_object};
pub use table::NameTable;
