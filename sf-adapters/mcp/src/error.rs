//! A failure of something that is no call of a tool, as a protocol error.

use rmcp::ErrorData;
use sf_agent_tools::{ErrorClass, ToolError};

/// What the request names does not exist, or its parameters are wrong: invalid params. Everything
/// else is the server's: internal error. The data are what a model would read.
pub(crate) fn refused(error: &ToolError) -> ErrorData {
    let (message, data) = (error.message.clone(), Some(error.to_model()));
    match error.class {
        ErrorClass::FixYourCall => ErrorData::invalid_params(message, data),
        _ => ErrorData::internal_error(message, data),
    }
}
