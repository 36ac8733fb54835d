//! One row as JSON cells: relationships flattened, long texts cut, child lists bounded.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use sf_rest::{ChildRecords, Record, ValueRef};

use super::columns::{Columns, Source};
use super::pages::{Kept, lock};
use crate::cursor::{self, Place};
use crate::text::shorten;
use crate::{Org, ToolError};

/// Turns the rows of one reply into cells, and notes what was left out of them.
pub(crate) struct Cells<'a> {
    pub(crate) org: &'a Org,
    pub(crate) owner: &'a str,
    /// Texts that were cut.
    pub(crate) cut_texts: u64,
    /// Child lists that are not whole.
    pub(crate) cut_lists: u64,
}

impl Cells<'_> {
    /// The cells of a row of `page`.
    pub(crate) fn row(&mut self, page: &Kept, row: usize) -> Result<Vec<Value>, ToolError> {
        let Some(record) = page.records.get(row) else { return Ok(Vec::new()) };
        self.record(page, &page.columns, record, &row.to_string())
    }

    fn record(
        &mut self,
        page: &Kept,
        columns: &Columns,
        record: &Record,
        place: &str,
    ) -> Result<Vec<Value>, ToolError> {
        let cells = columns.items.iter().enumerate().map(|(at, column)| match &column.source {
            Source::Children(name, inner) => match record.get(name) {
                Some(ValueRef::Records(children)) => {
                    self.children(page, inner, &column.title, &children, &format!("{place}.{at}"))
                }
                Some(_) => Ok(json!({ "rows": [], "total": 0, "complete": true })),
                None => Err(absent(&column.title)),
            },
            Source::Path(path) => {
                record.get_path(path).map(|v| self.value(&v)).ok_or_else(|| absent(&column.title))
            }
            Source::FirstOf(names) => names
                .iter()
                .find_map(|name| record.get_path(name))
                .map(|v| self.value(&v))
                .ok_or_else(|| absent(&column.title)),
        });
        cells.collect()
    }

    /// A child list: its first rows, and a cursor to the rest if there is one.
    fn children(
        &mut self,
        page: &Kept,
        columns: &Arc<Columns>,
        title: &str,
        children: &ChildRecords,
        place: &str,
    ) -> Result<Value, ToolError> {
        let rows = children
            .records()
            .take(self.org.limits().child_rows)
            .enumerate()
            .map(|(at, child)| self.record(page, columns, &child, &format!("{place}/{at}")))
            .collect::<Result<Vec<_>, _>>()?;
        let shown = rows.len();
        // Not the same: a list may be cut here, go on elsewhere, or hold less than it announced.
        let whole = children.is_done() && shown as u64 == children.total_size();
        let mut cell = Map::new();
        cell.insert("rows".into(), json!(rows));
        cell.insert("total".into(), json!(children.total_size()));
        cell.insert("complete".into(), json!(whole));
        if !whole {
            self.cut_lists += 1;
            let id = self.child_page(page, columns, title, children, place)?;
            let row = u32::try_from(shown).unwrap_or(u32::MAX);
            let lifetime = self.org.limits().cursor_lifetime;
            let cursor =
                cursor::seal(self.org.sealer(), Place { page: id, row }, self.owner, lifetime)?;
            cell.insert("cursor".into(), json!(cursor));
        }
        Ok(Value::Object(cell))
    }

    /// The page that keeps a child list; the same one each time the row is read.
    fn child_page(
        &self,
        page: &Kept,
        columns: &Arc<Columns>,
        title: &str,
        children: &ChildRecords,
        place: &str,
    ) -> Result<u64, ToolError> {
        let mut known = lock(&page.children);
        if let Some(id) = known.get(place) {
            return Ok(*id);
        }
        let list = Kept::of_children(title.to_owned(), Arc::clone(columns), children)?;
        let id = self.org.pages().keep(list).id;
        known.insert(place.to_owned(), id);
        Ok(id)
    }

    fn value(&mut self, value: &ValueRef<'_>) -> Value {
        plain(value, self.org.limits().cell, &mut self.cut_texts)
    }
}

/// A value as JSON; texts over `most` characters are cut and counted in `cut`.
pub(crate) fn plain(value: &ValueRef<'_>, most: usize, cut: &mut u64) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Bool(value) => Value::Bool(*value),
        ValueRef::Number(text) | ValueRef::Json(text) => {
            serde_json::from_str(text).unwrap_or_else(|_| Value::String((*text).to_owned()))
        }
        ValueRef::String(text) => {
            // Bytes first: no text has more characters than bytes.
            if text.len() > most && text.chars().count() > most {
                *cut += 1;
                return Value::String(shorten(text, most));
            }
            Value::String((*text).to_owned())
        }
        // The parts of a compound, or the branch of a TYPEOF.
        ValueRef::Record(record) => {
            let mut map = Map::new();
            if let Some(object) = record.object_type() {
                map.insert("type".into(), json!(object));
            }
            for (name, value) in record.iter() {
                map.insert(name.to_owned(), plain(&value, most, cut));
            }
            Value::Object(map)
        }
        ValueRef::Records(children) => {
            let rows = children.records().map(|r| plain(&ValueRef::Record(r), most, cut));
            Value::Array(rows.collect())
        }
        _ => Value::Null,
    }
}

/// A column that was asked for and did not come is an error, never a silent gap.
pub(crate) fn absent(column: &str) -> ToolError {
    tracing::error!(column, "a selected column is not in Salesforce's answer");
    ToolError::ask_a_person(format!(
        "Salesforce's answer has no column {column}. This is a fault of the connector, not of the \
         call; leave the column out, or report it."
    ))
}
