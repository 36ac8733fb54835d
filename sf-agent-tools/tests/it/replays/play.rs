//! A task step by step: calls are made as they are written, replies are held against what they
//! must say.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use sf_agent_tools::{ToolError, ToolSet};

use super::task::{Act, Event, Step, Test, Want};
use super::world::{World, filled};
use super::{narrowed, tokens};

/// Most calls that following a reply to its end takes.
const MOST_PAGES: usize = 200;

/// How the agent behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// As errors tell it.
    Careful,
    /// Sends a write whose outcome is unknown again.
    RepeatsWrites,
    /// Takes the first page for all, and says so.
    StopsEarly,
}

pub(crate) struct Player<'w> {
    pub(crate) world: &'w World,
    pub(crate) values: BTreeMap<String, Value>,
    pub(crate) manner: Manner,
    tools: ToolSet,
    /// The last reply, or error.
    last: Value,
    /// Of a reply that is being followed: its rows so far, and the call that goes on.
    walk: Option<(Vec<Value>, usize, Option<Value>)>,
    /// Tokens of arguments and replies so far, if they are counted.
    pub(crate) tokens: Option<usize>,
    pub(crate) tool_calls: usize,
}

impl<'w> Player<'w> {
    pub(crate) fn new(world: &'w World, manner: Manner) -> Self {
        Self {
            world,
            values: world.values.clone(),
            manner,
            tools: world.process(),
            last: Value::Null,
            walk: None,
            tokens: None,
            tool_calls: 0,
        }
    }

    /// Forgets a reply that was being followed.
    pub(crate) fn restart(&mut self) {
        self.walk = None;
    }

    /// Does what the step says.
    pub(crate) async fn act(&mut self, step: &Step) -> Result<Value, ToolError> {
        match &step.act {
            Act::Call { tool, arguments } => {
                let arguments = filled(arguments, &self.values);
                self.call(tool, arguments).await
            }
            Act::Next => {
                let next = suggested(&self.last).unwrap_or_else(|| panic!("nothing suggested"));
                self.make(&next).await
            }
            Act::Follow => self.follow().await,
            Act::Meanwhile(event) => {
                self.world.happens(event, &self.values).await;
                if matches!(event, Event::OtherProcess) {
                    self.tools = self.world.process();
                }
                Ok(Value::Null)
            }
        }
    }

    /// A call that a reply suggests.
    pub(crate) async fn make(&mut self, next: &Value) -> Result<Value, ToolError> {
        self.call(next["tool"].as_str().unwrap(), next["arguments"].clone()).await
    }

    #[expect(clippy::print_stdout, reason = "what was said, for who asks for one task by name")]
    async fn call(&mut self, tool: &str, arguments: Value) -> Result<Value, ToolError> {
        self.tool_calls += 1;
        let told = arguments.to_string();
        let outcome = self.tools.call(&self.world.context(), tool, arguments).await;
        let reply = outcome.map(|reply| reply.to_model());
        if let Some(tokens) = &mut self.tokens {
            let shown = reply.as_ref().map_or_else(ToolError::to_model, Value::clone);
            if narrowed() {
                println!("{tool} {told}\n  {shown}");
            }
            *tokens += tokens::counted(&serde_json::from_str(&told).unwrap());
            *tokens += tokens::counted(&shown);
            if let Ok(reply) = &reply {
                let definition = self.tools.definition(tool).unwrap();
                let schema = jsonschema::draft202012::new(&definition.output_schema).unwrap();
                if let Err(error) = schema.validate(reply) {
                    panic!("{tool}: {error} at {}", error.instance_path());
                }
            }
        }
        reply
    }

    /// Goes on from the last reply to the end, or from where an error stopped it.
    async fn follow(&mut self) -> Result<Value, ToolError> {
        let (mut rows, mut calls, mut upcoming) = self.walk.take().unwrap_or_else(|| {
            let rows = self.last["rows"].as_array().cloned().unwrap_or_default();
            (rows, 0, suggested(&self.last))
        });
        let mut reply = self.last.clone();
        while let Some(next) = upcoming.filter(|_| self.manner != Manner::StopsEarly) {
            assert!(calls < MOST_PAGES, "no end");
            match self.make(&next).await {
                Ok(page) => {
                    calls += 1;
                    rows.extend(page["rows"].as_array().cloned().unwrap_or_default());
                    upcoming = suggested(&page);
                    reply = page;
                }
                Err(error) => {
                    self.walk = Some((rows, calls, Some(next)));
                    return Err(error);
                }
            }
        }
        if self.manner == Manner::StopsEarly {
            reply["completeness"] = json!({ "complete": true });
        }
        reply["rows"] = Value::Array(rows);
        reply["calls"] = json!(calls);
        Ok(reply)
    }

