//! The org's metadata: objects, fields, relationships, looked up by name.
//!
//! API names are case-insensitive and answered in the schema's capitalisation.

pub(crate) mod describe;
mod field;
pub(crate) mod load;
mod narrow;

use std::collections::HashMap;

pub(crate) use field::{Field, FieldType, Storage};

/// All objects of the org.
#[derive(Debug)]
pub(crate) struct Schema {
    pub(crate) objects: Vec<Object>,
    by_name: HashMap<String, usize>,
    /// Hash of the schema files; changes when they do.
    pub(crate) hash: u64,
}

/// One object ("entity", "sObject type").
#[derive(Debug)]
pub(crate) struct Object {
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) label_plural: String,
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
    /// `supportedScopes`: name and label.
    pub(crate) scopes: Vec<(String, String)>,
    pub(crate) fields: Vec<Field>,
    /// Lookups of other objects (and of this one) that point here.
    pub(crate) children: Vec<Child>,
    field_by_name: HashMap<String, usize>,
}

/// A lookup seen from the object it points to.
#[derive(Debug, Clone)]
pub(crate) struct Child {
    /// Object that holds the lookup.
    pub(crate) object: String,
    /// The lookup field.
    pub(crate) field: String,
    /// Name for a child subquery, if it has one.
    pub(crate) relationship: Option<String>,
    pub(crate) cascade_delete: bool,
    pub(crate) restricted_delete: bool,
}

impl Schema {
    pub(crate) fn object(&self, name: &str) -> Option<&Object> {
        self.by_name.get(&name.to_ascii_lowercase()).map(|at| &self.objects[*at])
    }

    /// The object whose ids start with these three characters.
    pub(crate) fn by_prefix(&self, id: &str) -> Option<&Object> {
        let prefix = id.get(..3)?;
        self.objects.iter().find(|object| object.key_prefix == prefix)
    }
}

impl Object {
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

    /// The field that tells when a record changed last.
    pub(crate) fn modified_field(&self) -> &'static str {
        let has = |name| self.field(name).is_some();
        if has("LastModifiedDate") { "LastModifiedDate" } else { "SystemModstamp" }
    }

    /// Whether deleted rows are kept and marked.
    pub(crate) fn has_recycle_bin(&self) -> bool {
        self.field("IsDeleted").is_some()
    }
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
