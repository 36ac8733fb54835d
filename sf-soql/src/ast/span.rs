//! Where in the statement a node stood.

use std::hash::{Hash, Hasher};
use std::ops::Range;

/// A range of bytes of the parsed statement.
///
/// All spans compare equal and hash alike, so that two trees are equal when
/// they mean the same, wherever their parts stood. Compare [`Span::range`] to
/// compare positions. A node built by hand has the empty default span.
#[derive(Clone, Copy, Debug, Default)]
pub struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// The span from byte `start` up to, not including, byte `end`.
    ///
    /// Offsets beyond `u32::MAX` are clamped; a statement that the parser
    /// takes is far shorter.
    #[must_use]
    pub fn new(start: usize, end: usize) -> Span {
        let clamp = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span { start: clamp(start), end: clamp(end) }
    }

    /// First byte.
    #[must_use]
    pub fn start(self) -> usize {
        self.start as usize
    }

    /// One past the last byte.
    #[must_use]
    pub fn end(self) -> usize {
        self.end as usize
    }

    /// The bytes covered, for slicing the statement.
    #[must_use]
    pub fn range(self) -> Range<usize> {
        self.start()..self.end()
    }

    /// The span from the start of `self` to the end of `other`.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        Span { start: self.start, end: other.end.max(self.start) }
    }

    /// From the first of `spans` to the last; the default if there is none.
    pub(crate) fn over(spans: impl IntoIterator<Item = Span>) -> Span {
        spans.into_iter().reduce(Span::to).unwrap_or_default()
    }
}

impl PartialEq for Span {
    fn eq(&self, _: &Span) -> bool {
        true
    }
}

impl Eq for Span {}

impl Hash for Span {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}
