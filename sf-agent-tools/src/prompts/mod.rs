//! Prompts: work that a person starts, as instructions to a model that has these tools.
//!
//! A prompt names only tools that the set offers: each step says which it needs, and a step whose
//! tools are not there is left out, or replaced by one that does without. A prompt whose main tools
//! are not there is not offered.

mod account;
mod pipeline;
mod quality;

use std::collections::BTreeMap;

use crate::resources::{Completion, fields, objects, ranked};
use crate::{ErrorClass, Problem, ToolError, ToolSet};

/// Most characters of an argument.
const LONGEST: usize = 500;

/// A prompt as it is offered.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PromptDefinition {
    /// Its name.
    pub name: &'static str,
    /// The name that people read.
    pub title: &'static str,
    /// What it has the model do, in a sentence.
    pub description: &'static str,
    /// What it takes.
    pub arguments: &'static [PromptArgument],
}

/// One argument of a prompt; all arguments are texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct PromptArgument {
    /// Its name.
    pub name: &'static str,
    /// The name that people read.
    pub title: &'static str,
    /// What to give.
    pub description: &'static str,
    /// Whether the prompt is nothing without it.
    pub required: bool,
    completes: Completes,
}

/// What an argument is completed from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Completes {
    Nothing,
    Objects,
    /// The fields of this object.
    Fields(&'static str),
    /// The fields of the object that another argument names.
    FieldsOf(&'static str),
    /// These.
    Choices(&'static [&'static str]),
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

/// A prompt as it is written.
struct Prompt {
    definition: PromptDefinition,
    /// Tools without which it is not offered.
    needs: &'static [&'static str],
    write: fn(&Given<'_>, &mut Steps<'_>),
}

const PROMPTS: [&Prompt; 3] = [&pipeline::PROMPT, &account::PROMPT, &quality::PROMPT];

/// The arguments that were given.
struct Given<'a>(BTreeMap<&'a str, String>);

impl Given<'_> {
    /// An argument in quotes, on one line: a text of the user's, and no instruction among ours.
    fn quoted(&self, name: &str) -> Option<String> {
        self.0.get(name).map(|text| serde_json::Value::from(text.as_str()).to_string())
    }
}

/// Text with numbered steps.
struct Steps<'a> {
    tools: &'a [String],
    text: String,
    steps: usize,
}

impl Steps<'_> {
    fn has(&self, tool: &str) -> bool {
        self.tools.iter().any(|offered| offered == tool)
    }

    /// A paragraph.
    fn say(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push_str("\n\n");
    }

    /// The next step.
    fn step(&mut self, text: &str) {
        self.steps += 1;
        self.text.push_str(&format!("{}. {text}\n", self.steps));
    }

    /// The next step, if these tools are there.
    fn step_with(&mut self, tools: &[&str], text: &str) -> bool {
        let there = tools.iter().all(|tool| self.has(tool));
        if there {
            self.step(text);
        }
        there
    }

    fn end_of_steps(&mut self) {
        self.text.push('\n');
    }
}

impl ToolSet {
    /// The prompts for which this set has the tools.
    #[must_use]
    pub fn prompts(&self) -> Vec<PromptDefinition> {
        self.offered().map(|prompt| prompt.definition.clone()).collect()
    }

