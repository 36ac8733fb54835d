//! Field values of one record, ready to be written.

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;

use crate::Error;

/// Field names and values in their order, as JSON text, so that no digit of a number is lost.
#[derive(Debug, Clone, Default)]
pub struct Fields(Vec<(String, Box<RawValue>)>);

impl Fields {
    /// The fields of anything that serializes to a JSON object: a struct, a map, `json!({…})`.
    /// `attributes` and `Id`, which belong to the request and not to the record, are refused.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`].
    pub fn new(value: &(impl Serialize + ?Sized)) -> Result<Self, Error> {
        let fields: Self =
            serde_json::to_string(value).and_then(|text| serde_json::from_str(&text)).map_err(
                |e| Error::invalid(format!("the fields of a record are not a JSON object: {e}")),
            )?;
        for (name, _) in &fields.0 {
            if name == "attributes" || name.eq_ignore_ascii_case("id") {
                return Err(Error::invalid(format!(
                    "the field {name} cannot be written; leave it out (the id of the record to write is a value of \
                     its own)"
                )));
            }
        }
        Ok(fields)
    }

    /// The names, in order.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// The JSON text of a value.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.get())
    }

    /// Writes the fields into a map that has begun.
    pub(crate) fn extend<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        self.0.iter().try_for_each(|(name, value)| map.serialize_entry(name, value))
    }
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        self.extend(&mut map)?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Fields;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object of field values")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    fields.push(entry);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}
