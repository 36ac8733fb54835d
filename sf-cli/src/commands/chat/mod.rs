//! `sf-agent chat`: an agent at the terminal, by rig.

mod calls;
mod failure;
mod keyboard;
mod person;
mod provider;
mod screen;

use std::io::{IsTerminal, Read, stdin};
use std::sync::Arc;

use anstyle::Style;
use anyhow::{Context, Result, bail};
use futures_util::StreamExt;
use rig_agent::AgentBuilder;
use rig_agent::agent::MultiTurnStreamItem;
use rig_core::DynModel;
use rig_core::message::Message;
use rig_core::operation::Completion;
use rig_core::streaming::{Item, StreamEvent};
use sf_agent_tools::{CallContext, ToolSet};
use tokio::sync::Mutex;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::connect::connect;
use crate::exit::{Exit, usage};
use crate::{args, exit, guard};
use calls::Calls;
use keyboard::{Keyboard, interrupts};
use person::Person;
use provider::Chosen;
use screen::Screen;

const QUIET: Style = Style::new().dimmed();
const PROMPT: Style = Style::new().bold();
/// Calls of the model that one question may take.
const TURNS: usize = 40;

pub(crate) async fn run(options: &args::Chat, org: Option<&str>) -> Result<()> {
    let get = |name: &str| std::env::var(name).ok();
    let chosen = provider::choose(options.provider, options.model.as_deref(), get)?;
    let connection = connect(org).await?;
    let policy = connection.agent_policy(options.policy.as_deref(), options.write)?;
    let policy = if options.yes { policy } else { person::asking(policy) };
    let guarded = guard::org(&connection, policy, options.audit.as_deref(), &options.reach)?;
    let profile = options.profile.unwrap_or_else(|| connection.profile());
    let tools = ToolSet::profile(guarded, profile);
    // A wrong secret is told before anything is asked.
    connection.log_in().await?;

    let screen = Arc::new(Screen::new());
    let place = match connection.terms().name.as_deref().or(org) {
        _ if connection.is_embedded() => "an embedded org with made-up data".to_owned(),
        Some(name) => format!("the org {name:?}"),
        None => "the org of the environment".to_owned(),
    };
    let writes = tools.definitions().iter().any(|tool| tool.effect.is_write());
    let manner = match (writes, options.yes) {
        (false, _) => "reads",
        (true, false) => "reads, and asks before it writes",
        (true, true) => "reads and writes",
    };
    let (model, provider) = (&chosen.model, chosen.provider.name());
    screen
        .note(format_args!("{QUIET}{model} ({provider}) works on {place}: it {manner}.{QUIET:#}"));

    let mut chat = Chat {
        model: chosen.connect(),
        chosen,
        preamble: preamble(&tools),
        tools,
        history: Vec::new(),
        screen,
        keyboard: None,
        presses: interrupts(),
    };
    match &options.question {
        Some(question) => chat.once(question).await,
        None if stdin().is_terminal() => chat.converse().await,
        None => {
            let mut question = String::new();
            stdin().read_to_string(&mut question).context("reading the question from stdin")?;
            chat.once(&question).await
        }
    }
}

fn preamble(tools: &ToolSet) -> String {
    format!(
        "You work on a Salesforce org for the person at this terminal, by the tools. Today is {}. \
         Look things up instead of guessing. Answer briefly and in plain text, without Markdown. \
         Where a write has to be approved, the person is asked by this program: make the call. {}",
        jiff::Zoned::now().date(),
        tools.instructions()
    )
}

/// A conversation.
struct Chat {
    chosen: Chosen,
    model: DynModel<Completion>,
    preamble: String,
    tools: ToolSet,
    history: Vec<Message>,
    screen: Arc<Screen>,
    keyboard: Option<Arc<Mutex<Keyboard>>>,
    presses: UnboundedReceiver<()>,
}

/// How a question ended.
enum Ended {
    Answered,
    Stopped,
}

impl Chat {
    async fn once(&mut self, question: &str) -> Result<()> {
        if question.trim().is_empty() {
            return Err(usage("there is no question; give one, in quotes"));
        }
        match self.ask(question).await? {
            Ended::Answered => Ok(()),
            Ended::Stopped => Err(exit::Ended(Exit::Interrupted).into()),
        }
    }

    async fn converse(&mut self) -> Result<()> {
        self.screen.note(format_args!("{QUIET}An empty line or Ctrl-C leaves.{QUIET:#}"));
        loop {
            self.screen.ask(format_args!("\n{PROMPT}> {PROMPT:#}"));
            let keyboard = self.keyboard();
            let line = tokio::select! {
                line = async { keyboard.lock().await.line().await } => line,
                _ = self.presses.recv() => None,
            };
            let Some(line) = line.filter(|line| !line.trim().is_empty()) else {
                return Ok(());
            };
            match self.ask(&line).await {
                Ok(Ended::Answered) => {}
                Ok(Ended::Stopped) => {
                    self.screen.note(format_args!("Stopped. The model forgets this question."));
                }
                Err(error) => self.screen.note(format_args!("{}", crate::failure::render(&error))),
            }
        }
    }

    /// Lets the model answer, and shows what it does on the way.
    async fn ask(&mut self, question: &str) -> Result<Ended> {
        let person = Person { screen: self.screen.clone(), keyboard: self.keyboard() };
        let context = CallContext::default().with_person(Arc::new(person));
        let calls = Calls::new(self.screen.clone(), self.tools.clone());
        let agent = AgentBuilder::new(self.model.clone())
            .preamble(self.preamble.clone())
            .dynamic_tools(sf_adapter_rig::tools_in(&self.tools, &context)?)
            .add_hook(calls.clone())
            .default_max_turns(TURNS);
        let agent = match self.chosen.most_tokens() {
            Some(tokens) => agent.max_tokens(tokens),
            None => agent,
        };
        let agent = agent.build();
        let mut items = agent.prompt(question).history(self.history.clone()).stream();
        let mut stopping = false;
        loop {
            let item = tokio::select! {
                item = items.next() => item,
                _ = self.presses.recv() => {
                    if stopping {
                        leave(calls.is_writing());
                    }
                    stopping = true;
                    context.cancellation().cancel();
                    // A write that was sent is waited for: only its answer tells what happened.
                    if !calls.stop() {
                        return Ok(Ended::Stopped);
                    }
                    continue;
                }
            };
            match item {
                Some(Ok(MultiTurnStreamItem::StreamAssistantItem(Item::Event(
                    StreamEvent::Text { text, .. },
                )))) => self.screen.piece(&text),
                Some(Ok(MultiTurnStreamItem::FinalResponse(response))) => {
                    self.screen.answered(&response.output());
                    self.history.extend(response.messages().iter().cloned());
                    return Ok(Ended::Answered);
                }
                Some(Ok(_)) => {}
                Some(Err(_)) if stopping => return Ok(Ended::Stopped),
                Some(Err(error)) => return Err(failure::explained(&self.chosen, &error)),
                None => bail!("the model's answer broke off"),
            }
        }
    }

    /// Read from when it is first needed: what is piped in is a question.
    fn keyboard(&mut self) -> Arc<Mutex<Keyboard>> {
        let start = || Arc::new(Mutex::new(Keyboard::start()));
        self.keyboard.get_or_insert_with(start).clone()
    }
}

/// The end at once, whatever runs.
fn leave(writing: bool) -> ! {
    let exit = if writing { Exit::Unknown } else { Exit::Interrupted };
    if writing {
        eprintln!(
            "error: not waited for the answer: what was sent may or may not have been written"
        );
    }
    std::process::exit(i32::from(exit.code()))
}
