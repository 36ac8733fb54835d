//! Rows from files: those of an org that is being made, with their lookups.
//!
//! Two passes, so that files, records and lookups may come in any order and point
//! at each other. The first stores every record as it comes; ids that fit this org
//! are kept, others get a new one and are noted in a table. The second turns what
//! lookups say into ids and counts those that lead nowhere. Nothing but the
//! current record is held in memory.

mod error;
mod read;
mod record;
mod resolve;
mod value;

use std::path::PathBuf;
use std::sync::Arc;

use rusqlite::Connection;

pub(crate) use error::RowsError;
pub(crate) use value::from_text;

use super::schema::Schema;
use record::Importer;

/// Tables that live as long as the import.
const NOTES: &str = "
    CREATE TABLE sf_import_id (object TEXT NOT NULL, old TEXT NOT NULL, new TEXT NOT NULL,
      PRIMARY KEY (object, old)) WITHOUT ROWID;
    CREATE TABLE sf_import_ref (name TEXT PRIMARY KEY, id TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE sf_import_key (path TEXT NOT NULL, record INTEGER NOT NULL, object TEXT NOT NULL,
      id TEXT NOT NULL, field TEXT NOT NULL, target TEXT, key TEXT NOT NULL, value NOT NULL);";
const FORGET: &str = "DROP TABLE sf_import_id; DROP TABLE sf_import_ref; DROP TABLE sf_import_key;";

/// Takes the rows at these paths in. `schema` learns the formats of auto-numbers
/// from them. With `allow_dangling` lookups that name no record become empty.
pub(crate) fn rows(
    connection: &Connection,
    schema: &mut Schema,
    paths: &[PathBuf],
    allow_dangling: bool,
) -> Result<(), RowsError> {
    connection.execute_batch(NOTES)?;
    let mut importer = Importer::new(connection, schema)?;
    for path in paths {
        for file in read::files(path)? {
            let object = importer.object_of(&file);
            read::records(&file, &mut |place, record| {
                importer.record(place, object.as_deref(), record)
            })?;
        }
    }
    let objects = importer.finish();
    resolve::keys(connection, schema)?;
    resolve::old_ids(connection, schema, &objects)?;
    resolve::dangling(connection, schema, &objects, allow_dangling)?;
    resolve::names(connection, schema, &objects)?;
    for name in &objects {
        if let Some(object) = schema.objects.iter_mut().find(|object| object.name == *name) {
            resolve::auto_numbers(connection, Arc::make_mut(object))?;
        }
    }
    connection.execute_batch(FORGET)?;
    Ok(())
}
