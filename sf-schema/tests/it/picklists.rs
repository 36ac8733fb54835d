//! Dependent picklists and record types.

use serde_json::{Value, json};
use sf_rest::ops::layouts::LayoutSet;
use sf_schema::{Layouts, Object};

use crate::support::{object, org};

#[tokio::test]
async fn the_org_s_own_dependency_is_decoded() {
    let lead = object("Lead").await;
    let territory = lead.field("Territory__c").unwrap();
    let dependency = lead.dependency(territory).unwrap().unwrap();
    assert_eq!(dependency.controller().name, "Region__c");
    let table: Vec<String> = dependency
        .table()
        .iter()
        .map(|(value, all)| format!("{value}: {}", all.join(", ")))
        .collect();
    insta::assert_snapshot!(table.join("\n"), @r"
    EMEA: DACH, Nordics, UK & Ireland, North
    AMER: North, South
    APAC: Japan, Oceania
    ");
    assert_eq!(dependency.allowed("Atlantis"), None);
    assert!(lead.dependency(lead.field("Region__c").unwrap()).unwrap().is_none());
}

fn picklist(name: &str, controller: Option<&str>, valid_for: &[Option<&str>]) -> Value {
    let value = |(at, bits): (usize, &Option<&str>)| json!({ "value": format!("{name}{at}"), "active": at != 9, "validFor": bits });
    json!({ "name": name, "type": "picklist", "controllerName": controller,
        "picklistValues": valid_for.iter().enumerate().map(value).collect::<Vec<_>>() })
}

fn allowed(object: &Object, field: &str, value: &str) -> Vec<String> {
    let dependency = object.dependency(object.field(field).unwrap()).unwrap().unwrap();
    dependency.allowed(value).unwrap().iter().map(|v| (*v).to_owned()).collect()
}

#[test]
fn checkboxes_control_and_odd_bits_allow_nothing() {
    // 0x80 is the first bit, 0x40 the second; "gAA=" is longer than it must be, "%%" is not base64.
    let raw = json!({ "name": "X", "fields": [
        { "name": "Box", "type": "boolean" },
        picklist("A", Some("box"), &[Some("gA=="), Some("QA=="), Some("wAAA"), Some("%%"), None, Some("gA")]),
        picklist("Wide", None, &[None; 12]),
        picklist("B", Some("Wide"), &[Some("ABA="), Some("AAA=")]),
    ]});
    let object = Object::from_describe(&raw).unwrap();
    assert_eq!(allowed(&object, "A", "false"), ["A0", "A2", "A5"]);
    assert_eq!(allowed(&object, "A", "true"), ["A1", "A2"]);
    // Position 11 counts the inactive value at 9, which the table leaves out.
    assert_eq!(allowed(&object, "B", "Wide11"), ["B0"]);
    let field = object.field("B").unwrap();
    assert_eq!(object.dependency(field).unwrap().unwrap().table().len(), 11);
}

#[test]
fn circles_and_dead_ends_are_told() {
    let raw = json!({ "name": "X", "fields": [
        picklist("A", Some("B"), &[]), picklist("B", Some("C"), &[]), picklist("C", Some("a"), &[]),
        picklist("Own", Some("Own"), &[]), picklist("Lost", Some("Nowhere"), &[]),
        { "name": "Text", "type": "string" }, picklist("Odd", Some("Text"), &[]),
    ]});
    let object = Object::from_describe(&raw).unwrap();
    let told: Vec<String> = ["A", "Own", "Lost", "Odd"]
        .iter()
        .map(|name| object.dependency(object.field(name).unwrap()).unwrap_err().to_string())
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    the picklist X.A cannot be resolved: its controlling fields form a circle: A -> B -> C -> A
    the picklist X.Own cannot be resolved: its controlling fields form a circle: Own -> Own
    the picklist X.Lost cannot be resolved: its controlling field Nowhere is not in the describe
    the picklist X.Odd cannot be resolved: its controlling field Text is of the type string, and only picklists and checkboxes control
    ");
}

fn layouts(raw: Value) -> Layouts {
    Layouts::from_layouts(&serde_json::from_value::<LayoutSet>(raw).unwrap())
}

#[test]
fn record_types_narrow_picklists_and_have_their_own_default() {
    let item = |name: &str, required: bool| json!({ "required": required, "layoutComponents": [{ "type": "Field", "value": name }] });
    let rows =
        json!([{ "layoutRows": [{ "layoutItems": [item("Name", true), item("Kind", false)] }] }]);
    let layouts = layouts(json!({
        "layouts": [{ "id": "00h000000000001AAA", "detailLayoutSections": rows, "editLayoutSections": rows },
                    { "id": "00h000000000002AAA" }],
        "recordTypeMappings": [
            { "recordTypeId": "012000000000001AAA", "developerName": "Big", "layoutId": "00h000000000001AAA",
              "defaultRecordTypeMapping": true, "picklistsForRecordType": [
                { "picklistName": "Kind", "picklistValues": [{ "value": "Large", "defaultValue": true, "active": true }] }, {}, 7] },
            { "recordTypeId": "012000000000000AAA", "developerName": "Master", "layoutId": null, "picklistsForRecordType": null },
        ],
    }));
    let object = Object::from_describe(&json!({
        "name": "X",
        "fields": [picklist("Kind", None, &[None, None])],
        "recordTypeInfos": [{ "recordTypeId": "012000000000001AAA", "name": "Big ones", "developerName": "Big", "available": true }],
    }))
    .unwrap();
    let kind = object.field("Kind").unwrap();
    let big = layouts.of(Some("012000000000001")).unwrap();
    assert_eq!(big, layouts.of(None).unwrap());
    assert_eq!(
        (big.fields.as_slice(), big.required.as_slice()),
        (&["Name", "Kind"].map(String::from)[..], &["Name".to_owned()][..])
    );
    let values: Vec<_> = big.values(kind).iter().map(|v| (v.value.as_str(), v.default)).collect();
    assert_eq!(values, [("Large", true)]);
    assert_eq!(layouts.of(Some("master")).unwrap().values(kind).len(), 2);
    assert!(layouts.of(Some("Small")).is_none());
    assert_eq!(object.record_type("big ones").unwrap().developer_name, "Big");
    assert_eq!(object.record_type("012000000000001").unwrap().name, "Big ones");
}

#[tokio::test]
async fn layouts_come_over_the_wire() {
    let org = org().await;
    let layouts = org.catalog.layouts("account").await.unwrap();
    let master = layouts.of(None).unwrap();
    assert_eq!(
        (master.developer_name.as_str(), master.required.as_slice()),
        ("Master", &["Name".to_owned()][..])
    );
    assert!(master.fields.contains(&"Industry".to_owned()));
}
