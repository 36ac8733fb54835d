//! The database: one SQLite table per object, real columns, real indexes.
//!
//! Columns are named as fields. `row` is SQLite's own row number; it is also
//! the counter inside the record's id and its auto-number. Rows are never
//! removed, only marked deleted, so a row number stays valid for every open
//! cursor.

mod functions;
mod image;
mod locale;
pub(crate) mod tables;
mod words;

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

pub(crate) use functions::{LIST_SEPARATOR, fold};

use super::schema::Schema;
use super::{Config, OpenError};

/// Opens the org that the configuration asks for.
pub(crate) fn open(config: &Config, schema: &Schema) -> Result<Connection, OpenError> {
    let connection = match &config.database {
        Some(path) => open_file(path, config, schema)?,
        None => image::load(config, schema)?,
    };
    connection.set_prepared_statement_cache_capacity(256);
    Ok(connection)
}

/// What every connection needs before its first statement.
pub(crate) fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    functions::register(connection)?;
    locale::register(connection)?;
    words::register(connection)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "journal_mode", "MEMORY")
}

fn open_file(path: &Path, config: &Config, schema: &Schema) -> Result<Connection, OpenError> {
    if !path.exists() {
        image::copy_to(path, config, schema)?;
    }
    let connection = Connection::open(path)?;
    connection.busy_timeout(Duration::ZERO)?;
    functions::register(&connection)?;
    locale::register(&connection)?;
    words::register(&connection)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // Held until the connection closes: a second process must not write here.
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    connection.execute_batch("BEGIN EXCLUSIVE; COMMIT").map_err(|error| {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DatabaseBusy) => OpenError::InUse { path: path.to_owned() },
            _ => OpenError::Database(error),
        }
    })?;
    let expected = tables::schema_mark(schema);
    let found = tables::read_mark(&connection)
        .map_err(|_| OpenError::NotAnOrg { path: path.to_owned() })?;
    if found != expected {
        return Err(OpenError::OtherSchema { path: path.to_owned(), found, expected });
    }
    Ok(connection)
}
