//! An org whose schema was loaded from describes.

use std::path::Path;

use insta::assert_snapshot;
use serde_json::{Value, json};
use sf_emulator::Emulator;

use crate::support::{Client, Reply, start};

/// A describe with what a test is about; the rest is as usual.
pub(crate) fn describe(name: &str, prefix: Option<&str>, fields: Value) -> Value {
    let mut all = vec![
        json!({"name": "Id", "type": "id", "label": "Record ID", "length": 18, "nillable": false}),
        json!({"name": "Name", "type": "string", "label": "Name", "length": 80, "nameField": true,
            "createable": true, "updateable": true}),
        json!({"name": "IsDeleted", "type": "boolean", "label": "Deleted", "nillable": false}),
        json!({"name": "SystemModstamp", "type": "datetime", "label": "Stamp", "nillable": false}),
    ];
    if let Value::Array(fields) = fields {
        all.extend(fields);
    }
    json!({"name": name, "label": name, "keyPrefix": prefix, "fields": all})
}

pub(crate) fn write(folder: &Path, name: &str, content: &Value) {
    let file = folder.join(name);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, content.to_string()).unwrap();
}

/// A field that can be written.
pub(crate) fn field(name: &str, ty: &str, more: Value) -> Value {
    let mut field = json!({
        "name": name, "type": ty, "label": name, "createable": true, "updateable": true,
        "length": if ty == "string" || ty == "picklist" { 255 } else { 0 },
    });
    if let Value::Object(more) = more {
        field.as_object_mut().unwrap().extend(more);
    }
    field
}

fn choice(value: &str, label: &str, active: bool, valid_for: Option<&str>) -> Value {
    json!({"active": active, "defaultValue": false, "label": label, "validFor": valid_for, "value": value})
}

/// An org with the awkward things that real ones have.
async fn awkward() -> (Emulator, Client) {
    let folder = tempfile::tempdir().unwrap();
    let gadget = json!([
        field(
            "Kind__c",
            "picklist",
            json!({"restrictedPicklist": true, "picklistValues": [
            choice("s", "Small", true, None), choice("l", "Large", true, None),
            choice("x", "Gone", false, None)]})
        ),
        field("Hot__c", "boolean", json!({"nillable": false, "defaultValue": false})),
        // Bit 0 is false, bit 1 true; of Kind__c bit 1 is `l`.
        field(
            "Only_Hot__c",
            "picklist",
            json!({"controllerName": "Hot__c", "dependentPicklist": true,
            "restrictedPicklist": true, "picklistValues": [choice("burning", "Burning", true, Some("QA=="))]})
        ),
        field(
            "Sum__c",
            "currency",
            json!({"createable": false, "updateable": false, "calculated": true,
            "precision": 18, "scale": 2})
        ),
        field("Place__c", "location", json!({"createable": false, "updateable": false})),
        field(
            "Place__Latitude__s",
            "double",
            json!({"compoundFieldName": "Place__c", "precision": 18, "scale": 15})
        ),
        field(
            "Place__Longitude__s",
            "double",
            json!({"compoundFieldName": "Place__c", "precision": 18, "scale": 15})
        ),
        field("Secret__c", "encryptedstring", json!({"length": 175, "maskType": "all"})),
        field("Odd__c", "hologram", json!({"length": 20, "depth": 3})),
        field(
            "Weather__c",
            "reference",
            json!({"length": 18, "referenceTo": ["Weather__e"],
            "relationshipName": "Weather__r"})
        ),
        field(
            "Any__c",
            "reference",
            json!({"length": 18, "referenceTo": ["Weather__e", "Gadget__c"],
            "relationshipName": "Any__r", "polymorphicForeignKey": true})
        ),
        field(
            "Code__c",
            "string",
            json!({"length": 10, "externalId": true, "unique": true, "idLookup": true})
        ),
        field(
            "Quota__c",
            "double",
            json!({"precision": 4, "scale": 1, "nillable": false,
            "defaultedOnCreate": true, "defaultValueFormula": "2.5"})
        ),
    ]);
    let mut gadget = describe("Gadget__c", Some("a7Z"), gadget);
    gadget["custom"] = json!(true);
    gadget["supportedScopes"] = json!([{"name": "everything", "label": "All"}]);
    gadget["urls"] = json!({"sobject": "/services/data/v61.0/sobjects/Gadget__c",
        "uiDetailTemplate": "https://acme.my.salesforce.com/{ID}"});
    gadget["recordTypeInfos"] = json!([
        {"active": true, "available": true, "defaultRecordTypeMapping": true, "developerName": "Toy",
            "master": false, "name": "Toy", "recordTypeId": "0125g000000AbCdAAK",
            "urls": {"layout": "/services/data/v61.0/sobjects/Gadget__c/describe/layouts/0125g000000AbCdAAK"}},
        {"active": true, "available": true, "defaultRecordTypeMapping": false, "developerName": "Master",
            "master": true, "name": "Master", "recordTypeId": "012000000000000AAA", "urls": {}}]);
    write(folder.path(), "sobjects/Gadget__c.json", &gadget);
    let mut log = describe("Gadget__Log", None, json!([]));
    log["queryable"] = json!(false);
    log["createable"] = json!(false);
    write(folder.path(), "sobjects/Gadget__Log.json", &log);
    start(Emulator::builder().describe(folder.path())).await
}

