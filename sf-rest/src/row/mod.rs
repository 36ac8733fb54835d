//! Rows of a query: compact, in the order of the SELECT list, numbers as the platform wrote them.

mod head;
mod page;
mod parse;
mod scan;
mod serialize;
mod shape;

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use crate::Error;
use page::{Cell, Page};
use shape::Names;

/// One row whose fields are not known at compile time.
///
/// All rows of a page share its texts and the names of its columns, so a row costs a reference
/// count and a number. A row that is kept keeps its page. `attributes` is not a field:
/// see [`object_type`](Record::object_type) and [`url`](Record::url).
#[derive(Clone)]
pub struct Record {
    page: Arc<Page>,
    row: u32,
}

/// The value of a field, borrowed from its page.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum ValueRef<'a> {
    /// No value; also a lookup without a parent, and a subquery without rows.
    Null,
    /// A checkbox.
    Bool(bool),
    /// A number as it was written (`1.2345678E7`): every digit is kept until one type is chosen.
    Number(&'a str),
    /// Text, ids, dates, times.
    String(&'a str),
    /// A parent record, or the parts of a compound field such as an address (which has no object
    /// type).
    Record(Record),
    /// Child records of a subquery.
    Records(ChildRecords),
    /// Anything else, as JSON text.
    Json(&'a str),
}

/// The rows of a subquery, as far as they came with their parent.
#[derive(Clone)]
pub struct ChildRecords {
    page: Arc<Page>,
    set: u32,
}

impl Record {
    /// Reads one row, as a single GET answers it.
    ///
    /// # Errors
    /// [`Error::Decode`] or [`Error::NotJson`].
    pub fn parse(body: &Bytes) -> Result<Self, Error> {
        parse::record(body)
    }

    /// The object (`Account`), or `None` for the parts of a compound field. Rows of an aggregate
    /// query say `AggregateResult`.
    pub fn object_type(&self) -> Option<&str> {
        self.page.rows[self.row as usize].object_type.map(|at| self.page.slice(at))
    }

    /// The path of the record's resource, where it has one.
    pub fn url(&self) -> Option<&str> {
        self.page.rows[self.row as usize].url.map(|at| self.page.slice(at))
    }

    /// How many fields the row has.
    pub fn len(&self) -> usize {
        self.names().len()
    }

    /// Whether the row has no fields.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of a field, without regard to the case of its name, as in SOQL. `None` means that
    /// the row does not have the field, which is not the same as [`ValueRef::Null`].
    pub fn get(&self, name: &str) -> Option<ValueRef<'_>> {
        let column = self.page.column(self.row, name)?;
        Some(value(&self.page, self.row, column))
    }

    /// The value at a path through parents: `Account.Owner.Name`. A null parent gives
    /// [`ValueRef::Null`].
    pub fn get_path(&self, path: &str) -> Option<ValueRef<'_>> {
        let mut row = self.row;
        let mut names = path.split('.').peekable();
        while let Some(name) = names.next() {
            let column = self.page.column(row, name)?;
            match self.page.cell(row, column) {
                _ if names.peek().is_none() => return Some(value(&self.page, row, column)),
                Cell::Row(parent) => row = *parent,
                Cell::Null => return Some(ValueRef::Null),
                _ => return None,
            }
        }
        None
    }

    /// Names and values, in the order of the SELECT list.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, ValueRef<'_>)> {
        self.names()
            .iter()
            .enumerate()
            .map(|(column, name)| (name, value(&self.page, self.row, column)))
    }

    fn names(&self) -> &Names {
        self.page.names(self.row)
    }
}

fn value(page: &Arc<Page>, row: u32, column: usize) -> ValueRef<'_> {
    match page.cell(row, column) {
        Cell::Null => ValueRef::Null,
        Cell::Bool(value) => ValueRef::Bool(*value),
        Cell::Number(at) => ValueRef::Number(page.slice(*at)),
        Cell::Text(at) => ValueRef::String(page.slice(*at)),
        Cell::Row(row) => ValueRef::Record(Record { page: Arc::clone(page), row: *row }),
        Cell::Set(set) => ValueRef::Records(ChildRecords { page: Arc::clone(page), set: *set }),
        Cell::Json(at) => ValueRef::Json(page.slice(*at)),
    }
}

impl<'a> ValueRef<'a> {
    /// The text of a string.
    pub fn as_str(&self) -> Option<&'a str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// A boolean.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// A number, rounded to the nearest `f64`.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Number(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// A number that was written as an integer.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Number(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// Whether there is no value.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}

impl ChildRecords {
    /// How many children there are in all.
    pub fn total_size(&self) -> u64 {
        self.page.sets[self.set as usize].total_size
    }

    /// Whether all of them are here.
    pub fn is_done(&self) -> bool {
        self.page.sets[self.set as usize].done
    }

    /// Where the others are, if not all of them are here; for
    /// [`Client::next_page`](crate::Client::next_page).
    pub fn next(&self) -> Option<&str> {
        self.page.sets[self.set as usize].next.map(|at| self.page.slice(at))
    }

    /// The children that are here.
    pub fn records(&self) -> impl ExactSizeIterator<Item = Record> + '_ {
        let set = &self.page.sets[self.set as usize];
        self.page.set_rows[set.rows.start as usize..set.rows.end as usize]
            .iter()
            .map(|row| Record { page: Arc::clone(&self.page), row: *row })
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.object_type().unwrap_or("Record"))?;
        f.write_str(" ")?;
        f.debug_map().entries(self.iter()).finish()
    }
}

impl fmt::Debug for ChildRecords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.records()).finish()
    }
}

/// A page of a query result.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct QueryPage<R = Record> {
    /// Rows of the whole result. For `SELECT COUNT()` this is the answer, and there are no rows.
    pub total_size: u64,
    /// Whether this is the last page.
    pub done: bool,
    /// The address of the next page, if there is one.
    pub next: Option<String>,
    /// The rows of this page.
    pub records: Vec<R>,
}

/// What rows can be read as: [`Record`], or any type that implements `serde::Deserialize`.
/// A typed row should have no field for what may be null other than an `Option`.
pub trait Row: Sized + Send + 'static {
    #[doc(hidden)]
    fn parse_page(status: u16, body: Bytes) -> Result<QueryPage<Self>, Error>;
}

impl Row for Record {
    fn parse_page(status: u16, body: Bytes) -> Result<QueryPage<Self>, Error> {
        parse::page(status, &body)
    }
}

impl<T: serde::de::DeserializeOwned + Send + 'static> Row for T {
    fn parse_page(status: u16, body: Bytes) -> Result<QueryPage<Self>, Error> {
        parse::typed_page(status, &body)
    }
}

pub(crate) use head::{Head, head};

#[cfg(test)]
mod tests;
