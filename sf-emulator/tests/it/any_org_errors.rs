//! Describes that cannot become a schema: which file, where in it, what to do.

use std::error::Error as _;

use insta::assert_snapshot;
use serde_json::{Value, json};
use sf_emulator::{Emulator, ErrorKind};

use crate::any_org::{describe, field, write};

async fn refused(files: &[(&str, Value)]) -> String {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        write(folder.path(), name, content);
    }
    let error = Emulator::builder().describe(folder.path()).start().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Data);
    let path = folder.path().display().to_string();
    error.source().unwrap().to_string().replace(&path, "[dir]")
}

#[tokio::test]
async fn every_refusal_names_the_place() {
    let thing = |fields: Value| describe("Thing__c", Some("a01"), fields);
    let changed = |key: &str, value: Value| {
        let mut thing = thing(json!([]));
        thing[key] = value;
        thing
    };
    let mut shown = vec![refused(&[]).await];
    for content in [
        json!([{"Id": "001"}]),
        json!("text"),
        json!({"name": "Thing__c"}),
        changed("name", json!("Thing\"; DROP TABLE x")),
        changed("fields", json!({})),
        changed("fields", json!([{"name": "Name", "type": "string"}])),
        changed("keyPrefix", json!("toolong")),
        changed("createable", json!("yes")),
        changed("childRelationships", json!([{"childSObject": "X"}])),
        thing(json!([field("A__c", "string", json!({"length": -1}))])),
        thing(json!([field("A__c", "string", json!({})), field("a__C", "date", json!({}))])),
        thing(json!([{"name": "A__c"}])),
        thing(json!([field("A__c", "reference", json!({"referenceTo": [1]}))])),
        thing(json!([field("A__c", "picklist", json!({"picklistValues": [{"label": "x"}]}))])),
        thing(json!([
            field("B__c", "boolean", json!({})),
            field(
                "A__c",
                "picklist",
                json!({"controllerName": "B__c",
            "picklistValues": [{"value": "x", "validFor": "***"}]})
            )
        ])),
    ] {
        shown.push(refused(&[("sobjects/Thing__c.json", content)]).await);
    }
    let both = [("a.json", thing(json!([]))), ("b.json", thing(json!([])))];
    shown.push(refused(&both).await);
    let list = ("sobjects.json", json!({"sobjects": [{"label": "x"}]}));
    shown.push(refused(&[("sobjects/Thing__c.json", thing(json!([]))), list]).await);
    assert_snapshot!(shown.join("\n"), @r#"
    [dir] holds no describes; give a folder with sobjects/{Object}.json, as `sf-agent schema snapshot` writes it, or with one describe reply of an object in each .json file
    [dir]/sobjects/Thing__c.json: $ holds rows, not a describe (rows are given apart); describe the object anew, or mend the file
    [dir]/sobjects/Thing__c.json: $ is a text, not an object; describe the object anew, or mend the file
    [dir]/sobjects/Thing__c.json: $.fields is missing; it must be the array of the object's fields; describe the object anew, or mend the file
    [dir]/sobjects/Thing__c.json: $.name is "Thing\"; DROP TABLE x", but must be an API name: letters, digits and underscores, a letter first; describe the object anew, or mend the file
    [dir]/sobjects/Thing__c.json: $.fields is an object, but must be an array; describe the object anew, or mend the file
    [dir]/sobjects/Thing__c.json: $.fields has no field named Id; every object has one; describe the object anew, or mend the file
    [dir]/sobjects/Thing__c.json: $.keyPrefix is "toolong", but must be three letters or digits, or null; describe the object anew, or mend the file
    [dir]/sobjects/Thing__c.json: $.createable is "yes", but must be true or false; describe the object anew, or mend the file
    [dir]/sobjects/Thing__c.json: $.childRelationships[0].field is missing; it must be a text; describe the object anew, or mend the file
    [dir]/sobjects/Thing__c.json: $.fields[4].length is -1, but must be a whole number from 0 on; describe the object anew, or mend the file
    [dir]/sobjects/Thing__c.json: $.fields[5].name is "a__C" again, as $.fields[4] is; describe the object anew, or mend the file
    [dir]/sobjects/Thing__c.json: $.fields[4].type is missing; it must be a text; describe the object anew, or mend the file
    [dir]/sobjects/Thing__c.json: $.fields[4].referenceTo is an array, but must be an array of names; describe the object anew, or mend the file
    [dir]/sobjects/Thing__c.json: $.fields[4].picklistValues[0].value is missing; it must be a text; describe the object anew, or mend the file
    [dir]/sobjects/Thing__c.json: $.fields[5].picklistValues[0].validFor is "***", but must be a bit set in base64; describe the object anew, or mend the file
    [dir]/b.json describes Thing__c again, which [dir]/a.json describes; remove one of them
    [dir]/sobjects.json: $.sobjects[0].name is not a text; describe the object anew, or mend the file
    "#);
}

#[tokio::test]
async fn files_that_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("Cut.json"), "{\"name\": \"Thing__c\",\n \"fields\": [")
        .unwrap();
    let mut shown = Vec::new();
    for path in [folder.path().to_owned(), folder.path().join("nowhere")] {
        let error = Emulator::builder().describe(path).start().await.unwrap_err();
        let path = folder.path().display().to_string();
        shown.push(error.source().unwrap().to_string().replace(&path, "[dir]"));
    }
    assert_snapshot!(shown.join("\n"), @"
    [dir]/Cut.json is not JSON (line 2, column 12); save the describe reply anew
    cannot read [dir]/nowhere
    ");
}
