//! The memory of a page: its texts, the shapes of its rows, and a few words per value.

use std::ops::Range;

use super::shape::{Names, Shape};

/// A page that has been read. Everything refers to everything else by number; the numbers come
/// from the parser alone.
pub(super) struct Page {
    /// The texts of all values, without their escapes. The answer itself is not kept: more than half
    /// of it is names and signs, and its memory takes the next page.
    pub(super) text: String,
    pub(super) shapes: Vec<Shape>,
    pub(super) cells: Vec<Cell>,
    pub(super) rows: Vec<RowHead>,
    pub(super) sets: Vec<Set>,
    /// The rows of all sets, each set a range.
    pub(super) set_rows: Vec<u32>,
}

/// A row: its values are `names.len()` cells from `first_cell` on.
pub(super) struct RowHead {
    pub(super) shape: u32,
    pub(super) first_cell: u32,
    pub(super) object_type: Option<At>,
    pub(super) url: Option<At>,
}

/// The children of one row.
pub(super) struct Set {
    pub(super) total_size: u64,
    pub(super) done: bool,
    pub(super) next: Option<At>,
    pub(super) rows: Range<u32>,
}

/// A piece of the page's text.
#[derive(Debug, Clone, Copy)]
pub(super) struct At {
    pub(super) start: u32,
    pub(super) len: u32,
}

/// A value.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cell {
    Null,
    Bool(bool),
    Number(At),
    Text(At),
    Row(u32),
    Set(u32),
    Json(At),
}

impl Page {
    pub(super) fn names(&self, row: u32) -> &Names {
        &self.shapes[self.rows[row as usize].shape as usize].names
    }

    pub(super) fn column(&self, row: u32, name: &str) -> Option<usize> {
        self.names(row).iter().position(|n| n.eq_ignore_ascii_case(name))
    }

    pub(super) fn cell(&self, row: u32, column: usize) -> &Cell {
        &self.cells[self.rows[row as usize].first_cell as usize + column]
    }

    pub(super) fn slice(&self, at: At) -> &str {
        let start = at.start as usize;
        self.text.get(start..start + at.len as usize).unwrap_or_default()
    }
}
