//! Rows in one of the three formats: a table for people, JSON and CSV for programs. A row is
//! written whole or not at all.

use std::io::{self, IsTerminal, Write};

use anstyle::Style;
use anyhow::Result;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::args::Format;
use crate::out::harmless;

/// Rows that a table looks at before it settles how wide its columns are.
const TABLE_SAMPLE: usize = 200;
const TABLE_WIDEST: usize = 60;

/// Prints rows as they come.
pub(crate) struct Sheet<W: Write> {
    out: Sink<W>,
    columns: Vec<String>,
}

enum Sink<W: Write> {
    Table { out: W, waiting: Vec<Vec<String>>, widths: Option<Vec<usize>>, head: Style },
    Json(W),
    Csv(Box<csv::Writer<W>>),
}

impl<W: Write> Sheet<W> {
    pub(crate) fn new(format: Format, out: W) -> Self {
        let out = match format {
            Format::Table => {
                Sink::Table { out, waiting: Vec::new(), widths: None, head: Style::new() }
            }
            Format::Json => Sink::Json(out),
            // A row with a list in it has as many cells as the head all the same.
            Format::Csv => Sink::Csv(Box::new(csv::Writer::from_writer(out))),
        };
        Self { out, columns: Vec::new() }
    }

    /// For stdout, whose head is bold on a terminal unless `NO_COLOR` is set.
    pub(crate) fn on_stdout(format: Format, out: W) -> Self {
        let mut sheet = Self::new(format, out);
        let stdout = io::stdout();
        let plain = anstream::AutoStream::choice(&stdout) == anstream::ColorChoice::Never;
        if let Sink::Table { head, .. } = &mut sheet.out
            && stdout.is_terminal()
            && !plain
        {
            *head = Style::new().bold();
        }
        sheet
    }

    pub(crate) fn is_json(&self) -> bool {
        matches!(self.out, Sink::Json(_))
    }

    /// The names of the columns, before the first row.
    pub(crate) fn head(&mut self, columns: Vec<String>) -> Result<()> {
        self.columns = columns;
        self.out.line(self.columns.clone())
    }

    /// A row of a table or of CSV, as text.
    pub(crate) fn line(&mut self, cells: Vec<String>) -> Result<()> {
        self.out.line(cells)
    }

    /// A row of JSON.
    pub(crate) fn object(&mut self, row: &impl Serialize) -> Result<()> {
        if let Sink::Json(out) = &mut self.out {
            // In one piece, so that what was written ends with a row.
            let mut text = serde_json::to_vec(row)?;
            text.push(b'\n');
            out.write_all(&text)?;
        }
        Ok(())
    }

    /// A row whose values are in the order of the columns.
    pub(crate) fn values(&mut self, values: &[Value]) -> Result<()> {
        if self.is_json() {
            let row: Map<String, Value> =
                self.columns.iter().cloned().zip(values.iter().cloned()).collect();
            return self.object(&row);
        }
        self.out.line(values.iter().map(text).collect())
    }

    /// Writes what was handed over so far, should nothing come for a while.
    pub(crate) fn flush(&mut self) -> Result<()> {
        match &mut self.out {
            Sink::Table { .. } => self.out.settle()?,
            Sink::Json(out) => out.flush()?,
            Sink::Csv(out) => out.flush()?,
        }
        Ok(())
    }
}

/// A value as a cell.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

impl<W: Write> Sink<W> {
    fn line(&mut self, cells: Vec<String>) -> Result<()> {
        match self {
            Self::Csv(out) => out.write_record(&cells)?,
            Self::Json(_) => {}
            Self::Table { out, widths: Some(widths), .. } => {
                write_line(out, &cells, widths, Style::new())?;
            }
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
        if let Self::Table { out, waiting, widths, head } = self {
            let rows = std::mem::take(waiting);
            let count = rows.first().map_or(0, Vec::len);
            if widths.is_none() && count > 0 {
                let width = |n: usize| {
                    rows.iter().filter_map(|row| row.get(n)).map(|c| c.chars().count()).max()
                };
                let found: Vec<usize> =
                    (0..count).map(|n| width(n).unwrap_or(0).min(TABLE_WIDEST)).collect();
                for (n, row) in rows.iter().enumerate() {
                    let style = if n == 0 { *head } else { Style::new() };
                    write_line(out, row, &found, style)?;
                }
                *widths = Some(found);
            }
            out.flush()?;
        }
        Ok(())
    }
}

/// A wider cell than its column pushes the line; nothing is cut.
fn write_line(
    out: &mut impl Write,
    cells: &[String],
    widths: &[usize],
    style: Style,
) -> io::Result<()> {
    // A line break in a text would break the row.
    let one_line = |cell: &String| harmless(&cell.replace(['\r', '\n', '\t'], " "));
    let padded: Vec<String> = cells
        .iter()
        .zip(widths)
        .map(|(cell, width)| format!("{:<width$}", one_line(cell)))
        .collect();
    writeln!(out, "{style}{}{style:#}", padded.join("  ").trim_end())
}
