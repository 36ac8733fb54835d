//! Which users a committed write changed, for whoever must know at once.

use std::fmt;
use std::sync::OnceLock;

use parking_lot::Mutex;
use rusqlite::Connection;

/// Gets the id of a user, and whether that user is active now.
type Observer = Box<dyn Fn(&str, bool) + Send + Sync>;

/// Notes changed users while a transaction is open, and tells of them once it
/// is over. What is told is read then: an undone change is told as it was.
#[derive(Default)]
pub(super) struct UserWatch {
    changed: Mutex<Vec<String>>,
    observer: OnceLock<Observer>,
}

impl UserWatch {
    /// Sets who is told; the first one stays.
    pub(super) fn observe(&self, observer: Observer) {
        let _ = self.observer.set(observer);
    }

    pub(super) fn note(&self, user_id: &str) {
        self.changed.lock().push(user_id.to_owned());
    }

    /// Tells of the changed users, unless a transaction is still open.
    pub(super) fn settle(&self, connection: &Connection) {
        if !connection.is_autocommit() {
            return;
        }
        let changed = std::mem::take(&mut *self.changed.lock());
        for id in changed {
            let sql = "SELECT \"IsActive\" FROM \"User\" WHERE \"Id\" = ?1";
            let active = connection
                .prepare_cached(sql)
                .and_then(|mut statement| statement.query_row([&id], |row| row.get(0)));
            match (active, self.observer.get()) {
                (Ok(active), Some(observer)) => observer(&id, active),
                (Err(error), _) => tracing::error!(%error, "a changed user could not be read"),
                (Ok(_), None) => {}
            }
        }
    }
}

impl fmt::Debug for UserWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserWatch").finish_non_exhaustive()
    }
}
