//! The names of fields, which rows of a page have in common.

use std::sync::Arc;

/// In the place of a shape that is not there.
pub(super) const NO_SHAPE: u32 = u32::MAX;

/// What rows have in common.
pub(super) struct Shape {
    pub(super) names: Arc<Names>,
    /// For each column, the shape that its last nested row had.
    pub(super) nested: Vec<u32>,
}

/// Names of fields, in one text: each as it stands in front of its value, `"Name":`.
#[derive(Default, PartialEq, Eq, Hash)]
pub(super) struct Names {
    text: String,
    names: Vec<Name>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Name {
    /// Where its quote stands, and where the next name begins.
    start: usize,
    end: usize,
    /// Whether it stands so in JSON, too; with escapes it would not.
    plain: bool,
}

impl Names {
    pub(super) fn push(&mut self, name: &str) {
        let start = self.text.len();
        self.text.push('"');
        self.text.push_str(name);
        self.text.push_str("\":");
        let plain = name.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\');
        self.names.push(Name { start, end: self.text.len(), plain });
    }

    /// The first names.
    pub(super) fn first(&self, count: usize) -> Self {
        let names = self.names[..count].to_vec();
        let end = names.last().map_or(0, |name| name.end);
        Self { text: self.text[..end].to_owned(), names }
    }

    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    pub(super) fn get(&self, place: usize) -> Option<&str> {
        let name = self.names.get(place)?;
        self.text.get(name.start + 1..name.end - 2)
    }

    /// A name with its quotes and colon, if JSON can write it so.
    #[inline]
    pub(super) fn quoted(&self, place: usize) -> Option<&str> {
        let name = self.names.get(place).filter(|name| name.plain)?;
        self.text.get(name.start..name.end)
    }

    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        (0..self.len()).map(|place| self.get(place).unwrap_or_default())
    }
}

/// Follows the names of a row along the shape of the row before it, and makes a new shape only
/// where they part.
pub(super) struct NameMatch {
    hint: u32,
    pub(super) count: usize,
    own: Option<Names>,
}

impl NameMatch {
    pub(super) fn new(hint: u32) -> Self {
        Self { hint, count: 0, own: None }
    }

    /// The shape that the row has as far as it was read.
    #[inline]
    fn shape<'s>(&self, shapes: &'s [Shape]) -> Option<&'s Shape> {
        if self.own.is_none() { shapes.get(self.hint as usize) } else { None }
    }

    /// The name that comes next if this row is like the one before, with its quotes and colon.
    #[inline]
    pub(super) fn expected<'s>(&self, shapes: &'s [Shape]) -> Option<&'s str> {
        self.shape(shapes)?.names.quoted(self.count)
    }

    pub(super) fn push(&mut self, shapes: &[Shape], name: &str) {
        if self.own.is_none() {
            let known = shapes.get(self.hint as usize).map(|shape| &shape.names);
            if known.and_then(|names| names.get(self.count)) == Some(name) {
                self.count += 1;
                return;
            }
            self.own = Some(known.map_or_else(Names::default, |names| names.first(self.count)));
        }
        self.own.get_or_insert_default().push(name);
        self.count += 1;
    }

    /// The shape that a row nested in the column before had.
    #[inline]
    pub(super) fn nested(&self, shapes: &[Shape]) -> u32 {
        let column = self.count.checked_sub(1);
        column
            .and_then(|column| self.shape(shapes)?.nested.get(column))
            .copied()
            .unwrap_or(NO_SHAPE)
    }

    pub(super) fn finish(self, shapes: &[Shape]) -> Shaped {
        if let Some(own) = self.own {
            return Shaped::Otherwise(own);
        }
        match shapes.get(self.hint as usize) {
            Some(shape) if shape.names.len() == self.count => Shaped::AsBefore(self.hint),
            Some(shape) => Shaped::Otherwise(shape.names.first(self.count)),
            None => Shaped::Otherwise(Names::default()),
        }
    }
}

/// What the names of a row turned out to be.
pub(super) enum Shaped {
    /// Those of the row before.
    AsBefore(u32),
    /// Others.
    Otherwise(Names),
}
