//! The tool calls of a turn, as rig's agent makes them: shown as they start and end.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use anstyle::{AnsiColor, Style};
use rig_agent::agent::{
    AgentHook, DispatchAction, DispatchEvent, HookContext, InvalidToolCallAction,
    InvalidToolCallContext, InvalidToolCallReason, OutcomeAction, OutcomeEvent,
};
use rig_core::effect::EffectId;
use rig_core::tool::ToolResult;
use serde_json::Value;
use sf_agent_tools::ToolSet;

use super::screen::Screen;
use crate::out::harmless;

const CALL: Style = AnsiColor::Cyan.on_default();
const QUIET: Style = Style::new().dimmed();
const FAULT: Style = AnsiColor::Red.on_default();
/// Characters of arguments and errors that are shown.
const SHOWN: usize = 100;

/// What runs now, and whether it is the last that does.
#[derive(Clone)]
pub(crate) struct Calls(Arc<State>);

struct State {
    screen: Arc<Screen>,
    tools: ToolSet,
    running: Mutex<Running>,
    stopping: AtomicBool,
}

/// The calls that are not answered yet: since when, and of which tool.
type Running = HashMap<EffectId, (Instant, String)>;

impl Calls {
    pub(crate) fn new(screen: Arc<Screen>, tools: ToolSet) -> Self {
        let (running, stopping) = (Mutex::default(), AtomicBool::new(false));
        Self(Arc::new(State { screen, tools, running, stopping }))
    }

    /// Whether a tool runs that writes.
    pub(crate) fn is_writing(&self) -> bool {
        let writes =
            |name: &str| self.0.tools.definition(name).is_some_and(|t| t.effect.is_write());
        self.running().values().any(|(_, name)| writes(name))
    }

    /// Lets nothing start after what runs now; false if nothing does.
    pub(crate) fn stop(&self) -> bool {
        self.0.stopping.store(true, Ordering::SeqCst);
        !self.running().is_empty()
    }

    fn is_stopping(&self) -> bool {
        self.0.stopping.load(Ordering::SeqCst)
    }

    fn running(&self) -> MutexGuard<'_, Running> {
        self.0.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AgentHook for Calls {
    async fn on_dispatch(&self, _: &HookContext, event: DispatchEvent<'_>) -> DispatchAction {
        if self.is_stopping() {
            return DispatchAction::stop("stopped");
        }
        if let Some(tool) = event.tool_name() {
            let arguments = arguments(event.tool_args().unwrap_or_default());
            self.0.screen.note(format_args!("{CALL}→ {tool}{CALL:#} {arguments}"));
            self.running().insert(event.id, (Instant::now(), tool.to_owned()));
        }
        DispatchAction::proceed()
    }

    async fn on_outcome(&self, _: &HookContext, event: OutcomeEvent<'_>) -> OutcomeAction {
        let started = self.running().remove(&event.id);
        if let (Some(result), Some((started, _))) = (event.tool_result(), started) {
            let took = started.elapsed().as_secs_f64();
            match told(result) {
                Ok(told) => {
                    self.0.screen.note(format_args!("{QUIET}  ← {told} ({took:.1} s){QUIET:#}"));
                }
                Err(told) => {
                    self.0.screen.note(format_args!("{FAULT}  ✗ {told} ({took:.1} s){FAULT:#}"));
                }
            }
        }
        if self.is_stopping() { OutcomeAction::stop("stopped") } else { OutcomeAction::proceed() }
    }

    /// A model that calls a tool which there is not, or which the policy holds back, is told so; rig
    /// would end the conversation.
    async fn on_invalid_tool_call(
        &self,
        _: &HookContext,
        event: &InvalidToolCallContext,
    ) -> Option<InvalidToolCallAction> {
        if matches!(event.reason, InvalidToolCallReason::MalformedArguments { .. }) {
            return None;
        }
        let name = short(&event.tool_name);
        self.0.screen.note(format_args!("{FAULT}→ {name}: there is no such tool{FAULT:#}"));
        let tools = event.available_tools.join(", ");
        Some(InvalidToolCallAction::skip(format!(
            "There is no tool {name}. The tools are {tools}."
        )))
    }
}

/// The arguments in a line: one text as it is, others as JSON.
fn arguments(json: &str) -> String {
    match serde_json::from_str(json) {
        Ok(Value::Object(map)) if map.is_empty() => String::new(),
        Ok(Value::Object(map)) if map.len() == 1 => match map.values().next() {
            Some(Value::String(text)) => short(text),
            _ => short(json),
        },
        _ => short(json),
    }
}

/// What came of a call, in a few words.
fn told(result: &ToolResult) -> Result<String, String> {
    let output = result.output();
    let json = output.as_json().cloned().unwrap_or_else(|| Value::from(output.render()));
    if result.is_success() { Ok(brief(&json)) } else { Err(fault(&json)) }
}

fn brief(reply: &Value) -> String {
    let lists = ["rows", "objects", "results", "operations", "fields", "records", "reports"];
    let counted = lists.iter().find_map(|name| {
        let count = match &reply[*name] {
            Value::Array(items) => items.len(),
            Value::Object(map) => map.len(),
            _ => return None,
        };
        let name = if count == 1 { name.trim_end_matches('s') } else { name };
        Some(format!("{count} {name}, "))
    });
    let completeness = &reply["completeness"];
    let rest = match (&completeness["complete"], completeness["total"].as_u64()) {
        (Value::Bool(true), _) => "complete".to_owned(),
        (_, Some(total)) => format!("not complete, {total} in all"),
        _ => "not complete".to_owned(),
    };
    counted.unwrap_or_default() + &rest
}

fn fault(reply: &Value) -> String {
    let error = &reply["error"];
    match (error["class"].as_str(), error["message"].as_str()) {
        (Some(class), Some(message)) => format!("{class}: {}", short(message)),
        _ => short(reply.as_str().unwrap_or("failed")),
    }
}

fn short(text: &str) -> String {
    let text = harmless(text).split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_call_and_its_result_are_a_line_each() {
        insta::assert_snapshot!(arguments(r#"{"soql":"SELECT Id\n FROM Account"}"#), @"SELECT Id FROM Account");
        insta::assert_snapshot!(arguments(r#"{"object":"Account","id":"001"}"#), @r#"{"object":"Account","id":"001"}"#);
        insta::assert_snapshot!(arguments("{}"), @"");
        let part = json!({ "complete": false, "returned": 2, "total": 9566 });
        insta::assert_snapshot!(brief(&json!({ "rows": [[1], [2]], "completeness": part })), @"2 rows, not complete, 9566 in all");
        let whole = json!({ "complete": true });
        insta::assert_snapshot!(brief(&json!({ "fields": { "Name": "x" }, "completeness": whole })), @"1 field, complete");
        insta::assert_snapshot!(brief(&json!({ "count": 4, "completeness": whole })), @"complete");
        let error = json!({ "error": { "class": "try_later", "message": "Busy." } });
        insta::assert_snapshot!(fault(&error), @"try_later: Busy.");
        assert_eq!(short(&"\u{1b}é".repeat(90)).chars().count(), SHOWN + 1);
    }
}
