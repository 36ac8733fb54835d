//! Schema files (JSON, one per object) to the model, with the defaults that
//! follow from a field's type.

use std::collections::HashMap;
use std::hash::Hasher;
use std::sync::Arc;

use serde::Deserialize;

use super::{Child, Field, FieldType, Object, Schema, field_index};
use crate::drift::NewField;

/// The files that ship with the crate, in the order of the global describe.
const FILES: [(&str, &str); 47] = [
    ("AIM__Deal__Share", include_str!("../../data/schema/AIM__Deal__Share.json")),
    ("AIM__Deal__c", include_str!("../../data/schema/AIM__Deal__c.json")),
    ("Account", include_str!("../../data/schema/Account.json")),
    ("AccountShare", include_str!("../../data/schema/AccountShare.json")),
    ("Asset", include_str!("../../data/schema/Asset.json")),
    ("Attachment", include_str!("../../data/schema/Attachment.json")),
    ("BigTable__c", include_str!("../../data/schema/BigTable__c.json")),
    ("Campaign", include_str!("../../data/schema/Campaign.json")),
    ("CampaignMember", include_str!("../../data/schema/CampaignMember.json")),
    ("Case", include_str!("../../data/schema/Case.json")),
    ("CaseShare", include_str!("../../data/schema/CaseShare.json")),
    ("Contact", include_str!("../../data/schema/Contact.json")),
    ("ContactShare", include_str!("../../data/schema/ContactShare.json")),
    ("ContentDocument", include_str!("../../data/schema/ContentDocument.json")),
    ("ContentDocumentLink", include_str!("../../data/schema/ContentDocumentLink.json")),
    ("ContentVersion", include_str!("../../data/schema/ContentVersion.json")),
    ("Contract", include_str!("../../data/schema/Contract.json")),
    ("Dashboard", include_str!("../../data/schema/Dashboard.json")),
    ("Event", include_str!("../../data/schema/Event.json")),
    ("FieldPermissions", include_str!("../../data/schema/FieldPermissions.json")),
    ("Folder", include_str!("../../data/schema/Folder.json")),
    ("Group", include_str!("../../data/schema/Group.json")),
    ("GroupMember", include_str!("../../data/schema/GroupMember.json")),
    ("Invoice_Line__c", include_str!("../../data/schema/Invoice_Line__c.json")),
    ("Invoice__Share", include_str!("../../data/schema/Invoice__Share.json")),
    ("Invoice__c", include_str!("../../data/schema/Invoice__c.json")),
    ("Lead", include_str!("../../data/schema/Lead.json")),
    ("LeadShare", include_str!("../../data/schema/LeadShare.json")),
    ("Note", include_str!("../../data/schema/Note.json")),
    ("ObjectPermissions", include_str!("../../data/schema/ObjectPermissions.json")),
    ("Opportunity", include_str!("../../data/schema/Opportunity.json")),
    ("OpportunityLineItem", include_str!("../../data/schema/OpportunityLineItem.json")),
    ("OpportunityShare", include_str!("../../data/schema/OpportunityShare.json")),
    ("Order", include_str!("../../data/schema/Order.json")),
    ("Organization", include_str!("../../data/schema/Organization.json")),
    ("PermissionSet", include_str!("../../data/schema/PermissionSet.json")),
    ("PermissionSetAssignment", include_str!("../../data/schema/PermissionSetAssignment.json")),
    ("Pricebook2", include_str!("../../data/schema/Pricebook2.json")),
    ("PricebookEntry", include_str!("../../data/schema/PricebookEntry.json")),
    ("Product2", include_str!("../../data/schema/Product2.json")),
    ("Profile", include_str!("../../data/schema/Profile.json")),
    ("RecordType", include_str!("../../data/schema/RecordType.json")),
    ("Report", include_str!("../../data/schema/Report.json")),
    ("Task", include_str!("../../data/schema/Task.json")),
    ("UpsertTable__c", include_str!("../../data/schema/UpsertTable__c.json")),
    ("User", include_str!("../../data/schema/User.json")),
    ("UserRole", include_str!("../../data/schema/UserRole.json")),
];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ObjectFile {
    name: String,
    label: String,
    label_plural: String,
    key_prefix: String,
    createable: Option<bool>,
    updateable: Option<bool>,
    deletable: Option<bool>,
    undeletable: Option<bool>,
    #[serde(default)]
    mergeable: bool,
    layoutable: Option<bool>,
    triggerable: Option<bool>,
    #[serde(default)]
    feed_enabled: bool,
    mru_enabled: Option<bool>,
    deep_cloneable: Option<bool>,
    #[serde(default)]
    scopes: Vec<(String, String)>,
    fields: Vec<FieldEntry>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FieldEntry {
    name: String,
    label: String,
    #[serde(rename = "type")]
    ty: FieldType,
    length: Option<u32>,
    #[serde(default)]
    precision: u32,
    #[serde(default)]
    scale: u32,
    #[serde(default)]
    digits: u32,
    /// Not nullable.
    #[serde(default)]
    required: bool,
    /// Neither createable nor updateable.
    #[serde(default)]
    read_only: bool,
    createable: Option<bool>,
    updateable: Option<bool>,
    #[serde(default)]
    defaulted: bool,
    default: Option<serde_json::Value>,
    filterable: Option<bool>,
    sortable: Option<bool>,
    permissionable: Option<bool>,
    #[serde(default)]
    case_sensitive: bool,
    #[serde(default)]
    unique: bool,
    #[serde(default)]
    external_id: bool,
    #[serde(default)]
    id_lookup: bool,
    #[serde(default)]
    name_field: bool,
    #[serde(default)]
    name_fallback: bool,
    auto_number: Option<String>,
    via: Option<(String, String, String)>,
    compound: Option<String>,
    extra: Option<String>,
    #[serde(default)]
    values: Vec<String>,
    #[serde(default)]
    restricted: bool,
    controller: Option<String>,
    #[serde(default)]
    valid_for: HashMap<String, Vec<String>>,
    formula: Option<String>,
    #[serde(default)]
    reference_to: Vec<String>,
    relationship: Option<String>,
    children: Option<String>,
    #[serde(default)]
    cascade: bool,
    #[serde(default)]
    master_detail: bool,
    #[serde(default)]
    restricted_delete: bool,
}

impl Schema {
    /// The schema that ships with the crate. The error says which file is wrong.
    pub(crate) fn built_in() -> Result<Self, String> {
        let mut hasher = Fnv::default();
        for (_, text) in FILES {
            hasher.write(text.as_bytes());
        }
        let mut objects = built_in_objects()?;
        link_children(&mut objects);
        let objects = objects.into_iter().map(Arc::new).collect();
        Ok(Self::new(objects, hasher.finish(), 0))
    }
}

/// The objects that ship with the crate, without their children.
pub(crate) fn built_in_objects() -> Result<Vec<Object>, String> {
    let read = |(name, text): (&str, &str)| {
        let file = serde_json::from_str(text).map_err(|error| format!("{name}: {error}"))?;
        Ok(object(file))
    };
    FILES.into_iter().map(read).collect()
}

/// Gives every object that was not loaded its children.
pub(super) fn link_children(objects: &mut [Object]) {
    let mut found: HashMap<String, Vec<Child>> = HashMap::new();
    for object in objects.iter() {
        for field in object.fields.iter().filter(|field| field.ty == FieldType::Reference) {
            for target in &field.reference_to {
                found.entry(target.clone()).or_default().push(Child {
                    object: object.name.clone(),
                    field: field.name.clone(),
                    relationship: field.children_name.clone(),
                    cascade_delete: field.cascade_delete,
                    restricted_delete: field.restricted_delete,
                    raw: None,
                });
            }
        }
    }
    for object in objects.iter_mut().filter(|object| object.raw.is_none()) {
        object.children = found.remove(&object.name).unwrap_or_default();
    }
}

fn object(file: ObjectFile) -> Object {
    let custom = file.name.ends_with("__c");
    let fields: Vec<Field> = file.fields.into_iter().map(field).collect();
    let field_by_name = field_index(&fields);
    let layoutable = file.layoutable.unwrap_or(true);
    Object {
        custom,
        createable: file.createable.unwrap_or(true),
        updateable: file.updateable.unwrap_or(true),
        deletable: file.deletable.unwrap_or(true),
        undeletable: file.undeletable.unwrap_or(true),
        mergeable: file.mergeable,
        layoutable,
        queryable: true,
        searchable: layoutable,
        raw: None,
        raw_summary: None,
        empty: Arc::default(),
        triggerable: file.triggerable.unwrap_or(true),
        feed_enabled: file.feed_enabled,
        mru_enabled: file.mru_enabled.unwrap_or(true),
        deep_cloneable: file.deep_cloneable.unwrap_or(false),
        name: file.name,
        label: file.label,
        label_plural: file.label_plural,
        key_prefix: file.key_prefix,
        scopes: file.scopes,
        fields,
        children: Vec::new(),
        field_by_name,
    }
}

fn field(entry: FieldEntry) -> Field {
    use FieldType as T;
    let ty = entry.ty;
    let length = entry.length.unwrap_or(match ty {
        T::Id | T::Reference => 18,
        T::Phone => 40,
        T::Email => 80,
        T::Url | T::Picklist | T::Combobox | T::String | T::TextArea => 255,
        T::MultiPicklist => 4099,
        _ => 0,
    });
    let custom = entry.name.ends_with("__c") || entry.name.ends_with("__s");
    let read_only = entry.read_only || ty == T::Id || ty.is_compound();
    let createable = entry.createable.unwrap_or(!read_only);
    let updateable = entry.updateable.unwrap_or(!read_only && !entry.master_detail);
    let long_text = ty == T::TextArea && length > 255;
    let nillable = !(entry.required || entry.master_detail || matches!(ty, T::Id | T::Boolean));
    let exact_number = matches!(ty, T::Double | T::Currency | T::Percent);
    Field {
        length,
        nillable,
        createable,
        updateable,
        defaulted_on_create: entry.defaulted || matches!(ty, T::Id | T::Boolean),
        default: entry
            .default
            .or_else(|| (ty == T::Boolean).then_some(serde_json::Value::Bool(false))),
        aggregatable: !(long_text
            || matches!(ty, T::Boolean | T::Base64 | T::MultiPicklist | T::Time)
            || ty.is_compound()),
        filterable: entry.filterable.unwrap_or(!long_text && ty != T::Base64),
        sortable: entry.sortable.unwrap_or(
            !(long_text || ty.is_compound() || matches!(ty, T::Base64 | T::MultiPicklist)),
        ),
        groupable: !(long_text
            || exact_number
            || entry.via.is_some()
            || entry.formula.is_some()
            || ty.is_compound()
            || matches!(ty, T::Base64 | T::DateTime | T::MultiPicklist | T::Time)),
        permissionable: entry.permissionable.unwrap_or(
            nillable && (createable || updateable) && (custom || ty != T::Reference)
                || ty.is_compound(),
        ),
        custom,
        calculated: entry.via.is_some() || entry.formula.is_some(),
        formula: entry.formula,
        via: entry.via,
        via_condition: None,
        case_sensitive: entry.case_sensitive,
        unique: entry.unique,
        external_id: entry.external_id,
        id_lookup: entry.id_lookup || ty == T::Id,
        name_field: entry.name_field,
        name_fallback: entry.name_fallback,
        auto_number: entry.auto_number,
        auto_offset: 0,
        inactive: Vec::new(),
        labels: HashMap::new(),
        raw: None,
        compound: entry.compound,
        extra_type_info: entry
            .extra
            .or_else(|| (ty == T::TextArea).then(|| "plaintextarea".to_owned())),
        values: entry.values,
        restricted: entry.restricted,
        controller: entry.controller,
        valid_for: entry.valid_for,
        reference_to: entry.reference_to,
        relationship_name: entry.relationship,
        children_name: entry.children,
        cascade_delete: entry.cascade || entry.master_detail,
        master_detail: entry.master_detail,
        restricted_delete: entry.restricted_delete,
        precision: entry.precision,
        scale: entry.scale,
        digits: entry.digits,
        name: entry.name,
        label: entry.label,
        ty,
    }
}

/// A custom field that is made while the org runs.
pub(super) fn new_field(new: &NewField) -> Result<Field, String> {
    use FieldType as T;
    const TYPES: [FieldType; 16] = [
        T::String,
        T::TextArea,
        T::Picklist,
        T::MultiPicklist,
        T::Phone,
        T::Url,
        T::Email,
        T::Boolean,
        T::Int,
        T::Double,
        T::Currency,
        T::Percent,
        T::Date,
        T::DateTime,
        T::Time,
        T::Reference,
    ];
    let ty = TYPES.into_iter().find(|ty| ty.name() == new.ty).ok_or_else(|| {
        let names: Vec<&str> = TYPES.iter().map(|ty| ty.name()).collect();
        format!("{:?} is no type of a custom field; there are {}", new.ty, names.join(", "))
    })?;
    if (ty == T::Reference) == new.reference_to.is_empty() {
        return Err(format!("{}: a reference, and nothing else, points to an object", new.name));
    }
    let is_number = matches!(ty, T::Double | T::Currency | T::Percent);
    let relationship = || format!("{}__r", new.name.strip_suffix("__c").unwrap_or(&new.name));
    Ok(field(FieldEntry {
        name: new.name.clone(),
        label: new
            .label
            .clone()
            .unwrap_or_else(|| new.name.strip_suffix("__c").unwrap_or(&new.name).replace('_', " ")),
        ty,
        length: new.length,
        precision: new.precision.unwrap_or(if is_number { 18 } else { 0 }),
        scale: new.scale.unwrap_or(if is_number { 2 } else { 0 }),
        digits: if ty == T::Int { 9 } else { 0 },
        required: new.required && ty != T::Boolean,
        unique: new.unique,
        external_id: new.external_id,
        id_lookup: new.external_id,
        values: new.values.clone(),
        restricted: new.restricted,
        reference_to: new.reference_to.clone(),
        relationship: (ty == T::Reference).then(relationship),
        children: new.children.clone(),
        ..FieldEntry::default()
    }))
}

/// FNV-1a: the standard library's hasher may change between compilers, which
/// would throw every cached image away.
#[derive(Debug)]
pub(crate) struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}
