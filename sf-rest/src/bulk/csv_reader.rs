//! CSV into blocks of rows, piece by piece as it arrives.

use csv_core::{ReadRecordResult, ReaderBuilder};

use super::row::{Block, Header};
use crate::ops::bulk::ColumnDelimiter;

/// A block is handed over when it has this many bytes.
pub(crate) const BLOCK_BYTES: usize = 64 << 10;

/// The longest row; the platform's own limit is 400,000 characters up, and a few MB down.
const MAX_ROW: usize = 64 << 20;

/// What is wrong with the text, in words for an error.
pub(crate) type Problem = String;

/// Cuts text into rows of as many values as the header has. Pieces may end anywhere.
pub(crate) struct CsvReader {
    reader: csv_core::Reader,
    header: Option<Header>,
    /// The row that is being read: its values, where each ends, and how far both are filled.
    values: Vec<u8>,
    ends: Vec<usize>,
    filled: usize,
    fields: usize,
    /// The first bytes, until a byte order mark can be told.
    start: Option<Vec<u8>>,
    rows: u64,
}

/// Who takes the rows: names of columns, values one after the other, where each ends.
pub(crate) trait Rows {
    fn row(&mut self, header: &Header, values: &str, ends: &[usize]) -> Result<(), Problem>;
}

impl CsvReader {
    pub(crate) fn new(delimiter: ColumnDelimiter) -> Self {
        Self {
            reader: ReaderBuilder::new().delimiter(delimiter.byte()).build(),
            header: None,
            values: vec![0; 4 << 10],
            ends: vec![0; 64],
            filled: 0,
            fields: 0,
            start: Some(Vec::new()),
            rows: 0,
        }
    }

    pub(crate) fn header(&self) -> Option<&Header> {
        self.header.as_ref()
    }

    /// Takes the next piece.
    pub(crate) fn push(&mut self, piece: &[u8], rows: &mut impl Rows) -> Result<(), Problem> {
        const MARK: &[u8] = b"\xEF\xBB\xBF";
        let Some(mut start) = self.start.take() else { return self.read(piece, rows) };
        start.extend_from_slice(piece);
        if start.len() < MARK.len() && MARK.starts_with(&start) {
            self.start = Some(start);
            return Ok(());
        }
        self.read(start.strip_prefix(MARK).unwrap_or(&start), rows)
    }

    /// The text is over.
    pub(crate) fn finish(&mut self, rows: &mut impl Rows) -> Result<(), Problem> {
        if let Some(start) = self.start.take().filter(|start| !start.is_empty()) {
            self.read(&start, rows)?;
        }
        // One more line end ends the last row, or is a part of a value whose quotes are not closed.
        let before = self.filled;
        self.step(b"\n", rows)?;
        if self.filled > before {
            return Err("it ends inside a quoted value".to_owned());
        }
        Ok(())
    }

    fn read(&mut self, mut text: &[u8], rows: &mut impl Rows) -> Result<(), Problem> {
        while !text.is_empty() {
            let read = self.step(text, rows)?;
            text = &text[read..];
        }
        Ok(())
    }

    /// Reads until a row is over or the text is.
    fn step(&mut self, text: &[u8], rows: &mut impl Rows) -> Result<usize, Problem> {
        let mut taken = 0;
        loop {
            let (values, ends) = (&mut self.values[self.filled..], &mut self.ends[self.fields..]);
            let (result, read, written, ended) =
                self.reader.read_record(&text[taken..], values, ends);
            taken += read;
            self.filled += written;
            self.fields += ended;
            match result {
                ReadRecordResult::InputEmpty => return Ok(taken),
                ReadRecordResult::OutputFull if self.values.len() >= MAX_ROW => {
                    return Err(format!("row {} has over {MAX_ROW} bytes", self.rows + 1));
                }
                ReadRecordResult::OutputFull => self.values.resize(self.values.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::Record => {
                    self.record(rows)?;
                    return Ok(taken);
                }
                ReadRecordResult::End => return Ok(taken),
            }
        }
    }

    fn record(&mut self, rows: &mut impl Rows) -> Result<(), Problem> {
        let ends = &self.ends[..self.fields];
        let Ok(values) = std::str::from_utf8(&self.values[..self.filled]) else {
            return Err(format!("row {} is not UTF-8", self.rows + 1));
        };
        (self.filled, self.fields) = (0, 0);
        match &self.header {
            None => {
                let mut start = 0;
                let mut names: Vec<Box<str>> = Vec::with_capacity(ends.len());
                for end in ends {
                    let name = values.get(start..*end);
                    names.push(name.ok_or("the header is not UTF-8")?.into());
                    start = *end;
                }
                self.header = Some(names.into());
            }
            Some(header) if header.len() != ends.len() => {
                return Err(format!(
                    "row {} has {} values, and there are {} columns",
                    self.rows + 1,
                    ends.len(),
                    header.len()
                ));
            }
            Some(header) => {
                rows.row(header, values, ends)?;
                self.rows += 1;
            }
        }
        Ok(())
    }
}

/// Collects rows into a block.
#[derive(Default)]
pub(crate) struct Collector {
    text: String,
    ends: Vec<u32>,
}

impl Collector {
    pub(crate) fn is_full(&self) -> bool {
        self.text.len() + size_of_val(&*self.ends) >= BLOCK_BYTES
    }

