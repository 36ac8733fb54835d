//! Layouts: which fields a person sees, and in which order (REST API Developer Guide, Describe
//! Layouts, SObject Named Layouts, Compact Layouts).

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::decode::or_default;
use crate::{Error, Id, Operation, Request, Response, Safety};

/// Describes the page layouts of an object.
#[derive(Debug, Clone)]
pub struct Layouts {
    object: String,
}

/// Describes the page layout of one record type of an object.
#[derive(Debug, Clone)]
pub struct LayoutOfType {
    object: String,
    record_type: Id,
}

/// Describes a layout by its name, such as `UserAlt`; the names are in the object's describe
/// (`namedLayoutInfos`).
#[derive(Debug, Clone)]
pub struct NamedLayout {
    object: String,
    name: String,
}

/// Describes the compact layouts of an object: the few fields that tell a record from others.
#[derive(Debug, Clone)]
pub struct CompactLayouts {
    object: String,
}

/// The layouts of an object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all(deserialize = "camelCase"))]
#[non_exhaustive]
pub struct LayoutSet {
    /// The layouts.
    #[serde(default, deserialize_with = "or_default")]
    pub layouts: Vec<Layout>,
    /// Which record type uses which.
    #[serde(default, deserialize_with = "or_default")]
    pub record_type_mappings: Vec<RecordTypeMapping>,
}

/// One page layout. What has no field of its own here is in [`rest`](Self::rest).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all(deserialize = "camelCase"))]
#[non_exhaustive]
pub struct Layout {
    /// Its id, where it has one.
    #[serde(default)]
    pub id: Option<Id>,
    /// What is shown of a record.
    #[serde(default, deserialize_with = "or_default")]
    pub detail_layout_sections: Vec<LayoutSection>,
    /// What is shown while a record is edited.
    #[serde(default, deserialize_with = "or_default")]
    pub edit_layout_sections: Vec<LayoutSection>,
    /// Lists of child records, as the platform sends them.
    #[serde(default, deserialize_with = "or_default")]
    pub related_lists: Vec<Value>,
    /// Everything else, as the platform sends it.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A part of a layout under one heading.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all(deserialize = "camelCase"))]
#[non_exhaustive]
pub struct LayoutSection {
    /// The heading.
    #[serde(default, deserialize_with = "or_default")]
    pub heading: String,
    /// The rows.
    #[serde(default, deserialize_with = "or_default")]
    pub layout_rows: Vec<LayoutRow>,
}

/// A row of a section.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all(deserialize = "camelCase"))]
#[non_exhaustive]
pub struct LayoutRow {
    /// What stands in it.
    #[serde(default, deserialize_with = "or_default")]
    pub layout_items: Vec<LayoutItem>,
}

/// A labelled place in a row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all(deserialize = "camelCase"))]
#[non_exhaustive]
pub struct LayoutItem {
    /// The label.
    #[serde(default, deserialize_with = "or_default")]
    pub label: String,
    /// Whether the layout demands a value.
    #[serde(default)]
    pub required: bool,
    /// Whether it can be filled when a record is created.
    #[serde(default)]
    pub editable_for_new: bool,
    /// Whether it can be changed.
    #[serde(default)]
    pub editable_for_update: bool,
    /// What it holds: fields, blanks, or parts of a page.
    #[serde(default, deserialize_with = "or_default")]
    pub layout_components: Vec<LayoutComponent>,
}

/// What a place holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LayoutComponent {
    /// `Field`, `EmptySpace`, `SControl`, `Separator`, …
    #[serde(default, rename = "type", deserialize_with = "or_default")]
    pub kind: String,
    /// The name of the field, for a `Field`.
    #[serde(default)]
    pub value: Option<String>,
    /// The parts of a compound field.
    #[serde(default, deserialize_with = "or_default")]
    pub components: Vec<LayoutComponent>,
}

/// Which layout a record type uses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all(deserialize = "camelCase"))]
#[non_exhaustive]
pub struct RecordTypeMapping {
    /// The record type.
    #[serde(default)]
    pub record_type_id: Option<Id>,
    /// Its label.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    /// Its API name.
    #[serde(default, deserialize_with = "or_default")]
    pub developer_name: String,
    /// Whether the user may use it.
    #[serde(default)]
    pub available: bool,
    /// Whether it is the user's default.
    #[serde(default)]
    pub default_record_type_mapping: bool,
    /// The layout.
    #[serde(default)]
    pub layout_id: Option<Id>,
    /// The picklist values of the record type, as the platform sends them.
    #[serde(default, deserialize_with = "or_default")]
    pub picklists_for_record_type: Vec<Value>,
}

