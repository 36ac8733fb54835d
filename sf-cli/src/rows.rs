//! Rows of a query as lines: which columns there are, and how a row fills them.

use std::io::{self, Write};

use anyhow::Result;
use sf_rest::{Record, ValueRef};
use sf_soql::ast::{Query, SelectItem};

use crate::args::Format;
use crate::out::harmless;

/// Rows that a table looks at before it settles how wide its columns are.
const TABLE_SAMPLE: usize = 200;
const TABLE_WIDEST: usize = 60;

/// Prints rows as they come, in one of the formats.
pub(crate) struct Printer<W: Write> {
    out: Sink<W>,
    columns: Option<Vec<String>>,
    query: Query,
}

enum Sink<W: Write> {
    Table { out: W, waiting: Vec<Vec<String>>, widths: Option<Vec<usize>> },
    Json(W),
    Csv(Box<csv::Writer<W>>),
}

impl<W: Write> Printer<W> {
    pub(crate) fn new(format: Format, query: Query, out: W) -> Self {
        let out = match format {
            Format::Table => Sink::Table { out, waiting: Vec::new(), widths: None },
            Format::Json => Sink::Json(out),
            Format::Csv => Sink::Csv(Box::new(csv::Writer::from_writer(out))),
        };
        Self { out, columns: None, query }
    }

    pub(crate) fn row(&mut self, record: &Record) -> Result<()> {
        if let Sink::Json(out) = &mut self.out {
            serde_json::to_writer(&mut *out, record)?;
            out.write_all(b"\n")?;
            return Ok(());
        }
        let first = self.columns.is_none();
        let columns = self.columns.get_or_insert_with(|| columns(&self.query, record));
        if first {
            self.out.line(columns.clone())?;
        }
        let cells = columns.iter().map(|column| cell(record, column)).collect();
        self.out.line(cells)
    }

    /// Writes what is still held back.
    pub(crate) fn finish(mut self) -> Result<()> {
        match &mut self.out {
            Sink::Table { .. } => self.out.settle()?,
            Sink::Json(out) => out.flush()?,
            Sink::Csv(out) => out.flush()?,
        }
        Ok(())
    }
}

impl<W: Write> Sink<W> {
    fn line(&mut self, cells: Vec<String>) -> Result<()> {
        match self {
            Self::Csv(out) => out.write_record(&cells)?,
            Self::Json(_) => {}
            Self::Table { out, widths: Some(widths), .. } => write_line(out, &cells, widths)?,
            Self::Table { waiting, .. } => {
                waiting.push(cells);
                if waiting.len() > TABLE_SAMPLE {
                    self.settle()?;
                }
            }
        }
        Ok(())
    }

    /// Fixes the widths of a table's columns and prints what waited for that.
    fn settle(&mut self) -> Result<()> {
        if let Self::Table { out, waiting, widths } = self {
            let rows = std::mem::take(waiting);
            let count = rows.first().map_or(0, Vec::len);
            let found: Vec<usize> = (0..count)
                .map(|n| rows.iter().filter_map(|row| row.get(n)).map(|c| c.chars().count()).max())
                .map(|width| width.unwrap_or(0).min(TABLE_WIDEST))
                .collect();
            for row in &rows {
                write_line(out, row, &found)?;
            }
            out.flush()?;
            if count > 0 {
                *widths = Some(found);
            }
        }
        Ok(())
    }
}

/// A wider cell than its column pushes the line; nothing is cut.
fn write_line(out: &mut impl Write, cells: &[String], widths: &[usize]) -> io::Result<()> {
    // A line break in a text would break the row.
    let one_line = |cell: &String| harmless(&cell.replace(['\r', '\n', '\t'], " "));
    let padded: Vec<String> = cells
        .iter()
        .zip(widths)
        .map(|(cell, width)| format!("{:<width$}", one_line(cell)))
        .collect();
    writeln!(out, "{}", padded.join("  ").trim_end())
}

/// The columns of a result. They come from the statement: a row whose lookup
/// is empty does not show the fields that were asked of its parent.
fn columns(query: &Query, first: &Record) -> Vec<String> {
    let from_statement = |item: &SelectItem| match item {
        SelectItem::Field { path, alias: None } => Some(path.to_string()),
        SelectItem::Subquery(children) => Some(children.from.name.to_string()),
        _ => None,
    };
    let named: Option<Vec<String>> = query.select.iter().map(from_statement).collect();
    match named {
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
