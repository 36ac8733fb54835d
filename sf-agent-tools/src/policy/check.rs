//! A policy beside an org: names that the org does not have, and what follows from the rules that
//! they do not say.

use std::sync::Arc;

use sf_schema::{Catalog, Error, Known, Object, ObjectSummary, bind, gather, suggest};

use super::far::described;
use super::kin::{Kin, kin};
use super::pattern::{Pattern, any};
use super::rules::{ObjectRule, Rules};
use super::visible::{Access, Names, View, is_readable, view};
use super::{Policy, RowFilter};
use crate::Effect;

/// Objects that a rule for a pattern is checked with.
const MOST: usize = 20;

/// Something about a policy that its author should know.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PolicyFinding {
    /// The key, such as `objects.Contact.read`.
    pub key: String,
    /// What is to be known.
    pub message: String,
    /// The org has no such thing, so the policy does not do what it says. Otherwise it is something
    /// that follows from it.
    pub is_error: bool,
}

impl Policy {
    /// What of the policy does not fit an org: objects, fields and row filters that name what the user
    /// of the catalog cannot see; and which fields, paths and objects are hidden beyond those that the
    /// rules name.
    ///
    /// # Errors
    /// If Salesforce could not be asked.
    pub async fn check(&self, catalog: &Catalog) -> Result<Vec<PolicyFinding>, Error> {
        let Some(rules) = self.rules() else { return Ok(Vec::new()) };
        let all = catalog.objects().await?;
        let names: Names = all.iter().map(|object| object.name.to_ascii_lowercase()).collect();
        let mut check = Check { catalog, rules, all, names, found: Vec::new() };
        for (name, rule) in &rules.objects {
            check.object(name, rule).await?;
        }
        Ok(check.found)
    }

    /// Names and patterns under `tools` that fit none of these tools, all that the program has: what
    /// such a name was to switch off is offered.
    pub fn check_tools<'a>(&self, tools: impl IntoIterator<Item = &'a str>) -> Vec<PolicyFinding> {
        let Some(rules) = self.rules() else { return Vec::new() };
        let tools: Vec<&str> = tools.into_iter().collect();
        let only = rules.only_tools.iter().flatten().map(|pattern| ("tools.only", pattern));
        let off = rules.tools_off.iter().map(|pattern| ("tools.off", pattern));
        let unknown = only.chain(off).filter(|(_, one)| !tools.iter().any(|t| one.matches(t)));
        let finding = |(key, pattern): (&str, &Pattern)| {
            let near = suggest(pattern.as_str(), tools.iter().copied());
            let near = near.first().map(|near| format!(" Did you mean {near}?"));
            let message = format!("{} fits no tool.{}", pattern.as_str(), near.unwrap_or_default());
            PolicyFinding { key: key.to_owned(), message, is_error: true }
        };
        unknown.map(finding).collect()
    }
}

struct Check<'a> {
    catalog: &'a Catalog,
    rules: &'a Rules,
    all: Arc<[ObjectSummary]>,
    names: Names,
    found: Vec<PolicyFinding>,
}

