//! What administrators want models to know of objects and fields.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Notes on the objects of an org, as a configuration file can hold them:
/// `{"Account": {"note": "…", "fields": {"Rating": "…"}}}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Notes {
    objects: BTreeMap<String, ObjectNotes>,
}

/// Notes on one object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ObjectNotes {
    /// On the object as a whole.
    pub note: Option<String>,
    /// On its fields, by API name.
    pub fields: BTreeMap<String, String>,
}

impl Notes {
    /// The notes on an object, by its API name in any case.
    #[must_use]
    pub fn object(&self, name: &str) -> Option<&ObjectNotes> {
        let mut objects = self.objects.iter();
        objects.find(|(object, _)| object.eq_ignore_ascii_case(name)).map(|(_, notes)| notes)
    }
}

impl ObjectNotes {
    /// The note on a field, by its API name in any case.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.fields.iter();
        fields.find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, note)| note.as_str())
    }
}
