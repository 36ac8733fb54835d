//! The org's metadata: objects, fields, relationships, looked up by name.
//!
//! API names are case-insensitive and answered in the schema's capitalisation.

pub(crate) mod describe;
mod described;
pub(crate) mod drift;
mod field;
pub(crate) mod folder;
pub(crate) mod load;
mod narrow;
pub(crate) mod versions;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::value::RawValue;

pub(crate) use field::{Field, FieldType, Storage};

/// All objects of the org.
#[derive(Debug)]
pub(crate) struct Schema {
    pub(crate) objects: Vec<Arc<Object>>,
    by_name: HashMap<String, usize>,
    by_prefix: HashMap<String, usize>,
    /// Of all that the schema says; another one after every change of it.
    pub(crate) hash: u64,
    /// Counts the changes after which a statement that was lowered before must
    /// not run any more.
    pub(crate) epoch: u32,
}

/// One object ("entity", "sObject type").
#[derive(Debug, Clone, serde::Deserialize, serde::Serialize)]
pub(crate) struct Object {
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) label_plural: String,
    /// Three characters; empty if its records have none of their own.
    pub(crate) key_prefix: String,
    pub(crate) custom: bool,
    pub(crate) createable: bool,
    pub(crate) updateable: bool,
    pub(crate) deletable: bool,
    pub(crate) undeletable: bool,
    pub(crate) mergeable: bool,
    pub(crate) layoutable: bool,
    pub(crate) triggerable: bool,
    pub(crate) feed_enabled: bool,
    pub(crate) mru_enabled: bool,
    pub(crate) deep_cloneable: bool,
    pub(crate) queryable: bool,
    pub(crate) searchable: bool,
    /// `supportedScopes`: name and label.
    pub(crate) scopes: Vec<(String, String)>,
    pub(crate) fields: Vec<Field>,
    /// Lookups of other objects (and of this one) that point here.
    pub(crate) children: Vec<Child>,
    /// Its describe as it was loaded, with what changed since; fields and child
    /// relationships stand in `fields` and `children`.
    #[serde(default)]
    pub(crate) raw: Option<serde_json::Map<String, serde_json::Value>>,
    /// Its entry of the global describe, likewise.
    #[serde(default)]
    pub(crate) raw_summary: Option<serde_json::Map<String, serde_json::Value>>,
    /// Known to have no rows. Of a real org's thousand objects most have none, and a
    /// statement over a lookup to a hundred of them joins the others alone.
    #[serde(skip)]
    pub(crate) empty: Arc<AtomicBool>,
    #[serde(skip)]
    field_by_name: HashMap<String, usize>,
}

/// A lookup seen from the object it points to.
#[derive(Debug, Clone, serde::Deserialize, serde::Serialize)]
pub(crate) struct Child {
    /// Object that holds the lookup.
    pub(crate) object: String,
    /// The lookup field.
    pub(crate) field: String,
    /// Name for a child subquery, if it has one.
    pub(crate) relationship: Option<String>,
    pub(crate) cascade_delete: bool,
    pub(crate) restricted_delete: bool,
    /// As it was loaded, with what changed since.
    #[serde(default)]
    pub(crate) raw: Option<Box<RawValue>>,
}

impl Schema {
    /// Objects in the order of the global describe.
    pub(crate) fn new(objects: Vec<Arc<Object>>, hash: u64, epoch: u32) -> Self {
        let by_name = objects
            .iter()
            .enumerate()
            .map(|(at, object)| (object.name.to_ascii_lowercase(), at))
            .collect();
        let mut by_prefix = HashMap::new();
        for (at, object) in objects.iter().enumerate() {
            if !object.key_prefix.is_empty() {
                by_prefix.entry(object.key_prefix.clone()).or_insert(at);
            }
        }
        Self { objects, by_name, by_prefix, hash, epoch }
    }

    /// Whether it comes, in part at least, from describes that were loaded.
    pub(crate) fn is_loaded(&self) -> bool {
        self.objects.iter().any(|object| object.raw.is_some())
    }

    pub(crate) fn object(&self, name: &str) -> Option<&Object> {
        self.by_name.get(&name.to_ascii_lowercase()).map(|at| &*self.objects[*at])
    }

