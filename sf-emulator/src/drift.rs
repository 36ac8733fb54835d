//! Changes of the org's schema while it runs: what an administrator does to a
//! custom object while a program still knows the one of yesterday.

use serde::Deserialize;

/// One change of the schema, for [`Emulator::alter`](crate::Emulator::alter).
///
/// Names are API names. Objects and fields that are renamed, removed or given
/// another type must be custom ones, as on the platform: a standard field goes
/// away by field-level security alone.
///
/// In JSON, for the admin endpoint: `{"kind": "rename_field", "object":
/// "Invoice__c", "field": "Amount__c", "to": "Total__c"}`, and so on with the
/// names of the variants and of what is in them.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Drift {
    /// Another API name for a field; its values stay. A lookup's relationship is
    /// renamed along (`To__r`).
    RenameField {
        /// Of the field.
        object: String,
        /// Its name so far.
        field: String,
        /// Its new name, which ends in `__c`.
        to: String,
    },
    /// Removes a field with its values.
    RemoveField {
        /// Of the field.
        object: String,
        /// What is removed.
        field: String,
    },
    /// Another type for a field. Values are converted; those that cannot be are
    /// emptied.
    RetypeField {
        /// Of the field.
        object: String,
        /// The field as it shall be; its name says which.
        field: NewField,
    },
    /// From now on no record may be created or left without a value; those that
    /// have none stay.
    RequireField {
        /// Of the field.
        object: String,
        /// Which one.
        field: String,
    },
    /// A new field, empty in all records.
    AddField {
        /// Of the field.
        object: String,
        /// The field, whose name ends in `__c`.
        field: NewField,
    },
    /// Another API name for an object; records keep their ids.
    RenameObject {
        /// Its name so far.
        object: String,
        /// Its new name, which ends in `__c`.
        to: String,
    },
    /// Removes an object with its records, and lookups that point to it alone.
    RemoveObject {
        /// What is removed.
        object: String,
    },
    /// One more value of a picklist, the last one.
    AddPicklistValue {
        /// Of the field.
        object: String,
        /// A picklist or multi-select picklist.
        field: String,
        /// The value, which is its label too.
        value: String,
    },
    /// No record may be given this value any more, if the picklist is restricted;
    /// those that have it keep it.
    DeactivatePicklistValue {
        /// Of the field.
        object: String,
        /// A picklist or multi-select picklist.
        field: String,
        /// A value that it has.
        value: String,
    },
}

/// A field as it shall be: its type and what goes with that. What is not said is
/// what the platform has for a new field of the type.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewField {
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) ty: String,
    pub(crate) label: Option<String>,
    pub(crate) length: Option<u32>,
    #[serde(default)]
    pub(crate) precision: Option<u32>,
    #[serde(default)]
    pub(crate) scale: Option<u32>,
    #[serde(default)]
    pub(crate) required: bool,
    #[serde(default)]
    pub(crate) unique: bool,
    #[serde(default)]
    pub(crate) external_id: bool,
    #[serde(default)]
    pub(crate) values: Vec<String>,
    #[serde(default)]
    pub(crate) restricted: bool,
    #[serde(default)]
    pub(crate) reference_to: Vec<String>,
    pub(crate) children: Option<String>,
}

impl NewField {
    /// A field of a type as describes name it: `string`, `textarea`, `picklist`,
    /// `multipicklist`, `phone`, `url`, `email`, `boolean`, `int`, `double`,
    /// `currency`, `percent`, `date`, `datetime`, `time` or `reference`.
    #[must_use]
    pub fn new(name: impl Into<String>, ty: impl Into<String>) -> Self {
        Self { name: name.into(), ty: ty.into(), ..Self::default() }
    }

    /// What people read instead of the name.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Characters of a text.
    #[must_use]
    pub fn length(mut self, characters: u32) -> Self {
        self.length = Some(characters);
        self
    }

    /// Digits of a number in all, and those behind the point.
    #[must_use]
    pub fn digits(mut self, precision: u32, scale: u32) -> Self {
        (self.precision, self.scale) = (Some(precision), Some(scale));
        self
    }

    /// No record may be created without a value.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// No two records have the same value.
    #[must_use]
    pub fn unique(mut self) -> Self {
        self.unique = true;
        self
    }

    /// Records can be named by it, as in an upsert.
    #[must_use]
    pub fn external_id(mut self) -> Self {
        self.external_id = true;
        self
    }

    /// The values of a picklist in their order. With `restricted` there are no
    /// others.
    #[must_use]
    pub fn values<V: Into<String>>(
        mut self,
        values: impl IntoIterator<Item = V>,
        restricted: bool,
    ) -> Self {
        self.values = values.into_iter().map(Into::into).collect();
        self.restricted = restricted;
        self
    }

    /// The object that a lookup points to, and what that object calls the records
    /// that point there (`Invoices__r`).
    #[must_use]
    pub fn reference(mut self, object: impl Into<String>, children: impl Into<String>) -> Self {
        self.reference_to = vec![object.into()];
        self.children = Some(children.into());
        self
    }
}

impl Drift {
    /// [`Drift::RenameField`].
    #[must_use]
    pub fn rename_field(
        object: impl Into<String>,
        field: impl Into<String>,
        to: impl Into<String>,
    ) -> Self {
        Self::RenameField { object: object.into(), field: field.into(), to: to.into() }
    }

    /// [`Drift::RemoveField`].
    #[must_use]
    pub fn remove_field(object: impl Into<String>, field: impl Into<String>) -> Self {
        Self::RemoveField { object: object.into(), field: field.into() }
    }

    /// [`Drift::RetypeField`].
    #[must_use]
    pub fn retype_field(object: impl Into<String>, field: NewField) -> Self {
        Self::RetypeField { object: object.into(), field }
    }

    /// [`Drift::RequireField`].
    #[must_use]
    pub fn require_field(object: impl Into<String>, field: impl Into<String>) -> Self {
        Self::RequireField { object: object.into(), field: field.into() }
    }

    /// [`Drift::AddField`].
    #[must_use]
    pub fn add_field(object: impl Into<String>, field: NewField) -> Self {
        Self::AddField { object: object.into(), field }
    }

    /// [`Drift::RenameObject`].
    #[must_use]
    pub fn rename_object(object: impl Into<String>, to: impl Into<String>) -> Self {
        Self::RenameObject { object: object.into(), to: to.into() }
    }

    /// [`Drift::RemoveObject`].
    #[must_use]
    pub fn remove_object(object: impl Into<String>) -> Self {
        Self::RemoveObject { object: object.into() }
    }

    /// [`Drift::AddPicklistValue`].
    #[must_use]
    pub fn add_picklist_value(
        object: impl Into<String>,
        field: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        Self::AddPicklistValue { object: object.into(), field: field.into(), value: value.into() }
    }

    /// [`Drift::DeactivatePicklistValue`].
    #[must_use]
    pub fn deactivate_picklist_value(
        object: impl Into<String>,
        field: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        Self::DeactivatePicklistValue {
            object: object.into(),
            field: field.into(),
            value: value.into(),
        }
    }
}
