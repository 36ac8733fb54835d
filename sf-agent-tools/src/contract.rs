//! The error contract: every error of the layers below as one of four classes, in words for a model.

mod codes;
#[cfg(test)]
mod tests;

use sf_rest::{ApiError, Error};

use crate::text::shorten;
use crate::{ErrorClass, Problem, ToolError};

use codes::advice;

/// How much of Salesforce's own message is passed on (a validation rule's text, say).
const MESSAGE: usize = 600;

/// What a failed call means to the model that made it.
///
/// What is about the call or about rights is passed on in Salesforce's words;
/// what is about the infrastructure goes to `tracing` only.
pub(crate) fn explain(error: &Error) -> ToolError {
    let told = told(error);
    if told.class == ErrorClass::FixYourCall {
        tracing::debug!(error = for_log(error), "Salesforce refused a call");
    } else {
        let (kind, status, class) = (error.kind(), error.status(), told.class.as_str());
        tracing::warn!(?kind, status, class, error = for_log(error), "a call to Salesforce failed");
    }
    told
}

fn told(error: &Error) -> ToolError {
    match error {
        Error::Api { status, errors, .. } => {
            refused(*status, errors).with_retry_after(error.retry_after())
        }
        Error::RequestLimitExceeded { .. } => ToolError::try_later(
            "The org's daily budget of API requests is used up. It frees up over the next 24 hours; \
             a Salesforce administrator can see it under Company Information. Nothing is wrong with \
             the call.",
        ),
        Error::OutcomeUnknown { .. } => ToolError::outcome_unknown(
            "The write was sent and its answer was lost, so it may or may not have happened. Look \
             before you repeat it.",
        ),
        Error::ConcurrentRequestLimit { .. } => ToolError::try_later(
            "Too many requests of the org run at once; it was already tried again. Nothing is wrong \
             with the call, which can succeed in a minute.",
        ),
        Error::BudgetExceeded { retry_after, .. } => ToolError::try_later(
            "This connection keeps a reserve of the org's daily API requests, and the rest of them is \
             used up. Nothing was sent, and nothing is wrong with the call.",
        )
        .with_retry_after(Some(*retry_after)),
        Error::TimedOut { .. } => ToolError::try_later(
            "Salesforce did not answer in the time that this connection gives a call. Nothing is wrong \
             with the call; a smaller one is answered sooner.",
        ),
        Error::Conflict { .. } => ToolError::fix_your_call(
            "The record was changed by someone else since it was read. Read it again, decide anew, and \
             call again.",
        ),
        Error::Redirected { .. } => ToolError::ask_a_person(
            "The org answers under another address now. A person has to sign the connection in again, \
             or set its address; no other call will succeed until then.",
        ),
        Error::Halted { .. } => ToolError::fix_your_call(
            "It was not done, because another part of the call failed; correct that one.",
        ),
        Error::BulkJob { state, message, .. } => ToolError::fix_your_call(format!(
            "The bulk job ended as {}: {}. Rows that it had processed before stay processed; look at \
             its results before you load any of them again.",
            shorten(state, 40),
            shorten(message.trim_end_matches('.'), MESSAGE)
        )),
        Error::BulkTimeout { .. } => ToolError::try_later(
            "The bulk job is still running. It goes on; look at its state again in a minute, and do \
             not start it again.",
        ),
        Error::Unaccounted { .. } => ToolError::outcome_unknown(
            "The results of the bulk job do not account for all of its rows: some may be written and \
             some not. Look at the records before you load any of them again.",
        ),
        Error::Source { .. } => ToolError::fix_your_call("What was to be sent could not be read."),
        Error::Auth(cause) if cause.is_retryable() => unavailable(),
        Error::Auth(_) => signed_out(),
        Error::InvalidRequest { reason } => ToolError::fix_your_call(shorten(reason, MESSAGE)),
        Error::SeveralMatches { records } => ToolError::fix_your_call(format!(
            "{} records have this external id and none was changed. Use a record's own id, or an \
             external id that is unique.",
            records.len()
        )),
        Error::Transport { .. } | Error::NotJson { .. } | Error::Incomplete { .. } => unavailable(),
        Error::Decode { .. } | Error::ForeignOrigin { .. } => misunderstood(),
        // An error that the client learnt since: nothing is known against the call.
        _ => unavailable(),
    }
}

/// One item of Salesforce's errors as a problem at `at`.
pub(crate) fn problem(at: &str, error: &ApiError) -> Problem {
    // Several fields stand in Salesforce's message.
    let place = match error.fields.as_slice() {
        [field] if at.is_empty() => field.clone(),
        [field] => format!("{at}.{field}"),
        _ => at.to_owned(),
    };
    let advice = advice(error.code.as_str());
    let said = said(error.code.as_str(), &error.message);
    let message = match (said.is_empty(), advice.map_or("", |a| a.text)) {
        (false, "") => said,
        (false, text) => format!("{said} {text}"),
        (true, "") => "Salesforce refused it without saying why.".to_owned(),
        (true, text) => text.to_owned(),
    };
    let message = match like_it(error) {
        Some(records) => format!("{message} {records}"),
        None => message,
    };
    Problem::new(place, message).code(error.code.as_str())
}

