//! What the server says about itself at the handshake.

use rmcp::model::{Implementation, ServerCapabilities, ServerConfig};

/// What every model should know before its first call, whatever the tools.
const INSTRUCTIONS: &str = "\
Every result has a `completeness`. If `complete` is false, the result is only a part: to have the \
rest, make the call in `completeness.next` unchanged, and do not report totals before. \
A failed call answers with an `error` whose `class` says what to do: fix_your_call: correct the \
arguments as `problems` says and call again; ask_a_person: stop and tell the user what is needed; \
try_later: nothing is wrong with the call, repeat it after a pause; outcome_unknown: the change may \
or may not have happened, so make the call in `next` to find out before you repeat it.";

/// Name, version, capabilities and the instructions for the model.
pub(crate) fn info() -> ServerConfig {
    ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
        .with_server_info(
            Implementation::new("salesforce", env!("CARGO_PKG_VERSION")).with_title("Salesforce"),
        )
        .with_instructions(INSTRUCTIONS)
}
