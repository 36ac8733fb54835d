//! Rows into the data of jobs, split by size and number.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};

use bytes::Bytes;
use csv::{Terminator, Writer, WriterBuilder};
use futures_util::stream;
use sf_auth::transport::RequestBody;

use super::csv_reader::{Problem, Rows};
use super::encode;
use super::row::Header;
use crate::Error;
use crate::exchange::Source;
use crate::ops::bulk::{CsvFormat, LineEnding};

/// Data is kept in pieces of this size, so that it grows without being copied.
const PIECE: usize = 1 << 20;

/// The data of one job.
pub(super) struct Part {
    pieces: Vec<Bytes>,
    pub(super) bytes: u64,
    /// The place of its first row among all.
    pub(super) first: u64,
    /// By which the rows are found again in the results.
    pub(super) digests: Vec<u64>,
}

impl Source for Part {
    fn open(&self) -> Result<RequestBody, Error> {
        let pieces = self.pieces.clone().into_iter().map(Ok::<_, std::convert::Infallible>);
        Ok(RequestBody::stream(self.bytes, stream::iter(pieces)))
    }
}

/// By what its values are, in the order of the columns, a row is found again.
pub(super) fn digest<'a>(values: impl Iterator<Item = &'a str>) -> u64 {
    let mut hasher = DefaultHasher::new();
    values.for_each(|value| value.hash(&mut hasher));
    hasher.finish()
}

/// Builds the data of one job after the other.
pub(super) struct Parts {
    format: CsvFormat,
    max_bytes: u64,
    max_rows: usize,
    columns: Option<Vec<String>>,
    part: Part,
    piece: Writer<Vec<u8>>,
    ready: VecDeque<Part>,
}

impl Parts {
    pub(super) fn new(format: CsvFormat, max_bytes: u64, max_rows: usize) -> Self {
        let part = Part { pieces: Vec::new(), bytes: 0, first: 0, digests: Vec::new() };
        let piece = writer(format, Vec::new());
        Self { format, max_bytes, max_rows, columns: None, part, piece, ready: VecDeque::new() }
    }

    pub(super) fn columns(&self) -> Option<&[String]> {
        self.columns.as_deref()
    }

    /// Sets the columns, once, before the first row.
    pub(super) fn set_columns(&mut self, columns: Vec<String>) -> Result<(), Error> {
        if columns.is_empty() {
            return Err(Error::invalid("there are no columns"));
        }
        if let Some(name) = encode::twice(columns.iter().map(String::as_str)) {
            return Err(Error::invalid(format!("the column {name} is there twice")));
        }
        self.columns = Some(columns);
        self.header()
    }

    fn header(&mut self) -> Result<(), Error> {
        let columns = self.columns.as_deref().unwrap_or_default();
        self.piece.write_record(columns).map_err(|e| unwritten(&e))?;
        self.piece.flush().map_err(|e| unwritten(&e))
    }

    /// Adds a row with a value for each column.
    pub(super) fn row<'a, I>(&mut self, values: I) -> Result<(), Error>
    where
        I: Iterator<Item = &'a str> + Clone,
    {
        let before = self.piece.get_ref().len();
        self.piece.write_record(values.clone()).map_err(|e| unwritten(&e))?;
        self.piece.flush().map_err(|e| unwritten(&e))?;
        let after = self.piece.get_ref().len();
        let rows = self.part.digests.len();
        if self.part.bytes + after as u64 > self.max_bytes || rows >= self.max_rows {
            if rows == 0 {
                return Err(Error::invalid(format!(
                    "row {} is longer than the data of one job may be ({} bytes, with the header)",
                    self.part.first + 1,
                    self.max_bytes
                )));
            }
            // This row belongs to the next job.
            self.cut_piece(before)?;
            self.close();
            self.header()?;
            return self.row(values);
        }
        self.part.digests.push(digest(values));
        if after >= PIECE {
            self.cut_piece(after)?;
        }
        Ok(())
    }

    fn cut_piece(&mut self, length: usize) -> Result<(), Error> {
        let piece = std::mem::replace(&mut self.piece, writer(self.format, Vec::new()));
        let mut piece = piece.into_inner().map_err(|e| unwritten(&e.error()))?;
        piece.truncate(length);
        self.part.bytes += piece.len() as u64;
        self.part.pieces.push(piece.into());
        Ok(())
    }

