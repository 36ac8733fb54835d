//! Values that are known only when an earlier part of the same composite or graph has been
//! executed.

use std::fmt;

use crate::Id;

/// Stands for a value in the answer of an earlier part of a [`Composite`] or a [`Graph`]: the id of
/// a record that is not created yet, or a field of one that is not read yet (REST API Developer
/// Guide, Composite, "referenceId").
///
/// A [`Handle`] gives it, so it can name neither a part that does not exist nor one of another
/// composite; what it is used in can be sent in that composite alone.
///
/// [`Composite`]: crate::ops::composite::Composite
/// [`Graph`]: crate::ops::graph::Graph
/// [`Handle`]: crate::ops::parts::Handle
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reference {
    /// The composite.
    pub(crate) parts: u64,
    /// The part.
    pub(crate) place: usize,
    /// What the platform replaces: `@{r0.id}`.
    text: String,
}

impl Reference {
    pub(crate) fn new(parts: u64, place: usize, path: &str) -> Self {
        Self { parts, place, text: format!("@{{{}{path}}}", name(place)) }
    }

    /// The text that the platform replaces.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The `referenceId` of a part.
pub(crate) fn name(place: usize) -> String {
    format!("r{place}")
}

/// The id of a record, or where it will come from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum IdOrRef {
    /// A record that exists.
    Id(Id),
    /// A record that an earlier part of the same composite writes or reads.
    Ref(Reference),
}

impl From<Id> for IdOrRef {
    fn from(id: Id) -> Self {
        Self::Id(id)
    }
}

impl From<Reference> for IdOrRef {
    fn from(reference: Reference) -> Self {
        Self::Ref(reference)
    }
}

impl From<&Reference> for IdOrRef {
    fn from(reference: &Reference) -> Self {
        Self::Ref(reference.clone())
    }
}

impl fmt::Display for IdOrRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Ref(reference) => reference.fmt(f),
        }
    }
}

/// What fills one place of a path template.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Segment<'a> {
    /// Percent-encoded.
    Text(&'a str),
    /// Written as it is.
    Reference(&'a Reference),
}

impl<'a> From<&'a str> for Segment<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Segment<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a Id> for Segment<'a> {
    fn from(id: &'a Id) -> Self {
        Self::Text(id.as_str())
    }
}

impl<'a> From<&'a IdOrRef> for Segment<'a> {
    fn from(id: &'a IdOrRef) -> Self {
        match id {
            IdOrRef::Id(id) => id.into(),
            IdOrRef::Ref(reference) => Self::Reference(reference),
        }
    }
}
