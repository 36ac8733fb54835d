//! One row of bulk CSV: compact, by name, or as a type.

use std::fmt;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::outcomes::row_error;
use crate::{ApiError, Error};

/// Names of the columns, shared by all rows.
pub(crate) type Header = Arc<[Box<str>]>;

/// Rows that were read together: their values one after the other, and where each ends.
pub(crate) struct Block {
    pub(crate) header: Header,
    pub(crate) text: String,
    pub(crate) ends: Vec<u32>,
}

impl Block {
    pub(crate) fn len(&self) -> usize {
        self.ends.len().checked_div(self.header.len()).unwrap_or_default()
    }

    fn value(&self, place: usize) -> &str {
        let start = place.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        &self.text[start..self.ends[place] as usize]
    }

    pub(crate) fn row(self: &Arc<Self>, row: usize) -> BulkRow {
        BulkRow { block: Arc::clone(self), row, skip: 0 }
    }
}

/// One row of a bulk result, whose columns are not known at compile time.
///
/// Everything in CSV is text: numbers as the platform writes them, `true` and `false`, times as
/// `2024-09-09T13:08:34.000Z`. **An empty value means null**: the platform stores no empty texts.
/// Values of parents have the path as their name: `Owner.Name`.
///
/// A row shares the memory of those that were read with it, about 64 KiB; a row that is kept keeps
/// them.
#[derive(Clone)]
pub struct BulkRow {
    block: Arc<Block>,
    row: usize,
    /// Columns at the beginning that are not part of this row.
    skip: usize,
}

impl BulkRow {
    /// Names and values, in order; null is empty.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        let first = self.row * self.block.header.len();
        let names = self.block.header.iter().enumerate().skip(self.skip);
        names.map(move |(column, name)| (&**name, self.block.value(first + column)))
    }

    /// The value of a column, without regard to the case of its name; null is empty. `None` if
    /// there is no such column.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Why the row was refused, of a row of an ingest job's failed results: the platform's column
    /// `sf__Error`, `CODE:message:Field1 Field2 --`. `None` for other rows.
    #[must_use]
    pub fn refusal(&self) -> Option<ApiError> {
        self.get("sf__Error").map(row_error)
    }

    /// How many columns there are.
    pub fn len(&self) -> usize {
        self.block.header.len() - self.skip
    }

    /// Whether there are no columns.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The row as a type, whose fields are named as the columns (`#[serde(rename = "Owner.Name")]`).
    /// An `Option` is `None` for an empty value.
    ///
    /// # Errors
    /// [`Error::Decode`], which names the column and not its value.
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let names: csv::StringRecord = self.iter().map(|(name, _)| name).collect();
        let values: csv::StringRecord = self.iter().map(|(_, value)| value).collect();
        values.deserialize(Some(&names)).map_err(|error| {
            let field = match error.kind() {
                csv::ErrorKind::Deserialize { err, .. } => err.field(),
                _ => None,
            };
            let column = field.and_then(|at| names.get(usize::try_from(at).ok()?));
            let problem = match column {
                Some(name) => format!("the value of the column {name} does not fit its type"),
                None => "its columns do not fit the type".to_owned(),
            };
            let excerpt = names.iter().collect::<Vec<_>>().join(",");
            let excerpt = crate::decode::excerpt(excerpt.as_bytes());
            Error::Decode { status: 200, what: "a row of the type asked for", problem, excerpt }
        })
    }

    /// The row without the columns before.
    pub(crate) fn without(mut self, columns: usize) -> Self {
        self.skip = columns.min(self.block.header.len());
        self
    }
}

impl fmt::Debug for BulkRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// What the rows of a bulk query can be read as: [`BulkRow`], or any type that implements
/// `serde::Deserialize`.
pub trait FromBulkRow: Sized + Send + 'static {
    #[doc(hidden)]
    fn from_bulk_row(row: BulkRow) -> Result<Self, Error>;
}

impl FromBulkRow for BulkRow {
    fn from_bulk_row(row: BulkRow) -> Result<Self, Error> {
        Ok(row)
    }
}

impl<T: DeserializeOwned + Send + 'static> FromBulkRow for T {
    fn from_bulk_row(row: BulkRow) -> Result<Self, Error> {
        row.deserialize()
    }
}
