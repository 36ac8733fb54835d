//! The schema of the embedded org, over HTTP and from its describes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail the test")]

mod cards;
mod catalog;
mod names;
mod support;
mod tolerance;
mod writes;