    fn close(&mut self) {
        let first = self.part.first + self.part.digests.len() as u64;
        let next = Part { pieces: Vec::new(), bytes: 0, first, digests: Vec::new() };
        self.ready.push_back(std::mem::replace(&mut self.part, next));
    }

    /// The rows are over.
    pub(super) fn finish(&mut self) -> Result<(), Error> {
        if !self.part.digests.is_empty() {
            self.cut_piece(self.piece.get_ref().len())?;
            self.close();
        }
        Ok(())
    }

    /// The data of the next job, if there is enough for one.
    pub(super) fn take(&mut self) -> Option<Part> {
        self.ready.pop_front()
    }
}

/// Rows of CSV, written anew as the job declares it.
impl Rows for Parts {
    fn row(&mut self, header: &Header, values: &str, ends: &[usize]) -> Result<(), Problem> {
        if self.columns.is_none() {
            let names = header.iter().map(|name| String::from(&**name)).collect();
            self.set_columns(names).map_err(|e| e.to_string())?;
        }
        let starts = std::iter::once(&0).chain(ends);
        let values = starts.zip(ends).map(|(start, end)| values.get(*start..*end));
        if values.clone().any(|value| value.is_none()) {
            return Err("a value is not UTF-8".to_owned());
        }
        self.row(values.flatten()).map_err(|e| e.to_string())
    }
}

fn writer(format: CsvFormat, out: Vec<u8>) -> Writer<Vec<u8>> {
    WriterBuilder::new()
        .delimiter(format.delimiter.byte())
        .terminator(match format.line_ending {
            LineEnding::Lf => Terminator::Any(b'\n'),
            LineEnding::Crlf => Terminator::CRLF,
        })
        .from_writer(out)
}

fn unwritten(error: &impl std::fmt::Display) -> Error {
    Error::invalid(format!("a row cannot be written as CSV: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::bulk::ColumnDelimiter;

    fn split(rows: &[&str], max_bytes: u64, max_rows: usize) -> Vec<(u64, usize, String)> {
        let format = CsvFormat { delimiter: ColumnDelimiter::Pipe, line_ending: LineEnding::Crlf };
        let mut parts = Parts::new(format, max_bytes, max_rows);
        parts.set_columns(vec!["A".to_owned(), "B".to_owned()]).unwrap();
        for row in rows {
            parts.row([*row, "x"].into_iter()).unwrap();
        }
        parts.finish().unwrap();
        let mut all = Vec::new();
        while let Some(part) = parts.take() {
            let text = part.pieces.concat();
            assert_eq!((text.len() as u64, text.len() as u64 <= max_bytes), (part.bytes, true));
            all.push((part.first, part.digests.len(), String::from_utf8(text).unwrap()));
        }
        all
    }

    #[test]
    fn jobs_are_cut_between_rows_and_each_has_the_header() {
        let rows = ["a|b", "two\nlines", "", "say \"hi\"", "c"];
        insta::assert_snapshot!(format!("{:?}", split(&rows, 1_000, 2)), @r#"[(0, 2, "A|B\r\n\"a|b\"|x\r\n\"two\nlines\"|x\r\n"), (2, 2, "A|B\r\n|x\r\n\"say \"\"hi\"\"\"|x\r\n"), (4, 1, "A|B\r\nc|x\r\n")]"#);
        let sizes = |max| split(&rows, max, 1_000).iter().map(|part| part.1).collect::<Vec<_>>();
        assert_eq!(sizes(1_000), [5]);
        assert_eq!(sizes(32), [2, 3]);
        assert_eq!(sizes(29), [2, 2, 1]);
        assert_eq!(sizes(24), [1, 2, 1, 1]);
        assert!(split(&[], 10, 10).is_empty());
    }

    #[test]
    fn a_column_stands_once() {
        let mut parts = Parts::new(CsvFormat::default(), 10, 10);
        let error = parts.set_columns(vec!["Name".to_owned(), "name".to_owned()]).unwrap_err();
        insta::assert_snapshot!(error, @"invalid request: the column name is there twice");
    }

    #[test]
    fn a_row_that_fits_no_job_is_refused() {
        let mut parts = Parts::new(CsvFormat::default(), 10, 10);
        parts.set_columns(vec!["Name".to_owned()]).unwrap();
        parts.row(["abcd"].into_iter()).unwrap();
        let error = parts.row(["abcdef"].into_iter()).unwrap_err();
        insta::assert_snapshot!(error, @"invalid request: row 2 is longer than the data of one job may be (10 bytes, with the header)");
    }
}
