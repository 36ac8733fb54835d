//! The resources, one file each.

pub mod collections;
pub mod describe;
pub mod limits;
pub mod query;
pub mod records;
pub mod upsert;
pub mod versions;
