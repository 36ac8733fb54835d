//! Making, opening and recognising the file.

use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use super::{STORE, errors};
use crate::private_file::{make_parent, private};
use crate::store::StoreError;

/// "sfau": marks the file as ours (SQLite documentation, PRAGMA application_id).
const APPLICATION_ID: i32 = 0x7366_6175;
const FORMAT: i32 = 1;
/// For a change of another process, which takes milliseconds unless the disk is slow.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

const SCHEMA: &str = "
    CREATE TABLE account (key TEXT PRIMARY KEY NOT NULL, body TEXT NOT NULL, version INTEGER NOT NULL) STRICT;
    CREATE TABLE last_version (one INTEGER PRIMARY KEY CHECK (one = 1), number INTEGER NOT NULL) STRICT;
    INSERT INTO last_version VALUES (1, 0);";

pub(super) fn open(path: &Path) -> Result<Connection, StoreError> {
    create(path).map_err(|error| StoreError::Configuration {
        store: STORE,
        problem: format!("{} cannot be made ({error})", path.display()),
    })?;
    let failed = |error: rusqlite::Error| at(path, errors::nothing_changed(&error));
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(failed)?;
    if connection.is_readonly("main").map_err(failed)? {
        let problem = "the file is read-only; it and its folder must be writable for the user that runs this \
                       program";
        return Err(at(path, StoreError::ReadOnly { store: STORE, problem: problem.to_owned() }));
    }
    // Before anything is changed: the file may be another program's.
    // Tables are counted first: where another process just made them, the mark is there too.
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(failed)?;
    let (id, format) = marks(&connection).map_err(failed)?;
    if id != APPLICATION_ID && tables > 0 {
        return Err(damaged(path, "is the database of another program; give another path"));
    }
    if format > FORMAT {
        return Err(damaged(path, "was written by a newer version of this library"));
    }
    write_ahead(&connection).map_err(failed)?;
    // A change is on the disk, log included, before it is answered.
    connection.pragma_update(None, "synchronous", "FULL").map_err(failed)?;
    initialise(&mut connection).map_err(failed)?;
    Ok(connection)
}

/// Makes an empty file with mode 0600. One that exists is not touched: closing any handle to it would
/// drop the locks that SQLite holds on it for this process (SQLite documentation, "How To Corrupt An
/// SQLite Database File", section 2.2).
fn create(path: &Path) -> io::Result<()> {
    /// Nobody in this process opens a file while another still has the handle that made it.
    static MAKING: Mutex<()> = Mutex::new(());
    make_parent(path)?;
    let _guard = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
    match private(OpenOptions::new().write(true).create_new(true)).open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Readers and the writer do not exclude each other. SQLite does not wait when several processes
/// switch at once.
fn write_ahead(connection: &Connection) -> rusqlite::Result<()> {
    let deadline = Instant::now() + BUSY_TIMEOUT;
    loop {
        match connection.pragma_update(None, "journal_mode", "WAL") {
            Err(error)
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && Instant::now() < deadline =>
            {
                // SQLite tells nobody when a lock is free.
                std::thread::sleep(Duration::from_millis(5));
            }
            done => return done,
        }
    }
}

/// Makes the tables, unless another process was faster.
fn initialise(connection: &mut Connection) -> rusqlite::Result<()> {
    if marks(connection)? == (APPLICATION_ID, FORMAT) {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if marks(&transaction)?.0 != APPLICATION_ID {
        transaction.execute_batch(SCHEMA)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", FORMAT)?;
    }
    transaction.commit()
}

fn marks(connection: &Connection) -> rusqlite::Result<(i32, i32)> {
    let mark = |name: &str| connection.pragma_query_value(None, name, |row| row.get(0));
    Ok((mark("application_id")?, mark("user_version")?))
}

fn damaged(path: &Path, problem: &str) -> StoreError {
    StoreError::Damaged { store: STORE, problem: format!("{} {problem}", path.display()) }
}

/// The error with the path, for whoever has to look at the file.
fn at(path: &Path, error: StoreError) -> StoreError {
    let with = |problem: String| format!("{}: {problem}", path.display());
    match error {
        StoreError::Configuration { store, problem } => {
            StoreError::Configuration { store, problem: with(problem) }
        }
        StoreError::Unavailable { store, problem } => {
            StoreError::Unavailable { store, problem: with(problem) }
        }
        StoreError::Full { store, problem } => StoreError::Full { store, problem: with(problem) },
        StoreError::ReadOnly { store, problem } => {
            StoreError::ReadOnly { store, problem: with(problem) }
        }
        StoreError::Damaged { store, problem } => {
            StoreError::Damaged { store, problem: with(problem) }
        }
        other => other,
    }
}
