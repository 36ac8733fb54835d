//! What the server asks about the schema and about what changed.

use sf_soql::ParseError;

use super::query::error::Statement;
use super::schema::FieldType;
use super::storage::tables::quote;
use super::{ApiError, Caller, Engine, Seen, access, find, id};

/// A field as a layout shows it.
#[derive(Debug, Clone)]
pub(crate) struct LayoutField {
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) createable: bool,
    pub(crate) updateable: bool,
    pub(crate) required: bool,
}

/// A relationship of an object, from its side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Relationship<'e> {
    /// The records of `object` whose lookup `field` points here.
    Children { object: &'e str, field: &'e str },
    /// The record that the lookup `field` points to.
    Parent { field: &'e str },
}

impl Seen {
    /// The names of all objects that the user sees, in their order.
    pub(crate) fn object_names(&self) -> impl Iterator<Item = &str> {
        self.schema.objects.iter().map(|object| object.name.as_str())
    }

    /// The schema's capitalisation of an object name, `None` if unknown.
    pub(crate) fn object_name(&self, object: &str) -> Option<&str> {
        self.schema.object(object).map(|object| object.name.as_str())
    }

    /// The relationship of that name, if the object has one.
    pub(crate) fn relationship(&self, object: &str, name: &str) -> Option<Relationship<'_>> {
        let object = self.schema.object(object)?;
        if let Some(child) = object.child(name) {
            return Some(Relationship::Children { object: &child.object, field: &child.field });
        }
        object.parent(name).map(|field| Relationship::Parent { field: &field.name })
    }

    /// The object whose ids start as this one does.
    pub(crate) fn object_of_id(&self, id: &str) -> Option<&str> {
        self.schema.by_prefix(id).map(|object| object.name.as_str())
    }

    /// The fields of an object, compound ones left out, in the order of its
    /// describe.
    pub(crate) fn field_names(&self, object: &str) -> Result<Vec<&str>, ApiError> {
        let fields = &self.object(object)?.fields;
        let plain = fields.iter().filter(|field| !field.ty.is_compound());
        Ok(plain.map(|field| field.name.as_str()).collect())
    }

    /// The field that names a record; `Id` where there is none.
    pub(crate) fn name_field(&self, object: &str) -> Result<&str, ApiError> {
        Ok(self.object(object)?.name_field().map_or("Id", |field| &field.name))
    }

    /// The field in the schema's capitalisation if the platform has an index
    /// on it: ids, lookups, external ids, and the audit dates.
    pub(crate) fn indexed_field(&self, object: &str, field: &str) -> Option<&str> {
        let field = self.schema.object(object)?.field(field)?;
        let indexed = matches!(field.ty, FieldType::Id | FieldType::Reference)
            || field.external_id
            || field.id_lookup
            || field.unique
            || ["CreatedDate", "SystemModstamp"].contains(&field.name.as_str());
        indexed.then_some(field.name.as_str())
    }

    /// A field's name in the schema's capitalisation, and its label.
    pub(crate) fn label(&self, object: &str, field: &str) -> Option<(&str, &str)> {
        let field = self.schema.object(object)?.field(field)?;
        Some((&field.name, &field.label))
    }

    /// The objects whose records count as recently used.
    pub(crate) fn recent_objects(&self) -> impl Iterator<Item = &str> {
        self.schema
            .objects
            .iter()
            .filter(|object| object.mru_enabled && object.queryable && object.is_audited())
            .map(|object| object.name.as_str())
    }

    /// The fields of an object's layout, in the order of its describe.
    pub(crate) fn layout_fields(&self, object: &str) -> Result<Vec<LayoutField>, ApiError> {
        let fields = &self.object(object)?.fields;
        let shown = fields.iter().filter(|field| field.ty != FieldType::Id);
        Ok(shown
            .map(|field| LayoutField {
                name: field.name.clone(),
                label: field.label.clone(),
                createable: field.createable,
                updateable: field.updateable,
                required: field.required_on_create(),
            })
            .collect())
    }

    /// Whether `/updated` and `/deleted` know the object.
    pub(crate) fn is_replicated(&self, object: &str) -> bool {
        self.schema.object(object).is_some_and(|object| {
            object.has_recycle_bin() && object.field("SystemModstamp").is_some()
        })
    }
}

impl Engine {
    /// The bytes of a base64 field; `None` if it is empty, 404 if the record or
    /// the field does not exist.
    pub(crate) fn blob(
        &self,
        caller: &Caller,
        object: &str,
        id: &str,
        field: &str,
    ) -> Result<Option<Vec<u8>>, ApiError> {
        let seen = self.seen(caller)?;
        let object = seen.object(object)?;
        let field = object.field(field).filter(|field| field.ty == FieldType::Base64);
        let field = field.ok_or_else(ApiError::not_found)?;
        let sql =
            format!("SELECT {} FROM {} WHERE row = ?1", quote(&field.name), quote(&object.name));
        let full = id::normalise(id).ok_or_else(|| id::no_external_id(id))?;
        self.read(|connection| {
            let found = find::by_id(connection, object, &full)?.ok_or_else(ApiError::not_found)?;
            access::check_row(&seen, connection, object, found.row, access::Level::Read)?;
            let found = find::live(connection, object, &full)?;
            Ok(connection.query_row(&sql, [found.row], |row| row.get(0))?)
        })
    }
}

/// 400 `MALFORMED_SEARCH` for a SOSL statement that does not parse.
pub(crate) fn search_unparsable(statement: &str, error: &ParseError) -> ApiError {
    let mut refusal = Statement(statement).unparsable(error);
    for item in &mut refusal.items {
        if item.code == "MALFORMED_QUERY" {
            item.code = "MALFORMED_SEARCH".into();
        }
    }
    refusal
}