    /// A prompt with its arguments, by name.
    ///
    /// # Errors
    /// [`ErrorClass::FixYourCall`] if there is no such prompt, or an argument is missing, unknown or
    /// too long.
    pub fn prompt<'a>(
        &self,
        name: &str,
        arguments: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<PromptText, ToolError> {
        let prompt = self.find(name)?;
        let mut problems = Vec::new();
        let mut given = BTreeMap::new();
        for (name, value) in arguments {
            let known = prompt.definition.arguments.iter().any(|known| known.name == name);
            if !known {
                let text = format!("{} takes no such argument.", prompt.definition.name);
                let names = prompt.definition.arguments.iter().map(|known| known.name);
                let near = sf_schema::suggest(name, names);
                problems.push(Problem::new(name, text).did_you_mean(near));
            } else if value.chars().count() > LONGEST {
                let text = format!("It may have {LONGEST} characters.");
                problems.push(Problem::new(name, text));
            } else if !value.trim().is_empty() {
                given.insert(name, value.trim().to_owned());
            }
        }
        for argument in prompt.definition.arguments.iter().filter(|a| a.required) {
            let told = problems.iter().any(|p: &Problem| p.at.as_deref() == Some(argument.name));
            if !given.contains_key(argument.name) && !told {
                problems.push(Problem::new(argument.name, argument.description));
            }
        }
        if !problems.is_empty() {
            let text = format!("The prompt {name} cannot be made from these arguments.");
            return Err(ToolError::fix_your_call(text).with_problems(problems));
        }
        let tools = self.names();
        let mut steps = Steps { tools: &tools, text: String::new(), steps: 0 };
        (prompt.write)(&Given(given), &mut steps);
        let orgs: Vec<&str> = self.each().filter_map(|(alias, _)| alias).collect();
        if !orgs.is_empty() {
            steps.say(&format!(
                "There are several orgs: {}. Work in the one that the user means; if that is not clear, \
                 ask first.",
                orgs.join(", ")
            ));
        }
        let text = steps.text.trim_end().to_owned();
        Ok(PromptText { description: prompt.definition.description.to_owned(), text })
    }

    /// Values for an argument of a prompt; `known` tells the arguments that are given already.
    ///
    /// # Errors
    /// [`ErrorClass::FixYourCall`] if there is no such prompt or argument; others if Salesforce could
    /// not be asked.
    pub async fn complete_prompt(
        &self,
        name: &str,
        argument: &str,
        typed: &str,
        known: &(dyn for<'a> Fn(&'a str) -> Option<String> + Sync),
    ) -> Result<Completion, ToolError> {
        let prompt = self.find(name)?;
        let found = prompt.definition.arguments.iter().find(|known| known.name == argument);
        let Some(argument) = found else {
            let argument = crate::text::shorten(argument, 80);
            return Err(ToolError::fix_your_call(format!(
                "{name} takes no argument {argument:?}."
            )));
        };
        let of = match argument.completes {
            Completes::Nothing => return Ok(Completion::default()),
            Completes::Choices(choices) => {
                return Ok(ranked(typed, choices.iter().map(|one| (*one, ""))));
            }
            Completes::Objects => None,
            Completes::Fields(object) => Some(object.to_owned()),
            Completes::FieldsOf(other) => Some(known(other).unwrap_or_default()),
        };
        // The names of the first org before those of the next, each once.
        let mut all = Completion::default();
        for (_, tools) in self.each() {
            tools.org().open()?;
            all.add(match &of {
                None => objects(tools.org(), typed).await?,
                Some(object) => fields(tools.org(), Some(object), typed).await?,
            });
        }
        Ok(all)
    }

    /// The set of each org, with its alias if there are several.
    fn each(&self) -> impl Iterator<Item = (Option<&str>, &Self)> {
        let several = self.orgs.iter().flat_map(|orgs| orgs.members());
        let alone = self.orgs.is_none().then_some((None, self));
        several.map(|(alias, tools)| (Some(alias.as_str()), tools)).chain(alone)
    }

    fn names(&self) -> Vec<String> {
        self.definitions().into_iter().map(|tool| tool.name).collect()
    }

    fn offered(&self) -> impl Iterator<Item = &'static Prompt> {
        let names = self.names();
        let there = move |prompt: &&Prompt| {
            prompt.needs.iter().all(|tool| names.iter().any(|name| name == tool))
        };
        PROMPTS.into_iter().filter(there)
    }

    fn find(&self, name: &str) -> Result<&'static Prompt, ToolError> {
        let found = self.offered().find(|prompt| prompt.definition.name == name);
        found.ok_or_else(|| {
            let names: Vec<&str> = self.offered().map(|p| p.definition.name).collect();
            let given = crate::text::shorten(name, 80);
            let problem = Problem::new("name", "Use one of these prompts.")
                .did_you_mean(sf_schema::suggest(name, names.iter().copied()))
                .allowed(names.iter().map(|name| (*name).into()).collect(), names.len());
            ToolError::new(ErrorClass::FixYourCall, format!("There is no prompt {given:?}."))
                .with_problem(problem)
        })
    }
}
