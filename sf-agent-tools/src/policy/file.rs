//! Policies from TOML.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::{Caps, Mask, ObjectRule, Policy, PolicyError, Rules, Window};
use crate::Effect;

const EFFECTS: [Effect; 4] = [Effect::Read, Effect::Create, Effect::Update, Effect::Delete];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    contact: Option<String>,
    #[serde(default)]
    ask: Vec<Spanned<String>>,
    #[serde(default)]
    actions: Vec<Spanned<String>>,
    tools: Option<Tools>,
    caps: Option<FileCaps>,
    #[serde(default)]
    windows: Vec<FileWindow>,
    #[serde(default)]
    objects: BTreeMap<Spanned<String>, FileObject>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tools {
    only: Option<Vec<Spanned<String>>>,
    #[serde(default)]
    off: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileCaps {
    rows_per_call: Option<u64>,
    rows_per_session: Option<u64>,
    rows_written: Option<u64>,
    api_calls: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileWindow {
    days: Vec<Spanned<String>>,
    from: Spanned<String>,
    to: Spanned<String>,
    zone: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileObject {
    operations: Spanned<Vec<Spanned<String>>>,
    #[serde(default)]
    read: Vec<Spanned<String>>,
    #[serde(default)]
    hide: Vec<Spanned<String>>,
    #[serde(default)]
    write: Vec<Spanned<String>>,
    #[serde(default)]
    no_write: Vec<Spanned<String>>,
    #[serde(default)]
    trust_formulas: Vec<Spanned<String>>,
    #[serde(default)]
    masks: BTreeMap<Spanned<String>, Spanned<String>>,
    rows: Option<Spanned<String>>,
}

impl Policy {
    /// A policy from TOML.
    ///
    /// ```
    /// # fn main() -> Result<(), sf_agent_tools::PolicyError> {
    /// let policy = sf_agent_tools::Policy::from_toml(r#"
    ///     contact = "Sales Operations"
    ///
    ///     [objects.Contact]
    ///     operations = ["read", "update"]
    ///     read = ["*"]
    ///     hide = ["Birthdate"]
    ///     write = ["Phone", "Title"]
    ///     rows = "OwnerId = :user_id"
    ///     masks = { Email = "token" }
    /// "#)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`PolicyError`] with line, key, and what could stand there.
    pub fn from_toml(text: &str) -> Result<Self, PolicyError> {
        let file: File = toml::from_str(text).map_err(|error| {
            let message = error.message().trim().replace('\n', " ");
            let message = message.replace("a sequence", "a list").replace("u64", "a whole number");
            let told = PolicyError::new(sentence(&message));
            match error.span() {
                Some(span) => PolicyError {
                    line: Some(line(text, span.start)),
                    key: key(text, span.start),
                    ..told
                },
                None => told,
            }
        })?;
        Reader { text }.policy(file)
    }

    /// A policy from a TOML file.
    ///
    /// # Errors
    /// As [`from_toml`](Self::from_toml), and if the file cannot be read.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, PolicyError> {
        let path = path.as_ref();
        let text =
            std::fs::read_to_string(path).map_err(|error| PolicyError::unreadable(path, &error))?;
        Self::from_toml(&text)
    }
}

struct Reader<'a> {
    text: &'a str,
}

impl Reader<'_> {
    fn policy(&self, file: File) -> Result<Policy, PolicyError> {
        let mut rules = Rules::new();
        if let Some(contact) = file.contact {
            rules = rules.contact(contact);
        }
        for (name, object) in file.objects {
            let key = format!("objects.{}", name.get_ref());
            let rule = self.object(&key, &object)?;
            let at = self.line(&name);
            rules = rules.object(name.get_ref(), rule).map_err(|e| e.at(Some(at), key))?;
        }
        if let Some(tools) = file.tools {
            if let Some(only) = tools.only {
                rules = self.names("tools.only", rules, &only, Rules::only_tools)?;
            }
            rules = self.names("tools.off", rules, &tools.off, Rules::tools_off)?;
        }
        rules = self.names("actions", rules, &file.actions, Rules::actions)?;
        if let Some(caps) = file.caps {
            let FileCaps { rows_per_call, rows_per_session, rows_written, api_calls } = caps;
            rules = rules.caps(Caps { rows_per_call, rows_per_session, rows_written, api_calls });
        }
        for window in &file.windows {
            rules = rules.window(self.window(window)?);
        }
        let mut policy = Policy::by_rules(rules);
        for effect in &file.ask {
            let asked = self.effect("ask", effect)?;
            if asked == Effect::Read {
                let error = PolicyError::new("reading asks nobody.");
                let error = error.allowing(["create", "update", "delete"]);
                return Err(error.at(Some(self.line(effect)), "ask"));
            }
            if policy.allows(asked) {
                policy = policy.ask_before(asked);
            }
        }
        Ok(policy)
    }

    fn object(&self, key: &str, object: &FileObject) -> Result<ObjectRule, PolicyError> {
        let operations = format!("{key}.operations");
        let at = self.line(&object.operations);
        let given = object.operations.get_ref().iter();
        let effects: Vec<Effect> =
            given.map(|effect| self.effect(&operations, effect)).collect::<Result<_, _>>()?;
        let mut rule = ObjectRule::new(effects).map_err(|error| {
            error.allowing(EFFECTS.map(Effect::as_str)).at(Some(at), operations)
        })?;
        let lists: [(&str, &[Spanned<String>], Setter); 5] = [
            ("read", &object.read, ObjectRule::read),
            ("hide", &object.hide, ObjectRule::hide),
            ("write", &object.write, ObjectRule::write),
            ("no_write", &object.no_write, ObjectRule::no_write),
            ("trust_formulas", &object.trust_formulas, ObjectRule::trust_formulas),
        ];
        for (name, list, set) in lists {
            rule = self.names(&format!("{key}.{name}"), rule, list, set)?;
        }
        for (field, mask) in &object.masks {
            let key = format!("{key}.masks.{}", field.get_ref());
            let known = Mask::NAMES.iter().find(|(name, _)| *name == mask.get_ref());
            let Some((_, found)) = known else {
                let error = PolicyError::new(format!("{:?} is not a mask.", mask.get_ref()));
                let error = error.allowing(Mask::NAMES.map(|(name, _)| name));
                return Err(error.at(Some(self.line(mask)), key));
            };
            let at = self.line(field);
            rule = rule.mask(field.get_ref(), *found).map_err(|e| e.at(Some(at), key))?;
        }
        if let Some(rows) = &object.rows {
            let at = self.line(rows);
            rule = rule.rows(rows.get_ref()).map_err(|e| e.at(Some(at), format!("{key}.rows")))?;
        }
        Ok(rule)
    }

    fn window(&self, window: &FileWindow) -> Result<Window, PolicyError> {
        let at = |e: PolicyError, part: &Spanned<String>, key: &str| {
            e.at(Some(self.line(part)), format!("windows.{key}"))
        };
        for day in &window.days {
            Window::day(day.get_ref()).map_err(|e| at(e, day, "days"))?;
        }
        Window::time(window.from.get_ref()).map_err(|e| at(e, &window.from, "from"))?;
        Window::time(window.to.get_ref()).map_err(|e| at(e, &window.to, "to"))?;
        Window::zone(window.zone.get_ref()).map_err(|e| at(e, &window.zone, "zone"))?;
        let days = window.days.iter().map(Spanned::get_ref);
        let (from, to) = (window.from.get_ref(), window.to.get_ref());
        Window::new(days, from, to, window.zone.get_ref()).map_err(|e| at(e, &window.from, "days"))
    }

    fn effect(&self, key: &str, effect: &Spanned<String>) -> Result<Effect, PolicyError> {
        let found = EFFECTS.into_iter().find(|known| known.as_str() == effect.get_ref());
        found.ok_or_else(|| {
            PolicyError::new(format!("{:?} is not an operation.", effect.get_ref()))
                .allowing(EFFECTS.map(Effect::as_str))
                .at(Some(self.line(effect)), key)
        })
    }

    /// A list of names, one by one, so that a wrong one is told with its line.
    fn names<T>(
        &self,
        key: &str,
        to: T,
        list: &[Spanned<String>],
        set: impl FnOnce(T, Vec<String>) -> Result<T, PolicyError>,
    ) -> Result<T, PolicyError> {
        for name in list {
            super::pattern::Pattern::new(name.get_ref())
                .map_err(|e| e.at(Some(self.line(name)), key))?;
        }
        let line = list.first().map(|first| self.line(first));
        let names = list.iter().map(|name| name.get_ref().clone()).collect();
        set(to, names).map_err(|e| e.at(line, key))
    }

    fn line<T>(&self, part: &Spanned<T>) -> usize {
        line(self.text, part.span().start)
    }
}

type Setter = fn(ObjectRule, Vec<String>) -> Result<ObjectRule, PolicyError>;

fn line(text: &str, at: usize) -> usize {
    text.get(..at).unwrap_or(text).matches('\n').count() + 1
}

/// The key on the line of `at`, with the table that it stands in.
fn key(text: &str, at: usize) -> Option<String> {
    let before = text.get(..at)?;
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    let own = text.get(start..)?.lines().next()?.trim();
    let header = |line: &str| {
        let line = line.trim();
        let inner = line.trim_start_matches('[').split(']').next()?.trim();
        line.starts_with('[').then(|| inner.replace('"', ""))
    };
    if let Some(table) = header(own) {
        return Some(table);
    }
    let own =
        own.split_once('=').map(|(key, _)| key.trim().to_owned()).filter(|key| !key.is_empty());
    let table = before.lines().rev().find_map(header);
    match (table, own) {
        (Some(table), Some(key)) => Some(format!("{table}.{key}")),
        (table, key) => table.or(key),
    }
}

fn sentence(message: &str) -> String {
    if message.ends_with('.') { message.to_owned() } else { format!("{message}.") }
}
