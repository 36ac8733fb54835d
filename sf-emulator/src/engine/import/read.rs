//! Files of rows, one record at a time: JSON (an array of records, the reply of
//! a query, an sObject tree) and CSV with the Bulk API's headers.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};

use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::{Map, Value};

use super::error::{Place, RowsError};

/// What is done with a record.
pub(super) type Sink<'s> = dyn FnMut(&Place, Map<String, Value>) -> Result<(), RowsError> + 's;

/// The files with rows at a path, by name: all of a folder, save those that hold
/// describes or the plan of a tree export.
pub(super) fn files(path: &Path) -> Result<Vec<PathBuf>, RowsError> {
    let failed = |source| RowsError::Read { path: path.to_owned(), source };
    if fs::metadata(path).map_err(failed)?.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(failed)? {
        let file = entry.map_err(failed)?.path();
        let name = file.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        let is_rows = name.ends_with(".json") || name.ends_with(".csv");
        if is_rows && name != "sobjects.json" && !name.ends_with("-plan.json") && file.is_file() {
            files.push(file);
        }
    }
    if files.is_empty() {
        return Err(RowsError::Empty { path: path.to_owned() });
    }
    files.sort();
    Ok(files)
}

/// Hands every record of a file to `sink`, in its order.
pub(super) fn records(path: &Path, sink: &mut Sink<'_>) -> Result<(), RowsError> {
    let file =
        File::open(path).map_err(|source| RowsError::Read { path: path.to_owned(), source })?;
    let place = Place { path: path.to_owned(), record: 0 };
    let is_csv = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
    if is_csv { csv(file, place, sink) } else { json(file, place, sink) }
}

fn json(file: File, place: Place, sink: &mut Sink<'_>) -> Result<(), RowsError> {
    let path = place.path.clone();
    let mut failed = None;
    let mut reader = serde_json::Deserializer::from_reader(BufReader::new(file));
    let records = Records { place, sink, failed: &mut failed };
    let read = records.deserialize(&mut reader).and_then(|()| reader.end());
    match (failed, read) {
        (Some(failed), _) => Err(failed),
        (None, Err(error)) => {
            Err(RowsError::NotReadable { path, problem: format!("not JSON with records: {error}") })
        }
        (None, Ok(())) => Ok(()),
    }
}

/// An array of records, or an object that has one under `records`.
struct Records<'r, 's> {
    place: Place,
    sink: &'r mut Sink<'s>,
    /// What the sink refused; serde's own errors carry texts alone.
    failed: &'r mut Option<RowsError>,
}

impl<'de> DeserializeSeed<'de> for Records<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Records<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an array of records, or an object with the array `records`")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        while let Some(record) = items.next_element::<Map<String, Value>>()? {
            self.place.record += 1;
            if let Err(error) = (self.sink)(&self.place, record) {
                *self.failed = Some(error);
                return Err(A::Error::custom("refused"));
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let mut records = Some(self);
        while let Some(key) = entries.next_key::<String>()? {
            match records.take_if(|_| key == "records") {
                Some(records) => entries.next_value_seed(records)?,
                None => {
                    entries.next_value::<IgnoredAny>()?;
                }
            }
        }
        match records {
            None => Ok(()),
            Some(_) => Err(A::Error::missing_field("records")),
        }
    }
}

fn csv(file: File, mut place: Place, sink: &mut Sink<'_>) -> Result<(), RowsError> {
    let path = place.path.clone();
    let failed = |error: csv::Error| RowsError::NotReadable {
        path: path.clone(),
        problem: format!("not CSV with a header: {error}"),
    };
    let mut reader = csv::Reader::from_reader(BufReader::new(file));
    let header = reader.headers().map_err(failed)?.clone();
    let mut line = csv::StringRecord::new();
    while reader.read_record(&mut line).map_err(failed)? {
        place.record += 1;
        let mut record = Map::new();
        for (name, value) in header.iter().zip(&line) {
            let (name, value) = column(name.trim_start_matches('\u{feff}').trim(), value);
            record.insert(name, value);
        }
        sink(&place, record)?;
    }
    Ok(())
}

/// `Name`, or `Account__r.External_Id__c`, or with the parent's object
/// `User:Owner.Username` (Bulk API 2.0 Developer Guide, "Relationship Fields in a
/// Header Row"). Empty and `#N/A` are null.
fn column(name: &str, value: &str) -> (String, Value) {
    let value = match value {
        "" | "#N/A" => Value::Null,
        text => Value::String(text.to_owned()),
    };
    let Some((relationship, field)) = name.split_once('.') else { return (name.to_owned(), value) };
    let (kind, relationship) = match relationship.split_once(':') {
        Some((kind, relationship)) => (Some(kind), relationship),
        None => (None, relationship),
    };
    if value.is_null() {
        return (relationship.to_owned(), value);
    }
    let mut parent = Map::new();
    if let Some(kind) = kind {
        parent.insert("attributes".to_owned(), serde_json::json!({ "type": kind }));
    }
    parent.insert(field.to_owned(), value);
    (relationship.to_owned(), Value::Object(parent))
}
