//! A scripted task, and how it is read from a file of `tasks/` (the format is in `docs/replays.md`).

use serde_json::{Map, Value};

/// What a user asked for, and the calls that a model makes for it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Task {
    pub(crate) name: String,
    /// The user's words.
    pub(crate) says: String,
    pub(crate) setting: Setting,
    pub(crate) steps: Vec<Step>,
    /// The rows that differ in the end, as `state::lines` writes them.
    pub(crate) end: Vec<String>,
}

/// The org and the agent of a task.
#[derive(Debug, Clone)]
pub(crate) struct Setting {
    pub(crate) writes: bool,
    /// `free`, `prepared`, `prepared-above N`, or `approved`.
    pub(crate) mode: String,
    /// Effects before which a person is asked.
    pub(crate) ask: Vec<String>,
    /// A file of `policies/`, without its ending.
    pub(crate) policy: Option<String>,
    pub(crate) contacts: u32,
    pub(crate) user: Option<String>,
    pub(crate) limits: Map<String, Value>,
    pub(crate) keys: Vec<(String, String)>,
    /// Actions that are switched on.
    pub(crate) actions: Vec<String>,
    /// Object, condition of wrong records, message, field.
    pub(crate) rules: Vec<Vec<String>>,
    /// Object and fields.
    pub(crate) duplicates: Vec<Vec<String>>,
    /// Whether writes are logged, and digests good for other processes.
    pub(crate) log: bool,
    pub(crate) have: Vec<Have>,
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            writes: false,
            mode: "free".to_owned(),
            ask: Vec::new(),
            policy: None,
            contacts: 60,
            user: None,
            limits: Map::new(),
            keys: Vec::new(),
            actions: Vec::new(),
            rules: Vec::new(),
            duplicates: Vec::new(),
            log: false,
            have: Vec::new(),
        }
    }
}

/// Records that are there before the task begins.
#[derive(Debug, Clone)]
pub(crate) struct Have {
    /// What the first one's id is called.
    pub(crate) name: String,
    pub(crate) count: usize,
    pub(crate) object: String,
    /// `{n}` in a text is the number of the record.
    pub(crate) values: Value,
}

/// Something that happens, and what it must answer.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) line: usize,
    pub(crate) act: Act,
    /// The class of the error, if it must be one.
    pub(crate) error: Option<String>,
    /// The error is that of a calm run: in others the step may succeed.
    pub(crate) calm_error: bool,
    /// Whether the reply must say that it is not complete.
    pub(crate) partial: bool,
    pub(crate) wants: Vec<Want>,
    /// Names for what a reply has at a place.
    pub(crate) lets: Vec<(String, String)>,
}

#[derive(Debug, Clone)]
pub(crate) enum Act {
    Call {
        tool: String,
        arguments: Value,
    },
    /// The call that the last reply or error suggests.
    Next,
    /// The calls that it suggests, to the end; the rows of all of them together.
    Follow,
    /// What happens outside of the agent.
    Meanwhile(Event),
}

#[derive(Debug, Clone)]
pub(crate) enum Event {
    SessionsExpire,
    LocatorsExpire,
    /// The agent's process ends and another one goes on.
    OtherProcess,
    Person(String),
    Pass(u64),
    /// Somebody else's change.
    Change {
        object: String,
        id: String,
        values: Value,
    },
}

/// A fact of a reply.
#[derive(Debug, Clone)]
pub(crate) struct Want {
    pub(crate) at: String,
    pub(crate) test: Test,
    /// It need not be so when something goes wrong on the way.
    pub(crate) calm: bool,
}

#[derive(Debug, Clone)]
pub(crate) enum Test {
    Is(Value),
    Has(String),
    Lacks(String),
    Count(usize),
    Absent,
}

/// Reads a file of tasks.
pub(crate) fn parse(file: &str, text: &str) -> Vec<Task> {
    let mut tasks: Vec<Task> = Vec::new();
    for (line, statement) in statements(text) {
        let at = || format!("{file}:{line}");
        let (verb, rest) = word(&statement);
        if verb == "task" {
            tasks.push(Task { name: rest.to_owned(), ..Task::default() });
            continue;
        }
        let task = tasks.last_mut().unwrap_or_else(|| panic!("{}: before the first task", at()));
        read(task, line, verb, rest).unwrap_or_else(|| panic!("{}: {statement}", at()));
    }
    tasks
}

/// Lines without comments; one that is indented by six blanks or more goes on with the one before.
fn statements(text: &str) -> Vec<(usize, String)> {
    let mut all: Vec<(usize, String)> = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        match all.last_mut().filter(|_| line.starts_with("      ")) {
            Some((_, before)) => *before = format!("{before} {trimmed}"),
            None => all.push((at + 1, trimmed.to_owned())),
        }
    }
    all
}

