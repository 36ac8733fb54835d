//! The rows of a load as they come, from a call or from CSV, and the data of the job as it is sent.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use aws_lc_rs::digest::{Context, SHA256};
use serde_json::Value;
use sf_schema::{Field, FieldType, Object};
use tempfile::NamedTempFile;

use crate::org::{CSV_NULL, MOST_BYTES};
use crate::{Problem, ToolError, Values};

/// Rows of one load.
pub(super) const MOST_ROWS: u64 = 500_000;

/// Rows that are checked together.
const CHUNK: usize = 1_000;

/// Where the rows come from.
pub(super) enum Source {
    Rows(Vec<Values>),
    Csv {
        path: PathBuf,
        /// Whether this session made it.
        own: bool,
    },
}

/// A row: a value for each column, none where the row says nothing.
pub(super) type Cells = Vec<Option<Value>>;

pub(super) fn is_id(name: &str) -> bool {
    name.eq_ignore_ascii_case("Id")
}

/// A column, and the field that it is of.
#[derive(Clone)]
pub(super) struct Column {
    pub(super) name: String,
    /// Of `Owner.Ext__c`: the relationship and the field.
    pub(super) parent: Option<(String, String)>,
}

impl Column {
    pub(super) fn new(name: String) -> Self {
        let parent =
            name.split_once('.').map(|(parent, field)| (parent.to_owned(), field.to_owned()));
        Self { name, parent }
    }

    pub(super) fn field<'a>(&self, object: &'a Object) -> Option<&'a Field> {
        match &self.parent {
            Some((parent, _)) => object.parent(parent),
            None => object.field(&self.name),
        }
    }
}

/// Gives rows, a few at a time.
pub(super) struct Feed {
    pub(super) columns: Vec<Column>,
    rows: Reader,
}

enum Reader {
    Rows(std::vec::IntoIter<Values>),
    Csv(Box<csv::StringRecordsIntoIter<File>>),
}

impl Feed {
    pub(super) fn open(source: Source) -> Result<Self, ToolError> {
        match source {
            Source::Rows(rows) => {
                let rows = rows.into_iter().enumerate().map(|(at, row)| flat(at + 1, row));
                let rows = rows.collect::<Result<Vec<Values>, ToolError>>()?;
                let mut names: Vec<String> = Vec::new();
                for name in rows.iter().flat_map(|row| row.keys()) {
                    if !names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                        names.push(name.clone());
                    }
                }
                let columns = names.into_iter().map(Column::new).collect();
                Ok(Self { columns, rows: Reader::Rows(rows.into_iter()) })
            }
            Source::Csv { path, .. } => {
                let file = File::open(path).map_err(|error| unread(&error))?;
                let bytes = file.metadata().map_err(|error| unread(&error))?.len();
                if bytes > MOST_BYTES {
                    return Err(too_large(&format!("{} MB", bytes.div_ceil(1_000_000))));
                }
                let mut reader = csv::ReaderBuilder::new().from_reader(file);
                let header = reader.headers().map_err(|error| unread(&error))?;
                let names = header.iter().map(|name| name.trim().trim_start_matches('\u{feff}'));
                let columns = names.map(|name| Column::new(name.to_owned())).collect();
                let rows = Reader::Csv(Box::new(reader.into_records()));
                Ok(Self { columns, rows })
            }
        }
    }

    pub(super) fn chunk(&mut self, columns: &[Column]) -> Result<Vec<Cells>, ToolError> {
        let mut chunk = Vec::new();
        while chunk.len() < CHUNK {
            let cells = match &mut self.rows {
                Reader::Rows(rows) => match rows.next() {
                    Some(row) => columns
                        .iter()
                        .map(|column| {
                            let own = |(name, _): &(&String, &Value)| {
                                name.eq_ignore_ascii_case(&column.name)
                            };
                            row.iter().find(own).map(|(_, value)| value.clone())
                        })
                        .collect(),
                    None => break,
                },
                Reader::Csv(rows) => match rows.next() {
                    // An empty value leaves the field as it is, as it does for the platform.
                    Some(Ok(row)) => row
                        .iter()
                        .map(|text| (!text.is_empty()).then(|| Value::String(text.to_owned())))
                        .collect(),
                    Some(Err(error)) => return Err(unread(&error)),
                    None => break,
                },
            };
            chunk.push(cells);
        }
        Ok(chunk)
    }
}

