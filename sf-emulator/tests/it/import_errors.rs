//! Rows that cannot be taken in: which file and record, what is wrong.

use std::error::Error as _;

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::any_org::write;
use crate::import::family;
use crate::support::start;

async fn refused(files: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let builder = family(folder.path());
    std::fs::create_dir_all(folder.path().join("rows")).unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join("rows").join(name), text).unwrap();
    }
    let error = builder.start().await.unwrap_err();
    let path = folder.path().join("rows").display().to_string();
    error.source().unwrap().to_string().replace(&path, "[rows]")
}

#[tokio::test]
async fn every_refusal_names_file_and_record() {
    let mut shown = vec![refused(&[]).await];
    for (name, text) in [
        ("Nope__c.json", r#"[{"Name": "x"}]"#),
        ("Node__c.json", r#"[{"Name": "x"}, {"attributes": {"type": "Nope__c"}}]"#),
        ("Node__c.json", r#"[{"Name": "x"}"#),
        ("Node__c.json", r#"{"rows": []}"#),
        ("Node__c.json", r#"["x"]"#),
        ("Node__c.json", r#"[{"Name": "x"}, {"Nmae": "y"}]"#),
        ("Node__c.json", r#"[{"Count__c": "many"}]"#),
        ("Node__c.json", r#"[{"Count__c": 1.5}]"#),
        ("Node__c.json", r#"[{"Flag__c": "perhaps"}]"#),
        ("Node__c.json", r#"[{"Day__c": "tomorrow"}]"#),
        ("Node__c.json", r#"[{"Name": {"first": "x"}}]"#),
        ("Node__c.json", r#"[{"Name": "a", "name": "b"}]"#),
        ("Node__c.json", r#"[{"Id": "a015g00000AAAAA"}, {"Id": "a015g00000AAAAA"}]"#),
        ("Node__c.json", r#"[{"Id": "1"}, {"Id": "1"}]"#),
        ("Node__c.json", r#"[{"Parent__r": {"Key__c": "none"}}]"#),
        ("Node__c.json", r#"[{"Key__c": "k"}, {"Key__c": "k"}, {"Parent__r": {"Key__c": "k"}}]"#),
        ("Node__c.json", r#"[{"Parent__r": {"Nope__c": "k"}}]"#),
        ("Node__c.json", r#"[{"Parent__r": {"Key__c": "k", "Name": "n"}}]"#),
        ("Node__c.json", r#"[{"Parent__c": "@nobody"}]"#),
        ("Leaf__c.csv", "Name,Body__c\nx,!!\n"),
        ("Leaf__c.csv", "Name,Node__c\nx\n"),
    ] {
        shown.push(refused(&[(name, text)]).await);
    }
    assert_snapshot!(shown.join("\n"), @r#"
    [rows] holds no rows; give a folder with a file for each object ({Object}.json or {Object}.csv), or such a file
    [rows]/Nope__c.json: Nope__c is no object of the org; name the file after one (as in Account.json), or give each record attributes with its type
    [rows]/Node__c.json: Nope__c is no object of the org; name the file after one (as in Account.json), or give each record attributes with its type
    [rows]/Node__c.json: not JSON with records: EOF while parsing a list at line 1 column 14
    [rows]/Node__c.json: not JSON with records: missing field `records` at line 1 column 12
    [rows]/Node__c.json: not JSON with records: invalid type: string "x", expected a map at line 1 column 4
    [rows]/Node__c.json, record 2: Nmae is no field or relationship of Node__c
    [rows]/Node__c.json, record 1: Count__c is of type int and cannot be "many"
    [rows]/Node__c.json, record 1: Count__c is of type int and cannot be 1.5
    [rows]/Node__c.json, record 1: Flag__c is of type boolean and cannot be "perhaps"
    [rows]/Node__c.json, record 1: Day__c is of type date and cannot be "tomorrow"
    [rows]/Node__c.json, record 1: Name is of type string and cannot be {"first":"x"}
    [rows]/Node__c.json, record 1: has Name twice
    [rows]/Node__c.json, record 2: is a Node__c with the id a015g00000AAAAAAA5, which another record has
    [rows]/Node__c.json, record 2: is a Node__c with the id 1, which another record has
    [rows]/Node__c.json, record 1: Parent__c names Key__c none, which no record has
    [rows]/Node__c.json, record 3: Parent__c names Key__c k, which several records have
    [rows]/Node__c.json, record 1: Nope__c is no field of Node__c
    [rows]/Node__c.json, record 1: has Parent__r without its Id, Parent__c, and not with one external id alone
    [rows]/Node__c.json, record 1: Parent__c names @nobody, which no record has
    [rows]/Leaf__c.csv, record 1: Body__c is of type base64 and cannot be "!!"
    [rows]/Leaf__c.csv: not CSV with a header: CSV error: record 1 (line: 2, byte: 13): found record with 1 fields, but the previous record has 2 fields
    "#);
}

#[tokio::test]
async fn dangling_lookups_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let nodes: Vec<Value> = (0..5)
        .map(|at| json!({"Id": format!("a015g00000AAA{at:02}"), "Parent__c": "a015g00000ZZZZZ"}))
        .collect();
    write(folder.path(), "rows/Node__c.json", &json!(nodes));
    write(
        folder.path(),
        "rows/Leaf__c.json",
        &json!([
            {"Id": "a025g00000AAAAA", "Node__c": "lost", "Any__c": "a015g00000ZZZZZ"},
            // Of an object that the org does not have: nobody can say.
            {"Id": "a025g00000BBBBB", "Any__c": "a995g00000ZZZZZ"},
        ]),
    );
    let error = family(folder.path()).start().await.unwrap_err();
    assert_snapshot!(error.source().unwrap().to_string(), @"
    lookups that name no record among the rows: 7
      Leaf__c.Node__c: 1, such as lost in record a025g00000AAAAAAA5
      Leaf__c.Any__c: 1, such as a015g00000ZZZZZAA5 in record a025g00000AAAAAAA5
      Node__c.Parent__c: 5, such as a015g00000ZZZZZAA5 in record a015g00000AAA00AAH
    Add those records, or allow dangling lookups, which empties them.
    ");
    let (_org, client) = start(family(folder.path()).allow_dangling(true)).await;
    assert_eq!(client.count("SELECT COUNT() FROM Node__c WHERE Parent__c = null").await, 5);
    assert_eq!(client.count("SELECT COUNT() FROM Leaf__c WHERE Any__c != null").await, 1);
    assert_eq!(client.count("SELECT COUNT() FROM Leaf__c WHERE Node__c != null").await, 0);
}
