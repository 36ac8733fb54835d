//! One field of an object.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::json::{flag, flag_or, maybe_text, number, text, texts};
use crate::{FieldType, PicklistValue};

/// One field of an object.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
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
    /// The value that a new record gets, where the describe states one: of a
    /// checkbox `true` or `false`, of a picklist see [`PicklistValue::default`].
    pub default_value: Option<Value>,
    /// The formula that computes the value of a new record.
    pub default_formula: Option<String>,
    /// Texts that differ in case alone are different values.
    pub case_sensitive: bool,
    /// Stored encrypted; a user without the permission sees a mask.
    pub encrypted: bool,
    /// A text that holds HTML.
    pub html: bool,
    /// What the type alone does not say: `plaintextarea`, `richtextarea`,
    /// `personname`, `imageurl`, `externallookup` and such.
    pub extra_type: Option<String>,
    /// A reference that owns its record: a master-detail field. 0 for the first
    /// of an object, 1 for the second.
    pub master_detail: Option<u32>,
    /// The record is deleted with the one that this field points at.
    pub cascade_delete: bool,
    /// The record pointed at cannot be deleted while this field points at it.
    pub restricted_delete: bool,
    /// Fields that narrow what a lookup offers (a lookup filter that depends
    /// on other fields of the record).
    pub filtered_by: Vec<String>,
    /// On its way out; the platform hides it in its own pages.
    pub deprecated: bool,
}

impl Field {
    /// Reads one item of a describe's `fields`; none if it has no name.
    pub(crate) fn from_describe(raw: &Value) -> Option<Self> {
        let name = maybe_text(raw, "name")?;
        let ty = FieldType::from_name(&text(raw, "type"));
        let reference_to = texts(raw, "referenceTo");
        let is_checkbox = ty == FieldType::Boolean;
        // Name is a part of itself in the describe of Account.
        let compound = maybe_text(raw, "compoundFieldName").filter(|c| *c != name);
        Some(Self {
            label: maybe_text(raw, "label").unwrap_or_else(|| name.clone()),
            ty,
            custom: flag(raw, "custom"),
            createable: flag(raw, "createable"),
            updateable: flag(raw, "updateable"),
            // What nobody said makes nothing required.
            nillable: flag_or(raw, "nillable", !is_checkbox),
            defaulted_on_create: flag_or(raw, "defaultedOnCreate", is_checkbox),
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
            picklist: PicklistValue::list(raw, "picklistValues"),
            restricted: flag(raw, "restrictedPicklist"),
            controller: maybe_text(raw, "controllerName"),
            polymorphic: flag(raw, "polymorphicForeignKey") || reference_to.len() > 1,
            reference_to,
            relationship_name: maybe_text(raw, "relationshipName"),
            compound,
            help: maybe_text(raw, "inlineHelpText"),
            default_value: raw.get("defaultValue").filter(|v| !v.is_null()).cloned(),
            default_formula: maybe_text(raw, "defaultValueFormula"),
            case_sensitive: flag(raw, "caseSensitive"),
            encrypted: flag(raw, "encrypted"),
            html: flag(raw, "htmlFormatted"),
            extra_type: maybe_text(raw, "extraTypeInfo"),
            master_detail: raw
                .get("relationshipOrder")
                .and_then(Value::as_u64)
                .and_then(|order| u32::try_from(order).ok()),
            cascade_delete: flag(raw, "cascadeDelete"),
            restricted_delete: flag(raw, "restrictedDelete"),
            filtered_by: raw
                .get("filteredLookupInfo")
                .map(|info| texts(info, "controllingFields"))
                .unwrap_or_default(),
            deprecated: flag(raw, "deprecatedAndHidden"),
            name,
        })
    }

    /// Whether a create fails without a value for this field: it can be given,
    /// cannot be empty, and gets no value when none is given.
    #[must_use]
    pub fn required_on_create(&self) -> bool {
        self.createable && !self.nillable && !self.defaulted_on_create
    }

    /// Whether a value can be given on create or on update.
    #[must_use]
    pub fn is_writable(&self) -> bool {
        self.createable || self.updateable
    }

    /// Whether it is a reference to records of `object`, in any case of letters.
    #[must_use]
    pub fn refers_to(&self, object: &str) -> bool {
        self.reference_to.iter().any(|target| target.eq_ignore_ascii_case(object))
    }

    /// The values of the picklist that can be chosen.
    pub fn active_values(&self) -> impl Iterator<Item = &str> {
        self.picklist.iter().filter(|v| v.active).map(|v| v.value.as_str())
    }
}
