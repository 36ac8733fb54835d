//! Rows of a query as lines: which columns there are, and how a row fills them.

use std::borrow::Cow;
use std::io::Write;

use anyhow::Result;
use sf_rest::{Record, ValueRef};
use sf_soql::ast::{Query, SelectItem};

use crate::children::{Children, Rest, Whole};
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

    /// A row, with the children that were read after it.
    pub(crate) fn row(&mut self, record: &Record, rest: &Rest) -> Result<()> {
        if self.sheet.is_json() {
            return self.sheet.object(&Whole(record, rest));
        }
        let first = self.columns.is_none();
        let columns = self.columns.get_or_insert_with(|| columns(&self.query, record));
        if first {
            self.sheet.head(columns.clone())?;
        }
        self.sheet.line(columns.iter().map(|column| cell(record, column, rest)).collect())
    }

    /// After the last row. Without any the head comes now, so that a program finds the columns that
    /// it expects, where the statement alone tells which they are.
    pub(crate) fn end(&mut self) -> Result<()> {
        if self.columns.is_none()
            && !self.sheet.is_json()
            && let Some(named) = named(&self.query).filter(|_| !self.query.is_aggregate())
        {
            self.sheet.head(named)?;
        }
        self.flush()
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

fn cell(record: &Record, column: &str, rest: &Rest) -> String {
    match record.get_path(column) {
        None | Some(ValueRef::Null) => String::new(),
        Some(ValueRef::Bool(value)) => value.to_string(),
        Some(ValueRef::Number(text)) => decimal(text).into_owned(),
        Some(ValueRef::Json(text)) => text.to_owned(),
        Some(ValueRef::String(text)) => text.to_owned(),
        Some(ValueRef::Records(children)) => {
            serde_json::to_string(&Children(&children, rest)).unwrap_or_default()
        }
        Some(other) => serde_json::to_string(&other).unwrap_or_default(),
    }
}

/// A number without the exponent that Salesforce writes large ones with (`7.45675E8`), digit by digit.
fn decimal(text: &str) -> Cow<'_, str> {
    const LONGEST: i32 = 40;
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else { return text.into() };
    let Some(exponent) = exponent.parse::<i32>().ok().filter(|n| n.abs() <= LONGEST) else {
        return text.into();
    };
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{part}");
    if whole.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.into();
    }
    let point = i32::try_from(whole.len()).unwrap_or_default() + exponent;
    let behind = point - i32::try_from(digits.len()).unwrap_or_default();
    let zeros = |n: i32| "0".repeat(usize::try_from(n).unwrap_or_default());
    if point <= 0 {
        format!("{sign}0.{}{digits}", zeros(-point)).into()
    } else if behind >= 0 {
        format!("{sign}{digits}{}", zeros(behind)).into()
    } else {
        let (whole, part) = digits.split_at(usize::try_from(point).unwrap_or_default());
        format!("{sign}{whole}.{part}").into()
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn numbers_are_written_out() {
        for (text, cell) in [
            ("745675000.0", "745675000.0"),
            ("7.45675E8", "745675000"),
            ("-3.4675943575E8", "-346759435.75"),
            ("1E7", "10000000"),
            ("1.5E-3", "0.0015"),
            ("1.0E-1", "0.10"),
            ("9.9E99", "9.9E99"),
            ("E8", "E8"),
        ] {
            assert_eq!(super::decimal(text), cell);
        }
    }
}