/// `{"Owner": {"Ext__c": 1}}` as `{"Owner.Ext__c": 1}`, of the row with this number.
///
/// # Errors
/// If a value of the row would be lost: one column takes one value.
fn flat(number: usize, row: Values) -> Result<Values, ToolError> {
    let mut flat = Values::new();
    let mut given = HashSet::new();
    let refused = |name: &str, message: String| {
        let problem = Problem::new(format!("row {number}.{name}"), message);
        let message = "A row cannot be sent as it is meant. Nothing was sent.";
        Err(ToolError::fix_your_call(message).with_problem(problem))
    };
    for (name, value) in row {
        let values: Vec<(String, Value)> = match value {
            Value::Object(inner) => {
                let fields = inner.into_iter().filter(|(field, _)| field != "attributes");
                fields.map(|(field, value)| (format!("{name}.{field}"), value)).collect()
            }
            other => vec![(name.clone(), other)],
        };
        if values.is_empty() {
            let message = format!(
                "Names no field of the parent. Give its external id field, as in \
                 {{\"{name}\": {{\"Key__c\": \"A-1\"}}}}, or leave it out."
            );
            return refused(&name, message);
        }
        for (name, value) in values {
            if !given.insert(name.to_ascii_lowercase()) {
                return refused(&name, "Is given twice; leave one out.".to_owned());
            }
            flat.insert(name, value);
        }
    }
    Ok(flat)
}

/// A text of CSV as a value of a field; what does not fit stays a text, which is then told of.
pub(super) fn typed(field: Option<&Field>, cell: &Value, is_key: bool) -> Value {
    let Some(text) = cell.as_str() else { return cell.clone() };
    if text == CSV_NULL {
        return Value::Null;
    }
    let Some(field) = field.filter(|_| !is_key) else { return cell.clone() };
    let trimmed = text.trim();
    match &field.ty {
        FieldType::Boolean => match trimmed.to_ascii_lowercase().as_str() {
            "true" | "1" => Value::Bool(true),
            "false" | "0" => Value::Bool(false),
            _ => cell.clone(),
        },
        ty if ty.is_number() => match serde_json::from_str::<serde_json::Number>(trimmed) {
            Ok(number) => Value::Number(number),
            Err(_) => cell.clone(),
        },
        _ => cell.clone(),
    }
}

/// A value as CSV has it.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Null => CSV_NULL.to_owned(),
        Value::String(text) if text.is_empty() => CSV_NULL.to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The data of the job, in a file of its own.
pub(super) struct Data(csv::Writer<Hashed>);

/// Hashes and counts what is written.
struct Hashed {
    file: BufWriter<NamedTempFile>,
    hash: Context,
    bytes: u64,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

impl Data {
    pub(super) fn new(columns: &[String]) -> Result<Self, ToolError> {
        let file = NamedTempFile::new().map_err(|error| unkept(&error))?;
        let hash = Context::new(&SHA256);
        let hashed = Hashed { file: BufWriter::new(file), hash, bytes: 0 };
        let mut data = Self(csv::Writer::from_writer(hashed));
        if !columns.is_empty() {
            data.row(columns)?;
        }
        Ok(data)
    }

    pub(super) fn row(&mut self, values: &[String]) -> Result<(), ToolError> {
        self.0.write_record(values).map_err(|error| unkept(&error))?;
        // What the writer holds back is a few KB, which the end counts.
        match self.0.get_ref().bytes > MOST_BYTES {
            true => Err(too_large(OVER)),
            false => Ok(()),
        }
    }

    /// The file, and the SHA-256 of what is in it.
    pub(super) fn finish(self) -> Result<(NamedTempFile, String), ToolError> {
        let hashed = self.0.into_inner().map_err(|error| unkept(error.error()))?;
        if hashed.bytes > MOST_BYTES {
            return Err(too_large(OVER));
        }
        let file = hashed.file.into_inner().map_err(|error| unkept(error.error()))?;
        let hash = hashed.hash.finish();
        Ok((file, hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()))
    }
}

/// How much CSV a load has that is found to be too large as it is written.
const OVER: &str = "too many bytes";

/// The refusal of more than one job takes; `has` says how much it is.
pub(super) fn too_large(has: &str) -> ToolError {
    ToolError::fix_your_call(format!(
        "This has {has}, and a load takes at most {} MB of CSV and {MOST_ROWS} rows. Nothing was sent. \
         Split it into files within that, each with the header, and load one after the other: rows that \
         depend on others after those.",
        MOST_BYTES / 1_000_000
    ))
}

fn unread(error: &dyn std::fmt::Display) -> ToolError {
    let text = crate::text::shorten(&error.to_string(), 200);
    ToolError::fix_your_call(format!(
        "The CSV cannot be read: {text}. Nothing was sent. It has to be UTF-8, with commas, a header, and \
         as many values in each row."
    ))
}

fn unkept(error: &dyn std::fmt::Display) -> ToolError {
    tracing::error!(%error, "the data of a load cannot be written");
    ToolError::ask_a_person(
        "The data of the load cannot be written on the machine of this connection; whoever runs it finds \
         the cause in its log. Nothing was sent.",
    )
}
