//! A tool error in rig's terms.

use rig_core::tool::{ToolErrorKind, ToolExecutionError, ToolOutput};
use sf_agent_tools::{ErrorClass, ToolError};

/// `error` as rig reports it: the model reads the error's JSON; the operator
/// (logs, hooks, traces) has its text, its class as the code, and the error
/// itself by `downcast_ref::<ToolError>()`.
pub fn execution_error(error: ToolError) -> ToolExecutionError {
    let cancelled = error == ToolError::cancelled();
    let kind = match error.class {
        _ if cancelled => ToolErrorKind::Cancelled,
        ErrorClass::FixYourCall => ToolErrorKind::InvalidArgs,
        ErrorClass::AskAPerson => ToolErrorKind::PermissionDenied,
        ErrorClass::TryLater => ToolErrorKind::Provider,
        // A write whose answer was lost has no kind of its own in rig.
        _ => ToolErrorKind::Other,
    };
    // Rig leaves this open for some kinds, so it is said for all.
    let repeatable = error.class == ErrorClass::TryLater && !cancelled;
    ToolExecutionError::new(kind, error.to_string())
        .with_model_output(ToolOutput::json(error.to_model()))
        .with_retryable(repeatable)
        .with_code(error.class.as_str())
        .with_source(error)
}
