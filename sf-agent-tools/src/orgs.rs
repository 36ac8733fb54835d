//! Several orgs behind one tool set: every tool says on which of them it works.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use crate::context::{Answer, AskPerson, Filled, Form, Question};
use crate::profile::Fitted;
use crate::{
    CallContext, Completeness, Problem, Prompt, SuggestedCall, ToolDefinition, ToolError,
    ToolReply, ToolSet,
};

/// The argument that names the org.
const ORG: &str = "org";

/// Why orgs cannot be put together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OrgsError {
    /// There is none.
    #[error("no org was named")]
    None,
    /// An alias is empty, or has a space or a control character.
    #[error("{0:?} cannot be the alias of an org: it must be a word without spaces")]
    Alias(String),
    /// Two orgs have the same alias.
    #[error("two orgs have the alias {0:?}")]
    Twice(String),
    /// A tool has an argument `org` of its own.
    #[error("the tool {0} has an argument `org` of its own, so it cannot serve several orgs")]
    Taken(String),
    /// One of the sets is made of several orgs already.
    #[error("the tools of {0:?} are those of several orgs already")]
    Nested(String),
}

/// The sets, each under its alias.
pub(crate) struct Orgs {
    members: Vec<(String, ToolSet)>,
    definitions: Vec<ToolDefinition>,
}

impl ToolSet {
    /// One set over several orgs. Each tool that any of them offers is told once, with a required
    /// argument `org` whose values are the aliases of the orgs that offer it; a call goes to that
    /// org's set, under its policy. Cursors and digests of one org are refused in every other, and
    /// a person who is asked reads which org it is.
    ///
    /// # Errors
    /// [`OrgsError`]: no orgs, aliases that are no words or not distinct, and tools with an
    /// argument `org` of their own.
    pub fn several(
        orgs: impl IntoIterator<Item = (impl Into<String>, Self)>,
    ) -> Result<Self, OrgsError> {
        let members: Vec<(String, Self)> =
            orgs.into_iter().map(|(alias, tools)| (alias.into(), tools)).collect();
        let Some((_, first)) = members.first() else {
            return Err(OrgsError::None);
        };
        let mut several = first.of_tools([]);
        let mut prompts = Vec::new();
        let mut definitions: Vec<(ToolDefinition, Vec<&str>)> = Vec::new();
        for (at, (alias, tools)) in members.iter().enumerate() {
            if alias.is_empty() || alias.contains(|c: char| c.is_whitespace() || c.is_control()) {
                return Err(OrgsError::Alias(alias.clone()));
            }
            if members[..at].iter().any(|(other, _)| other == alias) {
                return Err(OrgsError::Twice(alias.clone()));
            }
            if tools.orgs.is_some() {
                return Err(OrgsError::Nested(alias.clone()));
            }
            // Of the same name the first org's.
            for prompt in tools.prompts.iter() {
                if !prompts.iter().any(|known: &Prompt| known.name() == prompt.name()) {
                    prompts.push(prompt.clone());
                }
            }
            for definition in tools.definitions() {
                if definition.input_schema["properties"].get(ORG).is_some() {
                    return Err(OrgsError::Taken(definition.name));
                }
                match definitions.iter_mut().find(|(known, _)| known.name == definition.name) {
                    Some((known, aliases)) => {
                        known.effects.extend(definition.effects);
                        known.effects.sort_unstable();
                        known.effects.dedup();
                        known.effect = known.effect.max(definition.effect);
                        aliases.push(alias);
                    }
                    None => definitions.push((definition, vec![alias])),
                }
            }
        }
        let definitions =
            definitions.into_iter().map(|(told, aliases)| routed(told, &aliases)).collect();
        several.prompts = prompts.into();
        several.orgs = Some(Arc::new(Orgs { members, definitions }));
        Ok(several)
    }
}

/// The definition with the argument that names the org.
fn routed(mut definition: ToolDefinition, aliases: &[&str]) -> ToolDefinition {
    let argument =
        json!({ "type": "string", "enum": aliases, "description": "The org to work on." });
    if let Some(schema) = definition.input_schema.as_object_mut() {
        let properties = schema.entry("properties").or_insert_with(|| Value::Object(Map::new()));
        if let Some(properties) = properties.as_object_mut() {
            properties.shift_insert(0, ORG.to_owned(), argument);
        }
        if let Some(required) = schema.entry("required").or_insert_with(|| json!([])).as_array_mut()
        {
            required.insert(0, Value::from(ORG));
        }
    }
    definition
}

impl Orgs {
    pub(crate) fn members(&self) -> &[(String, ToolSet)] {
        &self.members
    }

    pub(crate) fn definitions(&self) -> &[ToolDefinition] {
        &self.definitions
    }

    /// The same orgs with other tools.
    pub(crate) fn map(&self, change: impl Fn(&ToolSet) -> ToolSet) -> Result<ToolSet, OrgsError> {
        ToolSet::several(self.members.iter().map(|(alias, tools)| (alias.clone(), change(tools))))
    }

