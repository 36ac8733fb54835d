//! A language model that follows a script.
//!
//! Unlike a list of canned turns, each step of the script reads what the tools
//! answered before, as a real model would: that is how an id from a query gets
//! into the next call.

use serde_json::Value;

/// What the model does next.
#[derive(Debug, Clone)]
pub enum Turn {
    /// Calls a tool.
    Call(&'static str, Value),
    /// Answers the user, which ends the task.
    Say(String),
}

/// The answer to one tool call, as the model reads it.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Which tool answered.
    pub tool: String,
    /// Whether the call failed.
    pub is_error: bool,
    /// What the tool said.
    pub json: Value,
}

impl Seen {
    /// The answer `text` of `tool`: JSON, and an error if it says so.
    #[must_use]
    pub fn read(tool: &str, text: &str) -> Self {
        let json = serde_json::from_str(text).unwrap_or_else(|_| Value::from(text));
        Self { tool: tool.to_owned(), is_error: json.get("error").is_some(), json }
    }
}

/// One step: all answers so far, oldest first, to what the model does next.
pub type Step = fn(&[Seen]) -> Turn;

/// What a model with this script does after these answers: step `n` after `n` of them.
#[must_use]
pub fn next_turn(steps: &[Step], seen: &[Seen]) -> Turn {
    match steps.get(seen.len()) {
        Some(step) => step(seen),
        None => Turn::Say("the script has no further step".to_owned()),
    }
}
