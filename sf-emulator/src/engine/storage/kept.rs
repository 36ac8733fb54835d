//! What a stored org says of itself: which schema it was made by, and the schema
//! it has now, if that one is not what ships with the program.

use std::hash::Hasher as _;
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::engine::OpenError;
use crate::engine::access;
use crate::engine::schema::load::Fnv;
use crate::engine::schema::{Object, Schema};

/// Counts up when the layout of tables or the generator's output changes, so
/// that cached images and kept files of another layout are not taken for ours.
const LAYOUT: u32 = 6;

const TABLES: &str = "
    CREATE TABLE sf_org (mark TEXT NOT NULL, layout INTEGER NOT NULL, described INTEGER NOT NULL);
    CREATE TABLE sf_state (hash INTEGER NOT NULL, epoch INTEGER NOT NULL, since INTEGER NOT NULL);
    CREATE TABLE sf_schema (position INTEGER NOT NULL, json TEXT NOT NULL);";

/// What an org was made by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    /// Of the schema at the start and the layout of the tables.
    pub(crate) mark: String,
    /// By describes, not by the schema that ships with the program.
    pub(crate) described: bool,
}

impl Origin {
    pub(crate) fn of(schema: &Schema, described: bool) -> Self {
        let mut hasher = Fnv::default();
        hasher.write(&schema.hash.to_be_bytes());
        hasher.write(&LAYOUT.to_be_bytes());
        hasher.write(access::DEFAULTS.as_bytes());
        Self { mark: format!("{:016x}", hasher.finish()), described }
    }
}

/// Notes the origin of an org that is being made.
pub(crate) fn create(connection: &Connection, origin: &Origin) -> rusqlite::Result<()> {
    connection.execute_batch(TABLES)?;
    let values = params![origin.mark, LAYOUT, origin.described];
    connection.execute("INSERT INTO sf_org VALUES (?1, ?2, ?3)", values)?;
    Ok(())
}

/// The origin of a stored org; `None` if this program lays tables out otherwise.
pub(crate) fn origin(connection: &Connection) -> rusqlite::Result<Option<Origin>> {
    // An older layout had a column less.
    let columns = connection.prepare("SELECT * FROM sf_org")?.column_count();
    if columns != 3 {
        return Ok(None);
    }
    connection.query_row("SELECT mark, layout, described FROM sf_org", [], |row| {
        let origin = Origin { mark: row.get(0)?, described: row.get(2)? };
        Ok((row.get::<_, u32>(1)? == LAYOUT).then_some(origin))
    })
}

/// Keeps the schema that the org has now.
pub(crate) fn write(
    connection: &Connection,
    schema: &Schema,
    since: Timestamp,
) -> Result<(), rusqlite::Error> {
    connection.execute_batch("DELETE FROM sf_state; DELETE FROM sf_schema")?;
    // SQLite's numbers are signed.
    let hash = schema.hash.cast_signed();
    connection.execute(
        "INSERT INTO sf_state VALUES (?1, ?2, ?3)",
        params![hash, schema.epoch, since.as_millisecond()],
    )?;
    let mut insert = connection.prepare("INSERT INTO sf_schema VALUES (?1, ?2)")?;
    for (position, object) in (0_i64..).zip(&schema.objects) {
        let json = serde_json::to_string(&**object)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        insert.execute(params![position, json])?;
    }
    Ok(())
}

/// The schema that the org has and since when, if it is not the one that ships
/// with the program.
pub(crate) fn read(connection: &Connection) -> Result<Option<(Schema, Timestamp)>, OpenError> {
    let state = connection
        .query_row("SELECT hash, epoch, since FROM sf_state", [], |row| {
            Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get(1)?, row.get::<_, i64>(2)?))
        })
        .optional()?;
    let Some((hash, epoch, since)) = state else { return Ok(None) };
    let mut statement = connection.prepare("SELECT json FROM sf_schema ORDER BY position")?;
    let texts = statement.query_map([], |row| row.get::<_, String>(0))?;
    let mut objects = Vec::new();
    for text in texts {
        let mut object: Object =
            serde_json::from_str(&text?).map_err(|error| OpenError::Schema(error.to_string()))?;
        object.index_fields();
        objects.push(Arc::new(object));
    }
    let since = Timestamp::from_millisecond(since).unwrap_or_default();
    Ok(Some((Schema::new(objects, hash, epoch), since)))
}