async fn create(client: &Client, body: Value) -> Reply {
    client.send("POST", "/sobjects/Gadget__c", body).await
}

#[tokio::test]
async fn a_describe_is_answered_as_it_was_loaded() {
    let (_org, client) = awkward().await;
    let gadget = client.get("/sobjects/Gadget__c/describe").await.json();
    // Keys that nobody knows, kept; paths of the API at the version asked for.
    let odd = gadget["fields"].as_array().unwrap().iter().find(|field| field["name"] == "Odd__c");
    assert_eq!((&odd.unwrap()["type"], &odd.unwrap()["depth"]), (&json!("hologram"), &json!(3)));
    assert_eq!(gadget["urls"]["sobject"], "/services/data/v66.0/sobjects/Gadget__c");
    assert_eq!(gadget["urls"]["uiDetailTemplate"], "https://acme.my.salesforce.com/{ID}");
    assert_eq!(gadget["keyPrefix"], "a7Z");
    assert!(gadget.get("childRelationships").is_none(), "what was not there is not made up");
    let keys: Vec<&String> = gadget.as_object().unwrap().keys().collect();
    assert_eq!(keys[..4], ["name", "label", "keyPrefix", "fields"], "in the order that it had");

    let list = client.get("/sobjects").await.json();
    let names: Vec<&str> = list["sobjects"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|entry| entry["name"].as_str())
        .collect();
    assert_snapshot!(names.join(" "), @"FieldPermissions Gadget__c Gadget__Log Group GroupMember ObjectPermissions Organization PermissionSet PermissionSetAssignment Profile RecordType User UserRole");
    let log = &list["sobjects"][2];
    assert_eq!((&log["name"], &log["keyPrefix"]), (&json!("Gadget__Log"), &Value::Null));
}

