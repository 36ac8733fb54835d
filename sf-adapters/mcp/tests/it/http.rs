//! The adapter over real HTTP on loopback: rmcp's own client, and requests written by hand.

mod asking;
mod checks;
mod identities;
mod sessions;
mod speaks;
mod stop;
mod support;
mod wire;
