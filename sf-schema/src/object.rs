//! One object's schema.

use std::collections::HashMap;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::json::{flag, items, maybe_text, text};
use crate::{Error, Field, FieldType, RecordType};

/// A relationship from this object's records down to others that point at them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ChildRelationship {
    /// The name in a subquery: `Contacts` in `(SELECT Id FROM Contacts)`.
    /// Some relationships have none and cannot be queried that way.
    pub name: Option<String>,
    /// The object that points here.
    pub object: String,
    /// Its field that does.
    pub field: String,
    /// Whether the children are deleted with this record.
    pub cascade_delete: bool,
    /// Whether this record cannot be deleted while it has such children.
    pub restricted_delete: bool,
    /// On its way out.
    pub deprecated: bool,
}

/// One object's schema, normalised from its describe.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Object {
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
    /// Deleted records may be taken from the recycle bin.
    pub undeletable: bool,
    /// Records may be merged.
    pub mergeable: bool,
    /// It has page layouts.
    pub layoutable: bool,
    /// A custom setting: configuration of the org, not business data.
    pub custom_setting: bool,
    /// On its way out; the platform hides it in its own pages.
    pub deprecated: bool,
    /// Its fields, in describe order.
    pub fields: Vec<Field>,
    /// What points at it.
    pub children: Vec<ChildRelationship>,
    /// Its record types.
    pub record_types: Vec<RecordType>,
    /// The names that `USING SCOPE` takes, such as `mine`; empty if the describe
    /// names none.
    pub scopes: Vec<String>,
    #[serde(skip)]
    by_name: OnceLock<HashMap<String, usize>>,
}

impl Object {
    /// Reads the JSON of `GET .../sobjects/{name}/describe`.
    ///
    /// Tolerant: keys that are missing, new, null or of another type do not
    /// fail it, a field of an unknown type is kept, a field without a name is
    /// left out.
    ///
    /// # Errors
    /// [`Error::NotADescribe`] if it is not a JSON object with a `name`.
    pub fn from_describe(raw: &Value) -> Result<Self, Error> {
        if !raw.is_object() {
            return Err(Error::NotADescribe { reason: "not a JSON object" });
        }
        let Some(name) = maybe_text(raw, "name") else {
            return Err(Error::NotADescribe { reason: "it has no name" });
        };
        let fields: Vec<Field> =
            items(raw, "fields").iter().filter_map(Field::from_describe).collect();
        let label = maybe_text(raw, "label").unwrap_or_else(|| name.clone());
        Ok(Self {
            label_plural: maybe_text(raw, "labelPlural").unwrap_or_else(|| label.clone()),
            label,
            key_prefix: maybe_text(raw, "keyPrefix"),
            custom: flag(raw, "custom"),
            queryable: flag(raw, "queryable"),
            searchable: flag(raw, "searchable"),
            createable: flag(raw, "createable"),
            updateable: flag(raw, "updateable"),
            deletable: flag(raw, "deletable"),
            undeletable: flag(raw, "undeletable"),
            mergeable: flag(raw, "mergeable"),
            layoutable: flag(raw, "layoutable"),
            custom_setting: flag(raw, "customSetting"),
            deprecated: flag(raw, "deprecatedAndHidden"),
            children: items(raw, "childRelationships").iter().filter_map(child).collect(),
            record_types: items(raw, "recordTypeInfos")
                .iter()
                .filter_map(RecordType::from_describe)
                .collect(),
            scopes: items(raw, "supportedScopes")
                .iter()
                .filter_map(|scope| maybe_text(scope, "name"))
                .collect(),
            name,
            fields,
            by_name: OnceLock::new(),
        })
    }

    /// The field of this API name, in any case.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.position(name).and_then(|at| self.fields.get(at))
    }

    /// The place of a field among the fields.
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        let by_name = self.by_name.get_or_init(|| {
            self.fields.iter().enumerate().map(|(i, f)| (f.name.to_lowercase(), i)).collect()
        });
        by_name.get(&name.to_lowercase()).copied()
    }

    /// The reference field whose relationship has this name, in any case:
    /// `OwnerId` for `Owner`, `Account__c` for `Account__r`.
    #[must_use]
    pub fn parent(&self, relationship: &str) -> Option<&Field> {
        self.fields.iter().find(|f| {
            f.relationship_name.as_deref().is_some_and(|n| n.eq_ignore_ascii_case(relationship))
        })
    }

    /// The child relationship of this name, in any case.
    #[must_use]
    pub fn child(&self, relationship: &str) -> Option<&ChildRelationship> {
        self.children
            .iter()
            .find(|c| c.name.as_deref().is_some_and(|n| n.eq_ignore_ascii_case(relationship)))
    }

    /// The fields that a compound field is made of: the lines of an address,
    /// the parts of a name.
    pub fn parts<'a>(&'a self, compound: &'a str) -> impl Iterator<Item = &'a Field> {
        self.fields.iter().filter(move |f| {
            f.compound.as_deref().is_some_and(|of| of.eq_ignore_ascii_case(compound))
        })
    }

    /// The fields that point at records of other objects, or of this one.
    pub fn references(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|f| f.ty == FieldType::Reference)
    }

    /// The fields that are a key for upsert.
    pub fn external_ids(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|f| f.external_id)
    }

    /// The fields without which a create fails.
    pub fn required_on_create(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|f| f.required_on_create())
    }

    /// API names of fields that `name` was probably meant to be, best first:
    /// by the likeness of the API name, then of the label.
    #[must_use]
    pub fn suggest_fields(&self, name: &str) -> Vec<String> {
        let mut found = crate::suggest(name, self.fields.iter().map(|f| f.name.as_str()));
        for label in crate::suggest(name, self.fields.iter().map(|f| f.label.as_str())) {
            let named = self.fields.iter().filter(|f| f.label == label);
            for field in named {
                if !found.contains(&field.name) {
                    found.push(field.name.clone());
                }
            }
        }
        found.truncate(5);
        found
    }
}

fn child(raw: &Value) -> Option<ChildRelationship> {
    Some(ChildRelationship {
        name: maybe_text(raw, "relationshipName"),
        object: maybe_text(raw, "childSObject")?,
        field: text(raw, "field"),
        cascade_delete: flag(raw, "cascadeDelete"),
        restricted_delete: flag(raw, "restrictedDelete"),
        deprecated: flag(raw, "deprecatedAndHidden"),
    })
}
