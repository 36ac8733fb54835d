//! What the demo shows: each thought, each call, and what the model sees of it.

use std::io::Write;

use anstyle::{AnsiColor, Style};
use anyhow::{Result, bail};
use serde_json::Value;
use sf_agent_tools::{CallContext, ToolSet};

use super::outline::{Bounds, outline};
use super::story::brief;

const HEADING: Style = Style::new().bold();
const AGENT: Style = AnsiColor::Cyan.on_default();
const ORG: Style = AnsiColor::Yellow.on_default();
const FAULT: Style = AnsiColor::Red.on_default();
const CHECK: Style = AnsiColor::Green.on_default().bold();
const QUIET: Style = Style::new().dimmed();

/// Characters of a call's arguments that are shown.
const LONG: usize = 260;
const BRIEF: usize = 40;
const SHORT: Bounds = Bounds { items: 5, lines: 24, width: 104 };

/// The tools of one agent, and the terminal that shows their use.
pub(crate) struct Stage {
    tools: ToolSet,
    full: bool,
    calls: usize,
}

/// What a call came to, as the model sees it.
pub(crate) enum Seen {
    Reply(Value),
    Error(Value),
}

impl Seen {
    /// The reply; the demo ends if the call failed.
    pub(crate) fn reply(self) -> Result<Value> {
        match self {
            Self::Reply(value) => Ok(value),
            Self::Error(value) => {
                bail!("the call was expected to succeed, and the model saw {value}")
            }
        }
    }

    /// The error; the demo ends if the call succeeded.
    pub(crate) fn error(self) -> Result<Value> {
        match self {
            Self::Error(value) => Ok(value),
            Self::Reply(value) => bail!("the call was expected to fail, and the model saw {value}"),
        }
    }
}

impl Stage {
    pub(crate) fn new(tools: ToolSet, full: bool) -> Self {
        Self { tools, full, calls: 0 }
    }

    pub(crate) fn calls(&self) -> usize {
        self.calls
    }

    pub(crate) fn tools(&self) -> &ToolSet {
        &self.tools
    }

    pub(crate) fn heading(&self, text: &str) {
        self.print(format_args!("\n{HEADING}{text}{HEADING:#}"));
    }

    /// What the agent thinks.
    pub(crate) fn agent(&self, text: &str) {
        self.print(format_args!("\n{AGENT}agent{AGENT:#}  {text}"));
    }

    /// What happens to the org behind the agent's back.
    pub(crate) fn org(&self, text: &str) {
        self.print(format_args!("\n{ORG}org{ORG:#}    {text}"));
    }

    /// What the demo found to be true.
    pub(crate) fn checked(&self, text: &str) {
        self.print(format_args!("\n{CHECK}✓{CHECK:#} {text}"));
    }

    /// The demo goes on to its end when nobody watches any more.
    fn print(&self, text: std::fmt::Arguments<'_>) {
        let _ = writeln!(anstream::stdout().lock(), "{text}");
    }

    /// A plain line.
    pub(crate) fn say(&self, text: &str) {
        self.print(format_args!("{text}"));
    }

    /// Calls a tool as an adapter would, and shows the call and its result.
    pub(crate) async fn call(&mut self, tool: &str, arguments: Value) -> Seen {
        self.print(format_args!(
            "  {AGENT}→ {tool}{AGENT:#} {}",
            shorten(&arguments.to_string(), LONG, self.full)
        ));
        let seen = self.send(tool, arguments).await;
        match &seen {
            Seen::Reply(value) => self.show(QUIET, "←", value),
            Seen::Error(value) => self.show(FAULT, "✗", value),
        }
        seen
    }

    /// [`Stage::call`], with a reply that is told in a line: one of many alike.
    pub(crate) async fn call_briefly(&mut self, tool: &str, arguments: Value) -> Seen {
        if self.full {
            return self.call(tool, arguments).await;
        }
        let shown = shorten(&arguments.to_string(), BRIEF, false);
        let seen = self.send(tool, arguments).await;
        match &seen {
            Seen::Reply(value) => {
                self.print(format_args!(
                    "  {AGENT}→ {tool}{AGENT:#} {shown} {QUIET}← {}{QUIET:#}",
                    brief(value)
                ));
            }
            Seen::Error(value) => self.show(FAULT, "✗", value),
        }
        seen
    }

    async fn send(&mut self, tool: &str, arguments: Value) -> Seen {
        self.calls += 1;
        match self.tools.call(&CallContext::default(), tool, arguments).await {
            Ok(reply) => Seen::Reply(reply.to_model()),
            Err(error) => Seen::Error(error.to_model()),
        }
    }

    fn show(&self, style: Style, mark: &str, value: &Value) {
        if self.full {
            self.print(format_args!("  {style}{mark}{style:#} {value}"));
            return;
        }
        for (n, line) in outline(value, SHORT).lines().enumerate() {
            let mark = if n == 0 { mark } else { " " };
            self.print(format_args!("  {style}{mark}{style:#} {line}"));
        }
    }
}

/// Sealed cursors are long and say nothing to a person.
fn shorten(text: &str, most: usize, full: bool) -> String {
    if full || text.chars().count() <= most {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(most).collect();
    short.push('…');
    short
}
