//! The type of a field.

use serde::{Deserialize, Serialize};

/// The type of a field, as describe names it (Object Reference for the
/// Salesforce Platform, Field Types). A type this crate does not know is kept
/// as [`FieldType::Other`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
#[non_exhaustive]
#[expect(missing_docs, reason = "the variants are the platform's own names")]
pub enum FieldType {
    Id,
    String,
    Textarea,
    Phone,
    Email,
    Url,
    EncryptedString,
    Picklist,
    Multipicklist,
    Combobox,
    Reference,
    Boolean,
    Int,
    Long,
    Double,
    Currency,
    Percent,
    Date,
    Datetime,
    Time,
    Base64,
    Address,
    Location,
    AnyType,
    Other(String),
}

const NAMES: &[(&str, FieldType)] = &[
    ("id", FieldType::Id),
    ("string", FieldType::String),
    ("textarea", FieldType::Textarea),
    ("phone", FieldType::Phone),
    ("email", FieldType::Email),
    ("url", FieldType::Url),
    ("encryptedstring", FieldType::EncryptedString),
    ("picklist", FieldType::Picklist),
    ("multipicklist", FieldType::Multipicklist),
    ("combobox", FieldType::Combobox),
    ("reference", FieldType::Reference),
    ("boolean", FieldType::Boolean),
    ("int", FieldType::Int),
    ("long", FieldType::Long),
    ("double", FieldType::Double),
    ("currency", FieldType::Currency),
    ("percent", FieldType::Percent),
    ("date", FieldType::Date),
    ("datetime", FieldType::Datetime),
    ("time", FieldType::Time),
    ("base64", FieldType::Base64),
    ("address", FieldType::Address),
    ("location", FieldType::Location),
    ("anyType", FieldType::AnyType),
];

impl FieldType {
    /// The type of this describe name.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        NAMES
            .iter()
            .find(|(known, _)| *known == name)
            .map_or_else(|| Self::Other(name.to_owned()), |(_, ty)| ty.clone())
    }

    /// The describe name of this type.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Other(name) => name,
            known => NAMES.iter().find(|(_, ty)| ty == known).map_or("", |(name, _)| name),
        }
    }

    /// True for int, long, double, currency and percent.
    #[must_use]
    pub fn is_number(&self) -> bool {
        matches!(self, Self::Int | Self::Long | Self::Double | Self::Currency | Self::Percent)
    }

    /// True for types whose value is free text.
    #[must_use]
    pub fn is_text(&self) -> bool {
        matches!(
            self,
            Self::String
                | Self::Textarea
                | Self::Phone
                | Self::Email
                | Self::Url
                | Self::EncryptedString
                | Self::Combobox
        )
    }

    /// True for address and location: values that are made of other fields.
    #[must_use]
    pub fn is_compound(&self) -> bool {
        matches!(self, Self::Address | Self::Location)
    }

    /// True for picklist and multipicklist.
    #[must_use]
    pub fn is_picklist(&self) -> bool {
        matches!(self, Self::Picklist | Self::Multipicklist)
    }
}

impl std::fmt::Display for FieldType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Default for FieldType {
    /// The type of a field that does not tell one.
    fn default() -> Self {
        Self::Other(String::new())
    }
}

impl From<String> for FieldType {
    fn from(name: String) -> Self {
        Self::from_name(&name)
    }
}

impl From<FieldType> for String {
    fn from(ty: FieldType) -> Self {
        ty.as_str().to_owned()
    }
}