    pub(crate) async fn call(
        &self,
        cx: &CallContext,
        name: &str,
        arguments: Value,
    ) -> Result<ToolReply, ToolError> {
        let mut arguments = match arguments {
            Value::Object(arguments) => arguments,
            _ => Map::new(),
        };
        let org = arguments.shift_remove(ORG);
        let named = org.as_ref().and_then(Value::as_str);
        let member = self.members.iter().find(|(alias, _)| Some(alias.as_str()) == named);
        let Some((alias, tools)) = member else {
            return Err(self.no_org(name, org.as_ref()));
        };
        let cx = within(cx, alias);
        match tools.call(&cx, name, Value::Object(arguments)).await {
            Ok(reply) => Ok(told(reply, alias)),
            Err(error) => Err(failed(error, alias)),
        }
    }

    /// The answer to a call that names no org there is.
    fn no_org(&self, name: &str, given: Option<&Value>) -> ToolError {
        let offered = self.definitions.iter().find(|definition| definition.name == name);
        let Some(offered) = offered else {
            return match self.members.first() {
                Some((_, tools)) => tools.unknown(name),
                None => ToolError::fix_your_call(format!("There is no tool {name:?}.")),
            };
        };
        let values = &offered.input_schema["properties"][ORG]["enum"];
        let allowed = values.as_array().cloned().unwrap_or_default();
        let message = match given {
            None => "The call does not say on which org to work. Name it in `org`.".to_owned(),
            Some(given) => {
                let given = crate::text::shorten(&given.to_string(), 100);
                format!("There is no org {given}.")
            }
        };
        let near = given
            .and_then(Value::as_str)
            .map(|given| sf_schema::suggest(given, allowed.iter().filter_map(Value::as_str)));
        let bound = allowed.len();
        ToolError::fix_your_call(message).with_problem(
            Problem::new(ORG, "Use one of these orgs.")
                .allowed(allowed, bound)
                .did_you_mean(near.unwrap_or_default()),
        )
    }

    pub(crate) fn instructions(&self) -> String {
        // Those of an org in which most can be done hold for the others.
        let most = self.members.iter().max_by_key(|(_, tools)| tools.allowed().count());
        let mut text = most.map(|(_, tools)| tools.instructions()).unwrap_or_default();
        let aliases: Vec<&str> = self.members.iter().map(|(alias, _)| alias.as_str()).collect();
        text.push_str(&format!(
            " There are several orgs: {}. The argument `org` says on which a call works. Record ids, \
             cursors and digests of one are good in that one alone.",
            aliases.join(", ")
        ));
        text
    }

    /// The orgs with definitions that together fit in `tokens`.
    pub(crate) fn fit(&self, tokens: usize) -> Result<Fitted, OrgsError> {
        let mut budget = tokens;
        loop {
            let fitted: Vec<(&str, Fitted)> = self
                .members
                .iter()
                .map(|(alias, tools)| (alias.as_str(), tools.fit(budget)))
                .collect();
            let tools =
                ToolSet::several(fitted.iter().map(|(alias, fit)| (*alias, fit.tools.clone())))?;
            let size = tools.definitions().iter().map(ToolDefinition::tokens).sum();
            if size > tokens && budget > 0 {
                budget = budget.saturating_sub(size - tokens);
                continue;
            }
            let each = |names: fn(&Fitted) -> &[String]| {
                let mut all: Vec<String> =
                    fitted.iter().flat_map(|(_, fit)| names(fit)).cloned().collect();
                all.sort_unstable();
                all.dedup();
                all
            };
            let shortened = each(|fit| &fit.shortened);
            let dropped = each(|fit| &fit.dropped);
            return Ok(Fitted { tools, tokens: size, shortened, dropped });
        }
    }
}

/// The context of a call in one of the orgs: what is handed out is bound to its alias, and a person
/// reads it.
pub(crate) fn within(cx: &CallContext, alias: &str) -> CallContext {
    // An alias has no space, so that two pairs of names never make the same text.
    let identity = match cx.identity() {
        Some(identity) => format!("{identity} @{alias}"),
        None => format!("@{alias}"),
    };
    let person = Arc::new(InOrg { cx: cx.clone(), org: alias.to_owned() });
    cx.in_org(identity).with_person(person)
}

/// Puts questions with the name of the org.
struct InOrg {
    cx: CallContext,
    org: String,
}

#[async_trait]
impl AskPerson for InOrg {
    async fn ask(&self, mut question: Question) -> Answer {
        question.text = format!("In the org {}: {}", self.org, question.text);
        self.cx.ask(question).await
    }

    async fn fill(&self, mut form: Form) -> Filled {
        form.text = format!("In the org {}: {}", self.org, form.text);
        self.cx.fill(form).await
    }
}

fn told(mut reply: ToolReply, alias: &str) -> ToolReply {
    if let Completeness::Partial { next: Some(next), .. } = &mut reply.completeness {
        in_org(next, alias);
    }
    reply
}

fn failed(mut error: ToolError, alias: &str) -> ToolError {
    if let Some(next) = &mut error.next {
        in_org(next, alias);
    }
    if let Some(Value::Object(example)) = error.example.as_deref_mut() {
        example.shift_insert(0, ORG.to_owned(), Value::from(alias));
    }
    error
}

fn in_org(call: &mut SuggestedCall, alias: &str) {
    call.arguments.shift_insert(0, ORG.to_owned(), Value::from(alias));
}
