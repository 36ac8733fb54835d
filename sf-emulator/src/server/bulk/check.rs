//! What the platform demands of uploaded CSV and a tolerant reader would let
//! pass: quotes, line endings, sizes (Bulk API 2.0 Developer Guide, "Prepare
//! CSV Files" and "Bulk API 2.0 Limits").

use super::dialect::{Dialect, LineEnding};

const MAX_FIELDS: usize = 5_000;
const MAX_FIELD_CHARS: usize = 32_000;
const MAX_RECORD_CHARS: usize = 400_000;

/// Checks whole data; the records below the header, or the job's
/// `errorMessage`.
pub(super) fn check(data: &[u8], dialect: Dialect) -> Result<usize, String> {
    if let Err(error) = std::str::from_utf8(data) {
        let at = error.valid_up_to();
        return Err(batch(format!("Failed to parse CSV. Byte {at} of the data is not UTF-8")));
    }
    let mut scan = Scan::new(dialect);
    for (at, byte) in data.iter().enumerate() {
        scan.byte(*byte, data.get(at + 1).copied())?;
    }
    scan.end()
}

fn batch(message: impl std::fmt::Display) -> String {
    format!("InvalidBatch : {message}")
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    FieldStart,
    Plain,
    Quoted,
    /// After a quote that ends the field, or is half of a doubled one.
    QuoteInQuoted,
}

struct Scan {
    dialect: Dialect,
    place: Place,
    previous: u8,
    /// Of the record that is being read.
    fields: usize,
    field_chars: usize,
    record_chars: usize,
    /// Fields of the header.
    columns: Option<usize>,
    records: usize,
}

