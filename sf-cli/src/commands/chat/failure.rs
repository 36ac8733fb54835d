//! What went wrong with the model, in words that say what to do.

use anyhow::{Error, anyhow};
use rig_agent::completion::PromptError;
use serde_json::Value;

use super::provider::Chosen;
use crate::exit::{later, person};

/// Characters of a provider's own words that are shown.
const SHOWN: usize = 300;

/// The error of a run. No key is in it, whoever repeated one.
pub(crate) fn explained(chosen: &Chosen, error: &PromptError) -> Error {
    let (place, model) = (chosen.place(), &chosen.model);
    let variable = chosen.provider.variable();
    let said = said(chosen, error);
    let status = error.provider_response_status().map(|status| status.as_u16());
    match (error, status) {
        (PromptError::MaxTurns { max_turns, .. }, _) => {
            anyhow!("no answer after {max_turns} calls of the model; ask for less at once")
        }
        (_, Some(401 | 403)) => person(format!("{place} refuses the key; check {variable}")),
        (_, Some(404)) => {
            because(format!("{place} has no model {model:?}; choose another by --model"), said)
        }
        (_, Some(status)) if status == 429 || status >= 500 => later(format!(
            "{place} takes no more for now (status {status}); try again later: {said}"
        )),
        (_, Some(status)) => because(format!("{place} answered with status {status}"), said),
        (_, None) => later(format!("{place} gave no answer: {said}")),
    }
}

fn because(text: String, cause: String) -> Error {
    anyhow!(cause).context(text)
}

/// The provider's own words: the message of its error, if it has the form that they all use.
fn said(chosen: &Chosen, error: &PromptError) -> String {
    let body = error.provider_response_body().and_then(|body| {
        let json: Value = serde_json::from_str(body).ok()?;
        let error = &json["error"];
        error["message"].as_str().or_else(|| error.as_str()).map(str::to_owned)
    });
    let text = chosen.without_key(&body.unwrap_or_else(|| error.to_string()));
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
