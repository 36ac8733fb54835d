//! The database: one SQLite table per object, real columns, real indexes.
//!
//! Columns are named as fields. `row` is SQLite's own row number; it is also
//! the counter inside the record's id and its auto-number. Rows are never
//! removed, only marked deleted, so a row number stays valid for every open
//! cursor.

pub(crate) mod alter;
mod functions;
mod image;
pub(crate) mod kept;
mod locale;
mod lock;
mod make;
pub(crate) mod tables;
mod words;

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::Connection;
use rusqlite::backup::Backup;

pub(crate) use functions::{LIST_SEPARATOR, fold};
pub(crate) use lock::Lock;

use kept::Origin;
use tables::quote;

use super::schema::{Schema, folder};
use super::{Config, OpenError};

/// An org that was opened.
pub(crate) struct Opened {
    pub(crate) writer: Connection,
    /// Where further connections of this process find the same database.
    pub(crate) shared_uri: Option<String>,
    /// The schema in force, and since when.
    pub(crate) schema: Schema,
    pub(crate) since: Timestamp,
    /// Of an org in a file.
    pub(crate) lock: Option<Lock>,
}

/// Opens the org that the configuration asks for.
pub(crate) fn open(config: &Config) -> Result<Opened, OpenError> {
    let opened = open_or_make(config)?;
    if opened.schema.is_loaded() {
        for object in &opened.schema.objects {
            let sql = format!("SELECT NOT EXISTS (SELECT 1 FROM {})", quote(&object.name));
            object.set_empty(opened.writer.query_row(&sql, [], |row| row.get(0))?);
        }
    }
    Ok(opened)
}

fn open_or_make(config: &Config) -> Result<Opened, OpenError> {
    let schema = match &config.describe {
        Some(path) => folder::load(path)?,
        None => Schema::built_in().map_err(OpenError::Schema)?,
    };
    if let Some(path) = &config.database {
        let lock = lock::take(path)?;
        return open_file(path, config, schema, lock);
    }
    let uri = new_uri();
    let (writer, schema) = if config.is_plain() {
        (share(&image::load(config, &schema)?, &uri)?, schema)
    } else {
        let mut writer = Connection::open(&uri)?;
        prepare_in_memory(&writer)?;
        let schema = make::fill(&mut writer, config, schema)?;
        (writer, schema)
    };
    Ok(Opened { writer, shared_uri: Some(uri), schema, since: make::start(), lock: None })
}

/// Statements that a connection keeps compiled.
const STATEMENTS: usize = 256;

/// Where a database in memory can be found by several connections.
fn new_uri() -> String {
    static MADE: AtomicU64 = AtomicU64::new(0);
    // A name with a slash is shared in this process, and in no other.
    format!("file:/sf-emulator-{}?vfs=memdb", MADE.fetch_add(1, Ordering::Relaxed))
}

/// Copies a database to where several connections can use it.
fn share(private: &Connection, uri: &str) -> rusqlite::Result<Connection> {
    let mut shared = Connection::open(uri)?;
    Backup::new(private, &mut shared)?.step(-1)?;
    prepare_in_memory(&shared)?;
    Ok(shared)
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

fn open_file(
    path: &Path,
    config: &Config,
    schema: Schema,
    lock: Lock,
) -> Result<Opened, OpenError> {
    let asked = Origin::of(&schema, config.describe.is_some());
    if !path.exists() {
        make::file(path, config, schema)?;
    }
    let connection = Connection::open(path)?;
    connection.busy_timeout(Duration::ZERO)?;
    prepare(&connection)?;
    // Held until the connection closes, against programs that do not know our lock.
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    connection.execute_batch("BEGIN EXCLUSIVE; COMMIT").map_err(|error| {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DatabaseBusy) => OpenError::in_use(path, None),
            _ => OpenError::Database(error),
        }
    })?;
    let found =
        kept::origin(&connection).map_err(|_| OpenError::NotAnOrg { path: path.to_owned() })?;
    let found = found.ok_or_else(|| OpenError::OtherProgram { path: path.to_owned() })?;
    if found != asked {
        if let Some(describe) = &config.describe {
            let (path, describe) = (path.to_owned(), describe.clone());
            return Err(OpenError::OtherDescribes { path, describe });
        }
        if !found.described {
            return Err(OpenError::OtherProgram { path: path.to_owned() });
        }
    }
    let (schema, since) = match kept::read(&connection)? {
        Some(kept) => kept,
        None => (Schema::built_in().map_err(OpenError::Schema)?, make::start()),
    };
    Ok(Opened { writer: connection, shared_uri: None, schema, since, lock: Some(lock) })
}
