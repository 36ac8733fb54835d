//! Objects as bulk jobs see them: read from the describe that clients get.

use std::collections::HashMap;

use serde::Deserialize;

use crate::engine::{ApiError, Caller, Engine};

#[derive(Debug, Deserialize)]
pub(super) struct Object {
    pub(super) name: String,
    fields: Vec<Field>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Field {
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) ty: String,
    pub(super) soap_type: String,
    pub(super) custom: bool,
    pub(super) external_id: bool,
    pub(super) id_lookup: bool,
    pub(super) relationship_name: Option<String>,
    pub(super) reference_to: Vec<String>,
}

impl Object {
    pub(super) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name))
    }

    /// The lookup behind a relationship name.
    pub(super) fn parent(&self, relationship: &str) -> Option<&Field> {
        self.fields.iter().find(|field| {
            field
                .relationship_name
                .as_deref()
                .is_some_and(|name| name.eq_ignore_ascii_case(relationship))
        })
    }

    /// What `FIELDS(STANDARD)` stands for in a job: compound fields are left out.
    pub(super) fn standard(&self) -> impl Iterator<Item = &str> {
        let fields = self.fields.iter().filter(|field| !field.custom && !field.is_compound());
        fields.map(|field| field.name.as_str())
    }
}

impl Field {
    /// An address or a geolocation.
    pub(super) fn is_compound(&self) -> bool {
        self.soap_type.starts_with("urn:")
    }

    /// Whether its value can name a record.
    pub(super) fn identifies(&self) -> bool {
        self.external_id || self.id_lookup
    }
}

/// The objects one job needs, each described once.
pub(super) struct Objects<'e> {
    engine: &'e Engine,
    caller: &'e Caller,
    known: HashMap<String, Object>,
}

impl<'e> Objects<'e> {
    pub(super) fn new(engine: &'e Engine, caller: &'e Caller) -> Self {
        Self { engine, caller, known: HashMap::new() }
    }

    /// An object by its name in any case.
    pub(super) fn get(&mut self, name: &str) -> Result<&Object, ApiError> {
        let key = name.to_ascii_lowercase();
        if !self.known.contains_key(&key) {
            let text = self.engine.describe(self.caller, name)?.0;
            let object =
                serde_json::from_str(&text).map_err(|error| ApiError::unexpected(&error))?;
            self.known.insert(key.clone(), object);
        }
        self.known.get(&key).ok_or_else(ApiError::not_found)
    }
}
