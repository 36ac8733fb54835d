//! Points to return to: what a request does is kept whole or not at all.

use rusqlite::Connection;

use super::{ApiError, ErrorItem};

/// A named point to return to; the outermost one is the transaction. Dropped
/// without [`keep`](Savepoint::keep) it undoes what came after it.
pub(super) struct Savepoint<'c> {
    connection: &'c Connection,
    open: bool,
}

impl<'c> Savepoint<'c> {
    pub(super) fn new(connection: &'c Connection) -> rusqlite::Result<Self> {
        // Names may repeat: the innermost one is meant.
        connection.prepare_cached("SAVEPOINT sf")?.execute([])?;
        Ok(Self { connection, open: true })
    }

    pub(super) fn keep(mut self) -> rusqlite::Result<()> {
        self.connection.prepare_cached("RELEASE sf")?.execute([])?;
        self.open = false;
        Ok(())
    }
}

impl Drop for Savepoint<'_> {
    fn drop(&mut self) {
        if self.open
            && let Err(error) = self.connection.execute_batch("ROLLBACK TO sf; RELEASE sf")
        {
            tracing::error!(%error, "a transaction could not be undone");
        }
    }
}

/// What the records of a request answer that were undone with a failed one.
pub(crate) fn rolled_back() -> ApiError {
    let message = "Record rolled back because not all records were valid and the request was using AllOrNone header";
    let item = ErrorItem::on_row("ALL_OR_NONE_OPERATION_ROLLED_BACK", message, [] as [String; 0]);
    ApiError::new(400, item)
}