fn word(text: &str) -> (&str, &str) {
    text.split_once(' ').map_or((text, ""), |(first, rest)| (first, rest.trim()))
}

fn read(task: &mut Task, line: usize, verb: &str, rest: &str) -> Option<()> {
    let mut step = |act| {
        let (wants, lets) = (Vec::new(), Vec::new());
        task.steps.push(Step {
            line,
            act,
            error: None,
            calm_error: false,
            partial: false,
            wants,
            lets,
        });
    };
    match verb {
        "user" => task.says = rest.to_owned(),
        "with" => with(&mut task.setting, rest)?,
        "have" => task.setting.have.push(have(rest)?),
        "call" => {
            let (tool, arguments) = word(rest);
            let arguments = serde_json::from_str(arguments).ok()?;
            step(Act::Call { tool: format!("salesforce_{tool}"), arguments });
        }
        "next" => step(Act::Next),
        "follow" => step(Act::Follow),
        "meanwhile" => step(Act::Meanwhile(event(rest)?)),
        "error" => task.steps.last_mut()?.error = Some(rest.to_owned()),
        "calm" => match word(rest) {
            ("error", class) => {
                let step = task.steps.last_mut()?;
                (step.error, step.calm_error) = (Some(class.to_owned()), true);
            }
            ("want", fact) => {
                let want = Want { calm: true, ..want(fact)? };
                task.steps.last_mut()?.wants.push(want);
            }
            _ => return None,
        },
        "partial" => task.steps.last_mut()?.partial = true,
        "want" => task.steps.last_mut()?.wants.push(want(rest)?),
        "let" => {
            let (name, at) = rest.split_once(" = ")?;
            task.steps.last_mut()?.lets.push((name.to_owned(), at.to_owned()));
        }
        "end" => task.end.push(rest.to_owned()),
        _ => return None,
    }
    Some(())
}

fn with(setting: &mut Setting, text: &str) -> Option<()> {
    let (what, rest) = word(text);
    let words = || rest.split(' ').map(str::to_owned).collect::<Vec<_>>();
    match what {
        "writes" => setting.writes = true,
        "mode" => (setting.writes, setting.mode) = (true, rest.to_owned()),
        "ask" => setting.ask.push(rest.to_owned()),
        "policy" => setting.policy = Some(rest.to_owned()),
        "contacts" => setting.contacts = rest.parse().ok()?,
        "user" => setting.user = Some(rest.to_owned()),
        "limits" => setting.limits = serde_json::from_str(rest).ok()?,
        "key" => setting.keys.push((words().first()?.clone(), words().get(1)?.clone())),
        "action" => setting.actions.push(rest.to_owned()),
        "rule" => setting.rules.push(serde_json::from_str(rest).ok()?),
        "duplicates" => setting.duplicates.push(words()),
        "log" => setting.log = true,
        _ => return None,
    }
    Some(())
}

/// `NAME = [COUNT] OBJECT VALUES`.
fn have(text: &str) -> Option<Have> {
    let (name, rest) = text.split_once(" = ")?;
    let (first, more) = word(rest);
    let (count, rest) = first.parse().map_or((1, rest), |count| (count, more));
    let (object, values) = word(rest);
    let values = serde_json::from_str(values).ok()?;
    Some(Have { name: name.to_owned(), count, object: object.to_owned(), values })
}

fn event(text: &str) -> Option<Event> {
    let (what, rest) = word(text);
    Some(match what {
        "sessions-expire" => Event::SessionsExpire,
        "locators-expire" => Event::LocatorsExpire,
        "another-process" => Event::OtherProcess,
        "person" => Event::Person(rest.to_owned()),
        "pass" => Event::Pass(rest.parse().ok()?),
        "change" => {
            let (object, rest) = word(rest);
            let (id, values) = word(rest);
            let values = serde_json::from_str(values).ok()?;
            Event::Change { object: object.to_owned(), id: id.to_owned(), values }
        }
        _ => return None,
    })
}

fn want(text: &str) -> Option<Want> {
    let (at, rest) = word(text);
    let (test, value) = word(rest);
    let test = match test {
        "=" => Test::Is(serde_json::from_str(value).ok()?),
        "has" => Test::Has(serde_json::from_str(value).ok()?),
        "lacks" => Test::Lacks(serde_json::from_str(value).ok()?),
        "count" => Test::Count(value.parse().ok()?),
        "absent" => Test::Absent,
        _ => return None,
    };
    Some(Want { at: at.to_owned(), test, calm: false })
}
