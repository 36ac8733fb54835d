//! What every flow shares: the app, its scopes, the token request and its answer, and what can be
//! done with a token.

mod app;
mod discovery;
mod introspect;
mod refresh;
mod revoke;
mod scopes;
pub(crate) mod token;
mod userinfo;

use crate::Error;

pub use app::App;
pub use discovery::{Discovery, discover};
pub use introspect::{Introspection, TokenHint, introspect};
pub use refresh::{RefreshToken, refresh};
pub use revoke::revoke;
pub use scopes::Scopes;
pub use token::{TOKEN_REQUEST_TIMEOUT, TokenResponse};
pub use userinfo::{Identity, UserInfo, identity, userinfo};

/// Refuses empty or padded values, which the platform answers with a misleading error.
pub(crate) fn check_plain(name: &str, value: &str) -> Result<(), Error> {
    let problem = if value.is_empty() {
        "is empty; set it"
    } else if value.trim() != value {
        "begins or ends with white space; remove it"
    } else {
        return Ok(());
    };
    Err(Error::Configuration { what: format!("the {name} {problem}") })
}