#[tokio::test]
async fn writes_follow_the_describe() {
    let (_org, client) = awkward().await;
    let mut shown = Vec::new();
    for body in [
        json!({"Name": "all", "Kind__c": "s", "Hot__c": true, "Only_Hot__c": "burning", "Odd__c": "any text",
            "Secret__c": "s", "Code__c": "one", "Place__Latitude__s": 1.5, "Place__Longitude__s": -2}),
        json!({"Kind__c": "x"}),
        json!({"Hot__c": false, "Only_Hot__c": "burning"}),
        json!({"Sum__c": 3}),
        json!({"Code__c": "ONE"}),
        json!({"Quota__c": 12345}),
        json!({"Secret__c": "x".repeat(176)}),
        json!({"Weather__c": "e00000000000001"}),
        json!({}),
    ] {
        let reply = create(&client, body).await;
        let text: String = reply.text.chars().take(160).collect();
        shown.push(format!("{} {text}", reply.status));
    }
    shown.push(client.send("POST", "/sobjects/Gadget__Log", json!({"Name": "no"})).await.shown());
    assert_snapshot!(shown.join("\n"), @r#"
    201 {"id":"a7ZdE0000000001UAA","success":true,"errors":[]}
    400 [{"message":"Kind__c: bad value for restricted picklist field: x","errorCode":"INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST","fields":["Kind__c"]}]
    400 [{"message":"Only_Hot__c: bad value for restricted picklist field: burning","errorCode":"INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST","fields":["Only_Hot__c"]}]
    400 [{"message":"Unable to create/update fields: Sum__c. Please check the security settings of this field and verify that it is read/write for your profile or permi
    400 [{"message":"duplicate value found: Code__c duplicates value on record with id: a7ZdE0000000001","errorCode":"DUPLICATE_VALUE","fields":[]}]
    400 [{"message":"Quota__c: value outside of valid range on numeric field: 12345","errorCode":"NUMBER_OUTSIDE_VALID_RANGE","fields":["Quota__c"]}]
    400 [{"message":"Secret__c: data value too large: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
    400 [{"message":"invalid cross reference id","errorCode":"INVALID_CROSS_REFERENCE_KEY","fields":[]}]
    201 {"id":"a7ZdE0000000002UAA","success":true,"errors":[]}
    400 [{"message":"entity type cannot be inserted: Gadget__Log","errorCode":"CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY","fields":[]}]
    "#);
}

#[tokio::test]
async fn statements_follow_the_describe() {
    let (_org, client) = awkward().await;
    let first = create(
        &client,
        json!({"Name": "a", "Kind__c": "l", "Place__Latitude__s": 1, "Place__Longitude__s": 2}),
    )
    .await;
    let first = first.json()["id"].as_str().unwrap().to_owned();
    assert!(first.starts_with("a7Z"), "{first}");
    create(&client, json!({"Any__c": first, "Kind__c": "s"})).await;
    let mut shown = Vec::new();
    for soql in [
        "SELECT Name, toLabel(Kind__c), Place__c, Quota__c, Sum__c FROM Gadget__c WHERE Kind__c = 'l'",
        "SELECT Any__r.Name, Any__r.Type FROM Gadget__c WHERE Any__c != null",
        "SELECT Kind__c FROM Gadget__c ORDER BY Kind__c",
        "SELECT Weather__c FROM Gadget__c LIMIT 1",
        "SELECT Weather__r.Name FROM Gadget__c",
        "SELECT Id FROM Gadget__Log",
        "SELECT Name, SobjectType FROM RecordType",
        "SELECT COUNT() FROM User",
        "SELECT Id FROM Account",
        "SELECT Name FROM Gadget__c USING SCOPE mine",
    ] {
        let reply = client.query(soql).await;
        shown.push(format!("{soql}\n{}", reply.shown()));
    }
    assert_snapshot!(shown.join("\n").replace(&first, "[first]"), @r#"
    SELECT Name, toLabel(Kind__c), Place__c, Quota__c, Sum__c FROM Gadget__c WHERE Kind__c = 'l'
    200 {"totalSize":1,"done":true,"records":[{"attributes":{"type":"Gadget__c","url":"/services/data/v66.0/sobjects/Gadget__c/[first]"},"Name":"a","Kind__c":"Large","Place__c":{"latitude":1.0,"longitude":2.0},"Quota__c":2.5,"Sum__c":null}]}
    SELECT Any__r.Name, Any__r.Type FROM Gadget__c WHERE Any__c != null
    200 {"totalSize":1,"done":true,"records":[{"attributes":{"type":"Gadget__c","url":"/services/data/v66.0/sobjects/Gadget__c/a7ZdE0000000002UAA"},"Any__r":{"attributes":{"type":"Name","url":"/services/data/v66.0/sobjects/Gadget__c/[first]"},"Name":"a","Type":"Gadget__c"}}]}
    SELECT Kind__c FROM Gadget__c ORDER BY Kind__c
    200 {"totalSize":2,"done":true,"records":[{"attributes":{"type":"Gadget__c","url":"/services/data/v66.0/sobjects/Gadget__c/a7ZdE0000000002UAA"},"Kind__c":"s"},{"attributes":{"type":"Gadget__c","url":"/services/data/v66.0/sobjects/Gadget__c/[first]"},"Kind__c":"l"}]}
    SELECT Weather__c FROM Gadget__c LIMIT 1
    200 {"totalSize":1,"done":true,"records":[{"attributes":{"type":"Gadget__c","url":"/services/data/v66.0/sobjects/Gadget__c/[first]"},"Weather__c":null}]}
    SELECT Weather__r.Name FROM Gadget__c
    400 [{"message":"\nSELECT Weather__r.Name FROM Gadget__c\n       ^\nERROR at Row:1:Column:8\nDidn't understand relationship 'Weather__r' in field path. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. Please reference your WSDL or the describe call for the appropriate names.","errorCode":"INVALID_FIELD"}]
    SELECT Id FROM Gadget__Log
    400 [{"message":"\nSELECT Id FROM Gadget__Log\n               ^\nERROR at Row:1:Column:16\nentity type Gadget__Log does not support query","errorCode":"INVALID_TYPE_FOR_OPERATION"}]
    SELECT Name, SobjectType FROM RecordType
    200 {"totalSize":1,"done":true,"records":[{"attributes":{"type":"RecordType","url":"/services/data/v66.0/sobjects/RecordType/0125g000000AbCdAAK"},"Name":"Toy","SobjectType":"Gadget__c"}]}
    SELECT COUNT() FROM User
    200 {"totalSize":8,"done":true,"records":[]}
    SELECT Id FROM Account
    400 [{"message":"\nSELECT Id FROM Account\n               ^\nERROR at Row:1:Column:16\nsObject type 'Account' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names.","errorCode":"INVALID_TYPE"}]
    SELECT Name FROM Gadget__c USING SCOPE mine
    400 [{"message":"\nName FROM Gadget__c USING SCOPE mine\n                                ^\nERROR at Row:1:Column:40\nUsing Scope 'mine' is not supported on this object","errorCode":"MALFORMED_QUERY"}]
    "#);
}

#[tokio::test]
async fn an_untouched_record_gets_its_id_for_a_name() {
    let (_org, client) = awkward().await;
    let id = create(&client, json!({})).await.json()["id"].as_str().unwrap().to_owned();
    let row = client.get(&format!("/sobjects/Gadget__c/{id}?fields=Name")).await.json();
    assert_eq!(row["Name"], id[..15]);
}

#[tokio::test]
async fn a_single_file_and_a_flat_folder_do_too() {
    let folder = tempfile::tempdir().unwrap();
    let thing = describe("Thing__c", Some("a01"), json!([]));
    write(folder.path(), "Thing__c.json", &thing);
    for path in [folder.path().to_owned(), folder.path().join("Thing__c.json")] {
        let (_org, client) = start(Emulator::builder().describe(path)).await;
        assert_eq!(client.get("/sobjects/Thing__c/describe").await.json(), thing);
        assert_eq!(client.count("SELECT COUNT() FROM Thing__c").await, 0);
    }
}

#[tokio::test]
async fn standard_objects_keep_their_rules_though_related_ones_are_missing() {
    // As a user sees them who may not see much: no price books, few fields.
    let folder = tempfile::tempdir().unwrap();
    let fields = |names: &[(&str, &str)]| {
        names.iter().map(|(name, ty)| field(name, ty, json!({"custom": false}))).collect::<Value>()
    };
    let stage = fields(&[("StageName", "string"), ("CloseDate", "date")]);
    write(folder.path(), "Opportunity.json", &describe("Opportunity", Some("006"), stage));
    let line = fields(&[("UnitPrice", "double"), ("OpportunityId", "string")]);
    write(
        folder.path(),
        "OpportunityLineItem.json",
        &describe("OpportunityLineItem", Some("00k"), line),
    );
    let case = fields(&[("Status", "string")]);
    write(folder.path(), "Case.json", &describe("Case", Some("500"), case));
    let (_org, client) = start(Emulator::builder().describe(folder.path())).await;
    for (object, body) in [
        (
            "Opportunity",
            json!({"Name": "o", "StageName": "Prospecting", "CloseDate": "2026-01-01"}),
        ),
        ("Case", json!({"Status": "New"})),
        ("OpportunityLineItem", json!({"UnitPrice": 3})),
        ("User", json!({"LastName": "x"})),
    ] {
        let made = client.send("POST", &format!("/sobjects/{object}"), body).await;
        assert_ne!(made.status, 500, "{object}: {}", made.text);
        if made.status == 201 {
            let path = format!("/sobjects/{object}/{}", made.json()["id"].as_str().unwrap());
            let changed = client.send("PATCH", &path, json!({"Name": "new"})).await;
            assert_eq!(changed.status, 204, "{object}: {}", changed.text);
            assert_eq!(client.send("DELETE", &path, Value::Null).await.status, 204, "{object}");
        }
    }
}

#[tokio::test]
async fn a_lookup_to_very_many_objects_can_be_followed() {
    let folder = tempfile::tempdir().unwrap();
    let names: Vec<String> = (0..90).map(|at| format!("T{at}__c")).collect();
    for (at, name) in names.iter().enumerate() {
        let prefix = format!("b{at:02}");
        write(folder.path(), &format!("{name}.json"), &describe(name, Some(&prefix), json!([])));
    }
    let about = json!({"length": 18, "referenceTo": names, "relationshipName": "About__r"});
    let note = describe("Note__c", Some("a00"), json!([field("About__c", "reference", about)]));
    write(folder.path(), "Note__c.json", &note);
    let (_org, client) = start(Emulator::builder().describe(folder.path())).await;
    let soql = "SELECT About__r.Name, About__r.Type FROM Note__c WHERE About__r.Name != 'x'";
    assert_eq!(client.query(soql).await.json()["totalSize"], 0);
    for name in ["T7__c", "T77__c"] {
        let made = client.send("POST", &format!("/sobjects/{name}"), json!({"Name": name})).await;
        let id = made.json()["id"].clone();
        client.send("POST", "/sobjects/Note__c", json!({"About__c": id})).await;
    }
    let rows = client.query(soql).await.json();
    let shown: Vec<_> =
        rows["records"].as_array().unwrap().iter().map(|row| &row["About__r"]["Type"]).collect();
    assert_eq!(shown, ["T7__c", "T77__c"]);
}

#[tokio::test]
async fn objects_need_no_system_fields() {
    let folder = tempfile::tempdir().unwrap();
    let fields = json!([
        {"name": "Id", "type": "id", "length": 18, "nillable": false}, field("Label", "string", json!({})),
    ]);
    let bare = json!({"name": "Bare", "keyPrefix": "b00", "fields": fields});
    write(folder.path(), "Bare.json", &bare);
    let up = json!({"length": 18, "referenceTo": ["Thing__c"], "relationshipName": "Thing__r"});
    let mut child = bare.clone();
    child["name"] = json!("Child__c");
    child["keyPrefix"] = json!("b01");
    child["fields"].as_array_mut().unwrap().push(field("Thing__c", "reference", up));
    write(folder.path(), "Child__c.json", &child);
    let mut thing = describe("Thing__c", Some("b02"), json!([]));
    thing["childRelationships"] = json!([{"childSObject": "Child__c", "field": "Thing__c"}]);
    write(folder.path(), "Thing__c.json", &thing);
    let (_org, client) = start(Emulator::builder().describe(folder.path())).await;
    let made = client.send("POST", "/sobjects/Bare", json!({"Label": "x"})).await.json();
    let path = format!("/sobjects/Bare/{}", made["id"].as_str().unwrap());
    let thing = client.send("POST", "/sobjects/Thing__c", json!({"Name": "t"})).await.json();
    let thing = thing["id"].as_str().unwrap();
    let child = client.send("POST", "/sobjects/Child__c", json!({"Thing__c": thing})).await.json();
    let mut shown = Vec::new();
    for (method, path, body) in [
        ("GET", path.as_str(), Value::Null),
        ("PATCH", &path, json!({"Label": "y"})),
        ("DELETE", &path, Value::Null),
        ("GET", "/sobjects/Bare", Value::Null),
        ("GET", "/recent", Value::Null),
        ("GET", "/query?q=SELECT+Id+FROM+Bare+WHERE+Label='y'", Value::Null),
        ("DELETE", &format!("/sobjects/Thing__c/{thing}"), Value::Null),
        ("GET", &format!("/sobjects/Child__c/{}", child["id"].as_str().unwrap()), Value::Null),
    ] {
        let reply = client.send(method, path, body).await;
        let text: String = reply.text.chars().take(120).collect();
        shown.push(format!("{} {text}", reply.status));
    }
    assert_snapshot!(shown.join("\n"), @r#"
    200 {"attributes":{"type":"Bare","url":"/services/data/v66.0/sobjects/Bare/b00dE0000000001QAA"},"Id":"b00dE0000000001QAA","L
    204 
    400 [{"message":"entity type cannot be deleted: Bare","errorCode":"CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY","fields":[]}]
    200 {"objectDescribe":{"keyPrefix":"b00","name":"Bare"},"recentItems":[]}
    200 [{"attributes":{"type":"User","url":"/services/data/v66.0/sobjects/User/005dE0000000008QAA"},"Id":"005dE0000000008QAA","
    200 {"totalSize":1,"done":true,"records":[{"attributes":{"type":"Bare","url":"/services/data/v66.0/sobjects/Bare/b00dE000000
    204 
    200 {"attributes":{"type":"Child__c","url":"/services/data/v66.0/sobjects/Child__c/b01dE0000000001QAA"},"Id":"b01dE000000000
    "#);
}