    /// The object whose ids start with these three characters. Some kinds share
    /// theirs (histories, feeds): then it is the first of them.
    pub(crate) fn by_prefix(&self, id: &str) -> Option<&Object> {
        let prefix = id.get(..3)?;
        self.by_prefix.get(prefix).map(|at| &*self.objects[*at])
    }
}

impl Object {
    pub(crate) fn is_empty(&self) -> bool {
        self.empty.load(Ordering::Relaxed)
    }

    /// After its first row, or when its rows were counted.
    pub(crate) fn set_empty(&self, empty: bool) {
        self.empty.store(empty, Ordering::Relaxed);
    }

    /// After its fields changed.
    pub(crate) fn index_fields(&mut self) {
        self.field_by_name = field_index(&self.fields);
    }

    pub(crate) fn field(&self, name: &str) -> Option<&Field> {
        self.field_by_name.get(&name.to_ascii_lowercase()).map(|at| &self.fields[*at])
    }

    /// The lookup behind a child-to-parent relationship name (`Account`, `Account__r`).
    pub(crate) fn parent(&self, relationship: &str) -> Option<&Field> {
        self.fields.iter().find(|field| {
            field.ty == FieldType::Reference
                && field
                    .relationship_name
                    .as_deref()
                    .is_some_and(|name| name.eq_ignore_ascii_case(relationship))
        })
    }

    /// The lookup behind a parent-to-child relationship name (`Contacts`).
    pub(crate) fn child(&self, relationship: &str) -> Option<&Child> {
        self.children.iter().find(|child| {
            child
                .relationship
                .as_deref()
                .is_some_and(|name| name.eq_ignore_ascii_case(relationship))
        })
    }

    /// The scope of `USING SCOPE` in its own capitalisation, if the object has it.
    pub(crate) fn scope(&self, name: &str) -> Option<&str> {
        let found = self.scopes.iter().find(|(scope, _)| scope.eq_ignore_ascii_case(name));
        found.map(|(scope, _)| scope.as_str())
    }

    /// The field that names a record (`Name`, `CaseNumber`).
    pub(crate) fn name_field(&self) -> Option<&Field> {
        self.fields.iter().find(|field| field.name_field)
    }

    /// The field that tells when a record changed last, if there is one.
    pub(crate) fn modified_field(&self) -> Option<&'static str> {
        ["LastModifiedDate", "SystemModstamp"].into_iter().find(|name| self.field(name).is_some())
    }

    /// Whether records tell who changed them last, and when.
    pub(crate) fn is_audited(&self) -> bool {
        self.field("LastModifiedById").is_some() && self.field("LastModifiedDate").is_some()
    }

    /// Whether deleted rows are kept and marked.
    pub(crate) fn has_recycle_bin(&self) -> bool {
        self.field("IsDeleted").is_some()
    }
}

fn field_index(fields: &[Field]) -> HashMap<String, usize> {
    fields.iter().enumerate().map(|(at, field)| (field.name.to_ascii_lowercase(), at)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_name_is_required_to_create_an_account() {
        let schema = Schema::built_in().unwrap();
        let account = schema.object("account").unwrap();
        let required: Vec<_> = account
            .fields
            .iter()
            .filter(|field| field.required_on_create())
            .map(|field| &field.name)
            .collect();
        assert_eq!(required, ["Name"]);
    }

    #[test]
    fn relationships_resolve_in_both_directions() {
        let schema = Schema::built_in().unwrap();
        let account = schema.object("Account").unwrap();
        let invoices = account.child("invoices__R").unwrap();
        assert_eq!(
            (invoices.object.as_str(), invoices.field.as_str()),
            ("Invoice__c", "Account__c")
        );
        let deal = schema.object("aim__deal__c").unwrap();
        assert_eq!(deal.parent("AIM__account__r").unwrap().reference_to, ["Account"]);
        assert!(account.parent("Nothing").is_none());
    }

    #[test]
    fn names_and_prefixes_are_unique() {
        let schema = Schema::built_in().unwrap();
        for object in &schema.objects {
            assert_eq!(schema.by_prefix(&object.key_prefix).unwrap().name, object.name);
            assert_eq!(object.field_by_name.len(), object.fields.len(), "{}", object.name);
            assert!(object.name_field().is_some(), "{}", object.name);
        }
    }
}
