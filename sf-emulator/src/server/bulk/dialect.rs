//! How a job's CSV is written: its delimiter and its line ending.

use super::refusal::Refusal;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dialect {
    pub(super) delimiter: Delimiter,
    pub(super) line_ending: LineEnding,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delimiter {
    Backquote,
    Caret,
    Comma,
    Pipe,
    Semicolon,
    Tab,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineEnding {
    Lf,
    Crlf,
}

const DELIMITERS: [(&str, Delimiter); 6] = [
    ("BACKQUOTE", Delimiter::Backquote),
    ("CARET", Delimiter::Caret),
    ("COMMA", Delimiter::Comma),
    ("PIPE", Delimiter::Pipe),
    ("SEMICOLON", Delimiter::Semicolon),
    ("TAB", Delimiter::Tab),
];

impl Delimiter {
    pub(super) fn name(self) -> &'static str {
        DELIMITERS.iter().find(|(_, known)| *known == self).map_or("COMMA", |(name, _)| name)
    }

    pub(super) fn byte(self) -> u8 {
        match self {
            Self::Backquote => b'`',
            Self::Caret => b'^',
            Self::Comma => b',',
            Self::Pipe => b'|',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
        }
    }
}

impl LineEnding {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Lf => "LF",
            Self::Crlf => "CRLF",
        }
    }
}

impl Dialect {
    /// From a job's `columnDelimiter` and `lineEnding`.
    pub(super) fn new(delimiter: Option<&str>, line_ending: Option<&str>) -> Result<Self, Refusal> {
        let delimiter = delimiter.unwrap_or("COMMA");
        let known = DELIMITERS.iter().find(|(name, _)| *name == delimiter);
        let delimiter = known.map(|(_, known)| *known).ok_or_else(|| {
            let names: Vec<_> = DELIMITERS.iter().map(|(name, _)| *name).collect();
            let names = names.join(", ");
            Refusal::job(format!("Invalid columnDelimiter '{delimiter}'. Valid values are {names}"))
        })?;
        let line_ending = match line_ending.unwrap_or("LF") {
            "LF" => LineEnding::Lf,
            "CRLF" => LineEnding::Crlf,
            other => {
                let message = format!("Invalid lineEnding '{other}'. Valid values are LF, CRLF");
                return Err(Refusal::job(message));
            }
        };
        Ok(Self { delimiter, line_ending })
    }

    pub(super) fn line_end(self) -> &'static str {
        match self.line_ending {
            LineEnding::Lf => "\n",
            LineEnding::Crlf => "\r\n",
        }
    }

    /// Reads data that [`check`](super::check::check) has let pass.
    pub(super) fn reader<R: std::io::Read>(self, data: R) -> csv::Reader<R> {
        csv::ReaderBuilder::new()
            .delimiter(self.delimiter.byte())
            .terminator(match self.line_ending {
                LineEnding::Lf => csv::Terminator::Any(b'\n'),
                LineEnding::Crlf => csv::Terminator::CRLF,
            })
            .has_headers(false)
            .flexible(true)
            .from_reader(data)
    }

    /// Writes every value in quotes, as the platform does.
    pub(super) fn writer(self, out: Vec<u8>) -> csv::Writer<Vec<u8>> {
        csv::WriterBuilder::new()
            .delimiter(self.delimiter.byte())
            .terminator(match self.line_ending {
                LineEnding::Lf => csv::Terminator::Any(b'\n'),
                LineEnding::Crlf => csv::Terminator::CRLF,
            })
            .quote_style(csv::QuoteStyle::Always)
            .flexible(true)
            .from_writer(out)
    }
}
