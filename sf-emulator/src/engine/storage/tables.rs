//! Tables and indexes from the schema.

use std::hash::Hasher;

use rusqlite::Connection;

use crate::engine::access;
use crate::engine::schema::load::Fnv;
use crate::engine::schema::{Field, FieldType, Object, Schema, Storage};

/// Counts up when the layout of tables or the generator's output changes, so
/// that cached images and kept files of another layout are not taken for ours.
const LAYOUT: u64 = 6;

/// Creates all tables. Indexes come later, since filling first is faster.
pub(crate) fn create_tables(connection: &Connection, schema: &Schema) -> rusqlite::Result<()> {
    connection.execute_batch("CREATE TABLE sf_org (mark TEXT NOT NULL)")?;
    connection.execute("INSERT INTO sf_org VALUES (?1)", [schema_mark(schema)])?;
    // Organisation-wide defaults.
    connection.execute_batch(
        "CREATE TABLE sf_sharing (object TEXT PRIMARY KEY COLLATE NOCASE, model TEXT NOT NULL)",
    )?;
    for object in &schema.objects {
        let columns: Vec<String> =
            object.fields.iter().filter(|field| field.is_stored()).map(column).collect();
        let sql = format!(
            "CREATE TABLE {} (row INTEGER PRIMARY KEY, {})",
            quote(&object.name),
            columns.join(", ")
        );
        connection.execute_batch(&sql)?;
    }
    Ok(())
}

/// Creates the indexes that ids, external ids and relationships need.
pub(crate) fn create_indexes(connection: &Connection, schema: &Schema) -> rusqlite::Result<()> {
    for object in &schema.objects {
        for field in &object.fields {
            let name = quote(&format!("{}.{}", object.name, field.name));
            let (table, column) = (quote(&object.name), quote(&field.name));
            if field.name == "Id" {
                connection
                    .execute_batch(&format!("CREATE UNIQUE INDEX {name} ON {table} ({column})"))?;
            } else if is_indexed(schema, field) {
                // Most lookups are empty: null rows would only cost space.
                let sql =
                    format!("CREATE INDEX {name} ON {table} ({column}) WHERE {column} IS NOT NULL");
                connection.execute_batch(&sql)?;
            }
        }
    }
    Ok(())
}

/// What the schema and layout of a stored org must be for this program.
pub(crate) fn schema_mark(schema: &Schema) -> String {
    let mut hasher = Fnv::default();
    hasher.write(&schema.hash.to_be_bytes());
    hasher.write(&LAYOUT.to_be_bytes());
    hasher.write(access::DEFAULTS.as_bytes());
    format!("{:016x}", hasher.finish())
}

/// The mark a stored org carries.
pub(crate) fn read_mark(connection: &Connection) -> rusqlite::Result<String> {
    connection.query_row("SELECT mark FROM sf_org", [], |row| row.get(0))
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
        || field.unique
        || field.external_id
        || field.id_lookup
        || field.children_name.is_some()
        || points_to_deletable()
}

fn column(field: &Field) -> String {
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
