//! Picklist values, and which of them another field's value allows.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::json::{flag, flag_or, items, maybe_text, text};
use crate::{Error, Field, FieldType, Object};

/// One value of a picklist.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct PicklistValue {
    /// What is stored and sent.
    pub value: String,
    /// What people see.
    pub label: String,
    /// Whether it can be chosen today.
    pub active: bool,
    /// Whether it is chosen when none is given.
    pub default: bool,
    /// For a dependent picklist: for which of the controlling field's values
    /// it can be chosen.
    pub valid_for: Option<ValidFor>,
}

impl PicklistValue {
    /// The values in a list under `key`, as a describe and a layout have them.
    pub(crate) fn list(raw: &Value, key: &str) -> Vec<Self> {
        items(raw, key)
            .iter()
            .map(|v| Self {
                value: text(v, "value"),
                label: text(v, "label"),
                // Absent means nobody said otherwise.
                active: flag_or(v, "active", true),
                default: flag(v, "defaultValue"),
                valid_for: maybe_text(v, "validFor").map(ValidFor),
            })
            .collect()
    }
}

/// A set of positions in the controlling field's list of values: base64 of a
/// row of bits, the first in the highest bit of the first byte (SOAP API
/// Developer Guide, `PicklistEntry`, `validFor`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ValidFor(String);

impl ValidFor {
    /// As the describe has it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the controlling value at this position, inactive ones counted,
    /// allows this one. Bits that are missing are not set; a text that is not
    /// base64 allows nothing.
    #[must_use]
    pub fn contains(&self, position: usize) -> bool {
        self.bits().get(position / 8).is_some_and(|byte| byte & (0x80 >> (position % 8)) != 0)
    }

    fn bits(&self) -> Vec<u8> {
        STANDARD.decode(&self.0).or_else(|_| STANDARD_NO_PAD.decode(&self.0)).unwrap_or_default()
    }
}

/// A picklist whose values depend on what another field of the record holds.
#[derive(Debug, Clone, Copy)]
pub struct Dependency<'a> {
    field: &'a Field,
    controller: &'a Field,
}

impl<'a> Dependency<'a> {
    /// The field that decides.
    #[must_use]
    pub fn controller(&self) -> &'a Field {
        self.controller
    }

    /// What the controlling field can hold, in the order of the bits; those
    /// of a checkbox are `false` and `true` (User Interface API Developer
    /// Guide, Picklist Values, `controllerValues`).
    #[must_use]
    pub fn controlling_values(&self) -> Vec<&'a str> {
        if self.controller.ty == FieldType::Boolean {
            return vec!["false", "true"];
        }
        self.controller.picklist.iter().map(|v| v.value.as_str()).collect()
    }

    /// The active values that can be chosen while the controlling field holds
    /// `controlling`; `None` if it has no such value. While it is empty none can.
    #[must_use]
    pub fn allowed(&self, controlling: &str) -> Option<Vec<&'a str>> {
        let at = self.controlling_values().iter().position(|value| *value == controlling)?;
        let values = self.field.picklist.iter().filter(|v| v.active);
        let allowed = values.filter(|v| v.valid_for.as_ref().is_some_and(|set| set.contains(at)));
        Some(allowed.map(|v| v.value.as_str()).collect())
    }

    /// Each active controlling value with the values that it allows.
    #[must_use]
    pub fn table(&self) -> Vec<(&'a str, Vec<&'a str>)> {
        let inactive = |value: &str| {
            self.controller.picklist.iter().any(|known| known.value == value && !known.active)
        };
        let values = self.controlling_values().into_iter().filter(|value| !inactive(value));
        values.map(|value| (value, self.allowed(value).unwrap_or_default())).collect()
    }
}

impl Object {
    /// What the picklist `field` depends on; `None` if it stands alone.
    ///
    /// # Errors
    /// [`Error::Picklist`] if its controlling fields form a circle, or one of
    /// them does not exist, is not visible, or is of a type that controls
    /// nothing.
    pub fn dependency<'a>(&'a self, field: &'a Field) -> Result<Option<Dependency<'a>>, Error> {
        let mut chain = vec![field.name.as_str()];
        let mut first = None;
        let mut at = field;
        while let Some(name) = &at.controller {
            let broken = |reason: String| Error::Picklist {
                object: self.name.clone(),
                field: field.name.clone(),
                reason,
            };
            let Some(controller) = self.field(name) else {
                return Err(broken(format!("its controlling field {name} is not in the describe")));
            };
            if chain.iter().any(|seen| seen.eq_ignore_ascii_case(&controller.name)) {
                chain.push(&controller.name);
                return Err(broken(format!(
                    "its controlling fields form a circle: {}",
                    chain.join(" -> ")
                )));
            }
            if !controller.ty.is_picklist() && controller.ty != FieldType::Boolean {
                return Err(broken(format!(
                    "its controlling field {name} is of the type {}, and only picklists and \
                     checkboxes control",
                    controller.ty
                )));
            }
            chain.push(&controller.name);
            first = first.or(Some(controller));
            at = controller;
        }
        Ok(first.map(|controller| Dependency { field, controller }))
    }
}
