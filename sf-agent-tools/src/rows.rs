//! Query results as bounded tables that lose no row.

mod columns;
mod pages;
mod read;
mod value;

pub(crate) use columns::Columns;
pub(crate) use pages::{Kept, Pages};
pub(crate) use read::{Bounds, Slice, read};
pub(crate) use value::{absent, plain};
