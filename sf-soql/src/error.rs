//! What a statement that does not parse is answered with.

use std::fmt;

/// A statement that is not SOQL or SOSL: where, what was expected, what was found, and
/// how to mend it when that can be guessed.
///
/// `Display` is one line for people and models:
///
/// ```
/// let error = sf_soql::parse("SELECT Id FORM Account").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "line 1, column 11: expected `,` or FROM, found `FORM`; did you mean FROM?",
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ParseError {
    /// The class of the fault.
    pub kind: ParseErrorKind,
    /// The byte at which the offending token starts; the length of the
    /// statement if it ended too early.
    pub position: usize,
    /// The line of `position`, from 1.
    pub line: usize,
    /// The column of `position` within its line, in characters, from 1.
    pub column: usize,
    /// What could have stood there, in words.
    pub expected: String,
    /// The text of the offending token, [`ParseError::EOF`] at the end. Long
    /// tokens are cut.
    pub found: String,
    /// A sentence without its full stop that says what to write instead.
    pub suggestion: Option<String>,
}

impl ParseError {
    /// What [`ParseError::found`] holds when the statement ended too early.
    pub const EOF: &'static str = "<EOF>";

    /// The class of the fault.
    #[must_use]
    pub fn kind(&self) -> ParseErrorKind {
        self.kind
    }

    pub(crate) fn at(source: &str, position: usize, kind: ParseErrorKind) -> ParseError {
        let before = source.get(..position).unwrap_or(source);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        ParseError {
            kind,
            position: before.len(),
            line: before.bytes().filter(|byte| *byte == b'\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            expected: String::new(),
            found: String::new(),
            suggestion: None,
        }
    }
}

/// The class of a [`ParseError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ParseErrorKind {
    /// A token that cannot stand where it does.
    UnexpectedToken,
    /// A string, a search or a phrase in it without its closing quote or brace.
    UnterminatedString,
    /// A backslash in a string or a search that starts no known escape.
    InvalidEscape,
    /// Something that starts as a number, date or time and is none.
    InvalidLiteral,
    /// A call of a function that SOQL does not have.
    UnknownFunction,
    /// Parentheses, calls, subqueries or operators of a search nested deeper than
    /// [`MAX_DEPTH`](crate::MAX_DEPTH).
    TooDeep,
    /// More characters than [`MAX_LENGTH`](crate::MAX_LENGTH).
    TooLong,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: expected {}", self.line, self.column, self.expected)?;
        match self.found.as_str() {
            "" => {}
            ParseError::EOF => f.write_str(", found the end of the statement")?,
            found => write!(f, ", found `{found}`")?,
        }
        match &self.suggestion {
            Some(suggestion) => write!(f, "; {suggestion}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ParseError {}
