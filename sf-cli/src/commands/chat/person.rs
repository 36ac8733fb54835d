//! Asking the person at the terminal before a write is sent.

use std::fmt::Write as _;
use std::sync::Arc;

use anstyle::{AnsiColor, Style};
use async_trait::async_trait;
use serde_json::Value;
use sf_agent_tools::{Answer, AskPerson, Effect, Policy, Question, WriteMode};
use tokio::sync::Mutex;

use super::keyboard::{Keyboard, somebody_is_there};
use super::screen::Screen;
use crate::out::harmless;

const ASKING: Style = AnsiColor::Yellow.on_default().bold();
/// Records of an operation that are shown with their values.
const RECORDS: usize = 10;

/// The person who sits at the terminal, if there is one.
pub(crate) struct Person {
    pub(crate) screen: Arc<Screen>,
    pub(crate) keyboard: Arc<Mutex<Keyboard>>,
}

/// `policy`, with a person asked before every write that it allows.
pub(crate) fn asking(policy: Policy) -> Policy {
    if policy.write_mode() == WriteMode::Free {
        return policy.with_write_mode(WriteMode::Approved);
    }
    let writes = [Effect::Create, Effect::Update, Effect::Delete];
    let allowed = writes.into_iter().filter(|effect| policy.allows(*effect)).collect::<Vec<_>>();
    allowed.into_iter().fold(policy, Policy::ask_before)
}

#[async_trait]
impl AskPerson for Person {
    async fn ask(&self, question: Question) -> Answer {
        self.screen.note(format_args!("{}", shown(&question)));
        if !somebody_is_there() {
            self.screen.note(format_args!(
                "  There is no terminal to ask on, so it is not sent; --yes allows writes without \
                 a question."
            ));
            return Answer::Unavailable;
        }
        let mut keyboard = self.keyboard.lock().await;
        keyboard.forget();
        self.screen.ask(format_args!("  {ASKING}Send it? [y/N] {ASKING:#}"));
        match keyboard.line().await {
            Some(line) if matches!(line.trim().to_lowercase().as_str(), "y" | "yes") => {
                Answer::Approved
            }
            Some(_) => Answer::Declined,
            None => Answer::Unavailable,
        }
    }
}

/// What would be written, as lines.
fn shown(question: &Question) -> String {
    let Some(preview) = &question.preview else {
        let arguments = serde_json::to_string_pretty(&question.arguments).unwrap_or_default();
        return harmless(&format!("  {} {}\n{arguments}", question.text, question.tool));
    };
    let mut text = String::new();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let operations = list(&preview["operations"]);
    if operations.iter().all(|operation| operation["records"].is_null()) {
        // An action, a bulk load or a raw request, which shows no records one by one.
        let whole = serde_json::to_string_pretty(preview).unwrap_or_default();
        return harmless(&format!("  {}\n{whole}", question.text));
    }
    for operation in operations {
        let (action, rows) = (words(&operation["action"]), &operation["rows"]);
        let object = words(&operation["object"]);
        let _ = write!(text, "  {ASKING}The agent wants to {action} {rows} {object}{ASKING:#}");
        let records = list(&operation["records"]);
        for record in records.iter().take(RECORDS) {
            let name = [&record["name"], &record["id"]].map(words);
            let name = name.join(" ");
            let name = Some(name.trim()).filter(|name| !name.is_empty());
            let _ = write!(text, "\n    {}", name.unwrap_or("a new record"));
            for change in list(&record["changes"]) {
                let value = |value: &Value| harmless(&value.to_string());
                let before = match &change["before"] {
                    Value::Null => String::new(),
                    before => format!("{} → ", value(before)),
                };
                let (field, after) = (words(&change["field"]), value(&change["after"]));
                let _ = write!(text, "\n      {field}: {before}{after}");
            }
        }
        let total = rows.as_u64().unwrap_or_default() as usize;
        if let Some(more) = total.checked_sub(records.len().min(RECORDS)).filter(|n| *n > 0) {
            let _ = write!(text, "\n    … and {more} more, which are not shown");
        }
    }
    for warning in list(&preview["warnings"]) {
        let _ = write!(text, "\n    note: {}", words(&warning));
    }
    text
}

/// A text as it is, without what commands a terminal; nothing for what is no text.
fn words(value: &Value) -> String {
    harmless(value.as_str().unwrap_or_default()).replace('\n', " ")
}
