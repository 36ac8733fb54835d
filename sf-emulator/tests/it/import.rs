//! Rows from files, with their lookups.

use std::path::Path;

use insta::assert_snapshot;
use serde_json::{Value, json};
use sf_emulator::{Builder, Emulator};

use crate::any_org::{describe, field, write};
use crate::support::{Client, start};

/// A builder over objects that point at each other.
pub(crate) fn family(folder: &Path) -> Builder {
    let lookup = |name: &str, to: &[&str]| {
        let relationship = name.replace("__c", "__r");
        field(
            name,
            "reference",
            json!({"length": 18, "referenceTo": to, "relationshipName": relationship}),
        )
    };
    let number = json!({"createable": false, "updateable": false, "autoNumber": true});
    let fields = json!([
        lookup("Parent__c", &["Node__c"]),
        lookup("Leaf__c", &["Leaf__c"]),
        field("Key__c", "string", json!({"externalId": true, "idLookup": true})),
        field("Count__c", "int", json!({"digits": 8})),
        field("Flag__c", "boolean", json!({})),
        field("Day__c", "date", json!({})),
        field("Number__c", "string", number),
        field(
            "OwnerId",
            "reference",
            json!({"custom": false, "referenceTo": ["User"], "relationshipName": "Owner"})
        ),
        field("CreatedDate", "datetime", json!({"createable": false, "updateable": false})),
        field(
            "CreatedById",
            "reference",
            json!({"referenceTo": ["User"], "relationshipName": "CreatedBy"})
        ),
    ]);
    let mut node = describe("Node__c", Some("a01"), fields);
    node["custom"] = json!(true);
    node["childRelationships"] =
        json!([{"childSObject": "Leaf__c", "field": "Node__c", "relationshipName": "Leaves__r"}]);
    let leaf = json!([
        lookup("Node__c", &["Node__c"]),
        lookup("Any__c", &["Elsewhere__c", "Node__c"]),
        field("Body__c", "base64", json!({})),
    ]);
    let dir = folder.join("org");
    write(&dir, "sobjects/Node__c.json", &node);
    write(&dir, "sobjects/Leaf__c.json", &describe("Leaf__c", Some("a02"), leaf));
    Emulator::builder().describe(dir).rows(folder.join("rows"))
}

async fn rows(client: &Client, soql: &str) -> String {
    let reply = client.query(soql).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let mut json = reply.json();
    let records = json["records"].as_array_mut().unwrap();
    for record in records.iter_mut() {
        strip(record);
    }
    records.iter().map(Value::to_string).collect::<Vec<_>>().join("\n")
}

fn strip(value: &mut Value) {
    if let Value::Object(map) = value {
        map.shift_remove("attributes");
        map.values_mut().for_each(strip);
    }
}

