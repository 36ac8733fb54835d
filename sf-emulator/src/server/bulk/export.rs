//! Rows of a query job as CSV.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::value::RawValue;

use super::dialect::Dialect;
use super::soql::Column;
use crate::engine::{ApiError, Caller, Cursor, Engine, Json};

/// Rows fetched from the engine at one time; others get their turn between.
const WINDOW: usize = 2_000;

/// A page of the result.
pub(super) struct Page {
    pub(super) csv: Vec<u8>,
    pub(super) rows: usize,
}

/// The rows from `offset` on, at most `max`; always with the header.
pub(super) fn page(
    engine: &Engine,
    caller: &Caller,
    cursor: &Cursor,
    columns: &[Column],
    dialect: Dialect,
    offset: usize,
    max: usize,
) -> Result<Page, ApiError> {
    let mut writer = dialect.writer(Vec::new());
    let header = columns.iter().map(|column| column.header.as_str());
    writer.write_record(header).map_err(|error| ApiError::unexpected(&error))?;
    let mut rows = 0;
    while rows < max {
        let window = engine.page(caller, cursor, offset + rows, WINDOW.min(max - rows))?;
        if window.is_empty() {
            break;
        }
        rows += window.len();
        for row in &window {
            write(&mut writer, columns, row)?;
        }
    }
    let csv = writer.into_inner().map_err(|error| ApiError::unexpected(error.error()))?;
    Ok(Page { csv, rows })
}

/// Keys are field names, which have no escapes.
type Row<'r> = HashMap<&'r str, &'r RawValue>;

fn write(
    writer: &mut csv::Writer<Vec<u8>>,
    columns: &[Column],
    row: &Json,
) -> Result<(), ApiError> {
    let row: Row<'_> = parse(&row.0)?;
    for column in columns {
        let value = value(&row, column)?;
        writer.write_field(value.as_bytes()).map_err(|error| ApiError::unexpected(&error))?;
    }
    // Nothing more: this ends the record.
    writer.write_record(None::<&[u8]>).map_err(|error| ApiError::unexpected(&error))
}

fn parse<'r, T: serde::Deserialize<'r>>(text: &'r str) -> Result<T, ApiError> {
    serde_json::from_str(text).map_err(|error| ApiError::unexpected(&error))
}

fn value<'r>(row: &Row<'r>, column: &Column) -> Result<Cow<'r, str>, ApiError> {
    let Some((last, parents)) = column.path.split_last() else { return Ok(Cow::Borrowed("")) };
    let mut inner: Option<Row<'r>> = None;
    for parent in parents {
        let found = find(inner.as_ref().unwrap_or(row), parent);
        match found.map(RawValue::get) {
            None | Some("null") => return Ok(Cow::Borrowed("")),
            Some(text) => inner = Some(parse(text)?),
        }
    }
    let Some(raw) = find(inner.as_ref().unwrap_or(row), last) else { return Ok(Cow::Borrowed("")) };
    let text = raw.get();
    if text == "null" {
        return Ok(Cow::Borrowed(""));
    }
    if !text.starts_with('"') {
        return Ok(Cow::Borrowed(text));
    }
    // Where nothing is escaped the text is borrowed.
    let plain = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    let value = match plain.filter(|plain| !plain.contains('\\')) {
        Some(plain) => Cow::Borrowed(plain),
        None => Cow::Owned(parse(text)?),
    };
    Ok(match value.strip_suffix("+0000") {
        Some(utc) if column.is_datetime => Cow::Owned(format!("{utc}Z")),
        _ => value,
    })
}

/// The names have the schema's capitalisation wherever it is known.
fn find<'r>(row: &Row<'r>, name: &str) -> Option<&'r RawValue> {
    let exact = row.get(name).copied();
    exact
        .or_else(|| row.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, raw)| *raw))
}
