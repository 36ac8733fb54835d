//! Describe and global describe with the platform's keys in its order
//! (REST API Developer Guide, "sObject Describe"; 57 field keys, 45 object
//! keys, 28 keys in the global list).
//!
//! An object whose describe was loaded answers with that one: its keys, values and
//! order, the paths below `/services/data` at the caller's version.

mod field;
mod loaded;

use serde::Serialize;
use serde_json::{Value, json};

use super::{Child, Object, Schema};
use crate::engine::generate::RECORD_TYPES;
use crate::engine::id;
use field::FieldDescribe;
use loaded::{Entry, Loaded};

/// Text of `GET /sobjects/X/describe`.
pub(crate) fn object(object: &Object, version: &str) -> String {
    match &object.raw {
        None => text(&ObjectDescribe::new(object, version)),
        Some(raw) => text(&Loaded::new(object, raw, version)),
    }
}

/// Text of `GET /sobjects`.
pub(crate) fn global(schema: &Schema, version: &str) -> String {
    text(&GlobalDescribe {
        encoding: "UTF-8",
        max_batch_size: 200,
        sobjects: schema.objects.iter().map(|object| Entry::new(object, version)).collect(),
    })
}

/// The 28 keys of one object, as in `GET /sobjects/X`.
pub(crate) fn summary(object: &Object, version: &str) -> String {
    text(&Entry::new(object, version))
}

/// Cannot fail for these types; an empty object rather than a panic if it did.
fn text<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "{}".to_owned())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GlobalDescribe<'a> {
    encoding: &'static str,
    max_batch_size: u32,
    sobjects: Vec<Entry<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary<'a> {
    activateable: bool,
    associate_entity_type: Option<&'a str>,
    associate_parent_entity: Option<&'a str>,
    createable: bool,
    custom: bool,
    custom_setting: bool,
    deep_cloneable: bool,
    deletable: bool,
    deprecated_and_hidden: bool,
    feed_enabled: bool,
    has_subtypes: bool,
    is_interface: bool,
    is_subtype: bool,
    key_prefix: Option<&'a str>,
    label: &'a str,
    label_plural: &'a str,
    layoutable: bool,
    mergeable: bool,
    mru_enabled: bool,
    name: &'a str,
    queryable: bool,
    replicateable: bool,
    retrieveable: bool,
    searchable: bool,
    triggerable: bool,
    undeletable: bool,
    updateable: bool,
    urls: Value,
}

impl<'a> Summary<'a> {
    fn new(object: &'a Object, version: &str) -> Self {
        Self {
            activateable: false,
            associate_entity_type: None,
            associate_parent_entity: None,
            createable: object.createable,
            custom: object.custom,
            custom_setting: false,
            deep_cloneable: object.deep_cloneable,
            deletable: object.deletable,
            deprecated_and_hidden: false,
            feed_enabled: object.feed_enabled,
            has_subtypes: false,
            is_interface: false,
            is_subtype: false,
            key_prefix: shown_prefix(object),
            label: &object.label,
            label_plural: &object.label_plural,
            layoutable: object.layoutable,
            mergeable: object.mergeable,
            mru_enabled: object.mru_enabled,
            name: &object.name,
            queryable: object.queryable,
            replicateable: true,
            retrieveable: true,
            searchable: object.searchable,
            triggerable: object.triggerable,
            undeletable: object.undeletable,
            updateable: object.updateable,
            urls: urls(object, version),
        }
    }
}

/// Null where records have no prefix of their own; share objects are described without one.
fn shown_prefix(object: &Object) -> Option<&str> {
    let is_share = object.name.ends_with("Share") && object.field("RowCause").is_some();
    Some(object.key_prefix.as_str()).filter(|prefix| !is_share && !prefix.is_empty())
}

fn urls(object: &Object, version: &str) -> Value {
    let base = format!("/services/data/v{version}/sobjects/{}", object.name);
    let mut urls = serde_json::Map::new();
    let mut add =
        |key: &str, tail: &str| urls.insert(key.to_owned(), Value::String(format!("{base}{tail}")));
    if object.layoutable {
        add("compactLayouts", "/describe/compactLayouts");
    }
    add("rowTemplate", "/{ID}");
    if object.layoutable && object.deletable {
        add("approvalLayouts", "/describe/approvalLayouts");
        add("listviews", "/listviews");
    }
    add("describe", "/describe");
    if object.layoutable {
        add("quickActions", "/quickActions");
        add("layouts", "/describe/layouts");
    }
    add("sobject", "");
    Value::Object(urls)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ObjectDescribe<'a> {
    action_overrides: [(); 0],
    activateable: bool,
    associate_entity_type: Option<&'a str>,
    associate_parent_entity: Option<&'a str>,
    child_relationships: Vec<ChildDescribe<'a>>,
    compact_layoutable: bool,
    createable: bool,
    custom: bool,
    custom_setting: bool,
    deep_cloneable: bool,
    default_implementation: Option<&'a str>,
    deletable: bool,
    deprecated_and_hidden: bool,
    extended_by: Option<&'a str>,
    extends_interfaces: Option<&'a str>,
    feed_enabled: bool,
    fields: Vec<FieldDescribe<'a>>,
    has_subtypes: bool,
    implemented_by: Option<&'a str>,
    implements_interfaces: Option<&'a str>,
    is_interface: bool,
    is_subtype: bool,
    key_prefix: Option<&'a str>,
    label: &'a str,
    label_plural: &'a str,
    layoutable: bool,
    listviewable: Option<bool>,
    lookup_layoutable: Option<bool>,
    mergeable: bool,
    mru_enabled: bool,
    name: &'a str,
    named_layout_infos: [(); 0],
    network_scope_field_name: Option<&'a str>,
    queryable: bool,
    record_type_infos: Value,
    replicateable: bool,
    retrieveable: bool,
    search_layoutable: bool,
    searchable: bool,
    sobject_describe_option: &'static str,
    supported_scopes: Value,
    triggerable: bool,
    undeletable: bool,
    updateable: bool,
    urls: Value,
}

