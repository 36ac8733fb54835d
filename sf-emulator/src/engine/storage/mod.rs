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
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::backup::Backup;

pub(crate) use functions::{LIST_SEPARATOR, fold};

use super::schema::Schema;
use super::{Config, OpenError};

/// An org that was opened.
pub(crate) struct Opened {
    pub(crate) writer: Connection,
    /// Where further connections of this process find the same database.
    pub(crate) shared_uri: Option<String>,
}

/// Opens the org that the configuration asks for.
pub(crate) fn open(config: &Config, schema: &Schema) -> Result<Opened, OpenError> {
    match &config.database {
        Some(path) => Ok(Opened { writer: open_file(path, config, schema)?, shared_uri: None }),
        None => {
            let (writer, uri) = share(&image::load(config, schema)?)?;
            Ok(Opened { writer, shared_uri: Some(uri) })
        }
    }
}

/// Statements that a connection keeps compiled.
const STATEMENTS: usize = 256;

/// Copies a database to where several connections can use it.
fn share(private: &Connection) -> rusqlite::Result<(Connection, String)> {
    static MADE: AtomicU64 = AtomicU64::new(0);
    // A name with a slash is shared in this process, and in no other.
    let uri = format!("file:/sf-emulator-{}?vfs=memdb", MADE.fetch_add(1, Ordering::Relaxed));
    let mut shared = Connection::open(&uri)?;
    Backup::new(private, &mut shared)?.step(-1)?;
    prepare_in_memory(&shared)?;
    Ok((shared, uri))
}

/// One more connection to a shared database, to read from. It sends no
/// statement yet: the writer might be at work.
pub(crate) fn open_reader(uri: &str) -> rusqlite::Result<Connection> {
    let connection = Connection::open(uri)?;
    prepare(&connection)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// What every connection needs before its first statement.
fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    functions::register(connection)?;
    locale::register(connection)?;
    words::register(connection)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(())
}

/// Of a database in memory, which a crash takes along anyway.
pub(crate) fn prepare_in_memory(connection: &Connection) -> rusqlite::Result<()> {
    prepare(connection)?;
    connection.pragma_update(None, "journal_mode", "MEMORY")
}

fn open_file(path: &Path, config: &Config, schema: &Schema) -> Result<Connection, OpenError> {
    if !path.exists() {
        image::copy_to(path, config, schema)?;
    }
    let connection = Connection::open(path)?;
    connection.busy_timeout(Duration::ZERO)?;
    prepare(&connection)?;
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
