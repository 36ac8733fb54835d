//! Who may use the database: one connection writes, a few others read.
//!
//! An org in memory is a database that the connections of this process share
//! (SQLite's `memdb`). It knows no snapshots: while the writer is in a
//! transaction nobody reads, and a read that follows sees what was committed.
//! Measured on two cores with pages of 2,000 Contacts: behind one connection a
//! second client doubled the time of a page (5.2 to 10.6 ms) and gained nothing;
//! with readers the time of a page stays as it is (17.5 and 18.2 ms on a machine
//! that others kept busy) and the rows of a second increase by two fifths.
//!
//! An org in a file is locked for this process by the one connection that opened
//! it, so it is read through that one as well.

use parking_lot::{Condvar, Mutex, ReentrantMutex, RwLock};
use rusqlite::Connection;

use super::storage;
use super::transaction::Savepoint;
use super::{ApiError, Engine};

#[derive(Debug)]
pub(super) struct Connections {
    /// Re-entrant: calls inside a transaction come back here on its thread.
    writer: ReentrantMutex<Connection>,
    /// Shared by those who read, held alone by whoever writes.
    gate: RwLock<()>,
    readers: Option<Readers>,
}

/// Opened when they are first needed, since the start of an org must be fast.
#[derive(Debug)]
struct Readers {
    /// Where they connect to.
    uri: String,
    pool: Mutex<Pool>,
    returned: Condvar,
    most: usize,
}

#[derive(Debug, Default)]
struct Pool {
    idle: Vec<Connection>,
    opened: usize,
}

impl Connections {
    pub(super) fn new(writer: Connection, shared_uri: Option<String>) -> Self {
        let readers = shared_uri.map(|uri| Readers {
            uri,
            pool: Mutex::default(),
            returned: Condvar::new(),
            most: std::thread::available_parallelism().map_or(2, usize::from).clamp(2, 8),
        });
        Self { writer: ReentrantMutex::new(writer), gate: RwLock::default(), readers }
    }

    /// For statements that change nothing. It must not be entered twice by one
    /// thread, save inside [`Connections::write`].
    fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let Some(readers) = &self.readers else { return work(&self.writer.lock()) };
        if self.writer.is_owned_by_current_thread() {
            return work(&self.writer.lock());
        }
        let reader = readers.take()?;
        let _shared = self.gate.read();
        work(reader.connection()?)
    }

    /// With the database to itself.
    fn write<T>(&self, work: impl FnOnce(&Connection) -> T) -> T {
        let nested = self.writer.is_owned_by_current_thread();
        let writer = self.writer.lock();
        let _alone = (!nested).then(|| self.gate.write());
        work(&writer)
    }
}

/// A connection that goes back to the pool.
struct Reader<'p> {
    readers: &'p Readers,
    connection: Option<Connection>,
}

impl Readers {
    /// Waits for an idle connection when there are enough.
    fn take(&self) -> Result<Reader<'_>, ApiError> {
        let mut pool = self.pool.lock();
        loop {
            if let Some(connection) = pool.idle.pop() {
                return Ok(Reader { readers: self, connection: Some(connection) });
            }
            if pool.opened < self.most {
                pool.opened += 1;
                break;
            }
            self.returned.wait(&mut pool);
        }
        drop(pool);
        // Counted from here on: dropped without a connection it makes room again.
        let mut reader = Reader { readers: self, connection: None };
        reader.connection = Some(storage::open_reader(&self.uri)?);
        Ok(reader)
    }
}

impl Reader<'_> {
    fn connection(&self) -> Result<&Connection, ApiError> {
        self.connection.as_ref().ok_or_else(|| ApiError::unexpected(&rusqlite::Error::InvalidQuery))
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        let mut pool = self.readers.pool.lock();
        match self.connection.take() {
            Some(connection) => pool.idle.push(connection),
            None => pool.opened -= 1,
        }
        drop(pool);
        self.readers.returned.notify_one();
    }
}

impl Engine {
    /// Runs `work` in a transaction of its own, which is kept when it answers
    /// `Ok` and undone when it answers `Err` or panics. Nobody else reads or
    /// writes meanwhile; calls of the engine on this thread take part in it.
    pub(crate) fn transaction<T, E>(&self, work: impl FnOnce() -> Result<T, E>) -> Result<T, E>
    where
        E: From<ApiError>,
    {
        let failed = |error| E::from(ApiError::from(error));
        self.write_with(|connection| {
            let savepoint = Savepoint::new(connection).map_err(failed)?;
            let done = work()?;
            savepoint.keep().map_err(failed)?;
            Ok(done)
        })
    }

    pub(super) fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        self.connections.read(work)
    }

    /// A panic elsewhere left no half-done work: its savepoint was undone.
    pub(super) fn write_with<T>(&self, work: impl FnOnce(&Connection) -> T) -> T {
        self.connections.write(|connection| {
            let done = work(connection);
            self.users.settle(connection);
            self.access.settle(connection);
            done
        })
    }
}
