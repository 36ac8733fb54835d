//! Field values of one record, ready to be written.

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;

use crate::Error;
use crate::ops::reference::Reference;

/// Field names and values in their order, as JSON text, so that no digit of a number is lost.
#[derive(Debug, Clone, Default)]
pub struct Fields {
    values: Vec<(String, Box<RawValue>)>,
    references: Vec<Reference>,
}

impl Fields {
    /// The fields of anything that serializes to a JSON object: a struct, a map, `json!({…})`.
    /// `attributes` and `Id`, which belong to the request and not to the record, are refused.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`].
    pub fn new(value: &(impl Serialize + ?Sized)) -> Result<Self, Error> {
        let fields = Self::any(value, "the fields of a record are")?;
        for (name, _) in &fields.values {
            check_name(name)?;
        }
        Ok(fields)
    }

    /// Named values that are not fields of a record, so that any name is allowed.
    pub(crate) fn any(value: &(impl Serialize + ?Sized), what: &str) -> Result<Self, Error> {
        serde_json::to_string(value)
            .and_then(|text| serde_json::from_str(&text))
            .map_err(|e| Error::invalid(format!("{what} not a JSON object: {e}")))
    }

    /// The fields and one more, whose value comes from an earlier part of the same composite.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] for a name as [`new`](Self::new) refuses it, and for a field that
    /// has a value.
    pub fn with_reference(
        mut self,
        name: impl Into<String>,
        reference: &Reference,
    ) -> Result<Self, Error> {
        let name = name.into();
        check_name(&name)?;
        if self.get(&name).is_some() {
            return Err(Error::invalid(format!("the field {name} has a value already")));
        }
        let value = serde_json::value::to_raw_value(reference.as_str())
            .map_err(|e| Error::invalid(format!("the reference is not JSON: {e}")))?;
        self.values.push((name, value));
        self.references.push(reference.clone());
        Ok(self)
    }

    pub(crate) fn references(&self) -> &[Reference] {
        &self.references
    }

    /// Adds a text, unless the field has it already.
    pub(crate) fn set_text(&mut self, name: &str, text: &str) -> Result<(), Error> {
        match self.text(name) {
            Some(Ok(value)) if value == text => return Ok(()),
            Some(_) => {
                return Err(Error::invalid(format!("the fields have another value for {name}")));
            }
            None => {}
        }
        let value = serde_json::value::to_raw_value(text)
            .map_err(|e| Error::invalid(format!("the value of {name} is not JSON: {e}")))?;
        self.values.push((name.to_owned(), value));
        Ok(())
    }

    /// The text of a field; an error if its value is not a text.
    pub(crate) fn text(&self, name: &str) -> Option<Result<String, Error>> {
        let text = serde_json::from_str(self.get(name)?);
        Some(text.map_err(|_| Error::invalid(format!("the value of {name} is not a text"))))
    }

    /// The names, in order.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.values.iter().map(|(name, _)| name.as_str())
    }

    /// The JSON text of a value.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.get())
    }

    /// Writes the fields into a map that has begun.
    pub(crate) fn extend<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        self.values.iter().try_for_each(|(name, value)| map.serialize_entry(name, value))
    }
}

/// Whether a text can be the name of an object or field.
pub(crate) fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn check_name(name: &str) -> Result<(), Error> {
    if name == "attributes" || name.eq_ignore_ascii_case("id") {
        return Err(Error::invalid(format!(
            "the field {name} cannot be written; leave it out (the id of the record to write is a value of its own)"
        )));
    }
    Ok(())
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.values.len()))?;
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
                Ok(Fields { values: fields, references: Vec::new() })
            }
        }
        deserializer.deserialize_map(Entries)
    }
}
