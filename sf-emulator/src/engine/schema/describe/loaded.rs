//! Describes that were loaded, as they are answered: their own keys, values and
//! order, with the paths of the data API at the caller's version.

use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::field::FieldDescribe;
use super::{ChildDescribe, Summary};
use crate::engine::schema::{Child, Field, Object};

/// Of the global list, as it was loaded or as the model has it.
#[derive(serde::Serialize)]
#[serde(untagged)]
pub(super) enum Entry<'a> {
    Loaded(Map<String, Value>),
    Made(Box<Summary<'a>>),
}

impl<'a> Entry<'a> {
    pub(super) fn new(object: &'a Object, version: &str) -> Self {
        match (&object.raw_summary, &object.raw) {
            (Some(summary), _) => Self::Loaded(at_version(summary, version)),
            (None, Some(raw)) => Self::Loaded(
                SUMMARY_KEYS
                    .iter()
                    .filter_map(|key| {
                        let value = raw.get(*key)?;
                        let value =
                            if *key == "urls" { detail_left_out(value) } else { value.clone() };
                        Some(((*key).to_owned(), current(&value, version)))
                    })
                    .collect(),
            ),
            (None, None) => Self::Made(Box::new(Summary::new(object, version))),
        }
    }
}

/// The keys of a global describe's entries, in their order.
const SUMMARY_KEYS: [&str; 28] = [
    "activateable",
    "associateEntityType",
    "associateParentEntity",
    "createable",
    "custom",
    "customSetting",
    "deepCloneable",
    "deletable",
    "deprecatedAndHidden",
    "feedEnabled",
    "hasSubtypes",
    "isInterface",
    "isSubtype",
    "keyPrefix",
    "label",
    "labelPlural",
    "layoutable",
    "mergeable",
    "mruEnabled",
    "name",
    "queryable",
    "replicateable",
    "retrieveable",
    "searchable",
    "triggerable",
    "undeletable",
    "updateable",
    "urls",
];

/// The pages of the user interface stand in full describes alone.
fn detail_left_out(urls: &Value) -> Value {
    let Value::Object(map) = urls else { return urls.clone() };
    let keep = map.iter().filter(|(key, _)| !key.starts_with("ui"));
    Value::Object(keep.map(|(key, value)| (key.clone(), value.clone())).collect())
}

/// The describe that was loaded, with what changed since.
pub(super) struct Loaded<'a> {
    object: &'a Object,
    raw: Map<String, Value>,
}

impl<'a> Loaded<'a> {
    pub(super) fn new(object: &'a Object, raw: &Map<String, Value>, version: &str) -> Self {
        Self { object, raw: at_version(raw, version) }
    }
}

/// One of a list that a describe has: as it was loaded, or as the model has it.
#[derive(serde::Serialize)]
#[serde(untagged)]
enum Item<'a, T> {
    Loaded(&'a RawValue),
    Made(T),
}

impl<'a> Item<'a, Box<FieldDescribe<'a>>> {
    fn field(object: &'a Object, field: &'a Field) -> Self {
        match &field.raw {
            Some(raw) => Self::Loaded(raw),
            None => Self::Made(Box::new(FieldDescribe::new(object, field))),
        }
    }
}

impl<'a> Item<'a, ChildDescribe<'a>> {
    fn child(child: &'a Child) -> Self {
        match &child.raw {
            Some(raw) => Self::Loaded(raw),
            None => Self::Made(ChildDescribe::new(child)),
        }
    }
}

impl Serialize for Loaded<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let object = self.object;
        let mut map = serializer.serialize_map(Some(self.raw.len()))?;
        for (key, value) in &self.raw {
            match key.as_str() {
                "fields" => {
                    let fields = object.fields.iter();
                    let fields: Vec<_> = fields.map(|field| Item::field(object, field)).collect();
                    map.serialize_entry(key, &fields)?;
                }
                "childRelationships" => {
                    let children: Vec<_> = object.children.iter().map(Item::child).collect();
                    map.serialize_entry(key, &children)?;
                }
                _ => map.serialize_entry(key, value)?,
            }
        }
        map.end()
    }
}

fn at_version(raw: &Map<String, Value>, version: &str) -> Map<String, Value> {
    raw.iter().map(|(key, value)| (key.clone(), current(value, version))).collect()
}

/// The value with paths of the data API at a version.
fn current(value: &Value, version: &str) -> Value {
    match value {
        Value::String(text) => match text.strip_prefix("/services/data/v") {
            Some(rest) => {
                let rest = rest.split_once('/').map_or("", |(_, rest)| rest);
                Value::String(format!("/services/data/v{version}/{rest}"))
            }
            None => value.clone(),
        },
        Value::Array(items) => items.iter().map(|item| current(item, version)).collect(),
        Value::Object(map) => Value::Object(at_version(map, version)),
        other => other.clone(),
    }
}
