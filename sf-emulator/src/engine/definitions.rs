//! What people set up in an org beside its records: reports and dashboards.
//!
//! The definition itself is JSON text in a table of its own. Where the schema
//! has an object for it (`Report`, `Dashboard`, `Folder`), a record shows what
//! that object has fields for, so that statements find it.

use rusqlite::types::Value as Sql;
use rusqlite::{Connection, OptionalExtension as _, params, params_from_iter};
use serde_json::Value;

use super::storage::tables::quote;
use super::transaction::Savepoint;
use super::{ApiError, Caller, Engine, id};

/// A definition, as it was saved.
#[derive(Debug, Clone)]
pub(crate) struct Definition {
    /// 18-character id.
    pub(crate) id: String,
    pub(crate) body: Value,
}

/// The kinds of definitions, by the object whose records show them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Report,
    Dashboard,
    Folder,
}

impl Kind {
    fn object(self) -> &'static str {
        match self {
            Self::Report => "Report",
            Self::Dashboard => "Dashboard",
            Self::Folder => "Folder",
        }
    }

    fn prefix(self) -> &'static str {
        match self {
            Self::Report => "00O",
            Self::Dashboard => "01Z",
            Self::Folder => "00l",
        }
    }
}

/// Makes the table; an org in a file from before it had one gets it now.
pub(super) fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "CREATE TABLE IF NOT EXISTS sf_definition (
           id TEXT PRIMARY KEY, object TEXT NOT NULL, number INTEGER NOT NULL,
           deleted INTEGER NOT NULL DEFAULT 0, body TEXT NOT NULL)",
    )
}

impl Engine {
    /// Whether nothing was ever defined in this org.
    pub(crate) fn is_undefined(&self) -> Result<bool, ApiError> {
        let sql = "SELECT NOT EXISTS (SELECT 1 FROM sf_definition)";
        self.read(|connection| Ok(connection.query_row(sql, [], |row| row.get(0))?))
    }

    /// Every definition of a kind, in the order in which they were made.
    pub(crate) fn definitions(&self, kind: Kind) -> Result<Vec<Definition>, ApiError> {
        let sql =
            "SELECT id, body FROM sf_definition WHERE object = ?1 AND NOT deleted ORDER BY number";
        self.read(|connection| {
            let mut statement = connection.prepare_cached(sql)?;
            let rows =
                statement.query_map([kind.object()], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let mut found = Vec::new();
            for row in rows {
                let (id, body): (String, String) = row?;
                found
                    .push(Definition { id, body: serde_json::from_str(&body).unwrap_or_default() });
            }
            Ok(found)
        })
    }

    /// One definition by its id of 15 or 18 characters.
    pub(crate) fn definition(&self, kind: Kind, id: &str) -> Result<Option<Definition>, ApiError> {
        let Some(id) = id::normalise(id) else { return Ok(None) };
        let sql = "SELECT body FROM sf_definition WHERE id = ?1 AND object = ?2 AND NOT deleted";
        self.read(|connection| {
            let mut statement = connection.prepare_cached(sql)?;
            let body: Option<String> =
                statement.query_row([id.as_str(), kind.object()], |row| row.get(0)).optional()?;
            Ok(body.map(|body| Definition {
                id: id.clone(),
                body: serde_json::from_str(&body).unwrap_or_default(),
            }))
        })
    }

    /// Saves a definition under a new id, or under the one it has. `body` is
    /// given the id; `columns` are the values of the record that shows it, of
    /// which those count that its object has.
    pub(crate) fn define(
        &self,
        caller: &Caller,
        kind: Kind,
        known: Option<&str>,
        body: impl FnOnce(&str) -> Value,
        columns: &[(&str, Option<&str>)],
    ) -> Result<String, ApiError> {
        self.write_with(|connection| {
            let savepoint = Savepoint::new(connection)?;
            let sql = "SELECT number FROM sf_definition WHERE id = ?1";
            let number: Option<i64> = match known {
                Some(id) => connection.query_row(sql, [id], |row| row.get(0)).optional()?,
                None => None,
            };
            let is_new = number.is_none();
            let number = match number {
                Some(number) => number,
                None => connection.query_row(
                    "SELECT COALESCE(MAX(number), 0) + 1 FROM sf_definition WHERE object = ?1",
                    [kind.object()],
                    |row| row.get(0),
                )?,
            };
            let id = id::make(kind.prefix(), u64::try_from(number).unwrap_or(0));
            connection.execute(
                "INSERT INTO sf_definition (id, object, number, body) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (id) DO UPDATE SET body = excluded.body",
                params![id, kind.object(), number, body(&id).to_string()],
            )?;
            self.show(connection, caller, kind, (number, &id), is_new, columns)?;
            savepoint.keep()?;
            Ok(id)
        })
    }

    /// Writes the record that shows a definition, if the schema has its object.
    fn show(
        &self,
        connection: &Connection,
        caller: &Caller,
        kind: Kind,
        (number, id): (i64, &str),
        is_new: bool,
        columns: &[(&str, Option<&str>)],
    ) -> Result<(), ApiError> {
        let Some(object) = self.schema().object(kind.object()) else { return Ok(()) };
        let now = caller.now.as_millisecond();
        let text = |text: &str| Sql::Text(text.to_owned());
        let mut values: Vec<(&str, Sql)> = vec![("Id", text(id))];
        if is_new {
            values.push(("CreatedDate", Sql::Integer(now)));
            values.push(("CreatedById", text(&caller.user_id)));
            values.push(("OwnerId", text(&caller.user_id)));
        }
        values.push(("LastModifiedDate", Sql::Integer(now)));
        values.push(("LastModifiedById", text(&caller.user_id)));
        values.push(("SystemModstamp", Sql::Integer(now)));
        values.extend(columns.iter().map(|(name, value)| (*name, value.map_or(Sql::Null, text))));
        values.retain(|(name, _)| object.field(name).is_some_and(super::schema::Field::is_stored));
        let names: Vec<String> = values.iter().map(|(name, _)| quote(name)).collect();
        let places: Vec<String> = (2..values.len() + 2).map(|n| format!("?{n}")).collect();
        let changes: Vec<String> =
            names.iter().map(|name| format!("{name} = excluded.{name}")).collect();
        let sql = format!(
            "INSERT INTO {} (row, {}) VALUES (?1, {}) ON CONFLICT (row) DO UPDATE SET {}",
            quote(&object.name),
            names.join(", "),
            places.join(", "),
            changes.join(", ")
        );
        let row = std::iter::once(Sql::Integer(number));
        let values = row.chain(values.into_iter().map(|(_, value)| value));
        connection.execute(&sql, params_from_iter(values))?;
        Ok(())
    }

    /// Forgets a definition and deletes its record; `false` if there is none.
    pub(crate) fn undefine(&self, kind: Kind, id: &str) -> Result<bool, ApiError> {
        let Some(id) = id::normalise(id) else { return Ok(false) };
        self.write_with(|connection| {
            let sql = "UPDATE sf_definition SET deleted = 1 WHERE id = ?1 AND object = ?2 AND NOT deleted";
            let found = connection.execute(sql, [id.as_str(), kind.object()])? > 0;
            let object = self.schema().object(kind.object());
            if let Some(object) = object.filter(|object| found && object.has_recycle_bin()) {
                let sql =
                    format!("UPDATE {} SET \"IsDeleted\" = 1 WHERE \"Id\" = ?1", quote(&object.name));
                connection.execute(&sql, [&id])?;
            }
            Ok(found)
        })
    }
}
