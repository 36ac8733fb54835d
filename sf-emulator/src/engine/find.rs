//! Finding records by id or by a field that identifies them.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use rusqlite::types::{Value as Sql, ValueRef};
use rusqlite::{Connection, OptionalExtension as _, Row};

use super::schema::{Field, Object};
use super::storage::tables::quote;
use super::{ApiError, ErrorItem, id};

/// A record's place.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) row: i64,
    pub(super) id: String,
    pub(super) deleted: bool,
    /// Milliseconds since 1970.
    pub(super) modified: i64,
}

fn columns(object: &Object) -> String {
    let deleted = if object.has_recycle_bin() { "\"IsDeleted\"" } else { "0" };
    let modified = object.modified_field().map_or_else(|| "0".to_owned(), quote);
    format!("row, \"Id\", {deleted}, {modified} FROM {}", quote(&object.name))
}

fn read(row: &Row<'_>) -> rusqlite::Result<Found> {
    let modified: Option<i64> = row.get(3)?;
    Ok(Found {
        row: row.get(0)?,
        id: row.get(1)?,
        deleted: row.get(2)?,
        modified: modified.unwrap_or(0),
    })
}

/// A number that is another one whenever a stored value of the row is: times
/// have whole seconds, in which a record can change twice.
pub(super) fn revision(
    connection: &Connection,
    object: &Object,
    row: i64,
) -> rusqlite::Result<u64> {
    let sql = format!("SELECT * FROM {} WHERE row = ?1", quote(&object.name));
    connection.prepare_cached(&sql)?.query_row([row], |row| {
        let mut hasher = DefaultHasher::new();
        for column in 0..row.as_ref().column_count() {
            match row.get_ref(column)? {
                ValueRef::Null => 0_u8.hash(&mut hasher),
                ValueRef::Integer(number) => (1_u8, number).hash(&mut hasher),
                ValueRef::Real(number) => (2_u8, number.to_bits()).hash(&mut hasher),
                ValueRef::Text(bytes) | ValueRef::Blob(bytes) => (3_u8, bytes).hash(&mut hasher),
            }
        }
        Ok(hasher.finish())
    })
}

/// By an 18-character id; deleted records too.
pub(super) fn by_id(
    connection: &Connection,
    object: &Object,
    id: &str,
) -> rusqlite::Result<Option<Found>> {
    let sql = format!("SELECT {} WHERE \"Id\" = ?1", columns(object));
    connection.prepare_cached(&sql)?.query_row([id], read).optional()
}

/// By an 18-character id; a deleted record is an error of its own.
pub(super) fn live(connection: &Connection, object: &Object, id: &str) -> Result<Found, ApiError> {
    let found = by_id(connection, object, id)?.ok_or_else(ApiError::not_found)?;
    if found.deleted {
        let item = ErrorItem::on_row("ENTITY_IS_DELETED", "entity is deleted", [] as [String; 0]);
        return Err(ApiError::new(404, item));
    }
    Ok(found)
}

/// Records, deleted ones aside, whose field has the value.
pub(super) fn by_field(
    connection: &Connection,
    object: &Object,
    field: &Field,
    value: &Sql,
) -> rusqlite::Result<Vec<Found>> {
    let live = if object.has_recycle_bin() { " AND \"IsDeleted\" = 0" } else { "" };
    let sql =
        format!("SELECT {} WHERE {} = ?1{live} ORDER BY row", columns(object), quote(&field.name));
    connection.prepare_cached(&sql)?.query_map([value], read)?.collect()
}

/// A field that may stand in a path for the id.
pub(super) fn external_id<'o>(object: &'o Object, name: &str) -> Result<&'o Field, ApiError> {
    object
        .field(name)
        .filter(|field| field.external_id || field.id_lookup)
        .ok_or_else(|| id::no_external_id(name))
}

/// Several records share an external id: status 300 and their URLs.
pub(super) fn several(object: &Object, field: &Field, found: &[Found], version: &str) -> ApiError {
    let ids: Vec<&str> = found.iter().map(|found| id::short(&found.id)).collect();
    let message = format!(
        "{}: more than one record found for external id field: [{}]",
        field.name,
        ids.join(", ")
    );
    ApiError {
        status: 300,
        items: vec![ErrorItem::on_row("DUPLICATE_EXTERNAL_ID", message, [] as [String; 0])],
        choices: found
            .iter()
            .map(|found| format!("/services/data/v{version}/sobjects/{}/{}", object.name, found.id))
            .collect(),
        created: false,
    }
}
