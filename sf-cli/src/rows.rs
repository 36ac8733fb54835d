//! Rows of a query as lines: which columns there are, and how a row fills them.

use std::io::Write;

use anyhow::Result;
use sf_rest::{Record, ValueRef};
use sf_soql::ast::{Query, SelectItem};

use crate::sheet::Sheet;

/// Prints the rows of a statement as they come.
pub(crate) struct Printer<W: Write> {
    sheet: Sheet<W>,
    columns: Option<Vec<String>>,
    query: Query,
}

impl<W: Write> Printer<W> {
    pub(crate) fn new(sheet: Sheet<W>, query: Query) -> Self {
        Self { sheet, columns: None, query }
    }

    pub(crate) fn row(&mut self, record: &Record) -> Result<()> {
        if self.sheet.is_json() {
            return self.sheet.object(record);
        }
        let first = self.columns.is_none();
        let columns = self.columns.get_or_insert_with(|| columns(&self.query, record));
        if first {
            self.sheet.head(columns.clone())?;
        }
        self.sheet.line(columns.iter().map(|column| cell(record, column)).collect())
    }

    /// Writes what is still held back.
    pub(crate) fn flush(&mut self) -> Result<()> {
        self.sheet.flush()
    }
}

/// The fields that a statement names, if it names all.
pub(crate) fn named(query: &Query) -> Option<Vec<String>> {
    let from_statement = |item: &SelectItem| match item {
        SelectItem::Field { path, alias: None } => Some(path.to_string()),
        SelectItem::Subquery(children) => Some(children.from.name.to_string()),
        _ => None,
    };
    query.select.iter().map(from_statement).collect()
}

/// The columns of a result. They come from the statement: a row whose lookup
/// is empty does not show the fields that were asked of its parent.
fn columns(query: &Query, first: &Record) -> Vec<String> {
    match named(query) {
        Some(named)
            if !query.is_aggregate() && named.iter().all(|n| first.get_path(n).is_some()) =>
        {
            named
        }
        _ => first.iter().map(|(name, _)| name.to_owned()).collect(),
    }
}

fn cell(record: &Record, column: &str) -> String {
    match record.get_path(column) {
        None | Some(ValueRef::Null) => String::new(),
        Some(ValueRef::Bool(value)) => value.to_string(),
        Some(ValueRef::Number(text) | ValueRef::Json(text)) => text.to_owned(),
        Some(ValueRef::String(text)) => text.to_owned(),
        Some(other) => serde_json::to_string(&other).unwrap_or_default(),
    }
}
