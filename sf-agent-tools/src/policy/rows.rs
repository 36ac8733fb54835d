//! Rows of an answer taken apart, so that values can be masked, redacted and left out, and put together
//! again. Numbers keep the digits that the platform wrote.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde::ser::{Error as _, SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use sf_rest::{Operation, QueryPage, Record, Response, ValueRef};

use super::mask::{MASKED, Masks};
use super::plan::{MaskAt, ParentAt, Plan};

/// What stands instead of a value that was read through a parent whose row may not be read.
pub(crate) const REDACTED: &str = "[redacted]";

/// A row.
pub(crate) struct Row {
    object: Option<String>,
    url: Option<String>,
    fields: Vec<(String, Node)>,
}

/// A value.
enum Node {
    Null,
    Bool(bool),
    /// A number, or what has no other form here, as JSON.
    Json(String),
    Text(String),
    Row(Row),
    Rows {
        total: u64,
        done: bool,
        next: Option<String>,
        rows: Vec<Row>,
    },
}

/// The ids of parents, by the lower-case name of their object.
pub(crate) type Ids = HashMap<String, BTreeSet<String>>;

impl Row {
    pub(crate) fn of(record: &Record) -> Self {
        let field = |(name, value): (&str, ValueRef<'_>)| (name.to_owned(), Node::of(&value));
        Self {
            object: record.object_type().map(str::to_owned),
            url: record.url().map(str::to_owned),
            fields: record.iter().map(field).collect(),
        }
    }

    /// A row of CSV: paths and texts, of which an empty one is null.
    pub(crate) fn of_cells<'a>(
        cells: impl Iterator<Item = (&'a [String], &'a str)>,
        plan: &Plan,
    ) -> Self {
        let mut row = Self { object: None, url: None, fields: Vec::new() };
        cells.for_each(|(path, value)| row.put(path, value));
        for parent in &plan.parents {
            // What there is not has nothing to redact.
            if row.text(&parent.id).is_none()
                && let Some((last, way)) = parent.path.split_last()
            {
                row.each_at(way, &mut |row| row.all_mut(last).for_each(|node| *node = Node::Null));
            }
        }
        row
    }

    fn put(&mut self, path: &[String], value: &str) {
        let Some((name, rest)) = path.split_first() else { return };
        if rest.is_empty() {
            let node = if value.is_empty() { Node::Null } else { Node::Text(value.to_owned()) };
            self.fields.push((name.clone(), node));
            return;
        }
        let place = self
            .fields
            .iter()
            .position(|(own, node)| own.eq_ignore_ascii_case(name) && matches!(node, Node::Row(_)));
        let place = place.unwrap_or_else(|| {
            let row = Self { object: None, url: None, fields: Vec::new() };
            self.fields.push((name.clone(), Node::Row(row)));
            self.fields.len() - 1
        });
        if let Some((_, Node::Row(row))) = self.fields.get_mut(place) {
            row.put(rest, value);
        }
    }

    /// The text at a path; empty if there is none.
    pub(crate) fn cell(&self, path: &[String]) -> &str {
        self.text(path).unwrap_or_default()
    }