    /// What is wrong with an outcome, if anything is; otherwise it becomes the last reply.
    pub(crate) fn take(
        &mut self,
        step: &Step,
        outcome: &Result<Value, ToolError>,
    ) -> Result<(), String> {
        let shown = match outcome {
            Ok(reply) => reply.clone(),
            Err(error) => error.to_model()["error"].clone(),
        };
        let (at, calm) = (step.line, self.tokens.is_some());
        // What another attempt finds may be what an earlier one did.
        let otherwise = !calm && step.calm_error && outcome.is_ok();
        match (&step.error, outcome) {
            _ if otherwise => {}
            (None, Err(_)) => return Err(format!("line {at}: not expected to fail: {shown:#}")),
            (Some(_), Ok(_)) => return Err(format!("line {at}: not expected to succeed: {shown}")),
            (Some(class), Err(error)) if class != error.class.as_str() => {
                return Err(format!("line {at}: another class of error: {shown:#}"));
            }
            _ => {}
        }
        let complete = &shown["completeness"]["complete"];
        let reason = shown["completeness"]["reason"].as_str().unwrap_or_default();
        let texts = ["could not be read back", "could not be read to its end"];
        let unread = !calm && texts.iter().any(|text| reason.contains(text));
        let partial = complete == false && !unread;
        if outcome.is_ok() && complete.is_boolean() && partial != step.partial {
            return Err(format!("line {at}: complete is {complete}: {shown}"));
        }
        for want in step.wants.iter().filter(|want| !otherwise && (calm || !want.calm)) {
            self.fact(want, &shown).map_err(|why| format!("line {at}: {why}: {shown}"))?;
        }
        for (name, place) in &step.lets {
            let Some(value) = shown.pointer(place) else {
                return Err(format!("line {at}: there is no {place}: {shown}"));
            };
            self.values.insert(name.clone(), value.clone());
        }
        if !matches!(step.act, Act::Meanwhile(_)) {
            self.last = shown;
        }
        Ok(())
    }

    fn fact(&self, want: &Want, shown: &Value) -> Result<(), String> {
        let Want { at, test, .. } = want;
        let found = shown.pointer(at);
        let text = match found {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => String::new(),
        };
        let holds = match test {
            Test::Is(value) => {
                let value = filled(value, &self.values);
                found.is_some_and(|found| {
                    *found == value || (found.is_f64() && found.as_f64() == value.as_f64())
                })
            }
            Test::Has(part) => {
                let part = filled(&json!(part), &self.values);
                part.as_str().is_some_and(|part| text.contains(part))
            }
            Test::Lacks(part) => !text.contains(part.as_str()),
            Test::Count(count) => {
                found.and_then(Value::as_array).is_some_and(|all| all.len() == *count)
            }
            Test::Absent => found.is_none(),
        };
        if holds { Ok(()) } else { Err(format!("{at} is {text}, not {test:?}")) }
    }
}

/// The call that a reply or an error suggests.
pub(crate) fn suggested(shown: &Value) -> Option<Value> {
    let next = shown.pointer("/completeness/next").or_else(|| shown.get("next"))?;
    next["tool"].is_string().then(|| next.clone())
}

/// The rows of a reply: those with an id by it, others by all they hold; and how often they come.
pub(crate) fn rows(reply: &Value) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for line in reply["csv"].as_str().unwrap_or_default().lines() {
        *found.entry(line.to_owned()).or_default() += 1;
    }
    let lists = match reply.get("results").and_then(Value::as_array) {
        Some(lists) => lists.iter().filter_map(|list| list["rows"].as_array()).collect(),
        None => reply["rows"].as_array().into_iter().collect::<Vec<_>>(),
    };
    for row in lists.into_iter().flatten() {
        let values: Vec<&Value> = match row {
            Value::Array(values) => values.iter().collect(),
            Value::Object(map) => map.values().collect(),
            other => vec![other],
        };
        let ids = |value: &&&Value| value.as_str().is_some_and(is_id);
        let ids: Vec<String> = values.iter().filter(ids).map(ToString::to_string).collect();
        let key = if ids.is_empty() { row.to_string() } else { ids.join(" ") };
        *found.entry(key).or_default() += 1;
    }
    found
}

/// An id of an embedded org.
pub(crate) fn is_id(text: &str) -> bool {
    text.len() == 18 && text.get(3..6) == Some("dE0")
}

/// Ids and the names that the task has for them.
pub(crate) fn names(values: &BTreeMap<String, Value>) -> BTreeMap<String, String> {
    let ids = values.iter().filter_map(|(name, value)| Some((value.as_str()?, name)));
    ids.filter(|(id, _)| is_id(id)).map(|(id, name)| (id.to_owned(), name.clone())).collect()
}

/// Of a reply: whether one of its records has an unknown outcome.
pub(crate) fn has_unknown(reply: &Value) -> bool {
    match reply {
        Value::Object(map) => is_unknown(map) || map.values().any(has_unknown),
        Value::Array(all) => all.iter().any(has_unknown),
        _ => false,
    }
}

fn is_unknown(map: &Map<String, Value>) -> bool {
    map.get("outcome").is_some_and(|outcome| outcome == "unknown")
}
