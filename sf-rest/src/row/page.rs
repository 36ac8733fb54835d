//! The memory of a page: its bytes, the shapes of its rows, and a few words per value.

use std::ops::Range;
use std::sync::Arc;

/// A page that has been read. Everything refers to everything else by number; the numbers come
/// from the parser alone.
pub(super) struct Page {
    /// The answer as it came.
    pub(super) body: String,
    /// Texts that had escapes, without them.
    pub(super) arena: String,
    pub(super) shapes: Vec<Shape>,
    pub(super) cells: Vec<Cell>,
    pub(super) rows: Vec<RowHead>,
    pub(super) sets: Vec<Set>,
    /// The rows of all sets, each set a range.
    pub(super) set_rows: Vec<u32>,
}

/// The field names that rows have in common.
pub(super) struct Shape {
    pub(super) names: Arc<[Box<str>]>,
    /// Each name as it stands in front of its value, `"Name":`, if it needs no escapes.
    pub(super) quoted: Vec<Option<Box<str>>>,
    /// For each column, the shape that its last nested row had.
    pub(super) nested: Vec<u32>,
}

/// A row: its values are `names.len()` cells from `first_cell` on.
pub(super) struct RowHead {
    pub(super) shape: u32,
    pub(super) first_cell: u32,
    pub(super) object_type: Text,
    pub(super) url: Text,
}

/// The children of one row.
pub(super) struct Set {
    pub(super) total_size: u64,
    pub(super) done: bool,
    pub(super) next: Text,
    pub(super) rows: Range<u32>,
}

/// A piece of the page's bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct At {
    pub(super) start: u32,
    pub(super) len: u32,
}

/// A text in the page, in the arena, or absent.
#[derive(Debug, Clone, Copy)]
pub(super) enum Text {
    None,
    Page(At),
    Arena(At),
}

/// A value.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cell {
    Null,
    Bool(bool),
    Number(At),
    Text(Text),
    Row(u32),
    Set(u32),
    Json(At),
}

impl Page {
    pub(super) fn names(&self, row: u32) -> &[Box<str>] {
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
        self.body.get(start..start + at.len as usize).unwrap_or_default()
    }

    pub(super) fn text(&self, text: &Text) -> Option<&str> {
        match text {
            Text::None => None,
            Text::Page(at) => Some(self.slice(*at)),
            Text::Arena(at) => {
                let start = at.start as usize;
                self.arena.get(start..start + at.len as usize)
            }
        }
    }
}