#[tokio::test]
async fn ids_and_lookups_of_the_source_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    // Each is the other's parent, one is its own.
    let nodes = json!([
        {"Id": "a015g00000AAAAA", "Name": "x", "Parent__c": "a015g00000BBBBB", "Count__c": 3, "Flag__c": true,
            "Day__c": "2026-02-28", "CreatedDate": "2020-01-02T03:04:05.000+0000", "CreatedById": "0055g00000AAAAA",
            "Number__c": "N-0041", "IsDeleted": false},
        {"Id": "a015g00000BBBBB", "Name": "y", "Parent__c": "a015g00000AAAAA", "Number__c": "N-0007"},
        {"Id": "a015g00000CCCCC", "Parent__c": "a015g00000CCCCC", "OwnerId": "0055g00000AAAAA", "IsDeleted": true},
    ]);
    write(folder.path(), "rows/Node__c.json", &nodes);
    let (_org, client) = start(family(folder.path())).await;
    assert_snapshot!(rows(&client, "SELECT Id, Name, Parent__r.Name, Count__c, Flag__c, Day__c, CreatedDate, CreatedBy.Name, Number__c FROM Node__c").await, @r#"
    {"Id":"a015g00000AAAAAAA5","Name":"x","Parent__r":{"Name":"y"},"Count__c":3,"Flag__c":true,"Day__c":"2026-02-28","CreatedDate":"2020-01-02T03:04:05.000+0000","CreatedBy":{"Name":"Alex Admin"},"Number__c":"N-0041"}
    {"Id":"a015g00000BBBBBAA5","Name":"y","Parent__r":{"Name":"x"},"Count__c":null,"Flag__c":false,"Day__c":null,"CreatedDate":"2026-06-15T09:00:00.000+0000","CreatedBy":{"Name":"Alex Admin"},"Number__c":"N-0007"}
    "#);
    let deleted = client.follow("/services/data/v66.0/queryAll?q=SELECT+Name,Parent__c,Owner.Name,Number__c+FROM+Node__c+WHERE+IsDeleted=true").await;
    let mut deleted = deleted.json()["records"][0].clone();
    strip(&mut deleted);
    assert_snapshot!(deleted.to_string(), @r#"{"Name":"a015g00000CCCCC","Parent__c":"a015g00000CCCCCAA5","Owner":{"Name":"Alex Admin"},"Number__c":"N-0042"}"#);
    // New records go on: an id of this org, the number behind the last.
    let made = client.send("POST", "/sobjects/Node__c", json!({"Name": "z"})).await.json();
    let made = made["id"].as_str().unwrap();
    let row = rows(&client, &format!("SELECT Number__c FROM Node__c WHERE Id = '{made}'")).await;
    assert_snapshot!(format!("{made} {row}"), @r#"a01dE0000000004QAA {"Number__c":"N-0043"}"#);
}

#[tokio::test]
async fn ids_that_cannot_be_kept_are_mapped() {
    let folder = tempfile::tempdir().unwrap();
    // Files by name: leaves come before the nodes they point to.
    write(
        folder.path(),
        "rows/Leaf__c.json",
        &json!({"records": [
            {"Id": "1", "Name": "l1", "Node__c": "n-2", "Any__c": "n-1"},
            {"Id": "2", "Name": "l2", "Node__c": "1"},
            {"Name": "l3", "Any__c": "x005g00000AAAAA"},
        ]}),
    );
    std::fs::write(
        folder.path().join("rows/Node__c.csv"),
        "Id,Name,Parent__r.Key__c,Key__c,Count__c,Flag__c\nn-1,one,k2,k1,1,true\nn-2,\"two, or\nso\",,k2,#N/A,false\n1,third,k1,,,\n",
    )
    .unwrap();
    let (_org, client) = start(family(folder.path())).await;
    assert_snapshot!(rows(&client, "SELECT Id, Name, Parent__r.Name, Count__c, Flag__c, Number__c FROM Node__c").await, @r#"
    {"Id":"a01dE0000000001QAA","Name":"one","Parent__r":{"Name":"two, or\nso"},"Count__c":1,"Flag__c":true,"Number__c":"00000001"}
    {"Id":"a01dE0000000002QAA","Name":"two, or\nso","Parent__r":null,"Count__c":null,"Flag__c":false,"Number__c":"00000002"}
    {"Id":"a01dE0000000003QAA","Name":"third","Parent__r":{"Name":"one"},"Count__c":null,"Flag__c":false,"Number__c":"00000003"}
    "#);
    assert_snapshot!(rows(&client, "SELECT Id, Name, Node__r.Name, Any__c, Any__r.Name FROM Leaf__c").await, @r#"
    {"Id":"a02dE0000000001QAA","Name":"l1","Node__r":{"Name":"two, or\nso"},"Any__c":"a01dE0000000001QAA","Any__r":{"Name":"one"}}
    {"Id":"a02dE0000000002QAA","Name":"l2","Node__r":{"Name":"third"},"Any__c":null,"Any__r":null}
    {"Id":"a02dE0000000003QAA","Name":"l3","Node__r":null,"Any__c":"x005g00000AAAAAAA5","Any__r":null}
    "#);
}

#[tokio::test]
async fn trees_and_query_replies_are_taken() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        "rows/Nodes.json",
        &json!({"totalSize": 1, "done": true, "records": [
            {"attributes": {"type": "Node__c", "referenceId": "root"}, "Name": "root", "Parent__r": null, "Leaves__r": {"records": [
                {"attributes": {"type": "Leaf__c", "referenceId": "leaf"}, "Name": "leaf", "Any__c": "@other",
                    "Body__c": "aGVsbG8="},
            ]}},
        ]}),
    );
    write(
        folder.path(),
        "rows/Others.json",
        &json!([
            {"attributes": {"type": "Node__c", "referenceId": "other"}, "Name": "other", "Parent__c": "@root"},
            {"attributes": {"type": "Node__c", "url": "/services/data/v66.0/sobjects/Node__c/a015g00000BBBBBQAV"},
                "Id": "a015g00000BBBBB", "Name": "kept", "Parent__c": "a015g00000BBBBB",
                "Parent__r": {"attributes": {"type": "Node__c"}, "Name": "kept"}},
        ]),
    );
    write(folder.path(), "rows/Node__c-plan.json", &json!([{"sobject": "Node__c"}]));
    let (_org, client) = start(family(folder.path())).await;
    assert_snapshot!(rows(&client, "SELECT Name, Parent__r.Name, (SELECT Name, Any__r.Name FROM Leaves__r) FROM Node__c").await, @r#"
    {"Name":"root","Parent__r":null,"Leaves__r":{"totalSize":1,"done":true,"records":[{"attributes":{"type":"Leaf__c","url":"/services/data/v66.0/sobjects/Leaf__c/a02dE0000000001QAA"},"Name":"leaf","Any__r":{"attributes":{"type":"Name","url":"/services/data/v66.0/sobjects/Node__c/a01dE0000000002QAA"},"Name":"other"}}]}}
    {"Name":"other","Parent__r":{"Name":"root"},"Leaves__r":null}
    {"Name":"kept","Parent__r":{"Name":"kept"},"Leaves__r":null}
    "#);
    let leaf = client.query("SELECT Id FROM Leaf__c").await.json()["records"][0]["Id"].clone();
    let body = client.get(&format!("/sobjects/Leaf__c/{}/Body__c", leaf.as_str().unwrap())).await;
    assert_eq!(body.text, "hello");
}

#[tokio::test]
async fn users_of_the_file_join_those_of_the_org() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        "rows/User.json",
        &json!([
            {"Id": "0055g00000AAAAA", "Username": "ada@acme.example", "FirstName": "Ada", "LastName": "Byron", "IsActive": true,
                "ProfileId": "00e5g00000PPPPP"},
            // As the administrator of the embedded org.
            {"Id": "005dE0000000001", "Username": "root@acme.example", "LastName": "Root", "IsActive": true},
        ]),
    );
    write(folder.path(), "rows/Profile.json", &json!([{"Id": "00e5g00000PPPPP", "Name": "Sales"}]));
    write(
        folder.path(),
        "rows/Organization.json",
        &json!([{"Id": "00D5g00000OOOOO", "Name": "Acme"}]),
    );
    write(
        folder.path(),
        "rows/Node__c.json",
        &json!([{"Name": "n", "OwnerId": "0055g00000AAAAA"}]),
    );
    let (org, client) = start(family(folder.path())).await;
    assert_eq!((org.username(), &org.org_id()[..15]), ("root@acme.example", "00D5g00000OOOOO"));
    assert_snapshot!(rows(&client, "SELECT Owner.Name, CreatedBy.Name FROM Node__c").await, @r#"{"Owner":{"Name":"Ada Byron"},"CreatedBy":{"Name":"Root"}}"#);
    assert_snapshot!(rows(&client, "SELECT Name, Profile.Name FROM User WHERE Username LIKE '%acme%'").await, @r#"
    {"Name":"Root","Profile":null}
    {"Name":"Ada Byron","Profile":{"Name":"Sales"}}
    "#);
    assert_eq!(client.count("SELECT COUNT() FROM Organization").await, 1);
}

#[tokio::test]
async fn the_default_schema_takes_rows_too() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("Account.csv"), "Id,Name\nA1,Acme\n").unwrap();
    std::fs::write(
        folder.path().join("Contact.csv"),
        "LastName,FirstName,AccountId\nByron,Ada,A1\n",
    )
    .unwrap();
    let (_org, client) = start(Emulator::builder().rows(folder.path())).await;
    assert_snapshot!(rows(&client, "SELECT Name, Account.Name, Owner.Name FROM Contact").await, @r#"{"Name":"Ada Byron","Account":{"Name":"Acme"},"Owner":{"Name":"Alex Admin"}}"#);
    assert_eq!(client.count("SELECT COUNT() FROM Opportunity").await, 0);
}