impl Check<'_> {
    fn add(&mut self, is_error: bool, key: impl Into<String>, message: impl Into<String>) {
        let (key, message) = (key.into(), message.into());
        self.found.push(PolicyFinding { key, message, is_error });
    }

    async fn object(&mut self, name: &Pattern, rule: &ObjectRule) -> Result<(), Error> {
        let key = format!("objects.{}", name.as_str());
        let fitting = self.all.iter().filter(|object| name.matches(&object.name));
        let fitting: Vec<String> = fitting.map(|object| object.name.clone()).collect();
        if fitting.is_empty() {
            let near = suggest(name.as_str(), self.all.iter().map(|object| object.name.as_str()));
            let near =
                near.first().map(|near| format!(" Did you mean {near}?")).unwrap_or_default();
            self.add(
                true,
                key,
                format!("The org has no such object that this user can see.{near}"),
            );
            return Ok(());
        }
        let mut objects = Vec::new();
        for name in fitting.iter().take(MOST) {
            match self.catalog.object(name).await {
                Ok(object) => objects.push(object),
                Err(Error::UnknownObject { .. }) => {}
                Err(other) => return Err(other),
            }
        }
        self.fields(&key, rule, &objects);
        for object in &objects {
            if let Some(rows) = &rule.rows {
                self.filter(&key, rows, &object.name).await?;
            }
            let known = described(self.catalog, self.rules, &self.names, object).await?;
            match view(self.rules, &self.names, &known, object) {
                Some(view) => self.follows(rule, &view),
                None => self.closed(&object.name),
            }
        }
        Ok(())
    }

    fn fields(&mut self, key: &str, rule: &ObjectRule, objects: &[Arc<Object>]) {
        let masks: Vec<Pattern> = rule.masks.iter().map(|(name, _)| name.clone()).collect();
        let lists = [
            ("read", &rule.read),
            ("hide", &rule.hide),
            ("write", &rule.write),
            ("no_write", &rule.no_write),
            ("trust_formulas", &rule.trusted_formulas),
            ("masks", &masks),
        ];
        for (list, patterns) in lists {
            for pattern in patterns {
                let mut fields = objects.iter().flat_map(|object| &object.fields);
                if fields.any(|field| pattern.matches(&field.name)) {
                    continue;
                }
                let known = objects.iter().flat_map(|object| &object.fields);
                let near = suggest(pattern.as_str(), known.map(|field| field.name.as_str()));
                let near = near.first().map(|near| format!(" Did you mean {near}?"));
                let message = format!(
                    "{} fits no field that this user can see.{}",
                    pattern.as_str(),
                    near.unwrap_or_default()
                );
                self.add(true, format!("{key}.{list}"), message);
            }
        }
    }

    async fn filter(&mut self, key: &str, rows: &RowFilter, object: &str) -> Result<(), Error> {
        let Some(statement) = rows.statement(object) else { return Ok(()) };
        let mut known = Known::new();
        gather(self.catalog, &statement, &mut known).await?;
        if let Err(unbound) = bind(&statement, &known) {
            for problem in unbound.problems() {
                self.add(true, format!("{key}.rows"), problem.message.clone());
            }
        }
        Ok(())
    }

    /// Why an object cannot be seen though it has a rule.
    fn closed(&mut self, object: &str) {
        let message = match kin(object) {
            Kin::Of(bases) => format!(
                "{object} is refused: it holds values of {}, of which not every field of every \
                 record may be read.",
                bases.join(", ")
            ),
            Kin::All => format!("{object} is refused: it holds values of every object."),
            Kin::None => return,
        };
        self.add(false, format!("objects.{object}"), message);
    }

    /// What is hidden though no list says so.
    fn follows(&mut self, rule: &ObjectRule, view: &View) {
        let object = &view.full.name;
        if !rule.may(Effect::Read) {
            return;
        }
        let hidden: Vec<&str> = view
            .full
            .fields
            .iter()
            .filter(|f| rule.names_readable(&f.name) && view.access(&f.name) == Access::Hidden)
            .map(|f| f.name.as_str())
            .collect();
        if !hidden.is_empty() {
            let message = format!(
                "Hidden, too, since they hold, belong to or are computed from what is hidden or \
                 masked, or their formula is not to be seen: {}.",
                hidden.join(", ")
            );
            self.add(false, format!("objects.{object}.read"), message);
        }
        for field in &view.full.fields {
            let closed: Vec<&str> = field
                .reference_to
                .iter()
                .filter(|target| !is_readable(self.rules, &self.names, target))
                .map(String::as_str)
                .collect();
            // A reference to nothing that may be read is hardly meant to be followed.
            let partly = !closed.is_empty() && closed.len() < field.reference_to.len();
            if partly
                && field.relationship_name.is_some()
                && view.access(&field.name) == Access::Open
            {
                const SHOWN: usize = 5;
                let more = closed.len().saturating_sub(SHOWN);
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                let first: Vec<&str> = closed.into_iter().take(SHOWN).collect();
                let message = format!(
                    "{} can be read, but not followed: it may also lead to {}{more}, of which nothing \
                     may be read.",
                    field.name,
                    first.join(", ")
                );
                self.add(false, format!("objects.{object}.read"), message);
            }
        }
        if any(&rule.write, "Id") && !rule.write.iter().any(Pattern::is_everything) {
            self.add(false, format!("objects.{object}.write"), "Id is never written.");
        }
    }
}
