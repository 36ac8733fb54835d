//! A new org: its tables, the data it starts with, rows that were given.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::Connection;

use super::kept::{self, Origin};
use super::{image, prepare, tables};
use crate::engine::schema::Schema;
use crate::engine::{Config, OpenError, generate, import};

/// Makes all of the org in an empty database, in one transaction. The schema
/// comes back with what the rows told about it.
pub(super) fn fill(
    connection: &mut Connection,
    config: &Config,
    mut schema: Schema,
) -> Result<Schema, OpenError> {
    let transaction = connection.transaction()?;
    kept::create(&transaction, &Origin::of(&schema, config.describe.is_some()))?;
    tables::create_tables(&transaction, &schema)?;
    if config.is_plain() {
        generate::fill(&transaction, &schema, config.contacts)?;
        tables::create_indexes(&transaction, &schema)?;
    } else {
        generate::system(&transaction, &schema)?;
        tables::create_key_indexes(&transaction, &schema)?;
        if !config.rows.is_empty() {
            import::rows(&transaction, &mut schema, &config.rows, config.allow_dangling)?;
        }
        tables::create_lookup_indexes(&transaction, &schema)?;
        if config.database.is_some() {
            kept::write(&transaction, &schema, start())?;
        }
    }
    transaction.commit()?;
    Ok(schema)
}

/// A new org as a database file of its own: all of it, or no file.
pub(super) fn file(path: &Path, config: &Config, schema: Schema) -> Result<(), OpenError> {
    if config.is_plain() {
        return image::copy_to(path, config, &schema);
    }
    let failed = |source| OpenError::File { path: path.to_owned(), source };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let scratch = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")));
    let scratch = scratch.map_err(failed)?.into_temp_path();
    let mut connection = Connection::open(&scratch)?;
    connection.busy_timeout(Duration::ZERO)?;
    prepare(&connection)?;
    // Nobody knows the file yet: a crash leaves nothing that could be taken for an org.
    connection.pragma_update(None, "journal_mode", "OFF")?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    fill(&mut connection, config, schema)?;
    connection.close().map_err(|(_, error)| error)?;
    std::fs::File::open(&scratch).and_then(|file| file.sync_all()).map_err(failed)?;
    scratch.persist(path).map_err(|error| failed(error.error))
}

/// The time at which a schema that nobody changed came into force.
pub(super) fn start() -> Timestamp {
    Timestamp::from_millisecond(generate::BASE_MILLIS).unwrap_or_default()
}
