//! The schema of the embedded org, over HTTP and from its describes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail the test")]

mod agreement;
mod bad_input;
mod binding;
mod budgets;
mod cards;
mod catalog;
mod checks;
mod drift;
mod exports;
mod facts;
mod folders;
mod mended;
mod names;
mod picklists;
mod snapshots;
mod statements;
mod support;
mod tolerance;
mod wide;
mod writes;
