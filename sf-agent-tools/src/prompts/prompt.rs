//! A prompt, ours or a host's: what it takes, which tools it needs, and how its text is put together.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// A prompt: its name and arguments, the tools that it needs, and what writes its text.
///
/// ```
/// use sf_agent_tools::{Org, Prompt, PromptArgument, ToolSet};
///
/// fn with_our_prompts(org: Org) -> ToolSet {
///     let week = Prompt::new(
///         "week_in_review",
///         "Week in review",
///         "Tells what one person's accounts did in the last seven days.",
///         |given, steps| {
///             let owner = given.quoted("owner").unwrap_or_default();
///             steps.say(&format!("Review the week of {owner}. Work in these steps:"));
///             steps.step("Find the accounts of this owner with salesforce_query.");
///             steps.step_with(
///                 &["salesforce_changes"],
///                 "See with salesforce_changes what was new on them since last week.",
///             );
///             steps.end_of_steps();
///             steps.say("Then report in ten lines. Change nothing in Salesforce.");
///         },
///     )
///     .argument(PromptArgument::new("owner", "Owner", "Whose week.").required())
///     .needs(["salesforce_query"]);
///     ToolSet::salesforce(org).with_prompt(week)
/// }
/// # fn main() { let _ = with_our_prompts; }
/// ```
#[derive(Clone)]
pub struct Prompt {
    pub(super) definition: PromptDefinition,
    pub(super) needs: Vec<String>,
    pub(super) write: Arc<Write>,
}

type Write = dyn Fn(&PromptValues<'_>, &mut PromptSteps<'_>) + Send + Sync;

impl Prompt {
    /// A prompt without arguments that is always offered. `name` is what a client asks for, `title`
    /// what people read, `description` says in a sentence what the model is to do. `write` makes the
    /// text that the user then says to the model.
    pub fn new(
        name: impl Into<String>,
        title: impl Into<String>,
        description: impl Into<String>,
        write: impl Fn(&PromptValues<'_>, &mut PromptSteps<'_>) + Send + Sync + 'static,
    ) -> Self {
        let (name, title, description) = (name.into(), title.into(), description.into());
        let definition = PromptDefinition { name, title, description, arguments: Vec::new() };
        Self { definition, needs: Vec::new(), write: Arc::new(write) }
    }

    pub(crate) fn name(&self) -> &str {
        &self.definition.name
    }

    /// With one more argument, behind those it has.
    #[must_use]
    pub fn argument(mut self, argument: PromptArgument) -> Self {
        self.definition.arguments.push(argument);
        self
    }

    /// Offered only where all of these tools are.
    #[must_use]
    pub fn needs<T: Into<String>>(mut self, tools: impl IntoIterator<Item = T>) -> Self {
        self.needs.extend(tools.into_iter().map(Into::into));
        self
    }
}

impl fmt::Debug for Prompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut told = f.debug_struct("Prompt");
        told.field("definition", &self.definition).field("needs", &self.needs);
        told.finish_non_exhaustive()
    }
}

/// A prompt as it is offered.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PromptDefinition {
    /// Its name.
    pub name: String,
    /// The name that people read.
    pub title: String,
    /// What it has the model do, in a sentence.
    pub description: String,
    /// What it takes.
    pub arguments: Vec<PromptArgument>,
}

/// One argument of a prompt; all arguments are texts.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PromptArgument {
    /// Its name.
    pub name: String,
    /// The name that people read.
    pub title: String,
    /// What to give.
    pub description: String,
    /// Whether the prompt is nothing without it.
    pub required: bool,
    pub(super) completes: Completes,
}

/// What an argument is completed from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Completes {
    Nothing,
    Objects,
    /// The fields of this object.
    Fields(String),
    /// The fields of the object that another argument names.
    FieldsOf(String),
    /// These.
    Choices(Vec<String>),
}

impl PromptArgument {
    /// An argument that may be left out, and of which nothing is suggested.
    pub fn new(
        name: impl Into<String>,
        title: impl Into<String>,
        description: impl Into<String>,
    ) -> Self {
        let (name, title, description) = (name.into(), title.into(), description.into());
        Self { name, title, description, required: false, completes: Completes::Nothing }
    }

    /// The prompt is nothing without it.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Completed from these; others may be given all the same.
    #[must_use]
    pub fn choices<T: Into<String>>(mut self, choices: impl IntoIterator<Item = T>) -> Self {
        self.completes = Completes::Choices(choices.into_iter().map(Into::into).collect());
        self
    }

    /// Completed from the names of objects that are to be seen.
    #[must_use]
    pub fn objects(mut self) -> Self {
        self.completes = Completes::Objects;
        self
    }

    /// Completed from the fields of this object.
    #[must_use]
    pub fn fields(mut self, object: impl Into<String>) -> Self {
        self.completes = Completes::Fields(object.into());
        self
    }

    /// Completed from the fields of the object that another argument names.
    #[must_use]
    pub fn fields_of(mut self, argument: impl Into<String>) -> Self {
        self.completes = Completes::FieldsOf(argument.into());
        self
    }
}

/// A prompt with its arguments filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PromptText {
    /// What it is, for a person.
    pub description: String,
    /// What the user says to the model.
    pub text: String,
}

/// The arguments that were given to a prompt: known, not empty, at most 500 characters each.
#[derive(Debug)]
pub struct PromptValues<'a>(pub(super) BTreeMap<&'a str, String>);

impl PromptValues<'_> {
    /// An argument in quotes, on one line: a text of the user's, and no instruction among yours. None
    /// if it was not given.
    #[must_use]
    pub fn quoted(&self, name: &str) -> Option<String> {
        self.raw(name).map(|text| serde_json::Value::from(text).to_string())
    }

    /// An argument as it was given, to choose between texts; what goes into one is
    /// [`quoted`](Self::quoted).
    #[must_use]
    pub fn raw(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

/// The text of a prompt as it is written: paragraphs, and steps that are numbered.
#[derive(Debug)]
pub struct PromptSteps<'a> {
    tools: &'a [String],
    pub(super) text: String,
    steps: usize,
}

impl<'a> PromptSteps<'a> {
    pub(super) fn new(tools: &'a [String]) -> Self {
        Self { tools, text: String::new(), steps: 0 }
    }

    /// Whether this tool is offered, so that a step may name it.
    #[must_use]
    pub fn has(&self, tool: &str) -> bool {
        self.tools.iter().any(|offered| offered == tool)
    }

    /// A paragraph.
    pub fn say(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push_str("\n\n");
    }

    /// The next step.
    pub fn step(&mut self, text: &str) {
        self.steps += 1;
        self.text.push_str(&format!("{}. {text}\n", self.steps));
    }

    /// The next step, if these tools are offered; whether they are.
    pub fn step_with(&mut self, tools: &[&str], text: &str) -> bool {
        let there = tools.iter().all(|tool| self.has(tool));
        if there {
            self.step(text);
        }
        there
    }

    /// Ends the list of steps; what follows is a paragraph again.
    pub fn end_of_steps(&mut self) {
        self.text.push('\n');
    }
}
