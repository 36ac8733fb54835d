//! How the CSV of a job is written.

use crate::Error;

/// What stands between the values of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ColumnDelimiter {
    /// `,`
    #[default]
    Comma,
    /// A tab.
    Tab,
    /// `|`
    Pipe,
    /// `;`
    Semicolon,
    /// `^`
    Caret,
    /// `` ` ``
    Backquote,
}

impl ColumnDelimiter {
    /// The platform's name: `COMMA`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Comma => "COMMA",
            Self::Tab => "TAB",
            Self::Pipe => "PIPE",
            Self::Semicolon => "SEMICOLON",
            Self::Caret => "CARET",
            Self::Backquote => "BACKQUOTE",
        }
    }

    /// From the platform's name; a job that does not tell has commas.
    pub(crate) fn read(name: Option<&str>) -> Result<Self, Error> {
        let Some(name) = name else { return Ok(Self::Comma) };
        let all =
            [Self::Comma, Self::Tab, Self::Pipe, Self::Semicolon, Self::Caret, Self::Backquote];
        all.into_iter()
            .find(|known| known.name() == name)
            .ok_or_else(|| Error::invalid(format!("the column delimiter {name} is not known")))
    }

    pub(crate) fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Tab => b'\t',
            Self::Pipe => b'|',
            Self::Semicolon => b';',
            Self::Caret => b'^',
            Self::Backquote => b'`',
        }
    }
}

/// What ends a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum LineEnding {
    /// A line feed.
    #[default]
    Lf,
    /// A carriage return and a line feed.
    Crlf,
}

impl LineEnding {
    /// The platform's name: `LF`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lf => "LF",
            Self::Crlf => "CRLF",
        }
    }
}

/// The CSV of a job, up and down: UTF-8, a header row, values with the delimiter, a quote or a line
/// end in double quotes, and quotes inside them doubled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct CsvFormat {
    /// What stands between values.
    pub delimiter: ColumnDelimiter,
    /// What ends a row.
    pub line_ending: LineEnding,
}
