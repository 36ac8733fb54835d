//! The whole org, read at one moment.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::storage::tables::quote;
use super::{ApiError, Engine};
use crate::state::{State, Table};

impl Engine {
    /// Every row of every table.
    pub(crate) fn state(&self) -> Result<State, ApiError> {
        self.read(|connection| {
            let sql = "SELECT name FROM sqlite_master WHERE type = 'table' \
                       AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
            let mut statement = connection.prepare_cached(sql)?;
            let names = statement.query_map([], |row| row.get::<_, String>(0))?;
            let mut tables = BTreeMap::new();
            for name in names {
                let name = name?;
                let table = table(connection, &name)?;
                tables.insert(name, table);
            }
            Ok(State::new(tables))
        })
    }
}

fn table(connection: &Connection, name: &str) -> rusqlite::Result<Table> {
    let mut statement = connection.prepare(&format!("SELECT rowid, * FROM {}", quote(name)))?;
    // The tables of objects have the row number as a column, too.
    let columns: Vec<(usize, String)> = statement
        .column_names()
        .enumerate()
        .skip(1)
        .filter(|(_, name)| *name != "row")
        .map(|(at, name)| (at, name.to_owned()))
        .collect();
    let mut table = Table::default();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let values = columns.iter().map(|(at, _)| row.get(*at)).collect::<Result<_, _>>()?;
        table.rows.insert(row.get(0)?, values);
    }
    table.columns = columns.into_iter().map(|(_, name)| name).collect();
    Ok(table)
}
