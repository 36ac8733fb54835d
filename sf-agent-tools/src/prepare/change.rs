//! A write of records of one object, as a value: checked, and not sent.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sf_rest::Id;
use sf_schema::Object;

use crate::tools::verify::{self, Check};
use crate::{Effect, Values};

/// What a write does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(crate) enum Action {
    Create,
    Update,
    Upsert,
    Delete,
}

impl Action {
    pub(crate) fn effects(self) -> &'static [Effect] {
        match self {
            Self::Create => &[Effect::Create],
            Self::Update => &[Effect::Update],
            Self::Upsert => &[Effect::Create, Effect::Update],
            Self::Delete => &[Effect::Delete],
        }
    }

    /// "create".
    pub(crate) fn verb(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Upsert => "upsert",
            Self::Delete => "delete",
        }
    }

    /// What was done to a record that was written, where Salesforce does not say: "created".
    pub(crate) fn done(self) -> &'static str {
        match self {
            Self::Create => "created",
            Self::Update => "updated",
            Self::Upsert => "created_or_updated",
            Self::Delete => "deleted",
        }
    }
}

/// A write of records of one object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Change {
    pub(crate) action: Action,
    /// API name.
    pub(crate) object: String,
    /// The external id field of an upsert.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<String>,
    pub(crate) all_or_none: bool,
    pub(crate) rows: Vec<Row>,
}

/// One record of a write.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Row {
    /// The record that is changed or deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<Id>,
    #[serde(default, skip_serializing_if = "Values::is_empty")]
    pub(crate) values: Values,
    /// When the record was changed last, as the plan saw it; none if there was no record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) seen: Option<Timestamp>,
}

impl Change {
    pub(crate) fn ids(&self) -> Vec<Id> {
        self.rows.iter().filter_map(|row| row.id).collect()
    }

    /// The write of the first `most` records alone.
    pub(crate) fn head(&self, most: usize) -> Self {
        let rows = self.rows.iter().take(most).cloned().collect();
        let (object, key) = (self.object.clone(), self.key.clone());
        Self { action: self.action, object, key, all_or_none: self.all_or_none, rows }
    }

    /// The names of the fields that are written, each once, as the object spells them; a parent
    /// named by its external id counts as the field that points at it.
    pub(crate) fn fields<'a>(&self, object: &'a Object) -> Vec<&'a sf_schema::Field> {
        let mut fields: Vec<&sf_schema::Field> = Vec::new();
        for name in self.rows.iter().flat_map(|row| row.values.keys()) {
            let Some(field) = object.field(name).or_else(|| object.parent(name)) else { continue };
            if !fields.iter().any(|known| known.name == field.name) {
                fields.push(field);
            }
        }
        fields
    }

    /// The values of the external id field of an upsert, as texts.
    pub(crate) fn keys(&self) -> Vec<String> {
        let Some(key) = &self.key else { return Vec::new() };
        self.rows.iter().map(|row| key_text(&row.values, key).unwrap_or_default()).collect()
    }

    /// The call that tells whether this write has happened.
    pub(crate) fn check(&self, object: &Object) -> Check {
        match self.action {
            Action::Create => {
                let values: Vec<&Values> = self.rows.iter().map(|row| &row.values).collect();
                verify::created(object, &values)
            }
            Action::Update => {
                let names = self.rows.iter().flat_map(|row| row.values.keys().map(String::as_str));
                verify::by_ids(object, &self.ids(), names)
            }
            Action::Delete => verify::by_ids(object, &self.ids(), []),
            Action::Upsert => match self.key.as_deref().and_then(|name| object.field(name)) {
                Some(field) => verify::by_key(object, field, &self.keys()),
                None => verify::by_ids(object, &[], []),
            },
        }
    }
}

/// The value of a field, by its name in any case.
pub(crate) fn value<'a>(values: &'a Values, field: &str) -> Option<&'a Value> {
    values.iter().find(|(name, _)| name.eq_ignore_ascii_case(field)).map(|(_, value)| value)
}

/// The value of an external id field as a text, if there is one.
pub(crate) fn key_text(values: &Values, field: &str) -> Option<String> {
    match value(values, field) {
        Some(Value::String(text)) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    }
}
