//! The policy: what it hides, and that nothing gets around it.

mod account;
mod bypass;
mod doors;
mod files;
mod gate;
mod property;
mod rows;
mod texts;
mod world;
