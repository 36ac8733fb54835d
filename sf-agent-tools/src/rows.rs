//! Results as bounded tables that lose no row.

mod columns;
mod format;
mod more;
mod pages;
mod read;
mod resume;
mod start;
mod table;
mod units;
mod value;

pub(crate) use columns::{Column, Columns, Source};
pub(crate) use format::Format;
pub(crate) use more::{More, Rest};
pub(crate) use pages::{Kept, Pages, Rows};
pub(crate) use read::{Bounds, read};
pub(crate) use start::{go_on, start, start_with};
pub(crate) use table::{About, ORIGIN, Section, Table, redactions, rows_of, section, table};
pub(crate) use units::{Scale, Units};
pub(crate) use value::{absent, plain, redacted};
