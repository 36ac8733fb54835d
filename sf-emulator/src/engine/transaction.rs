//! Several calls in one transaction: what a composite request or a graph does
//! is kept whole or not at all.

use jiff::Timestamp;
use rusqlite::Connection;

use super::find::{self, Found};
use super::schema::Object;
use super::search::Search;
use super::{
    ApiError, Caller, Children, Cursor, Engine, ErrorItem, Json, Row, Write, Written, dml, id,
    query,
};

/// The org while one caller holds its connection. Its methods are those of
/// [`Engine`]; inside [`Engine::transaction`] they see what the earlier ones
/// wrote.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Access<'e> {
    pub(super) engine: &'e Engine,
    pub(super) connection: &'e Connection,
}

impl Engine {
    /// Runs `work` in a transaction of its own, which is kept when it answers
    /// `Ok` and undone when it answers `Err` or panics. Nobody else reads or
    /// writes meanwhile. Calls of the engine itself, on this thread, take part
    /// too: a composite request runs handlers inside that know no transaction.
    pub(crate) fn transaction<T, E>(
        &self,
        work: impl FnOnce(Access<'_>) -> Result<T, E>,
    ) -> Result<T, E>
    where
        E: From<ApiError>,
    {
        self.access(|access| access.savepoint(|| work(access)))
    }

    /// Holds the connection for `work`. A panic elsewhere left no half-done
    /// work: its savepoint was undone.
    pub(super) fn access<T>(&self, work: impl FnOnce(Access<'_>) -> T) -> T {
        let connection = self.connection.lock();
        work(Access { engine: self, connection: &connection })
    }
}

impl<'e> Access<'e> {
    /// As [`Engine::transaction`], inside another one or not: what `work`
    /// wrote is kept or undone by itself.
    pub(crate) fn savepoint<T, E>(&self, work: impl FnOnce() -> Result<T, E>) -> Result<T, E>
    where
        E: From<ApiError>,
    {
        let failed = |error| E::from(ApiError::from(error));
        let savepoint = Savepoint::new(self.connection).map_err(failed)?;
        let done = work()?;
        savepoint.keep().map_err(failed)?;
        Ok(done)
    }

    /// As [`Engine::query`].
    pub(crate) fn query(
        &self,
        caller: &Caller,
        soql: &str,
        include_deleted: bool,
    ) -> Result<Cursor, ApiError> {
        query::run(self.connection, &self.engine.schema, caller, soql, include_deleted, None)
    }

    /// As [`Engine::search`].
    pub(crate) fn search(
        &self,
        caller: &Caller,
        soql: &str,
        search: &Search,
    ) -> Result<Cursor, ApiError> {
        query::run(self.connection, &self.engine.schema, caller, soql, false, Some(search))
    }

    /// As [`Engine::page`].
    pub(crate) fn page(
        &self,
        caller: &Caller,
        cursor: &Cursor,
        offset: usize,
        max: usize,
    ) -> Result<Vec<Json>, ApiError> {
        let (schema, version) = (&self.engine.schema, &caller.version);
        query::page(self.connection, schema, version, cursor, (offset, max), None)
    }

    /// As [`Engine::page_with`].
    pub(crate) fn page_with(
        &self,
        caller: &Caller,
        cursor: &Cursor,
        window: (usize, usize),
        children: Children<'_>,
    ) -> Result<Vec<Json>, ApiError> {
        let (schema, version) = (&self.engine.schema, &caller.version);
        query::page(self.connection, schema, version, cursor, window, Some(children))
    }

    /// As [`Engine::get`].
    pub(crate) fn get(
        &self,
        caller: &Caller,
        object: &str,
        id: &str,
        fields: Option<&[String]>,
    ) -> Result<Row, ApiError> {
        let object = self.engine.object(object)?;
        let full = id::normalise(id).ok_or_else(|| find::no_external_id(id))?;
        let found = find::by_id(self.connection, object, &full)?.filter(|found| !found.deleted);
        self.row(caller, object, found.ok_or_else(ApiError::not_found)?, fields)
    }

    /// As [`Engine::get_by_external_id`].
    pub(crate) fn get_by_external_id(
        &self,
        caller: &Caller,
        object: &str,
        field: &str,
        value: &str,
        fields: Option<&[String]>,
    ) -> Result<Row, ApiError> {
        let object = self.engine.object(object)?;
        let (field, mut found) = dml::identified(self.connection, object, field, value)?;
        if found.len() > 1 {
            return Err(find::several(object, field, &found, &caller.version));
        }
        let one = found.pop().ok_or_else(ApiError::not_found)?;
        self.row(caller, object, one, fields)
    }

    fn row(
        &self,
        caller: &Caller,
        object: &Object,
        found: Found,
        fields: Option<&[String]>,
    ) -> Result<Row, ApiError> {
        let schema = &self.engine.schema;
        let json = query::record(self.connection, schema, caller, object, found.row, fields)?;
        let last_modified = Timestamp::from_millisecond(found.modified).unwrap_or_default();
        let revision = find::revision(self.connection, object, found.row)?;
        Ok(Row { json, object: object.name.clone(), id: found.id, last_modified, revision })
    }

    /// As [`Engine::write`].
    pub(crate) fn write(
        &self,
        caller: &Caller,
        writes: &[Write],
        all_or_none: bool,
    ) -> Vec<Result<Written, ApiError>> {
        let engine = self.engine;
        let cx = dml::Context {
            connection: self.connection,
            schema: &engine.schema,
            rules: &engine.rules,
            caller,
        };
        dml::write(cx, writes, all_or_none)
    }
}

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
