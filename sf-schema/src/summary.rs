//! One line of the global describe.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Object;
use crate::json::{flag, items, maybe_text};

/// What the global describe tells of an object: enough to find it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ObjectSummary {
    /// API name.
    pub name: String,
    /// What people call one record.
    pub label: String,
    /// What people call several.
    pub label_plural: String,
    /// The first three characters of its records' ids.
    pub key_prefix: Option<String>,
    /// Made by an administrator or a package.
    pub custom: bool,
    /// Records may be read by query.
    pub queryable: bool,
    /// Records may be found by search.
    pub searchable: bool,
    /// Records may be created.
    pub createable: bool,
    /// Records may be changed.
    pub updateable: bool,
    /// Records may be deleted.
    pub deletable: bool,
}

impl ObjectSummary {
    /// Reads the JSON of `GET .../sobjects`; entries without a name are left out.
    #[must_use]
    pub fn list_from_describe_global(raw: &Value) -> Vec<Self> {
        items(raw, "sobjects").iter().filter_map(Self::from_entry).collect()
    }

    fn from_entry(raw: &Value) -> Option<Self> {
        let name = maybe_text(raw, "name")?;
        let label = maybe_text(raw, "label").unwrap_or_else(|| name.clone());
        Some(Self {
            label_plural: maybe_text(raw, "labelPlural").unwrap_or_else(|| label.clone()),
            label,
            key_prefix: maybe_text(raw, "keyPrefix"),
            custom: flag(raw, "custom"),
            queryable: flag(raw, "queryable"),
            searchable: flag(raw, "searchable"),
            createable: flag(raw, "createable"),
            updateable: flag(raw, "updateable"),
            deletable: flag(raw, "deletable"),
            name,
        })
    }
}

impl From<&Object> for ObjectSummary {
    fn from(object: &Object) -> Self {
        Self {
            name: object.name.clone(),
            label: object.label.clone(),
            label_plural: object.label_plural.clone(),
            key_prefix: object.key_prefix.clone(),
            custom: object.custom,
            queryable: object.queryable,
            searchable: object.searchable,
            createable: object.createable,
            updateable: object.updateable,
            deletable: object.deletable,
        }
    }
}
