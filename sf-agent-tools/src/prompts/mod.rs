//! Prompts: work that a person starts, as instructions to a model that has these tools.
//!
//! A prompt names only tools that the set offers: each step says which it needs, and a step whose
//! tools are not there is left out, or replaced by one that does without. A prompt whose main tools
//! are not there is not offered. A host adds prompts of its own beside ours: [`Prompt`].

mod account;
mod pipeline;
mod prompt;
mod quality;

use std::collections::BTreeMap;

use prompt::Completes;
pub use prompt::{Prompt, PromptArgument, PromptDefinition, PromptSteps, PromptText, PromptValues};

use crate::resources::{Completion, fields, objects, ranked};
use crate::{ErrorClass, Problem, ToolError, ToolSet};

/// Most characters of an argument.
const LONGEST: usize = 500;

/// The prompts that every set has, if it has their tools.
fn own() -> [Prompt; 3] {
    [pipeline::prompt(), account::prompt(), quality::prompt()]
}

impl ToolSet {
    /// Adds a prompt. One of the same name is replaced, ours too. Of several orgs each gets it.
    #[must_use]
    pub fn with_prompt(mut self, prompt: Prompt) -> Self {
        if let Some(orgs) = &self.orgs {
            return orgs.map(|tools| tools.clone().with_prompt(prompt.clone())).unwrap_or(self);
        }
        let mut prompts = self.prompts.to_vec();
        put(&mut prompts, prompt);
        self.prompts = prompts.into();
        self
    }

    /// The prompts for which this set has the tools.
    #[must_use]
    pub fn prompts(&self) -> Vec<PromptDefinition> {
        self.offered().into_iter().map(|prompt| prompt.definition).collect()
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
                let names = prompt.definition.arguments.iter().map(|known| known.name.as_str());
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
            let name = argument.name.as_str();
            let told = problems.iter().any(|p: &Problem| p.at.as_deref() == Some(name));
            if !given.contains_key(name) && !told {
                problems.push(Problem::new(name, argument.description.clone()));
            }
        }
        if !problems.is_empty() {
            let text = format!("The prompt {name} cannot be made from these arguments.");
            return Err(ToolError::fix_your_call(text).with_problems(problems));
        }
        let tools = self.names();
        let mut steps = PromptSteps::new(&tools);
        (prompt.write)(&PromptValues(given), &mut steps);
        let orgs: Vec<&str> = self.each().filter_map(|(alias, _)| alias).collect();
        if !orgs.is_empty() {
            steps.say(&format!(
                "There are several orgs: {}. Work in the one that the user means; if that is not clear, \
                 ask first.",
                orgs.join(", ")
            ));
        }
        let text = steps.text.trim_end().to_owned();
        Ok(PromptText { description: prompt.definition.description, text })
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
        let of = match &argument.completes {
            Completes::Nothing => return Ok(Completion::default()),
            Completes::Choices(choices) => {
                return Ok(ranked(typed, choices.iter().map(|one| (one.as_str(), ""))));
            }
            Completes::Objects => None,
            Completes::Fields(object) => Some(object.clone()),
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

    fn offered(&self) -> Vec<Prompt> {
        let names = self.names();
        let mut all = own().to_vec();
        self.prompts.iter().for_each(|prompt| put(&mut all, prompt.clone()));
        all.retain(|prompt| prompt.needs.iter().all(|tool| names.contains(tool)));
        all
    }

    fn find(&self, name: &str) -> Result<Prompt, ToolError> {
        let mut offered = self.offered();
        if let Some(at) = offered.iter().position(|prompt| prompt.definition.name == name) {
            return Ok(offered.swap_remove(at));
        }
        let names: Vec<&str> = offered.iter().map(|p| p.definition.name.as_str()).collect();
        let given = crate::text::shorten(name, 80);
        let problem = Problem::new("name", "Use one of these prompts.")
            .did_you_mean(sf_schema::suggest(name, names.iter().copied()))
            .allowed(names.iter().map(|name| (*name).into()).collect(), names.len());
        Err(ToolError::new(ErrorClass::FixYourCall, format!("There is no prompt {given:?}."))
            .with_problem(problem))
    }
}

/// Adds a prompt to others, in the place of one of the same name.
fn put(prompts: &mut Vec<Prompt>, prompt: Prompt) {
    match prompts.iter_mut().find(|known| known.name() == prompt.name()) {
        Some(slot) => *slot = prompt,
        None => prompts.push(prompt),
    }
}
