//! The first pass: records become rows, lookups stay as the files have them.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;

use rusqlite::types::Value as Sql;
use rusqlite::{Connection, OptionalExtension as _, params, params_from_iter};
use serde_json::{Map, Value};

use super::error::{Place, RowsError};
use super::value;
use crate::engine::generate::{self, BASE_MILLIS};
use crate::engine::id;
use crate::engine::schema::{Field, FieldType, Object, Schema};
use crate::engine::storage::tables::quote;

/// Nested sets of children that a record may have below it.
const MAX_DEPTH: usize = 5;

pub(super) struct Importer<'i> {
    connection: &'i Connection,
    schema: &'i Schema,
    /// The next free row of each object that got rows.
    next: HashMap<String, i64>,
    /// Rows of the new org, which a record of the same id replaces.
    generated: HashSet<String>,
    objects: BTreeSet<String>,
    /// The org of the files took the place of the generated one.
    has_organization: bool,
}

/// A record that is taken apart.
struct Row<'i> {
    object: &'i Object,
    old_id: Option<String>,
    reference: Option<String>,
    values: Vec<(&'i Field, Sql)>,
    /// Lookups by another field than the id: the lookup, the parent's object if
    /// it is said, the field, its value.
    keys: Vec<(&'i Field, Option<String>, String, Sql)>,
    /// Sets of children: their object, their lookup, their records.
    children: Vec<(String, String, Vec<Value>)>,
}

impl<'i> Importer<'i> {
    pub(super) fn new(connection: &'i Connection, schema: &'i Schema) -> Result<Self, RowsError> {
        let mut generated = HashSet::new();
        for object in &schema.objects {
            let sql = format!("SELECT \"Id\" FROM {}", quote(&object.name));
            let mut statement = connection.prepare(&sql)?;
            for id in statement.query_map([], |row| row.get(0))? {
                generated.insert(id?);
            }
        }
        Ok(Self {
            connection,
            schema,
            next: HashMap::new(),
            generated,
            objects: BTreeSet::new(),
            has_organization: false,
        })
    }

    /// The object that a file is named after.
    pub(super) fn object_of(&self, file: &Path) -> Option<String> {
        let stem = file.file_stem()?.to_str()?;
        self.schema.object(stem).map(|object| object.name.clone())
    }

    /// The objects that got rows.
    pub(super) fn finish(self) -> BTreeSet<String> {
        self.objects
    }

    /// Stores a record of a file.
    pub(super) fn record(
        &mut self,
        place: &Place,
        object: Option<&str>,
        record: Map<String, Value>,
    ) -> Result<(), RowsError> {
        let named = record.get("attributes").and_then(|attributes| attributes.get("type"));
        let name = named.and_then(Value::as_str).or(object);
        let known = name.and_then(|name| self.schema.object(name));
        let object = known.ok_or_else(|| {
            let stem = place.path.file_stem().unwrap_or_default().to_string_lossy();
            let name = name.map_or_else(|| stem.into_owned(), str::to_owned);
            RowsError::NoSuchObject { path: place.path.clone(), name }
        })?;
        self.store(place, object, record, None, 0)
    }

    fn store(
        &mut self,
        place: &Place,
        object: &'i Object,
        record: Map<String, Value>,
        parent: Option<(&'i Field, &str)>,
        depth: usize,
    ) -> Result<(), RowsError> {
        let mut row = read(place, object, record)?;
        if let Some((lookup, id)) = parent {
            row.values.retain(|(field, _)| field.name != lookup.name);
            row.values.push((lookup, Sql::Text(id.to_owned())));
        }
        let id = self.insert(place, &row)?;
        for (field, target, key, value) in &row.keys {
            self.connection
                .prepare_cached(
                    "INSERT INTO sf_import_key VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                )?
                .execute(params![
                    place.path.to_string_lossy(),
                    place.record.cast_signed(),
                    object.name,
                    id,
                    field.name,
                    target,
                    key,
                    value
                ])?;
        }
        for (child, lookup, records) in row.children {
            if depth == MAX_DEPTH {
                return Err(place.wrong(format!("has more than {MAX_DEPTH} levels of children")));
            }
            let unknown = || place.wrong(format!("has children of {child}, which the org lacks"));
            let child = self.schema.object(&child).ok_or_else(unknown)?;
            let lookup = child.field(&lookup).ok_or_else(unknown)?;
            for record in records {
                let Value::Object(record) = record else {
                    return Err(place.wrong("has a child that is no JSON object"));
                };
                self.store(place, child, record, Some((lookup, &id)), depth + 1)?;
            }
        }
        Ok(())
    }

    /// Stores the row and answers the id it has here.
    fn insert(&mut self, place: &Place, row: &Row<'_>) -> Result<String, RowsError> {
        let object = row.object;
        if object.name == "Organization" && !std::mem::replace(&mut self.has_organization, true) {
            self.connection.execute("DELETE FROM \"Organization\"", [])?;
        }
        let (id, number) = self.place_of(place, object, row.old_id.as_deref())?;
        if let Some(name) = &row.reference {
            let sql = "INSERT OR IGNORE INTO sf_import_ref VALUES (?1, ?2)";
            if self.connection.prepare_cached(sql)?.execute([name, &id])? == 0 {
                return Err(place.wrong(format!("has the referenceId {name}, which another has")));
            }
        }
        let mut values: Vec<(&str, Sql)> =
            row.values.iter().map(|(field, value)| (field.name.as_str(), value.clone())).collect();
        stamp(object, &mut values);
        let names: Vec<String> = values.iter().map(|(name, _)| quote(name)).collect();
        let marks: Vec<String> = (3..values.len() + 3).map(|at| format!(", ?{at}")).collect();
        let sql = format!(
            "INSERT INTO {} (row, \"Id\"{}{}) VALUES (?1, ?2{})",
            quote(&object.name),
            if names.is_empty() { "" } else { ", " },
            names.join(", "),
            marks.concat(),
        );
        let start = [Sql::Integer(number), Sql::Text(id.clone())];
        let values = start.into_iter().chain(values.into_iter().map(|(_, value)| value));
        self.connection.prepare_cached(&sql)?.execute(params_from_iter(values))?;
        self.objects.insert(object.name.clone());
        Ok(id)
    }

    /// Id and row of a record: its own id if that can be one of this object, and
    /// for an id of an embedded org the row it stands for, so that new records go
    /// on where the old ones ended.
    fn place_of(
        &mut self,
        place: &Place,
        object: &Object,
        old: Option<&str>,
    ) -> Result<(String, i64), RowsError> {
        let kept = old
            .and_then(id::normalise)
            .filter(|id| object.key_prefix.is_empty() || id.starts_with(&object.key_prefix));
        let Some(id) = kept else {
            let number = self.next_row(object)?;
            let prefix = if object.key_prefix.is_empty() { "000" } else { &object.key_prefix };
            let id = id::make(prefix, number.cast_unsigned());
            if let Some(old) = old {
                let sql = "INSERT OR IGNORE INTO sf_import_id VALUES (?1, ?2, ?3)";
                let values = [object.name.as_str(), old, &id];
                if self.connection.prepare_cached(sql)?.execute(values)? == 0 {
                    return Err(twice(place, object, old));
                }
            }
            return Ok((id, number));
        };
        let table = quote(&object.name);
        if self.generated.remove(&id) {
            let sql = format!("DELETE FROM {table} WHERE \"Id\" = ?1");
            self.connection.prepare_cached(&sql)?.execute([&id])?;
        } else {
            let sql = format!("SELECT 1 FROM {table} WHERE \"Id\" = ?1");
            if self.connection.prepare_cached(&sql)?.exists([&id])? {
                return Err(twice(place, object, &id));
            }
        }
        let Some(number) = id::number(&id) else { return Ok((id, self.next_row(object)?)) };
        let sql = format!("SELECT 1 FROM {table} WHERE row = ?1");
        let taken = self.connection.prepare_cached(&sql)?.exists([number])?;
        if taken {
            let free = self.next_row(object)?.max(number + 1);
            let sql = format!("UPDATE {table} SET row = ?2 WHERE row = ?1");
            self.connection.prepare_cached(&sql)?.execute([number, free])?;
            self.next.insert(object.name.clone(), free + 1);
        } else if let Some(next) = self.next.get_mut(&object.name) {
            *next = (*next).max(number + 1);
        }
        Ok((id, number))
    }

    fn next_row(&mut self, object: &Object) -> Result<i64, RowsError> {
        let next = match self.next.get(&object.name) {
            Some(next) => *next,
            None => {
                let sql = format!("SELECT MAX(row) FROM {}", quote(&object.name));
                let last: Option<i64> =
                    self.connection.query_row(&sql, [], |row| row.get(0)).optional()?.flatten();
                last.unwrap_or(0) + 1
            }
        };
        self.next.insert(object.name.clone(), next + 1);
        Ok(next)
    }
}

fn twice(place: &Place, object: &Object, id: &str) -> RowsError {
    place.wrong(format!("is a {} with the id {id}, which another record has", object.name))
}

/// System fields that a record does not tell.
fn stamp(object: &Object, values: &mut Vec<(&str, Sql)>) {
    let modified = values.iter().find(|(name, _)| *name == "LastModifiedDate");
    let modified = modified.map_or(Sql::Integer(BASE_MILLIS), |(_, value)| value.clone());
    let administrator = || Sql::Text(generate::administrator());
    for (name, value) in [
        ("CreatedDate", Sql::Integer(BASE_MILLIS)),
        ("LastModifiedDate", Sql::Integer(BASE_MILLIS)),
        ("SystemModstamp", modified),
        ("CreatedById", administrator()),
        ("LastModifiedById", administrator()),
        ("OwnerId", administrator()),
    ] {
        if object.field(name).is_some() && !values.iter().any(|(given, _)| *given == name) {
            values.push((name, value));
        }
    }
}

/// Takes a record apart.
fn read<'i>(
    place: &Place,
    object: &'i Object,
    record: Map<String, Value>,
) -> Result<Row<'i>, RowsError> {
    let mut row = Row {
        object,
        old_id: None,
        reference: None,
        values: Vec::with_capacity(record.len()),
        keys: Vec::new(),
        children: Vec::new(),
    };
    let lookups: HashSet<String> = record
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, _)| name.to_ascii_lowercase())
        .collect();
    for (name, value) in record {
        if name == "attributes" {
            let reference = value.get("referenceId").and_then(Value::as_str);
            row.reference = reference.map(str::to_owned);
        } else if let Some(field) = object.field(&name) {
            if field.ty == FieldType::Id && field.name == "Id" {
                row.old_id = match value {
                    Value::String(id) => Some(id).filter(|id| !id.is_empty()),
                    Value::Null => None,
                    other => Some(other.to_string()),
                };
                continue;
            }
            let reference = value.as_str().and_then(|text| text.strip_prefix('@'));
            if let (FieldType::Reference, Some(name)) = (field.ty, reference) {
                row.keys.push((field, None, "@".to_owned(), Sql::Text(name.to_owned())));
            } else if field.is_stored()
                && let Some(value) =
                    value::stored(field, &value).map_err(|text| place.wrong(text))?
            {
                if row.values.iter().any(|(given, _)| given.name == field.name) {
                    return Err(place.wrong(format!("has {} twice", field.name)));
                }
                row.values.push((field, value));
            }
        } else if let Some(lookup) = object.parent(&name) {
            if !lookups.contains(&lookup.name.to_ascii_lowercase()) {
                parent(place, &mut row, lookup, &value)?;
            }
        } else if let Some(child) = object.child(&name) {
            if let Value::Object(mut set) = value
                && let Some(Value::Array(records)) = set.remove("records")
            {
                row.children.push((child.object.clone(), child.field.clone(), records));
            }
        } else {
            let text = format!("{name} is no field or relationship of {}", object.name);
            return Err(place.wrong(text));
        }
    }
    Ok(row)
}

