//! One field of an object.

use serde_json::Value;

use crate::json::{flag, items, maybe_text, number, text, texts};

/// The type of a field, as describe names it (Object Reference for the
/// Salesforce Platform, Field Types). A type this crate does not know is kept
/// as [`FieldType::Other`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
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

/// One value of a picklist.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// For a dependent picklist: the base64 bit set over the controlling
    /// field's values for which this one is valid.
    pub valid_for: Option<String>,
}

/// One field of an object.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Field {
    /// API name.
    pub name: String,
    /// What people see.
    pub label: String,
    /// Its type.
    pub ty: FieldType,
    /// Made by an administrator or a package.
    pub custom: bool,
    /// May be given a value on create.
    pub createable: bool,
    /// May be changed.
    pub updateable: bool,
    /// May be empty.
    pub nillable: bool,
    /// Gets a value on create when none is given.
    pub defaulted_on_create: bool,
    /// Numbered by the platform.
    pub auto_number: bool,
    /// A formula or roll-up.
    pub calculated: bool,
    /// The text of the formula.
    pub formula: Option<String>,
    /// May stand in WHERE.
    pub filterable: bool,
    /// May stand in ORDER BY.
    pub sortable: bool,
    /// May stand in GROUP BY.
    pub groupable: bool,
    /// May stand in an aggregate function.
    pub aggregatable: bool,
    /// An external id: a key for upsert.
    pub external_id: bool,
    /// May be used to look a record up (external ids, Id, Email of Contact and such).
    pub id_lookup: bool,
    /// No two records have the same value.
    pub unique: bool,
    /// The field that names a record.
    pub name_field: bool,
    /// Most characters of a text; 0 for other types.
    pub length: u32,
    /// Digits in all of a double, currency or percent.
    pub precision: u32,
    /// Digits after the point.
    pub scale: u32,
    /// Most digits of an int.
    pub digits: u32,
    /// Values of a picklist, active or not, in their order.
    pub picklist: Vec<PicklistValue>,
    /// Whether only those values are accepted.
    pub restricted: bool,
    /// For a dependent picklist: the field that controls it.
    pub controller: Option<String>,
    /// Objects a reference may point at.
    pub reference_to: Vec<String>,
    /// The name that leads to the parent in a query: `Owner` for `OwnerId`.
    pub relationship_name: Option<String>,
    /// A reference to one of several objects.
    pub polymorphic: bool,
    /// The compound field this is a part of, such as `BillingAddress`.
    pub compound: Option<String>,
    /// The administrator's help text.
    pub help: Option<String>,
}

impl Field {
    /// Reads one item of a describe's `fields`; none if it has no name.
    pub(crate) fn from_describe(raw: &Value) -> Option<Self> {
        let name = maybe_text(raw, "name")?;
        let picklist = items(raw, "picklistValues")
            .iter()
            .map(|v| PicklistValue {
                value: text(v, "value"),
                label: text(v, "label"),
                // Absent means nobody said otherwise.
                active: v.get("active").and_then(Value::as_bool).unwrap_or(true),
                default: flag(v, "defaultValue"),
                valid_for: maybe_text(v, "validFor"),
            })
            .collect();
        // Name is a part of itself in the describe of Account.
        let compound = maybe_text(raw, "compoundFieldName").filter(|c| *c != name);
        Some(Self {
            label: maybe_text(raw, "label").unwrap_or_else(|| name.clone()),
            ty: FieldType::from_name(&text(raw, "type")),
            custom: flag(raw, "custom"),
            createable: flag(raw, "createable"),
            updateable: flag(raw, "updateable"),
            nillable: flag(raw, "nillable"),
            defaulted_on_create: flag(raw, "defaultedOnCreate"),
            auto_number: flag(raw, "autoNumber"),
            calculated: flag(raw, "calculated"),
            formula: maybe_text(raw, "calculatedFormula"),
            filterable: flag(raw, "filterable"),
            sortable: flag(raw, "sortable"),
            groupable: flag(raw, "groupable"),
            aggregatable: flag(raw, "aggregatable"),
            external_id: flag(raw, "externalId"),
            id_lookup: flag(raw, "idLookup"),
            unique: flag(raw, "unique"),
            name_field: flag(raw, "nameField"),
            length: number(raw, "length"),
            precision: number(raw, "precision"),
            scale: number(raw, "scale"),
            digits: number(raw, "digits"),
            picklist,
            restricted: flag(raw, "restrictedPicklist"),
            controller: maybe_text(raw, "controllerName"),
            reference_to: texts(raw, "referenceTo"),
            relationship_name: maybe_text(raw, "relationshipName"),
            polymorphic: flag(raw, "polymorphicForeignKey"),
            compound,
            help: maybe_text(raw, "inlineHelpText"),
            name,
        })
    }

    /// Whether a create fails without a value for this field: it can be given,
    /// cannot be empty and has no default. Booleans are false when not given,
    /// and the platform numbers what is auto-numbered.
    #[must_use]
    pub fn required_on_create(&self) -> bool {
        self.createable
            && !self.nillable
            && !self.defaulted_on_create
            && !self.auto_number
            && !self.calculated
            && self.ty != FieldType::Boolean
    }

    /// The values of the picklist that can be chosen.
    pub fn active_values(&self) -> impl Iterator<Item = &str> {
        self.picklist.iter().filter(|v| v.active).map(|v| v.value.as_str())
    }
}
