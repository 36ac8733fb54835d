//! Fields and their types.

use std::collections::HashMap;

use serde_json::value::RawValue;

/// A describe's `type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FieldType {
    Id,
    Reference,
    Boolean,
    #[default]
    String,
    TextArea,
    Picklist,
    MultiPicklist,
    Combobox,
    Phone,
    Url,
    Email,
    Int,
    Double,
    Currency,
    Percent,
    Date,
    DateTime,
    Time,
    Address,
    Location,
    Base64,
    EncryptedString,
    Long,
    /// Any other type, kept as text; a describe that was loaded says which.
    AnyType,
}

/// How values of a type are kept and compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Storage {
    /// Ids, 18 characters, compared exactly.
    Id,
    /// Text, compared without regard to case.
    Text,
    /// 0 or 1.
    Boolean,
    Integer,
    Real,
    /// `YYYY-MM-DD`.
    Date,
    /// Milliseconds since 1970, UTC.
    DateTime,
    /// Of day, `HH:MM:SS.sssZ`.
    Time,
    /// Bytes, shown as the path where they are read.
    Blob,
    /// Nothing stored: composed of other fields.
    None,
}

impl FieldType {
    /// The type that a describe names.
    pub(crate) fn named(name: &str) -> Self {
        serde_json::from_value(serde_json::Value::from(name)).unwrap_or(Self::AnyType)
    }

    /// As describes spell it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Reference => "reference",
            Self::Boolean => "boolean",
            Self::String => "string",
            Self::TextArea => "textarea",
            Self::Picklist => "picklist",
            Self::MultiPicklist => "multipicklist",
            Self::Combobox => "combobox",
            Self::Phone => "phone",
            Self::Url => "url",
            Self::Email => "email",
            Self::Int => "int",
            Self::Double => "double",
            Self::Currency => "currency",
            Self::Percent => "percent",
            Self::Date => "date",
            Self::DateTime => "datetime",
            Self::Time => "time",
            Self::Address => "address",
            Self::Location => "location",
            Self::Base64 => "base64",
            Self::EncryptedString => "encryptedstring",
            Self::Long => "long",
            Self::AnyType => "anyType",
        }
    }

    pub(crate) fn soap_type(self) -> &'static str {
        match self {
            Self::Id | Self::Reference => "tns:ID",
            Self::Boolean => "xsd:boolean",
            Self::Int => "xsd:int",
            Self::Long => "xsd:long",
            Self::AnyType => "xsd:anyType",
            Self::Double | Self::Currency | Self::Percent => "xsd:double",
            Self::Date => "xsd:date",
            Self::DateTime => "xsd:dateTime",
            Self::Time => "xsd:time",
            Self::Address => "urn:address",
            Self::Location => "urn:location",
            Self::Base64 => "xsd:base64Binary",
            _ => "xsd:string",
        }
    }

    pub(crate) fn storage(self) -> Storage {
        match self {
            Self::Id | Self::Reference => Storage::Id,
            Self::Boolean => Storage::Boolean,
            Self::Int | Self::Long => Storage::Integer,
            Self::Double | Self::Currency | Self::Percent => Storage::Real,
            Self::Date => Storage::Date,
            Self::DateTime => Storage::DateTime,
            Self::Time => Storage::Time,
            Self::Address | Self::Location => Storage::None,
            Self::Base64 => Storage::Blob,
            _ => Storage::Text,
        }
    }

    pub(crate) fn is_text(self) -> bool {
        self.storage() == Storage::Text
    }

    /// Composed of other fields: an address, a geolocation.
    pub(crate) fn is_compound(self) -> bool {
        self.storage() == Storage::None
    }

    pub(crate) fn is_number(self) -> bool {
        matches!(self.storage(), Storage::Integer | Storage::Real)
    }
}

/// One field, in the words of its describe.
#[derive(Debug, Clone, serde::Deserialize, serde::Serialize)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) ty: FieldType,
    /// Characters, for text; 18 for ids; 0 otherwise.
    pub(crate) length: u32,
    pub(crate) precision: u32,
    pub(crate) scale: u32,
    /// Of an int.
    pub(crate) digits: u32,
    pub(crate) nillable: bool,
    pub(crate) createable: bool,
    pub(crate) updateable: bool,
    pub(crate) defaulted_on_create: bool,
    pub(crate) default: Option<serde_json::Value>,
    pub(crate) aggregatable: bool,
    pub(crate) filterable: bool,
    pub(crate) sortable: bool,
    pub(crate) groupable: bool,
    pub(crate) permissionable: bool,
    pub(crate) custom: bool,
    pub(crate) calculated: bool,
    /// Text of a formula, as describes show it; `derive` computes it.
    pub(crate) formula: Option<String>,
    pub(crate) case_sensitive: bool,
    pub(crate) unique: bool,
    pub(crate) external_id: bool,
    pub(crate) id_lookup: bool,
    pub(crate) name_field: bool,
    /// A custom object's text Name falls back to the record's 15-character id.
    pub(crate) name_fallback: bool,
    /// `INV-{00000}`: text with the counter's width in braces.
    pub(crate) auto_number: Option<String>,
    /// What an auto-number is ahead of the record's row.
    #[serde(default)]
    pub(crate) auto_offset: i64,
    /// A formula that shows a field of a parent: the lookup here, the object
    /// it points to, the field there.
    pub(crate) via: Option<(String, String, String)>,
    /// Of such a formula: the condition on the row `via` for it to be shown.
    #[serde(skip)]
    pub(crate) via_condition: Option<String>,
    /// The address or name this field is a part of.
    pub(crate) compound: Option<String>,
    pub(crate) extra_type_info: Option<String>,
    /// Picklist values in their defined order.
    pub(crate) values: Vec<String>,
    /// Those of them that no record may be given any more.
    #[serde(default)]
    pub(crate) inactive: Vec<String>,
    /// Labels of the values that are called otherwise.
    #[serde(default)]
    pub(crate) labels: HashMap<String, String>,
    pub(crate) restricted: bool,
    /// The field that says which values may be chosen.
    pub(crate) controller: Option<String>,
    /// Of a dependent picklist: the controller's values that allow each value.
    pub(crate) valid_for: HashMap<String, Vec<String>>,
    pub(crate) reference_to: Vec<String>,
    pub(crate) relationship_name: Option<String>,
    /// What the objects it points to call the set of rows that point there.
    pub(crate) children_name: Option<String>,
    pub(crate) cascade_delete: bool,
    /// Of a custom object: the parent owns the record, for good.
    pub(crate) master_detail: bool,
    pub(crate) restricted_delete: bool,
    /// Its describe as it was loaded, with what changed since.
    #[serde(default)]
    pub(crate) raw: Option<Box<RawValue>>,
}

impl Field {
    /// A create must give a value: writable, not nullable, no default.
    pub(crate) fn required_on_create(&self) -> bool {
        self.createable && !self.nillable && !self.defaulted_on_create
    }

    /// Whether the field has a column.
    pub(crate) fn is_stored(&self) -> bool {
        !self.ty.is_compound() && self.via.is_none()
    }

    /// Whether a record may be given this value of a picklist.
    pub(crate) fn offers(&self, value: &str) -> bool {
        self.values.iter().any(|known| known == value)
            && !self.inactive.iter().any(|gone| gone == value)
    }

    /// A lookup to more than one object.
    pub(crate) fn is_polymorphic(&self) -> bool {
        self.reference_to.len() > 1
    }
}