/// The records that a duplicate rule found.
fn like_it(error: &ApiError) -> Option<String> {
    const LISTED: usize = 10;
    let ids: Vec<&str> = error.duplicates.iter().take(LISTED).map(String::as_str).collect();
    let more = error.duplicates.len().saturating_sub(LISTED);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    (!ids.is_empty()).then(|| format!("Records like it: {}{more}.", ids.join(", ")))
}

/// The class that several errors have together: what the model can correct
/// comes before what a person must do, since a corrected call shows the rest.
pub(crate) fn class_of<'a>(codes: impl IntoIterator<Item = &'a str>, status: u16) -> ErrorClass {
    let classes: Vec<ErrorClass> = codes
        .into_iter()
        .filter(|code| !is_consequence(code))
        .map(|code| advice(code).map_or_else(|| by_status(status), |a| a.class))
        .collect();
    [ErrorClass::FixYourCall, ErrorClass::AskAPerson, ErrorClass::TryLater]
        .into_iter()
        .find(|class| classes.contains(class))
        .unwrap_or_else(|| by_status(status))
}

/// True for the codes of records that failed only because another one did.
pub(crate) fn is_consequence(code: &str) -> bool {
    matches!(
        code,
        "ALL_OR_NONE_OPERATION_ROLLED_BACK" | "BATCH_PROCESSING_HALTED" | "PROCESSING_HALTED"
    )
}

fn refused(status: u16, errors: &[ApiError]) -> ToolError {
    let class = class_of(errors.iter().map(|e| e.code.as_str()), status);
    if class == ErrorClass::TryLater {
        let busy = errors.iter().find_map(|e| advice(e.code.as_str()).map(|a| a.text));
        return busy.map_or_else(unavailable, ToolError::try_later);
    }
    let message = match class {
        ErrorClass::AskAPerson => "Salesforce refused the call, and only a person can clear it.",
        _ => "Salesforce refused the call as it stands. Correct it and call again.",
    };
    if errors.is_empty() {
        // Not Salesforce's own form: something in between answered, or only a status came.
        return match status {
            401 | 403 | 407 => ToolError::ask_a_person(
                "The call was turned away without an explanation in Salesforce's form, perhaps by \
                 something between this connection and Salesforce. That says nothing about rights to \
                 records; whoever runs this connection finds the answer in its log.",
            ),
            404 => ToolError::fix_your_call("Salesforce knows nothing under this name or id."),
            414 | 431 => ToolError::fix_your_call("The call is too long. Shorten the statement."),
            _ => ToolError::fix_your_call("Salesforce refused the call without saying why."),
        };
    }
    ToolError::new(class, message).with_problems(errors.iter().map(|e| problem("", e)))
}

fn by_status(status: u16) -> ErrorClass {
    match status {
        401 | 403 => ErrorClass::AskAPerson,
        420 | 429 | 500..=599 => ErrorClass::TryLater,
        _ => ErrorClass::FixYourCall,
    }
}

fn signed_out() -> ToolError {
    ToolError::ask_a_person(
        "The connection to Salesforce is signed out and could not sign in again. A person has to \
         re-authorise it; whoever runs this connection finds the cause in its log. It is not about \
         rights to a record, and no other call will succeed until then.",
    )
}

fn unavailable() -> ToolError {
    ToolError::try_later(
        "Salesforce could not be reached or did not answer properly; it was already retried where \
         that is safe. Nothing is wrong with the call, and it says nothing about rights. Try again \
         in a minute.",
    )
}

fn misunderstood() -> ToolError {
    ToolError::ask_a_person(
        "Salesforce's answer was not understood. This is a fault of the connector or of something \
         between it and Salesforce, not of the call; report it.",
    )
}

/// Salesforce's message as one line that ends with a full stop. Query errors
/// quote the statement with a caret; only the text is kept, since the quote and
/// its column are of the printed statement, which the model has not seen.
pub(crate) fn said(code: &str, message: &str) -> String {
    let mut text = message.trim();
    if let Some((_, rest)) = text.split_once("ERROR at Row:") {
        text = rest.split_once('\n').map_or("", |(_, after)| after);
    }
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.is_empty() || line == code {
        return String::new();
    }
    let mut line = shorten(&line, MESSAGE);
    if !line.ends_with(['.', '!', '?']) {
        line.push('.');
    }
    line
}

/// An error for the log: what failed and how, without any part of an answer's body, which may hold
/// records.
fn for_log(error: &Error) -> String {
    match error {
        Error::Api { operation, status, errors, .. } if errors.is_empty() => {
            format!("Salesforce refused {operation}: HTTP {status}, not in Salesforce's form")
        }
        Error::OutcomeUnknown { operation, source, .. } => {
            format!("the outcome of {operation} is unknown: {}", for_log(source))
        }
        // What is wrong with the form may quote the value that has it.
        Error::Decode { status, what, .. } => format!("the answer (HTTP {status}) is not {what}"),
        Error::NotJson { status, what, form, .. } => {
            format!("the answer (HTTP {status}) is {form} instead of {what}")
        }
        Error::SeveralMatches { records } => {
            format!("{} records have this external id", records.len())
        }
        other => chain(other),
    }
}

/// An error and its sources on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        source = inner.source();
    }
    text
}