impl Scan {
    fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            place: Place::FieldStart,
            previous: 0,
            fields: 0,
            field_chars: 0,
            record_chars: 0,
            columns: None,
            records: 0,
        }
    }

    fn byte(&mut self, byte: u8, next: Option<u8>) -> Result<(), String> {
        match (self.place, byte) {
            (Place::Quoted, b'"') => self.place = Place::QuoteInQuoted,
            (Place::Quoted, _) => self.count(byte)?,
            (Place::QuoteInQuoted, b'"') => {
                self.count(byte)?;
                self.place = Place::Quoted;
            }
            (Place::FieldStart, b'"') => self.place = Place::Quoted,
            // Judged at the line feed.
            (_, b'\r') if next == Some(b'\n') => {}
            (_, b'\r') if self.crlf() => return Err(self.line_ending()),
            (_, b'\n') if self.crlf() != (self.previous == b'\r') => {
                return Err(self.line_ending());
            }
            (_, b'\n') => self.record()?,
            (_, byte) if byte == self.dialect.delimiter.byte() => self.field(),
            // A quote in a plain value, or anything after the closing one.
            (_, b'"') | (Place::QuoteInQuoted, _) => {
                return Err(batch(
                    "Failed to parse CSV. Found unescaped quote. A value with quote should be within a quote",
                ));
            }
            _ => {
                self.place = Place::Plain;
                self.count(byte)?;
            }
        }
        self.previous = byte;
        Ok(())
    }

    fn count(&mut self, byte: u8) -> Result<(), String> {
        // Not the later bytes of a character.
        if byte & 0xC0 != 0x80 {
            self.field_chars += 1;
            self.record_chars += 1;
        }
        if self.field_chars > MAX_FIELD_CHARS {
            return Err(batch(format!(
                "Row {} has a value of over {MAX_FIELD_CHARS} characters",
                self.row()
            )));
        }
        if self.record_chars > MAX_RECORD_CHARS {
            return Err(batch(format!(
                "Row {} has over {MAX_RECORD_CHARS} characters",
                self.row()
            )));
        }
        Ok(())
    }

    fn field(&mut self) {
        self.fields += 1;
        self.field_chars = 0;
        self.place = Place::FieldStart;
    }

    fn record(&mut self) -> Result<(), String> {
        // An empty line is no record.
        if self.fields == 0 && self.place == Place::FieldStart {
            return Ok(());
        }
        self.field();
        let fields = std::mem::take(&mut self.fields);
        self.record_chars = 0;
        match self.columns {
            None if fields > MAX_FIELDS => {
                Err(batch(format!("The header has over {MAX_FIELDS} fields")))
            }
            None => {
                self.columns = Some(fields);
                Ok(())
            }
            Some(columns) if columns != fields => Err(batch(format!(
                "Failed to parse CSV. Row {} has {fields} fields, the header has {columns}",
                self.row()
            ))),
            Some(_) => {
                self.records += 1;
                Ok(())
            }
        }
    }

    fn end(mut self) -> Result<usize, String> {
        if self.place == Place::Quoted {
            return Err(batch("Failed to parse CSV. EOF reached before closing an opened quote"));
        }
        self.record()?;
        match self.columns {
            Some(_) => Ok(self.records),
            None => Err(batch("The data has no header row")),
        }
    }

    /// The number of the record that is being read; the header is 0.
    fn row(&self) -> usize {
        self.columns.map_or(0, |_| self.records + 1)
    }

    fn crlf(&self) -> bool {
        self.dialect.line_ending == LineEnding::Crlf
    }

    fn line_ending(&self) -> String {
        let setting = self.dialect.line_ending.name();
        format!(
            "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is {setting}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::dialect::Delimiter;
    use super::*;

    const LF: Dialect = Dialect { delimiter: Delimiter::Comma, line_ending: LineEnding::Lf };
    const CRLF: Dialect = Dialect { delimiter: Delimiter::Tab, line_ending: LineEnding::Crlf };

    #[test]
    fn well_formed_data_is_counted() {
        for (text, dialect, records) in [
            ("Name\na\nb", LF, 2),
            ("Name\na\nb\n", LF, 2),
            ("Name,Site\n\"a, b\",\"say \"\"hi\"\"\"\n", LF, 1),
            ("Name\n\"two\nlines\"\n", LF, 1),
            ("Name\n\"two\r\nlines\"\n", LF, 1),
            ("Name\n\na\n\n", LF, 1),
            ("Name,Site\n,\n", LF, 1),
            ("Name\n\"\"\n", LF, 1),
            ("Name\tSite\r\n\"two\nlines\"\tb\r\n", CRLF, 1),
            ("Name", LF, 0),
        ] {
            assert_eq!(check(text.as_bytes(), dialect), Ok(records), "{text:?}");
        }
    }

    #[test]
    fn what_a_tolerant_reader_would_take_fails_the_job() {
        let long = format!("Name\n{}\n", "x".repeat(MAX_FIELD_CHARS + 1));
        let cases: [(&[u8], Dialect); 11] = [
            (b"", LF),
            (b"Name\r\na\r\n", LF),
            (b"Name\na\n", CRLF),
            (b"Name\r\n\"a\"\n", CRLF),
            (b"Name\na \"b\"\n", LF),
            (b"Name\n\"a\" ,b\n", LF),
            (b"\xEF\xBB\xBF\"Id\"\n", LF),
            (b"Name\n\"a\n", LF),
            (b"Name,Site\na\n", LF),
            (b"Name\n\xFF\n", LF),
            (long.as_bytes(), LF),
        ];
        let messages: Vec<_> =
            cases.iter().map(|(text, dialect)| check(text, *dialect).unwrap_err()).collect();
        insta::assert_snapshot!(messages.join("\n"), @"
        InvalidBatch : The data has no header row
        ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is LF
        ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is CRLF
        ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is CRLF
        InvalidBatch : Failed to parse CSV. Found unescaped quote. A value with quote should be within a quote
        InvalidBatch : Failed to parse CSV. Found unescaped quote. A value with quote should be within a quote
        InvalidBatch : Failed to parse CSV. Found unescaped quote. A value with quote should be within a quote
        InvalidBatch : Failed to parse CSV. EOF reached before closing an opened quote
        InvalidBatch : Failed to parse CSV. Row 1 has 1 fields, the header has 2
        InvalidBatch : Failed to parse CSV. Byte 5 of the data is not UTF-8
        InvalidBatch : Row 1 has a value of over 32000 characters
        ");
    }

    proptest::proptest! {
        /// What the check lets pass is read as it was counted.
        #[test]
        fn the_reader_agrees(text in "[a,\"\r\n\t;é ]{0,40}", crlf: bool) {
            let dialect = if crlf { CRLF } else { LF };
            if let Ok(records) = check(text.as_bytes(), dialect) {
                let mut reader = dialect.reader(text.as_bytes());
                let read: Vec<_> = reader.records().collect::<Result<_, _>>().unwrap();
                proptest::prop_assert_eq!(read.len(), records + 1);
                proptest::prop_assert!(read.iter().all(|record| record.len() == read[0].len()));
            }
        }

        /// What this org writes, it takes.
        #[test]
        fn written_values_come_back(values: Vec<(String, String)>, crlf: bool) {
            let dialect = if crlf { CRLF } else { LF };
            let mut writer = dialect.writer(Vec::new());
            writer.write_record(["A", "B"]).unwrap();
            for (a, b) in &values {
                writer.write_record([a, b]).unwrap();
            }
            let text = writer.into_inner().unwrap();
            proptest::prop_assert_eq!(check(&text, dialect), Ok(values.len()));
            let mut reader = dialect.reader(text.as_slice());
            let read = reader.records().skip(1).map(|record| record.unwrap());
            let read: Vec<_> = read.map(|record| (record[0].to_owned(), record[1].to_owned())).collect();
            proptest::prop_assert_eq!(read, values);
        }
    }
}
