//! Record types, and what page layouts tell of an object.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sf_rest::Id;
use sf_rest::ops::layouts::{Layout, LayoutSet};

use crate::json::{flag, flag_or, maybe_text, text};
use crate::{Field, Object, PicklistValue};

/// A record type of an object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct RecordType {
    /// Id, for the field `RecordTypeId`.
    pub id: String,
    /// What people see.
    pub name: String,
    /// API name.
    pub developer_name: String,
    /// Whether the administrator has it switched on.
    pub active: bool,
    /// Whether this user may choose it.
    pub available: bool,
    /// Whether it is this user's default.
    pub default: bool,
    /// The built-in type that stands for "none".
    pub master: bool,
}

impl RecordType {
    /// Reads one item of a describe's `recordTypeInfos`; none if it has no id.
    pub(crate) fn from_describe(raw: &Value) -> Option<Self> {
        Some(Self {
            id: maybe_text(raw, "recordTypeId")?,
            name: text(raw, "name"),
            developer_name: text(raw, "developerName"),
            active: flag_or(raw, "active", true),
            available: flag(raw, "available"),
            default: flag(raw, "defaultRecordTypeMapping"),
            master: flag(raw, "master"),
        })
    }
}

/// What the page layouts of an object tell a user of it: which fields people
/// work with, in their order, and which picklist values each record type has
/// (REST API Developer Guide, Describe Layouts).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Layouts {
    /// One entry for each record type, the master type among them.
    pub record_types: Vec<RecordTypeLayout>,
}

/// The layout of one record type.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct RecordTypeLayout {
    /// Id of the record type.
    pub id: String,
    /// Its API name.
    pub developer_name: String,
    /// Whether it is this user's default.
    pub default: bool,
    /// API names of the fields that a person sees, in their order.
    pub fields: Vec<String>,
    /// API names of the fields without which a person cannot save. The API
    /// does not ask for them.
    pub required: Vec<String>,
    /// The picklists whose values the record type narrows.
    pub picklists: Vec<RecordTypePicklist>,
}

/// The values of a picklist in one record type.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct RecordTypePicklist {
    /// API name of the field.
    pub field: String,
    /// The values, with the record type's own default.
    pub values: Vec<PicklistValue>,
}

impl Layouts {
    /// Reads what `GET .../describe/layouts` answers.
    #[must_use]
    pub fn from_layouts(set: &LayoutSet) -> Self {
        let record_types = set
            .record_type_mappings
            .iter()
            .map(|mapping| {
                // An org with a single layout may leave out which one is used.
                let layout = set.layouts.iter().find(|layout| layout.id == mapping.layout_id);
                let layout = layout.or(set.layouts.first().filter(|_| set.layouts.len() == 1));
                let names = |of: fn(&Layout) -> Vec<String>| layout.map(of).unwrap_or_default();
                RecordTypeLayout {
                    id: mapping.record_type_id.map(|id: Id| id.to_string()).unwrap_or_default(),
                    developer_name: mapping.developer_name.clone(),
                    default: mapping.default_record_type_mapping,
                    fields: names(|layout| layout.fields().map(str::to_owned).collect()),
                    required: names(|layout| layout.required_fields().map(str::to_owned).collect()),
                    picklists: mapping
                        .picklists_for_record_type
                        .iter()
                        .filter_map(|raw| {
                            Some(RecordTypePicklist {
                                field: maybe_text(raw, "picklistName")?,
                                values: PicklistValue::list(raw, "picklistValues"),
                            })
                        })
                        .collect(),
                }
            })
            .collect();
        Self { record_types }
    }

    /// The layout of a record type by its API name, in any case, or its id in
    /// either length; of the user's default without a name.
    #[must_use]
    pub fn of(&self, record_type: Option<&str>) -> Option<&RecordTypeLayout> {
        match record_type {
            None => self.record_types.iter().find(|t| t.default).or(self.record_types.first()),
            Some(name) => self
                .record_types
                .iter()
                .find(|t| t.developer_name.eq_ignore_ascii_case(name) || is_id(&t.id, name)),
        }
    }
}

impl RecordTypeLayout {
    /// The values of `field` in this record type: the record type's own, or
    /// all of the field's where it narrows nothing.
    #[must_use]
    pub fn values<'a>(&'a self, field: &'a Field) -> &'a [PicklistValue] {
        let own = self.picklists.iter().find(|p| p.field.eq_ignore_ascii_case(&field.name));
        own.map_or(&field.picklist, |own| &own.values)
    }
}

/// Whether a text is this id, in either length.
pub(crate) fn is_id(id: &str, text: &str) -> bool {
    id.get(..15).is_some_and(|id| text.get(..15) == Some(id))
}

impl Object {
    /// The record type of this API name or label, in any case, or of this id
    /// in either length.
    #[must_use]
    pub fn record_type(&self, name: &str) -> Option<&RecordType> {
        let by_name = |t: &&RecordType| {
            t.developer_name.eq_ignore_ascii_case(name) || t.name.eq_ignore_ascii_case(name)
        };
        let by_id = |t: &&RecordType| is_id(&t.id, name);
        self.record_types.iter().find(by_name).or_else(|| self.record_types.iter().find(by_id))
    }
}
