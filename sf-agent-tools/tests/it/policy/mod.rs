//! The policy: what it hides, and that nothing gets around it.

mod account;
mod attached;
mod bulk;
mod bypass;
mod doors;
mod files;
mod gate;
mod property;
mod reports;
mod rows;
mod texts;
mod tokens;
pub(crate) mod world;
