//! The 57 keys of a field.

use serde::Serialize;
use serde_json::Value;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::engine::schema::{Field, FieldType, Object};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FieldDescribe<'a> {
    aggregatable: bool,
    ai_prediction_field: bool,
    auto_number: bool,
    byte_length: u32,
    calculated: bool,
    calculated_formula: Option<&'a str>,
    cascade_delete: bool,
    case_sensitive: bool,
    compound_field_name: Option<&'a str>,
    controller_name: Option<&'a str>,
    createable: bool,
    custom: bool,
    default_value: Option<&'a Value>,
    default_value_formula: Option<&'a str>,
    defaulted_on_create: bool,
    dependent_picklist: bool,
    deprecated_and_hidden: bool,
    digits: u32,
    display_location_in_decimal: bool,
    encrypted: bool,
    external_id: bool,
    extra_type_info: Option<&'a str>,
    filterable: bool,
    filtered_lookup_info: Option<&'a str>,
    formula_treat_null_number_as_zero: bool,
    groupable: bool,
    high_scale_number: bool,
    html_formatted: bool,
    id_lookup: bool,
    inline_help_text: Option<&'a str>,
    label: &'a str,
    length: u32,
    mask: Option<&'a str>,
    mask_type: Option<&'a str>,
    name: &'a str,
    name_field: bool,
    name_pointing: bool,
    nillable: bool,
    permissionable: bool,
    picklist_values: Vec<PicklistValue<'a>>,
    polymorphic_foreign_key: bool,
    precision: u32,
    query_by_distance: bool,
    reference_target_field: Option<&'a str>,
    reference_to: &'a [String],
    relationship_name: Option<&'a str>,
    relationship_order: Option<u32>,
    restricted_delete: bool,
    restricted_picklist: bool,
    scale: u32,
    search_prefilterable: bool,
    soap_type: &'static str,
    sortable: bool,
    #[serde(rename = "type")]
    ty: &'static str,
    unique: bool,
    updateable: bool,
    write_requires_master_read: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PicklistValue<'a> {
    active: bool,
    default_value: bool,
    label: &'a str,
    valid_for: Option<String>,
    value: &'a str,
}

impl<'a> FieldDescribe<'a> {
    pub(super) fn new(object: &'a Object, field: &'a Field) -> Self {
        let id = matches!(field.ty, FieldType::Id | FieldType::Reference);
        let default_choice = field.default.as_ref().and_then(Value::as_str);
        Self {
            aggregatable: field.aggregatable,
            ai_prediction_field: false,
            auto_number: field.auto_number.is_some(),
            byte_length: if id { field.length } else { field.length * 3 },
            calculated: field.calculated,
            calculated_formula: field.formula.as_deref(),
            // Of master-detail fields; what goes along with a standard parent
            // shows on the parent's child relationship alone.
            cascade_delete: field.cascade_delete && field.custom,
            case_sensitive: field.case_sensitive,
            compound_field_name: field.compound.as_deref(),
            controller_name: field.controller.as_deref(),
            createable: field.createable,
            custom: field.custom,
            // A picklist's default shows on its value instead.
            default_value: field.default.as_ref().filter(|value| !value.is_string()),
            default_value_formula: None,
            defaulted_on_create: field.defaulted_on_create,
            dependent_picklist: field.controller.is_some(),
            deprecated_and_hidden: false,
            digits: field.digits,
            display_location_in_decimal: false,
            encrypted: false,
            external_id: field.external_id,
            extra_type_info: field.extra_type_info.as_deref(),
            filterable: field.filterable,
            filtered_lookup_info: None,
            formula_treat_null_number_as_zero: false,
            groupable: field.groupable,
            high_scale_number: false,
            html_formatted: false,
            id_lookup: field.id_lookup,
            inline_help_text: None,
            label: &field.label,
            length: field.length,
            mask: None,
            mask_type: None,
            name: &field.name,
            name_field: field.name_field,
            name_pointing: field.is_polymorphic(),
            nillable: field.nillable,
            permissionable: field.permissionable,
            picklist_values: field
                .values
                .iter()
                .map(|value| PicklistValue {
                    active: !field.inactive.contains(value),
                    default_value: default_choice == Some(value),
                    label: field.labels.get(value).unwrap_or(value),
                    valid_for: valid_for(object, field, value),
                    value,
                })
                .collect(),
            polymorphic_foreign_key: field.is_polymorphic(),
            precision: field.precision,
            query_by_distance: field.ty.is_compound(),
            reference_target_field: None,
            reference_to: &field.reference_to,
            relationship_name: field.relationship_name.as_deref(),
            relationship_order: field.master_detail.then_some(0),
            restricted_delete: field.restricted_delete && field.custom,
            restricted_picklist: field.restricted,
            scale: field.scale,
            search_prefilterable: field.ty == FieldType::Reference
                && field.nillable
                && field.updateable,
            soap_type: field.ty.soap_type(),
            sortable: field.sortable,
            ty: field.ty.name(),
            unique: field.unique,
            updateable: field.updateable,
            write_requires_master_read: field.master_detail,
        }
    }
}

/// Which of the controlling field's values allow this one: a bit each, the
/// first in the highest bit of the first byte, as base64.
fn valid_for(object: &Object, field: &Field, value: &str) -> Option<String> {
    let controlling = &object.field(field.controller.as_deref()?)?.values;
    let allowed = field.valid_for.get(value);
    let mut bits = vec![0_u8; controlling.len().div_ceil(8)];
    for (at, name) in controlling.iter().enumerate() {
        if allowed.is_some_and(|allowed| allowed.contains(name)) {
            bits[at / 8] |= 0x80 >> (at % 8);
        }
    }
    Some(STANDARD.encode(bits))
}