    fn get(&self, name: &str) -> Option<&Node> {
        self.fields.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, node)| node)
    }

    /// Every value of this name: nothing here relies on there being one.
    fn all_mut(&mut self, name: &str) -> impl Iterator<Item = &mut Node> {
        let named = self.fields.iter_mut().filter(move |(own, _)| own.eq_ignore_ascii_case(name));
        named.map(|(_, node)| node)
    }

    /// Every row under these relationships.
    fn each_at(&mut self, way: &[String], each: &mut dyn FnMut(&mut Row)) {
        let Some((name, rest)) = way.split_first() else { return each(self) };
        for node in self.all_mut(name) {
            if let Node::Row(inner) = node {
                inner.each_at(rest, each);
            }
        }
    }

    fn text(&self, path: &[String]) -> Option<&str> {
        let (last, way) = path.split_last()?;
        let row = way.iter().try_fold(self, |row, name| match row.get(name)? {
            Node::Row(inner) => Some(inner),
            _ => None,
        })?;
        match row.get(last)? {
            Node::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Notes the ids of the parents that have to be looked for.
    pub(crate) fn ids(&self, plan: &Plan, ids: &mut Ids) {
        for parent in &plan.parents {
            if let Some(id) = self.text(&parent.id)
                && let Some(object) = parent.object_of(id)
            {
                ids.entry(object.to_ascii_lowercase()).or_default().insert(id.to_owned());
            }
        }
        for (name, plan) in &plan.children {
            if let Some(Node::Rows { rows, .. }) = self.get(name) {
                rows.iter().for_each(|row| row.ids(plan, ids));
            }
        }
    }

    /// Carries out a plan: `seen` are the parents that may be read.
    pub(crate) fn apply(&mut self, plan: &Plan, seen: &HashSet<String>, masks: &Masks) {
        for mask in &plan.masks {
            self.mask(mask, masks);
        }
        for parent in &plan.parents {
            let hidden = match self.text(&parent.id) {
                Some(id) => parent.object_of(id).is_some() && !seen.contains(id),
                // There is no parent, or its id did not come.
                None => true,
            };
            if hidden {
                self.each_at(&parent.path, &mut |row| {
                    row.redact();
                    parent.columns.iter().for_each(|column| row.redact_at(column));
                });
            }
        }
        for path in &plan.strip {
            if let Some((last, way)) = path.split_last() {
                self.each_at(way, &mut |row| {
                    row.fields.retain(|(name, _)| !name.eq_ignore_ascii_case(last));
                });
            }
        }
        for (name, plan) in &plan.children {
            for node in self.all_mut(name) {
                if let Node::Rows { rows, .. } = node {
                    rows.iter_mut().for_each(|row| row.apply(plan, seen, masks));
                }
            }
        }
    }

    fn mask(&mut self, at: &MaskAt, masks: &Masks) {
        let Some((last, way)) = at.path.split_last() else { return };
        let depth = at.branch.as_ref().map_or(0, |(depth, _)| *depth).min(way.len());
        let (way, rest) = way.split_at(depth);
        self.each_at(way, &mut |row| {
            let own = row.object.as_deref().unwrap_or_default();
            if at.branch.as_ref().is_none_or(|(_, object)| own.eq_ignore_ascii_case(object)) {
                row.each_at(rest, &mut |row| {
                    row.all_mut(last).for_each(|node| node.mask(at, masks));
                });
            }
        });
    }

    /// Everything that was read through this parent.
    fn redact(&mut self) {
        self.url = None;
        for (_, node) in &mut self.fields {
            match node {
                Node::Row(row) => row.redact(),
                other => *other = Node::Text(REDACTED.to_owned()),
            }
        }
    }

    /// A column, though nothing stands where it would be: a missing grandparent is told of nobody.
    fn redact_at(&mut self, column: &[String]) {
        let Some((name, rest)) = column.split_first() else { return };
        let node = match self.fields.iter().position(|(own, _)| own.eq_ignore_ascii_case(name)) {
            Some(at) => &mut self.fields[at].1,
            None => return,
        };
        if !rest.is_empty() {
            if !matches!(node, Node::Row(_)) {
                *node = Node::Row(Row { object: None, url: None, fields: Vec::new() });
            }
            if let Node::Row(row) = node {
                if let Some(name) = rest.first()
                    && row.get(name).is_none()
                {
                    row.fields.push((name.clone(), Node::Text(REDACTED.to_owned())));
                }
                row.redact_at(rest);
            }
        }
    }

    /// Rows in all: this one and those of its subqueries.
    pub(crate) fn count(record: &Record) -> u64 {
        let children = record.iter().map(|(_, value)| match value {
            ValueRef::Records(children) => children.records().map(|row| Self::count(&row)).sum(),
            _ => 0,
        });
        1 + children.sum::<u64>()
    }
}

impl Node {
    fn mask(&mut self, at: &MaskAt, masks: &Masks) {
        let text = match self {
            Self::Null => return,
            Self::Bool(value) => value.to_string(),
            Self::Json(text) | Self::Text(text) => std::mem::take(text),
            Self::Row(_) | Self::Rows { .. } => MASKED.to_owned(),
        };
        *self = Self::Text(match self {
            Self::Row(_) | Self::Rows { .. } => text,
            _ => masks.apply(at.mask, &at.kind, &text),
        });
    }

    fn of(value: &ValueRef<'_>) -> Self {
        match value {
            ValueRef::Null => Self::Null,
            ValueRef::Bool(value) => Self::Bool(*value),
            ValueRef::Number(text) | ValueRef::Json(text) => Self::Json((*text).to_owned()),
            ValueRef::String(text) => Self::Text((*text).to_owned()),
            ValueRef::Record(record) => Self::Row(Row::of(record)),
            ValueRef::Records(children) => Self::Rows {
                total: children.total_size(),
                done: children.is_done(),
                next: children.next().map(str::to_owned),
                rows: children.records().map(|row| Row::of(&row)).collect(),
            },
            // A kind of value that is not known cannot be looked into.
            _ => Self::Text(REDACTED.to_owned()),
        }
    }
}

impl ParentAt {
    /// The object with a row filter that an id is of, if it is of one.
    fn object_of(&self, id: &str) -> Option<&str> {
        let fits =
            |prefix: &Option<String>| prefix.as_ref().is_none_or(|p| id.starts_with(p.as_str()));
        let found = self.targets.iter().find(|target| target.filtered && fits(&target.key_prefix));
        found.map(|target| target.object.as_str())
    }
}

/// A page of these rows, with everything else as in `page`.
pub(crate) fn page(page: &QueryPage, rows: &[Row]) -> Result<QueryPage, sf_rest::Error> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Body<'a> {
        total_size: u64,
        done: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        next_records_url: Option<&'a str>,
        records: &'a [Row],
    }
    let body = Body {
        total_size: page.total_size,
        done: page.done,
        next_records_url: page.next.as_deref(),
        records: rows,
    };
    // What was read as JSON is JSON again; if not, the empty body is an error, too.
    let body = serde_json::to_vec(&body).unwrap_or_default();
    sf_rest::Query::<Record>::new("").decode(Response::new(200, body))
}

