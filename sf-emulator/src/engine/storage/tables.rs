//! Tables and indexes from the schema.

use std::collections::HashSet;

use rusqlite::Connection;

use crate::engine::OpenError;
use crate::engine::schema::load;
use crate::engine::schema::{Field, FieldType, Object, Schema, Storage};

/// Creates all tables. Indexes come later, since filling first is faster.
///
/// The rules of standard objects name tables and columns that an org of one's own
/// may lack: they are made all the same, and no statement can name them.
pub(crate) fn create_tables(connection: &Connection, schema: &Schema) -> Result<(), OpenError> {
    // Organisation-wide defaults.
    connection
        .execute_batch(
            "CREATE TABLE sf_sharing (object TEXT PRIMARY KEY COLLATE NOCASE, model TEXT NOT NULL)",
        )
        .map_err(OpenError::Database)?;
    let standard = match schema.is_loaded() {
        true => load::built_in_objects().map_err(OpenError::Schema)?,
        false => Vec::new(),
    };
    let standard = || standard.iter().filter(|object| !object.custom);
    for object in &schema.objects {
        let unseen = standard().find(|one| one.name.eq_ignore_ascii_case(&object.name));
        create_table(connection, object, unseen)?;
    }
    for object in standard().filter(|object| schema.object(&object.name).is_none()) {
        create_table(connection, object, None)?;
    }
    Ok(())
}

/// The table of an object, with columns that another one has beside it.
pub(crate) fn create_table(
    connection: &Connection,
    object: &Object,
    unseen: Option<&Object>,
) -> rusqlite::Result<()> {
    let more = unseen.iter().flat_map(|unseen| &unseen.fields);
    let more = more.filter(|field| object.field(&field.name).is_none());
    let columns: Vec<String> =
        object.fields.iter().chain(more).filter(|field| field.is_stored()).map(column).collect();
    let (table, columns) = (quote(&object.name), columns.join(", "));
    connection.execute_batch(&format!("CREATE TABLE {table} (row INTEGER PRIMARY KEY, {columns})"))
}

/// Creates the indexes that ids, external ids and relationships need.
pub(crate) fn create_indexes(connection: &Connection, schema: &Schema) -> rusqlite::Result<()> {
    create_some_indexes(connection, schema, |_, _| true)
}

/// The indexes without which rows cannot be taken in: ids and what else identifies.
pub(crate) fn create_key_indexes(connection: &Connection, schema: &Schema) -> rusqlite::Result<()> {
    create_some_indexes(connection, schema, |_, field| is_key(field))
}

/// The further indexes of objects that have rows. Most of the thousand objects of
/// a real org have none, and SQLite takes longer for every index the more there are.
pub(crate) fn create_lookup_indexes(
    connection: &Connection,
    schema: &Schema,
) -> rusqlite::Result<()> {
    let mut with_rows = HashSet::new();
    for object in &schema.objects {
        let sql = format!("SELECT EXISTS (SELECT 1 FROM {})", quote(&object.name));
        if connection.query_row(&sql, [], |row| row.get(0))? {
            with_rows.insert(object.name.as_str());
        }
    }
    create_some_indexes(connection, schema, |object, field| {
        !is_key(field) && with_rows.contains(object.name.as_str())
    })
}

fn create_some_indexes(
    connection: &Connection,
    schema: &Schema,
    wanted: impl Fn(&Object, &Field) -> bool,
) -> rusqlite::Result<()> {
    for object in &schema.objects {
        for field in object.fields.iter().filter(|field| wanted(object, field)) {
            create_index(connection, schema, object, field)?;
        }
    }
    Ok(())
}

fn is_key(field: &Field) -> bool {
    field.name == "Id" || field.unique || field.external_id || field.id_lookup
}

/// The index of a field, if it needs one.
pub(crate) fn create_index(
    connection: &Connection,
    schema: &Schema,
    object: &Object,
    field: &Field,
) -> rusqlite::Result<()> {
    let name = index_name(&object.name, &field.name);
    let (table, column) = (quote(&object.name), quote(&field.name));
    if field.name == "Id" {
        connection.execute_batch(&format!("CREATE UNIQUE INDEX {name} ON {table} ({column})"))
    } else if field.is_stored() && is_indexed(schema, field) {
        // Most lookups are empty: null rows would only cost space.
        connection.execute_batch(&format!(
            "CREATE INDEX {name} ON {table} ({column}) WHERE {column} IS NOT NULL"
        ))
    } else {
        Ok(())
    }
}

/// Of the index of a field, as an SQL identifier.
pub(crate) fn index_name(object: &str, field: &str) -> String {
    quote(&format!("{object}.{field}"))
}

/// A name as an SQL identifier. Names come from the schema, never from a
/// statement; quoting keeps words like `Group` and `Case` usable.
pub(crate) fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn is_indexed(schema: &Schema, field: &Field) -> bool {
    let points_to_deletable = || {
        field
            .reference_to
            .iter()
            .filter_map(|name| schema.object(name))
            .any(Object::has_recycle_bin)
    };
    // Who sees a row is asked by its owner and by whom it was shared with.
    ["OwnerId", "UserOrGroupId"].contains(&field.name.as_str())
        || is_key(field)
        || field.children_name.is_some()
        || points_to_deletable()
}

/// A field's column in the definition of its table.
pub(crate) fn column(field: &Field) -> String {
    let (ty, collation) = match field.ty.storage() {
        Storage::Text if field.case_sensitive => ("TEXT", ""),
        Storage::Text => ("TEXT", " COLLATE sf"),
        Storage::Id | Storage::Date | Storage::Time | Storage::None => ("TEXT", ""),
        Storage::Boolean | Storage::Integer | Storage::DateTime => ("INTEGER", ""),
        Storage::Real => ("REAL", ""),
        Storage::Blob => ("BLOB", ""),
    };
    let rest = match field.ty {
        _ if field.name == "Id" => " NOT NULL",
        FieldType::Boolean => " NOT NULL DEFAULT 0",
        _ => "",
    };
    format!("{} {ty}{collation}{rest}", quote(&field.name))
}
