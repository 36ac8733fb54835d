//! Collections of up to 200 records.

use insta::assert_snapshot;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{org, send};

fn account(name: &str) -> Value {
    json!({ "attributes": { "type": "Account" }, "Name": name })
}

fn contact_without_name() -> Value {
    json!({ "attributes": { "type": "Contact" }, "FirstName": "x" })
}

#[tokio::test]
async fn records_succeed_and_fail_one_by_one() {
    let (_org, client) = org().await;
    let body = json!({ "records": [account("One by one"), contact_without_name(), { "Name": "no type" }, { "attributes": { "type": "Acount" } }] });
    let reply = client.send("POST", "/composite/sobjects", body).await;
    assert_eq!(reply.status, 200);
    let items = reply.json();
    assert_eq!(items[0], json!({ "id": items[0]["id"], "success": true, "errors": [] }));
    assert_snapshot!(format!("{}\n{}\n{}", items[1], items[2], items[3]), @r#"
    {"success":false,"errors":[{"statusCode":"REQUIRED_FIELD_MISSING","message":"Required fields are missing: [LastName]","fields":["LastName"]}]}
    {"success":false,"errors":[{"statusCode":"INVALID_INPUT","message":"attributes.type is required in each record","fields":[]}]}
    {"success":false,"errors":[{"statusCode":"INVALID_TYPE","message":"sObject type 'Acount' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names.","fields":[]}]}
    "#);
    assert_eq!(client.count("SELECT COUNT() FROM Account WHERE Name = 'One by one'").await, 1);
}

#[tokio::test]
async fn all_or_none_undoes_every_record() {
    let (_org, client) = org().await;
    let body =
        json!({ "allOrNone": true, "records": [account("Rolled back"), contact_without_name()] });
    let items = client.send("POST", "/composite/sobjects", body).await.json();
    assert_snapshot!(
        items[0],
        @r#"{"success":false,"errors":[{"statusCode":"ALL_OR_NONE_OPERATION_ROLLED_BACK","message":"Record rolled back because not all records were valid and the request was using AllOrNone header","fields":[]}]}"#
    );
    assert_eq!(items[1]["errors"][0]["statusCode"], "REQUIRED_FIELD_MISSING");
    assert_eq!(client.count("SELECT COUNT() FROM Account WHERE Name = 'Rolled back'").await, 0);
}

#[tokio::test]
async fn update_and_delete_by_id() {
    let (_org, client) = org().await;
    let (a, b) = (client.account("A").await, client.account("B").await);
    let record = |id: &str, name: &str| json!({ "attributes": { "type": "Account" }, "id": id, "Name": name });
    let body = json!({ "records": [record(&a, "A2"), account("no id"), record(&b, "B2")] });
    let items = client.send("PATCH", "/composite/sobjects", body).await.json();
    assert_eq!((&items[0]["success"], &items[2]["success"]), (&json!(true), &json!(true)));
    assert_snapshot!(
        items[1],
        @r#"{"success":false,"errors":[{"statusCode":"MISSING_ARGUMENT","message":"Id not specified in an update call","fields":[]}]}"#
    );
    let path = format!("/composite/sobjects?ids={a},{b}&allOrNone=true");
    let deleted = send(client.request(Method::DELETE, &path)).await;
    assert_eq!(deleted.json()[1], json!({ "id": b, "success": true, "errors": [] }));
    assert_eq!(client.count("SELECT COUNT() FROM Account WHERE Name IN ('A2', 'B2')").await, 0);
}

#[tokio::test]
async fn upsert_says_what_was_created() {
    let (_org, client) = org().await;
    let deal = |key: Value| {
        let attributes = json!({ "type": "AIM__Deal__c" });
        json!({ "attributes": attributes, "AIM__Ext_Key__c": key, "Name": "Deal", "AIM__Stage__c": "Sourcing" })
    };
    let path = "/composite/sobjects/aim__deal__c/AIM__Ext_Key__c";
    let body = json!({ "records": [deal("C-1".into()), deal("C-2".into()), deal(Value::Null)] });
    let first = client.send("PATCH", path, body.clone()).await.json();
    let second = client.send("PATCH", path, body).await.json();
    let id = first[0]["id"].clone();
    assert_eq!(
        first[0].to_string(),
        format!(r#"{{"id":{id},"success":true,"errors":[],"created":true}}"#)
    );
    assert_eq!(
        second[0].to_string(),
        format!(r#"{{"id":{id},"success":true,"errors":[],"created":false}}"#)
    );
    assert_eq!((&first[2]["success"], &first[2]["created"]), (&json!(false), &json!(false)));
}

#[tokio::test]
async fn rows_are_read_in_order_with_null_for_the_missing() {
    let (_org, client) = org().await;
    let (a, b) = (client.account("Read A").await, client.account("Read B").await);
    let missing = "001000000000000AAA";
    let by_body = json!({ "ids": [b, missing, a], "fields": ["Name"] });
    let reply = client.send("POST", "/composite/sobjects/Account", by_body).await.json();
    assert_eq!(
        (&reply[0]["Name"], &reply[1], &reply[2]["Name"]),
        (&json!("Read B"), &Value::Null, &json!("Read A"))
    );
    let by_url =
        client.get(&format!("/composite/sobjects/Account?ids={b},{missing},{a}&fields=Name")).await;
    assert_eq!(by_url.json(), reply);
}

#[tokio::test]
async fn the_number_of_records_is_bounded() {
    let (_org, client) = org().await;
    let records: Vec<_> = (0..201).map(|n| account(&n.to_string())).collect();
    let replies = [
        client.send("POST", "/composite/sobjects", json!({ "records": [] })).await,
        client.send("POST", "/composite/sobjects", json!({ "records": records })).await,
        client.send("POST", "/composite/sobjects", json!({ "records": [1] })).await,
    ];
    let shown: Vec<_> = replies.iter().map(crate::support::Reply::shown).collect();
    assert_snapshot!(shown.join("\n"), @r#"
    400 [{"message":"At least 1 record is required","errorCode":"REQUIRED_FIELD_MISSING"}]
    400 [{"message":"record limit reached. cannot submit more than 200 records into this call","errorCode":"EXCEEDED_ID_LIMIT"}]
    400 [{"message":"Cannot deserialize instance of record from VALUE_NUMBER_INT value 1 or request may be missing a required field at [line:1, column:12]","errorCode":"JSON_PARSER_ERROR"}]
    "#);
}

#[tokio::test]
async fn a_rolled_back_upsert_still_says_what_it_had_created() {
    let (_org, client) = org().await;
    let record = |key: &str, name: &str| json!({ "attributes": { "type": "UpsertTable__c" }, "ExtId__c": key, "Name": name });
    let body = json!({ "allOrNone": true, "records": [record("new", "One"), record("bad", &"x".repeat(500))] });
    let reply =
        client.send("PATCH", "/composite/sobjects/UpsertTable__c/ExtId__c", body).await.json();
    let seen: Vec<_> = reply
        .as_array()
        .unwrap()
        .iter()
        .map(|item| (item["success"].clone(), item["created"].clone()))
        .collect();
    assert_eq!(seen, [(json!(false), json!(true)), (json!(false), json!(false))], "{reply}");
    let count = client.count("SELECT COUNT() FROM UpsertTable__c WHERE ExtId__c = 'new'").await;
    assert_eq!(count, 0);
}