/// Rows as records again.
pub(crate) fn rows_as_records(rows: &[Row]) -> Result<Vec<Record>, sf_rest::Error> {
    let body = serde_json::json!({ "totalSize": rows.len(), "done": true, "records": [] });
    let empty = sf_rest::Query::<Record>::new("").decode(Response::new(200, body.to_string()))?;
    Ok(page(&empty, rows)?.records)
}

#[derive(Serialize)]
struct Attributes<'a> {
    #[serde(rename = "type")]
    object: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
}

impl Serialize for Row {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if self.object.is_some() {
            let (object, url) = (self.object.as_deref(), self.url.as_deref());
            map.serialize_entry("attributes", &Attributes { object, url })?;
        }
        for (name, node) in &self.fields {
            map.serialize_entry(name, node)?;
        }
        map.end()
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Json(text) => {
                let raw: &RawValue = serde_json::from_str(text).map_err(S::Error::custom)?;
                raw.serialize(serializer)
            }
            Self::Text(text) => serializer.serialize_str(text),
            Self::Row(row) => row.serialize(serializer),
            Self::Rows { total, done, next, rows } => {
                let mut map = serializer.serialize_map(None)?;
                map.serialize_entry("totalSize", total)?;
                map.serialize_entry("done", done)?;
                if let Some(next) = next {
                    map.serialize_entry("nextRecordsUrl", next)?;
                }
                map.serialize_entry("records", &Sequence(rows))?;
                map.end()
            }
        }
    }
}

struct Sequence<'a>(&'a [Row]);

impl Serialize for Sequence<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(Some(self.0.len()))?;
        for row in self.0 {
            seq.serialize_element(row)?;
        }
        seq.end()
    }
}