impl<'a> ObjectDescribe<'a> {
    fn new(object: &'a Object, version: &str) -> Self {
        let summary = Summary::new(object, version);
        Self {
            action_overrides: [],
            activateable: summary.activateable,
            associate_entity_type: None,
            associate_parent_entity: None,
            child_relationships: object.children.iter().map(ChildDescribe::new).collect(),
            compact_layoutable: object.layoutable,
            createable: object.createable,
            custom: object.custom,
            custom_setting: false,
            deep_cloneable: object.deep_cloneable,
            default_implementation: None,
            deletable: object.deletable,
            deprecated_and_hidden: false,
            extended_by: None,
            extends_interfaces: None,
            feed_enabled: object.feed_enabled,
            fields: object.fields.iter().map(|field| FieldDescribe::new(object, field)).collect(),
            has_subtypes: false,
            implemented_by: None,
            implements_interfaces: None,
            is_interface: false,
            is_subtype: false,
            key_prefix: shown_prefix(object),
            label: &object.label,
            label_plural: &object.label_plural,
            layoutable: object.layoutable,
            listviewable: None,
            lookup_layoutable: None,
            mergeable: object.mergeable,
            mru_enabled: object.mru_enabled,
            name: &object.name,
            named_layout_infos: [],
            network_scope_field_name: None,
            queryable: object.queryable,
            record_type_infos: record_types(object, version),
            replicateable: true,
            retrieveable: true,
            search_layoutable: object.layoutable,
            searchable: summary.searchable,
            sobject_describe_option: "FULL",
            supported_scopes: object
                .scopes
                .iter()
                .map(|(name, label)| json!({"label": label, "name": name}))
                .collect(),
            triggerable: object.triggerable,
            undeletable: object.undeletable,
            updateable: object.updateable,
            urls: detail_urls(object, summary.urls),
        }
    }
}

fn detail_urls(object: &Object, mut urls: Value) -> Value {
    // The pages of the user interface; a path, since the engine knows no host.
    if let (true, Value::Object(map)) = (object.layoutable, &mut urls) {
        let prefix = &object.key_prefix;
        map.insert("uiDetailTemplate".to_owned(), Value::String("/{ID}".to_owned()));
        map.insert("uiEditTemplate".to_owned(), Value::String("/{ID}/e".to_owned()));
        map.insert("uiNewRecord".to_owned(), Value::String(format!("/{prefix}/e")));
    }
    urls
}

/// The master record type comes last.
fn record_types(object: &Object, version: &str) -> Value {
    if !object.layoutable {
        return json!([]);
    }
    let mut infos = Vec::new();
    if object.field("RecordTypeId").is_some() {
        for (number, (name, active)) in (1..).zip(RECORD_TYPES) {
            let id = id::make("012", number);
            infos.push(record_type(object, version, &id, name, active));
        }
    }
    infos.push(record_type(object, version, "012000000000000AAA", "Master", true));
    Value::Array(infos)
}

fn record_type(object: &Object, version: &str, id: &str, name: &str, active: bool) -> Value {
    let layout =
        format!("/services/data/v{version}/sobjects/{}/describe/layouts/{id}", object.name);
    let master = name == "Master";
    json!({
        "active": active, "available": active, "defaultRecordTypeMapping": master,
        "developerName": name.replace(' ', "_"), "master": master, "name": name, "recordTypeId": id,
        "urls": {"layout": layout},
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ChildDescribe<'a> {
    cascade_delete: bool,
    #[serde(rename = "childSObject")]
    child_sobject: &'a str,
    deprecated_and_hidden: bool,
    field: &'a str,
    junction_id_list_names: [(); 0],
    junction_reference_to: [(); 0],
    relationship_name: Option<&'a str>,
    restricted_delete: bool,
}

impl<'a> ChildDescribe<'a> {
    fn new(child: &'a Child) -> Self {
        Self {
            cascade_delete: child.cascade_delete,
            child_sobject: &child.object,
            deprecated_and_hidden: false,
            field: &child.field,
            junction_id_list_names: [],
            junction_reference_to: [],
            relationship_name: child.relationship.as_deref(),
            restricted_delete: child.restricted_delete,
        }
    }
}
