//! SQLite's errors (SQLite documentation, "Result and Error Codes").

use rusqlite::{Error, ErrorCode};

use super::STORE;
use crate::store::StoreError;

/// An error outside a commit: what was begun is rolled back.
pub(super) fn nothing_changed(error: &Error) -> StoreError {
    let problem = error.to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Unavailable {
            store: STORE,
            problem: format!("another process keeps the file locked ({problem})"),
        },
        Some(
            ErrorCode::SystemIoFailure
            | ErrorCode::FileLockingProtocolFailed
            | ErrorCode::OutOfMemory
            | ErrorCode::SchemaChanged,
        ) => StoreError::Unavailable { store: STORE, problem },
        Some(ErrorCode::DiskFull) => StoreError::Full { store: STORE, problem },
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => StoreError::ReadOnly {
            store: STORE,
            problem: format!(
                "{problem}; the file and its folder must be writable for the user that runs this program"
            ),
        },
        Some(ErrorCode::CannotOpen) => StoreError::Configuration {
            store: STORE,
            problem: format!(
                "{problem}; check that the path is a file, and that the user that runs this program may open it"
            ),
        },
        Some(ErrorCode::NotADatabase) => StoreError::Damaged {
            store: STORE,
            problem: "the file is not a SQLite database; give another path".to_owned(),
        },
        Some(ErrorCode::DatabaseCorrupt) => StoreError::Damaged {
            store: STORE,
            problem: format!(
                "{problem}; stop every process that uses the file and restore it from a backup, or save what is \
                 readable with: sqlite3 FILE .recover"
            ),
        },
        _ => StoreError::Damaged {
            store: STORE,
            problem: format!("{problem}; was the file changed by another program?"),
        },
    }
}

/// An error of a commit: unless SQLite says that it waited or found no room, the disk decides.
pub(super) fn of_commit(error: &Error) -> StoreError {
    match nothing_changed(error) {
        certain @ (StoreError::Full { .. } | StoreError::ReadOnly { .. }) => certain,
        certain if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => certain,
        _ => StoreError::OutcomeUnknown { store: STORE, problem: error.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::{StoreError, nothing_changed};

    /// SQLite's own errors, which a test from outside cannot bring about.
    #[test]
    fn a_full_disk_and_a_read_only_file_are_told_apart() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE t (x); PRAGMA max_page_count = 10").unwrap();
        let full = connection.execute("INSERT INTO t VALUES (zeroblob(1000000))", []).unwrap_err();
        assert!(matches!(nothing_changed(&full), StoreError::Full { .. }), "{full:?}");
        assert!(nothing_changed(&full).is_retryable());

        connection.execute_batch("PRAGMA query_only = ON").unwrap();
        let refused = connection.execute("INSERT INTO t VALUES (1)", []).unwrap_err();
        assert!(matches!(nothing_changed(&refused), StoreError::ReadOnly { .. }), "{refused:?}");
        assert!(!nothing_changed(&refused).is_retryable());
    }
}
