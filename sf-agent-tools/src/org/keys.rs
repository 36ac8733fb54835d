//! Keys of creates: a value of its own in a unique field for each new record, so that a lost answer
//! can be settled.

use std::sync::Arc;

use sf_schema::{Field, Object};
use sf_soql::build::field;

use super::Org;
use crate::prepare::{Action, Change, key_text, parts, value};
use crate::seal::random_u64;
use crate::{Problem, ToolError, Values};

/// How a value begins that was made up here.
const MADE_UP: &str = "sfa-";

impl Org {
    /// The field that identifies new records of an object, if the administrator named one.
    pub(crate) fn key_of(&self, object: &str) -> Option<&str> {
        self.inner.writing.keys.get(&object.to_lowercase()).map(String::as_str)
    }

    /// A create whose records have their keys: those that were given, and others made up.
    pub(crate) async fn identified(&self, mut change: Change) -> Result<Change, ToolError> {
        if change.action != Action::Create || self.key_of(&change.object).is_none() {
            return Ok(change);
        }
        let object = self.object(&change.object).await?;
        let mut given = Vec::new();
        for row in &mut change.rows {
            given.extend(self.identify(&object, &mut row.values)?);
        }
        self.are_new(&object, given).await?;
        Ok(change)
    }

    /// Gives a new record its key, and returns the one that it had, if somebody else made it.
    pub(crate) fn identify(
        &self,
        object: &Arc<Object>,
        values: &mut Values,
    ) -> Result<Option<String>, ToolError> {
        let Some(name) = self.key_of(&object.name) else { return Ok(None) };
        let Some(key) = object.field(name).filter(|field| identifies(field)) else {
            tracing::error!(object = object.name, field = name, "not a field for idempotency keys");
            return Err(ToolError::ask_a_person(format!(
                "The field that identifies new records of {} is set wrongly: {name} is not a unique \
                 text of 36 characters or more that this user may write. Nothing was sent. Whoever \
                 runs this connection has to correct it.",
                object.name
            )));
        };
        if let Some(text) = key_text(values, &key.name) {
            return Ok((!text.starts_with(MADE_UP)).then_some(text));
        }
        let broken = |error| {
            tracing::error!(%error, "no random numbers");
            ToolError::try_later("A key could not be made; this is a fault of the machine.")
        };
        let made_up = format!(
            "{MADE_UP}{:016x}{:016x}",
            random_u64().map_err(broken)?,
            random_u64().map_err(broken)?
        );
        // An empty value may stand there.
        values.retain(|name, _| !name.eq_ignore_ascii_case(&key.name));
        values.insert(key.name.clone(), made_up.into());
        Ok(None)
    }

    /// Refuses keys that records have already: after a lost answer these would be taken for the new
    /// ones.
    pub(crate) async fn are_new(
        &self,
        object: &Object,
        given: Vec<String>,
    ) -> Result<(), ToolError> {
        let Some(key) = self.key_of(&object.name).filter(|_| !given.is_empty()) else {
            return Ok(());
        };
        let mut found = Vec::new();
        for part in parts(&given, 100) {
            let filter = field(key).one_of(part);
            found.extend(self.rows(&object.name, &["Id", key], filter, None).await?);
        }
        if found.is_empty() {
            return Ok(());
        }
        let problems = found.iter().map(|record| {
            let text = |name: &str| record.get(name).and_then(|v| v.as_str().map(str::to_owned));
            let (id, value) = (text("Id").unwrap_or_default(), text(key).unwrap_or_default());
            Problem::new(key, format!("{value:?} belongs to the record {id} already."))
        });
        Err(ToolError::fix_your_call(format!(
            "Nothing was sent: {key} identifies new records of {}, and records with these values exist. \
             Perhaps an earlier call has created them.",
            object.name
        ))
        .with_problems(problems))
    }
}

fn identifies(field: &Field) -> bool {
    field.unique && field.createable && field.ty.is_text() && field.length >= 36
}

/// Whether a value was made up here, and means nothing to a model.
pub(crate) fn is_made_up(values: &Values, field: &str) -> bool {
    value(values, field).and_then(|v| v.as_str()).is_some_and(|text| text.starts_with(MADE_UP))
}
