//! Serving over MCP's streamable HTTP transport: many clients, and many identities, by one service.
//!
//! [`HttpService`] is a tower service, for a router of your own; [`serve_http`] is a server around
//! it. Every request passes, in this order: the `Host` and `Origin` headers, so that no web page
//! reaches a server on this machine by a name of its own (DNS rebinding); the bearer token, which
//! [`Identities`] tells the owner of; the body's bounds; and then the MCP service that belongs to
//! that one identity, with sessions, tools, cursors and plans that no other identity can reach.

mod body;
mod guard;
mod identity;
mod listen;
mod residents;
mod service;
mod sessions;
mod settings;

pub use identity::{Identities, Identity, IdentityError, OneToken, WeakToken};
pub use listen::{HttpError, PATH, serve_http};
pub use service::HttpService;
pub use settings::HttpSettings;
