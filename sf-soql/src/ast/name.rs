//! Names: single identifiers and dotted paths.
//!
//! Their text is private and checked when made, so that a tree built by hand
//! cannot print anything but a name where a name stands.

use std::fmt;
use std::str::FromStr;

use super::Span;

/// Text that is not a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not a name: a name starts with a letter and holds letters, digits and underscores"
)]
pub struct InvalidName {
    text: String,
}

impl InvalidName {
    pub(crate) fn new(text: &str) -> InvalidName {
        InvalidName { text: text.chars().take(80).collect() }
    }
}

/// One name: an object, an alias, a scope. Kept and printed as it was written.
///
/// Equality is exact; the platform ignores case, as [`Ident::is`] does.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ident {
    text: Box<str>,
    span: Span,
}

impl Ident {
    /// Checks that `text` is a letter followed by letters, digits and
    /// underscores (all ASCII).
    ///
    /// A reserved word is taken too: whether it may stand somewhere depends on
    /// the place (`FROM Order` is legal, an alias `Order` is not).
    pub fn new(text: &str) -> Result<Ident, InvalidName> {
        if is_name(text) {
            Ok(Ident::trusted(text, Span::default()))
        } else {
            Err(InvalidName::new(text))
        }
    }

    pub(crate) fn trusted(text: &str, span: Span) -> Ident {
        debug_assert!(is_name(text), "not a name: {text}");
        Ident { text: text.into(), span }
    }

    /// The name as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Where it stood.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span
    }

    /// Whether this is `name`, ignoring ASCII case.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.text.eq_ignore_ascii_case(name)
    }
}

impl fmt::Display for Ident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Ident {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Ident, InvalidName> {
        Ident::new(text)
    }
}

/// A dotted path: `Name`, `Account.Owner.Name`, `c.Email`.
///
/// It has at least one segment. Segments are split from one string on demand.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Path {
    text: Box<str>,
    span: Span,
}

impl Path {
    /// Checks that every dot-separated part of `text` is a name.
    pub fn new(text: &str) -> Result<Path, InvalidName> {
        if text.split('.').all(is_name) {
            Ok(Path::trusted(text.into(), Span::default()))
        } else {
            Err(InvalidName::new(text))
        }
    }

    pub(crate) fn trusted(text: Box<str>, span: Span) -> Path {
        debug_assert!(text.split('.').all(is_name), "not a path: {text}");
        Path { text, span }
    }

    /// The whole path, segments joined by dots.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Where it stood.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span
    }

    /// Whether this is `path`, ignoring ASCII case.
    #[must_use]
    pub fn is(&self, path: &str) -> bool {
        self.text.eq_ignore_ascii_case(path)
    }

    /// The names, first to last.
    pub fn segments(&self) -> std::str::Split<'_, char> {
        self.text.split('.')
    }

    /// How many names.
    #[must_use]
    pub fn len(&self) -> usize {
        self.segments().count()
    }

    /// Never true: a path has at least one name.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        false
    }

    /// The first name.
    #[must_use]
    pub fn first(&self) -> &str {
        self.text.split_once('.').map_or(&self.text, |(first, _)| first)
    }

    /// The last name: the field itself, when the path names a field.
    #[must_use]
    pub fn last(&self) -> &str {
        self.text.rsplit_once('.').map_or(&self.text, |(_, last)| last)
    }

    /// The path without its last name, as text: the relationships to follow.
    #[must_use]
    pub fn parent(&self) -> Option<&str> {
        self.text.rsplit_once('.').map(|(parent, _)| parent)
    }

    /// The one name, if the path has no dot.
    #[must_use]
    pub fn single(&self) -> Option<&str> {
        (!self.text.contains('.')).then_some(&*self.text)
    }

    /// The path without its first name (an object's name or alias), if
    /// anything is left.
    #[must_use]
    pub fn without_first(&self) -> Option<Path> {
        self.text.split_once('.').map(|(_, rest)| Path { text: rest.into(), span: self.span })
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Path {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Path, InvalidName> {
        Path::new(text)
    }
}

impl From<Ident> for Path {
    fn from(name: Ident) -> Path {
        Path { text: name.text, span: name.span }
    }
}

fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic())
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
