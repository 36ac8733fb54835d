//! Rows as JSON, without `attributes`.

use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::{ChildRecords, Record, ValueRef};

impl Serialize for Record {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.len()))?;
        for (name, value) in self.iter() {
            map.serialize_entry(name, &value)?;
        }
        map.end()
    }
}

impl Serialize for ValueRef<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            // As it was written: every digit survives.
            Self::Number(text) | Self::Json(text) => {
                let raw: &RawValue =
                    serde_json::from_str(text).map_err(serde::ser::Error::custom)?;
                raw.serialize(serializer)
            }
            Self::String(text) => serializer.serialize_str(text),
            Self::Record(record) => record.serialize(serializer),
            Self::Records(children) => children.serialize(serializer),
        }
    }
}

/// As the platform writes it, with the address of the rest only where there is one.
impl Serialize for ChildRecords {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("totalSize", &self.total_size())?;
        map.serialize_entry("done", &self.is_done())?;
        if let Some(next) = self.next() {
            map.serialize_entry("nextRecordsUrl", next)?;
        }
        map.serialize_entry("records", &Rows(self))?;
        map.end()
    }
}

struct Rows<'a>(&'a ChildRecords);

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let records = self.0.records();
        let mut seq = serializer.serialize_seq(Some(records.len()))?;
        for record in records {
            seq.serialize_element(&record)?;
        }
        seq.end()
    }
}
