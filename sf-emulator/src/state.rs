//! All that an org holds, so that a test can say what was changed and that nothing else was.

use std::collections::BTreeMap;

use rusqlite::types::Value as Sql;
use serde_json::Value;

/// Every row of every object of an org at one moment, deleted ones and those that nobody may see
/// among them; see [`Emulator::state`](crate::Emulator::state).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct State {
    tables: BTreeMap<String, Table>,
}

/// A table's rows by SQLite's row number, each a value for every column.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Table {
    pub(crate) columns: Vec<String>,
    pub(crate) rows: BTreeMap<i64, Vec<Sql>>,
}

/// A row that differs between two states.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RowChange {
    /// API name of the object; of what the org keeps beside its objects, a name that starts with
    /// `sf_`.
    pub object: String,
    /// The record's id of 18 characters; empty for a row without one.
    pub id: String,
    /// What became of it. A deleted record is a [`Updated`](RowChangeKind::Updated) row whose
    /// `IsDeleted` is 1, where its object has a recycle bin.
    pub kind: RowChangeKind,
    /// The fields that differ, in the object's order. Of a row that was added or removed, those
    /// that are not empty.
    pub fields: Vec<FieldChange>,
}

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowChangeKind {
    /// It was not there before.
    Added,
    /// Fields have other values.
    Updated,
    /// It is not there any more.
    Removed,
}

/// A field that differs. Values are as the org keeps them: dates and ids as texts, points in time
/// in milliseconds since 1970, checkboxes as 0 and 1, files as texts of hexadecimal digits.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FieldChange {
    /// API name.
    pub name: String,
    /// The value before; null of a row that was added.
    pub before: Value,
    /// The value after; null of a row that was removed.
    pub after: Value,
}

impl State {
    pub(crate) fn new(tables: BTreeMap<String, Table>) -> Self {
        Self { tables }
    }

    /// What differs in `later`, by object and then in the order in which rows were made.
    #[must_use]
    pub fn changes(&self, later: &State) -> Vec<RowChange> {
        let none = Table::default();
        let mut names: Vec<&String> = self.tables.keys().chain(later.tables.keys()).collect();
        names.sort_unstable();
        names.dedup();
        let mut changes = Vec::new();
        for name in names {
            let before = self.tables.get(name).unwrap_or(&none);
            let after = later.tables.get(name).unwrap_or(&none);
            let mut rows: Vec<i64> = before.rows.keys().chain(after.rows.keys()).copied().collect();
            rows.sort_unstable();
            rows.dedup();
            for row in rows {
                changes.extend(change(name, before, after, row));
            }
        }
        changes
    }
}

fn change(object: &str, before: &Table, after: &Table, row: i64) -> Option<RowChange> {
    let (old, new) = (before.rows.get(&row), after.rows.get(&row));
    if old == new && before.columns == after.columns {
        return None;
    }
    let kind = match (old, new) {
        (None, _) => RowChangeKind::Added,
        (_, None) => RowChangeKind::Removed,
        _ => RowChangeKind::Updated,
    };
    let mut columns: Vec<&String> = before.columns.iter().collect();
    columns.extend(after.columns.iter().filter(|name| !before.columns.contains(name)));
    let fields: Vec<FieldChange> = columns
        .into_iter()
        .map(|name| (name, before.value(row, name), after.value(row, name)))
        .filter(|(_, before, after)| before != after)
        .map(|(name, before, after)| FieldChange { name: name.clone(), before, after })
        .collect();
    let id = [after, before].into_iter().find_map(|table| match table.value(row, "Id") {
        Value::String(id) => Some(id),
        _ => None,
    });
    let id = id.unwrap_or_default();
    (!fields.is_empty()).then(|| RowChange { object: object.to_owned(), id, kind, fields })
}

impl Table {
    fn value(&self, row: i64, column: &str) -> Value {
        let at = self.columns.iter().position(|name| name == column);
        let value = at.and_then(|at| self.rows.get(&row)?.get(at));
        match value {
            None | Some(Sql::Null) => Value::Null,
            Some(Sql::Integer(number)) => Value::from(*number),
            Some(Sql::Real(number)) => Value::from(*number),
            Some(Sql::Text(text)) => Value::from(text.as_str()),
            Some(Sql::Blob(bytes)) => {
                Value::from(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
            }
        }
    }
}