    pub(crate) fn take(&mut self, header: &Header) -> Option<Block> {
        if self.ends.is_empty() {
            return None;
        }
        let header = Header::clone(header);
        Some(Block {
            header,
            text: std::mem::take(&mut self.text),
            ends: std::mem::take(&mut self.ends),
        })
    }
}

impl Rows for Collector {
    fn row(&mut self, _: &Header, values: &str, ends: &[usize]) -> Result<(), Problem> {
        let start = self.text.len();
        for end in ends {
            let end = start.checked_add(*end).and_then(|end| u32::try_from(end).ok());
            self.ends.push(end.ok_or("there is too much text in one piece")?);
        }
        if ends.iter().any(|end| !values.is_char_boundary(*end)) {
            return Err("a value is not UTF-8".to_owned());
        }
        self.text.push_str(values);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Seen(Vec<Vec<String>>);

    impl Rows for Seen {
        fn row(&mut self, _: &Header, values: &str, ends: &[usize]) -> Result<(), Problem> {
            let starts = std::iter::once(&0).chain(ends);
            self.0.push(starts.zip(ends).map(|(s, e)| values[*s..*e].to_owned()).collect());
            Ok(())
        }
    }

    fn read(text: &[u8], piece: usize) -> Result<Vec<Vec<String>>, Problem> {
        let mut reader = CsvReader::new(ColumnDelimiter::Comma);
        let mut seen = Seen::default();
        for piece in text.chunks(piece.max(1)) {
            reader.push(piece, &mut seen)?;
        }
        reader.finish(&mut seen)?;
        Ok(seen.0)
    }

    #[test]
    fn pieces_may_end_anywhere() {
        let text = "\u{feff}\"Id\",Name\r\n1,\"a, \"\"b\"\"\nü\"\r\n2,\n\"\",x";
        for piece in 1..text.len() {
            let rows = read(text.as_bytes(), piece).unwrap();
            assert_eq!(rows, [["1", "a, \"b\"\nü"], ["2", ""], ["", "x"]], "pieces of {piece}");
        }
        // A quote within a value that has none around it.
        assert_eq!(read(b"A,B\n5\" pipe,x\n", 3).unwrap(), [["5\" pipe", "x"]]);
        assert!(read(b"", 1).unwrap().is_empty());
        assert!(read(b"Id\n", 1).unwrap().is_empty());
    }

    #[test]
    fn what_is_not_whole_is_told() {
        let problems = [&b"A,B\n1\n"[..], b"A\n\"1", b"A,B\n1,\"", b"A\n\xff\n", b"A\n1,2\n"];
        let problems: Vec<String> = problems.iter().map(|t| read(t, 2).unwrap_err()).collect();
        insta::assert_snapshot!(problems.join("\n"), @"
        row 1 has 1 values, and there are 2 columns
        it ends inside a quoted value
        it ends inside a quoted value
        row 1 is not UTF-8
        row 1 has 2 values, and there are 1 columns
        ");
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_is_read(
            rows in proptest::collection::vec(("[a\",\r\n;é ]{0,9}", "[ -~]{0,5}"), 0..20),
            piece in 1..50_usize,
        ) {
            let mut writer = csv::Writer::from_writer(Vec::new());
            writer.write_record(["A", "B"]).unwrap();
            for (a, b) in &rows {
                writer.write_record([a, b]).unwrap();
            }
            let read = read(&writer.into_inner().unwrap(), piece).unwrap();
            let rows: Vec<Vec<String>> = rows.into_iter().map(|(a, b)| vec![a, b]).collect();
            proptest::prop_assert_eq!(read, rows);
        }
    }
}