/// `"Account__r": {"External_Id__c": "x"}`, or a parent with its id.
fn parent<'i>(
    place: &Place,
    row: &mut Row<'i>,
    lookup: &'i Field,
    value: &Value,
) -> Result<(), RowsError> {
    let Value::Object(nested) = value else { return Ok(()) };
    if let Some(Value::String(id)) = nested.get("Id") {
        if let Some(Some(id)) = value::from_text(lookup, id) {
            row.values.push((lookup, id));
        }
        return Ok(());
    }
    let kind = nested.get("attributes").and_then(|attributes| attributes.get("type"));
    let mut keys = nested.iter().filter(|(key, _)| *key != "attributes");
    let (Some((key, value)), None) = (keys.next(), keys.next()) else {
        let name = lookup.relationship_name.as_deref().unwrap_or(&lookup.name);
        return Err(place.wrong(format!(
            "has {name} without its Id, {}, and not with one external id alone",
            lookup.name
        )));
    };
    let value = match value {
        Value::Null => return Ok(()),
        Value::String(text) => Sql::Text(text.clone()),
        other => Sql::Text(other.to_string()),
    };
    let kind = kind.and_then(Value::as_str).map(str::to_owned);
    row.keys.push((lookup, kind, key.clone(), value));
    Ok(())
}
