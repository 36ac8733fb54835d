//! The person at the terminal, who is asked.

use std::io::{IsTerminal, Write, stdin};

use anyhow::Result;
use async_trait::async_trait;
use sf_agent_tools::{Answer, AskPerson, Question};

use crate::exit::{Exit, usage};
use crate::interrupt::Interrupt;
use crate::out::harmless;

/// Answers the questions of a policy. No option answers them: whoever gives options may be a program.
pub(super) struct Terminal(pub(super) Interrupt);

#[async_trait]
impl AskPerson for Terminal {
    async fn ask(&self, question: Question) -> Answer {
        if !stdin().is_terminal() {
            return Answer::Unavailable;
        }
        let shown = question.preview.as_ref().unwrap_or(&question.arguments);
        let shown = serde_json::to_string_pretty(shown).unwrap_or_default();
        let text = format!("{}\nThe policy asks a person before this. Go on?", harmless(&shown));
        match yes(text, &self.0).await {
            Ok(true) => Answer::Approved,
            Ok(false) => Answer::Declined,
            Err(_) => Answer::Unavailable,
        }
    }
}

/// Whether the person agrees, who has said so already with `--yes`.
///
/// # Errors
/// Without a terminal, if it was not said.
pub(crate) async fn agrees(question: &str, said_yes: bool, interrupt: &Interrupt) -> Result<bool> {
    if said_yes {
        return Ok(true);
    }
    if !stdin().is_terminal() {
        return Err(usage(
            "there is no terminal to ask on; give --yes to go on without a question",
        ));
    }
    yes(question.to_owned(), interrupt).await
}

/// Reads the answer in a thread that may wait, so that Ctrl-C is noticed meanwhile.
async fn yes(question: String, interrupt: &Interrupt) -> Result<bool> {
    let answer = tokio::task::spawn_blocking(move || {
        let mut err = std::io::stderr().lock();
        write!(err, "{question} [y/N] ").and_then(|()| err.flush())?;
        drop(err);
        let mut answer = String::new();
        stdin().read_line(&mut answer).map(|_| answer)
    });
    let answer = tokio::select! {
        answer = answer => answer??,
        () = interrupt.pressed() => {
            eprintln!("\nInterrupted. Nothing was changed.");
            // At once: the thread that reads cannot be stopped, and the runtime would wait for it.
            std::process::exit(i32::from(Exit::Interrupted.code()));
        }
    };
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