/// The compact layouts of an object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all(deserialize = "camelCase"))]
#[non_exhaustive]
pub struct CompactLayoutSet {
    /// The layouts that the org has made; none if it uses the system's.
    #[serde(default, deserialize_with = "or_default")]
    pub compact_layouts: Vec<CompactLayout>,
    /// The one that is used where no record type names another.
    #[serde(default)]
    pub default_compact_layout_id: Option<Id>,
    /// Which record type uses which, as the platform sends it.
    #[serde(default, deserialize_with = "or_default")]
    pub record_type_compact_layout_mappings: Vec<Value>,
}

/// One compact layout.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all(deserialize = "camelCase"))]
#[non_exhaustive]
pub struct CompactLayout {
    /// Its id.
    #[serde(default)]
    pub id: Option<Id>,
    /// Its API name.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    /// Its label.
    #[serde(default, deserialize_with = "or_default")]
    pub label: String,
    /// The fields, in order.
    #[serde(default, deserialize_with = "or_default")]
    pub field_items: Vec<LayoutItem>,
}

impl LayoutItem {
    /// The names of the fields it holds.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        let fields = self.layout_components.iter().filter(|component| component.kind == "Field");
        fields.filter_map(|component| component.value.as_deref())
    }
}

impl LayoutSection {
    /// What stands in it, row by row.
    pub fn items(&self) -> impl Iterator<Item = &LayoutItem> {
        self.layout_rows.iter().flat_map(|row| &row.layout_items)
    }
}

impl Layout {
    /// The names of the fields that are shown of a record, in order.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.detail_layout_sections
            .iter()
            .flat_map(LayoutSection::items)
            .flat_map(LayoutItem::fields)
    }

    /// The names of the fields without which the layout lets no person save a record. The API does
    /// not enforce it.
    pub fn required_fields(&self) -> impl Iterator<Item = &str> {
        self.edit_layout_sections
            .iter()
            .flat_map(LayoutSection::items)
            .filter(|item| item.required)
            .flat_map(LayoutItem::fields)
    }
}

impl LayoutSet {
    /// The layout that a record type uses, or, without one, the user's default.
    pub fn of_record_type(&self, record_type: Option<Id>) -> Option<&Layout> {
        let mapping = self.record_type_mappings.iter().find(|mapping| match record_type {
            Some(id) => mapping.record_type_id == Some(id),
            None => mapping.default_record_type_mapping,
        });
        let Some(mapping) = mapping else {
            return self.layouts.first().filter(|_| record_type.is_none());
        };
        self.layouts.iter().find(|layout| layout.id == mapping.layout_id)
    }
}

impl Layouts {
    /// Of an object.
    pub fn new(object: impl Into<String>) -> Self {
        Self { object: object.into() }
    }
}

impl LayoutOfType {
    /// Of an object and one of its record types.
    pub fn new(object: impl Into<String>, record_type: Id) -> Self {
        Self { object: object.into(), record_type }
    }
}

impl NamedLayout {
    /// Of an object, by name.
    pub fn new(object: impl Into<String>, name: impl Into<String>) -> Self {
        Self { object: object.into(), name: name.into() }
    }
}

impl CompactLayouts {
    /// Of an object.
    pub fn new(object: impl Into<String>) -> Self {
        Self { object: object.into() }
    }
}

impl Operation for Layouts {
    type Output = LayoutSet;

    fn request(&self) -> Result<Request, Error> {
        Request::new(Method::GET, "sobjects/{object}/describe/layouts", &[&self.object])
    }

    fn decode(&self, response: Response) -> Result<LayoutSet, Error> {
        response.json("the layouts of an object")
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}

impl Operation for LayoutOfType {
    type Output = Layout;

    fn request(&self) -> Result<Request, Error> {
        let path = [self.object.as_str(), self.record_type.as_str()];
        Request::new(Method::GET, "sobjects/{object}/describe/layouts/{record_type}", &path)
    }

    fn decode(&self, response: Response) -> Result<Layout, Error> {
        response.json("a layout")
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}

impl Operation for NamedLayout {
    type Output = LayoutSet;

    fn request(&self) -> Result<Request, Error> {
        let path = [self.object.as_str(), self.name.as_str()];
        Request::new(Method::GET, "sobjects/{object}/describe/namedLayouts/{name}", &path)
    }

    fn decode(&self, response: Response) -> Result<LayoutSet, Error> {
        response.json("a named layout")
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}

impl Operation for CompactLayouts {
    type Output = CompactLayoutSet;

    fn request(&self) -> Result<Request, Error> {
        Request::new(Method::GET, "sobjects/{object}/describe/compactLayouts", &[&self.object])
    }

    fn decode(&self, response: Response) -> Result<CompactLayoutSet, Error> {
        response.json("the compact layouts of an object")
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}
