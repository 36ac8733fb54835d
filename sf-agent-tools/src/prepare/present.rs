//! The records of a write as they are before it: their values, and when they were changed last.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::Value;
use sf_rest::{Id, Record, ValueRef};
use sf_schema::{Field, FieldType, Object};
use sf_soql::build::{Filter, field, select};

use super::change::{Action, Change, key_text};
use super::same::moment;
use crate::{Org, ToolError, Values};

/// Bytes that the names and values of a statement may take in a URL, of the 16,384 that the platform
/// allows (REST API Developer Guide, Status Codes).
const URL_BYTES: usize = 13_000;

/// Most fields that are remembered of a record that is deleted.
const REMEMBERED: usize = 80;

/// The fields that tell when a record was changed, the better one first.
const STAMPS: [&str; 2] = ["SystemModstamp", "LastModifiedDate"];

/// The records of a write that exist.
#[derive(Debug, Default)]
pub(crate) struct Present {
    records: HashMap<Id, Found>,
    /// By the value of the external id field of an upsert, as it is compared.
    keys: HashMap<String, Vec<Id>>,
    case_sensitive: bool,
}

/// One record as it is.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) id: Id,
    /// When it was changed last; none if its object does not tell.
    pub(crate) changed: Option<Timestamp>,
    pub(crate) values: Values,
}

impl Present {
    /// The record that the row of a change is about, if there is one.
    pub(crate) fn of(&self, change: &Change, row: usize) -> Option<&Found> {
        let row = change.rows.get(row)?;
        if let Some(id) = row.id {
            return self.records.get(&id);
        }
        let key = key_text(&row.values, change.key.as_deref()?)?;
        // Several records of one external id: the platform refuses to choose.
        match self.keys.get(&self.normal(&key))?.as_slice() {
            [id] => self.records.get(id),
            _ => None,
        }
    }

    /// How many records have the external id of a row.
    pub(crate) fn matches(&self, change: &Change, row: usize) -> usize {
        let key = change.key.as_deref().zip(change.rows.get(row));
        let key = key.and_then(|(key, row)| key_text(&row.values, key));
        key.and_then(|key| self.keys.get(&self.normal(&key))).map_or(0, Vec::len)
    }

    fn normal(&self, key: &str) -> String {
        if self.case_sensitive { key.to_owned() } else { key.to_lowercase() }
    }
}

impl Org {
    /// Reads the records that `change` is about. `whole` asks for more than the fields that are
    /// written: what a deletion would take away.
    pub(crate) async fn present(
        &self,
        object: &Object,
        change: &Change,
        whole: bool,
    ) -> Result<Present, ToolError> {
        let mut present = Present::default();
        let key = match change.action {
            Action::Create => return Ok(present),
            Action::Upsert => change.key.as_deref().and_then(|name| object.field(name)),
            Action::Update | Action::Delete => None,
        };
        present.case_sensitive = key.is_some_and(|key| key.case_sensitive);
        let mut fields = shown(object, change, whole, key);
        // What the policy masks is not known by its value, and what it hides not at all.
        fields.retain(|name| *name == "Id" || self.veiled(&object.name, name).is_none());
        let texts: Vec<String> = match key {
            Some(_) => change.keys(),
            None => change.ids().iter().map(Id::to_string).collect(),
        };
        let names: usize = fields.iter().map(|name| name.len() + 6).sum();
        for part in parts(&texts, names) {
            let filter = match key {
                None => field("Id").one_of(part),
                Some(key) if key.ty.is_number() => {
                    let numbers = part.iter().filter_map(|n| sf_soql::ast::Number::new(n).ok());
                    field(&key.name).one_of(numbers.collect::<Vec<_>>())
                }
                Some(key) => field(&key.name).one_of(part),
            };
            for record in self.rows(&object.name, &fields, filter, None).await? {
                present.add(&record, key);
            }
        }
        Ok(present)
    }

    /// All rows of a query over one object, or the first `limit` of them.
    pub(crate) async fn rows(
        &self,
        object: &str,
        fields: &[&str],
        filter: Filter,
        limit: Option<u64>,
    ) -> Result<Vec<Record>, ToolError> {
        let mut query = select(fields).from(object).filter(filter);
        if let Some(limit) = limit {
            query = query.limit(limit);
        }
        let query = query.build().map_err(|error| not_built(&error))?;
        let mut page = self.query(&query).await?;
        let mut records = std::mem::take(&mut page.records);
        while let Some(next) = page.next.take() {
            page = self.next_page(&next).await?;
            records.append(&mut page.records);
        }
        Ok(records)
    }
}

impl Present {
    fn add(&mut self, record: &Record, key: Option<&Field>) {
        let text = |name: &str| record.get(name).and_then(|v| v.as_str().map(str::to_owned));
        let Some(id) = text("Id").and_then(|id| Id::parse(&id).ok()) else { return };
        let changed = STAMPS.iter().find_map(|name| moment(&text(name)?));
        let values: Values =
            record.iter().map(|(name, value)| (name.to_owned(), json(&value))).collect();
        if let Some(key) = key
            && let Some(value) = key_text(&values, &key.name)
        {
            let value = self.normal(&value);
            self.keys.entry(value).or_default().push(id);
        }
        self.records.insert(id, Found { id, changed, values });
    }
}

/// The fields to read: the id, when it was changed, and what is about to be overwritten.
fn shown<'a>(
    object: &'a Object,
    change: &Change,
    whole: bool,
    key: Option<&'a Field>,
) -> Vec<&'a str> {
    let readable = |f: &&Field| !f.ty.is_compound() && f.ty != FieldType::Base64;
    let mut names = vec!["Id"];
    let stamp = STAMPS.iter().find_map(|name| object.field(name));
    let named = object.fields.iter().find(|f| f.name_field);
    let mut written = change.fields(object);
    if whole && change.action == Action::Delete {
        let given = object.fields.iter().filter(|f| f.createable);
        written.extend(given.filter(readable).take(REMEMBERED));
    }
    for field in key.into_iter().chain(named).chain(stamp).chain(written).filter(readable) {
        if !names.contains(&field.name.as_str()) {
            names.push(&field.name);
        }
    }
    names
}

/// The texts in lists that fit into a statement each, beside names of so many bytes.
pub(crate) fn parts(texts: &[String], names: usize) -> Vec<&[String]> {
    let room = URL_BYTES.saturating_sub(names).max(URL_BYTES / 10);
    let (mut parts, mut begin, mut used) = (Vec::new(), 0, 0);
    for (at, text) in texts.iter().enumerate() {
        let cost = encoded(text);
        if used + cost > room && at > begin {
            parts.push(&texts[begin..at]);
            (begin, used) = (at, 0);
        }
        used += cost;
    }
    if begin < texts.len() {
        parts.push(&texts[begin..]);
    }
    parts
}

/// How long a text is in a URL, with its quotes and its comma.
pub(super) fn encoded(text: &str) -> usize {
    let plain = text.bytes().filter(u8::is_ascii_alphanumeric).count();
    plain + 3 * (text.len() - plain) + 12
}

/// A value as JSON, whole.
fn json(value: &ValueRef<'_>) -> Value {
    crate::rows::plain(value, usize::MAX, &mut 0)
}

/// A statement of our own that is none.
pub(super) fn not_built(error: &sf_soql::build::BuildError) -> ToolError {
    tracing::error!(%error, "a statement cannot be built");
    ToolError::ask_a_person(
        "A query that this call needs cannot be built. Nothing was sent. This is a fault of the \
         connector, not of the call; report it.",
    )
}
