//! One row as JSON cells: relationships flattened, long texts cut, child lists bounded.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use sf_rest::{ChildRecords, Record, ValueRef};

use super::columns::{Columns, Source};
use super::pages::{Kept, Rows, lock};
use crate::cursor;
use crate::policy::REDACTED;
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
    /// Values that the policy does not let be seen.
    pub(crate) redacted: u64,
}

impl Cells<'_> {
    /// The cells of a row of `page`.
    pub(crate) fn row(&mut self, page: &Kept, row: usize) -> Result<Vec<Value>, ToolError> {
        match &page.rows {
            Rows::Records(records) => match records.get(row) {
                Some(record) => self.record(page, &page.columns, record, &row.to_string()),
                None => Ok(Vec::new()),
            },
            Rows::Cells(rows) => {
                let most = self.org.limits().cell;
                let cells = rows.get(row).into_iter().flatten().map(|cell| match cell {
                    Value::String(text) => {
                        self.redacted += redacted(self.org, &ValueRef::String(text));
                        text_cell(text, most, &mut self.cut_texts)
                    }
                    other => other.clone(),
                });
                Ok(cells.collect())
            }
        }
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
                    let list = List { row: record, title: &column.title, children: &children };
                    self.children(page, inner, &list, &format!("{place}.{at}"))
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
        list: &List<'_>,
        place: &str,
    ) -> Result<Value, ToolError> {
        let children = list.children;
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
            let place = self.child_page(page, columns, list, place)?.place(shown);
            let lifetime = self.org.limits().cursor_lifetime;
            let cursor = cursor::seal(self.org.sealer(), &place, self.owner, lifetime)?;
            cell.insert("cursor".into(), json!(cursor));
        }
        Ok(Value::Object(cell))
    }

    /// The page that keeps a child list; the same one each time the row is read.
    fn child_page(
        &self,
        page: &Kept,
        columns: &Arc<Columns>,
        list: &List<'_>,
        place: &str,
    ) -> Result<Arc<Kept>, ToolError> {
        let known = lock(&page.children).get(place).copied();
        if let Some(kept) = known.and_then(|id| self.org.pages().get(id)) {
            return Ok(kept);
        }
        let (title, columns) = (list.title.to_owned(), Arc::clone(columns));
        let kept = Kept::of_children(page, list.row, title, columns, list.children)?;
        lock(&page.children).insert(place.to_owned(), kept.id);
        Ok(self.org.pages().keep(kept))
    }

    fn value(&mut self, value: &ValueRef<'_>) -> Value {
        self.redacted += redacted(self.org, value);
        plain(value, self.org.limits().cell, &mut self.cut_texts)
    }
}

/// The children of a row.
struct List<'a> {
    row: &'a Record,
    title: &'a str,
    children: &'a ChildRecords,
}

/// How many values within `value` the policy redacted.
pub(crate) fn redacted(org: &Org, value: &ValueRef<'_>) -> u64 {
    match value {
        // Without rules it is a text like any other.
        ValueRef::String(text) => u64::from(*text == REDACTED && org.policy().rules().is_some()),
        ValueRef::Record(record) => record.iter().map(|(_, value)| redacted(org, &value)).sum(),
        _ => 0,
    }
}

/// A value as JSON; texts over `most` characters are cut and counted in `cut`.
pub(crate) fn plain(value: &ValueRef<'_>, most: usize, cut: &mut u64) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Bool(value) => Value::Bool(*value),
        ValueRef::Number(text) => number(text),
        ValueRef::Json(text) => {
            serde_json::from_str(text).unwrap_or_else(|_| Value::String((*text).to_owned()))
        }
        ValueRef::String(text) => text_cell(text, most, cut),
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

fn text_cell(text: &str, most: usize, cut: &mut u64) -> Value {
    // Bytes first: no text has more characters than bytes.
    if text.len() > most && text.chars().count() > most {
        *cut += 1;
        return Value::String(shorten(text, most));
    }
    Value::String(text.to_owned())
}

/// A number with every digit: one that JSON numbers would round stays text.
fn number(text: &str) -> Value {
    match serde_json::from_str::<Value>(text) {
        Ok(value) if digits(&value.to_string()) == digits(text) => value,
        _ => Value::String(text.to_owned()),
    }
}

/// The digits that count, and the power of ten of the first: equal numbers have equal ones.
fn digits(text: &str) -> Option<(bool, String, i64)> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let negative = whole.starts_with('-');
    let whole = whole.trim_start_matches('-').trim_start_matches('0');
    let all = format!("{whole}{part}");
    let kept = all.trim_start_matches('0');
    let leading = i64::try_from(whole.len()).ok()? - i64::try_from(all.len() - kept.len()).ok()?;
    let kept = kept.trim_end_matches('0');
    let power = leading + exponent.parse::<i64>().ok()?;
    Some(if kept.is_empty() {
        (false, String::new(), 0)
    } else {
        (negative, kept.to_owned(), power)
    })
}

/// A column that was asked for and did not come is an error, never a silent gap.
pub(crate) fn absent(column: &str) -> ToolError {
    tracing::error!(column, "a selected column is not in Salesforce's answer");
    ToolError::ask_a_person(format!(
        "Salesforce's answer has no column {column}. This is a fault of the connector, not of the \
         call; leave the column out, or report it."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_every_digit() {
        for (text, shown) in [
            ("5", "5"),
            ("-0.50", "-0.5"),
            ("1.2345678E7", "12345678.0"),
            ("300.0", "300.0"),
            ("0.0", "0.0"),
            ("1.0E-5", "0.00001"),
            ("123456789012345678", "123456789012345678"),
            ("12345678901234567.89", "\"12345678901234567.89\""),
            ("1234567890123456789012", "\"1234567890123456789012\""),
        ] {
            assert_eq!(number(text).to_string(), shown, "{text}");
        }
    }
}
