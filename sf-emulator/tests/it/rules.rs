//! Rules of the org's administrator, files and record types, as clients see them.

use reqwest::Method;
use serde_json::json;
use sf_emulator::{DuplicateRule, Emulator, ValidationRule};

use crate::support::{org, send, start};

#[tokio::test]
async fn a_validation_rule_refuses_with_its_text() {
    let rule = ValidationRule::new("Account", "Name LIKE 'Test%'", "No test accounts.");
    let (_org, client) = start(Emulator::builder().contacts(20).validation_rule(rule)).await;
    let reply = client.send("POST", "/sobjects/Account", json!({"Name": "Test 1"})).await;
    insta::assert_snapshot!(reply.shown(), @r#"400 [{"message":"No test accounts.","errorCode":"FIELD_CUSTOM_VALIDATION_EXCEPTION","fields":[]}]"#);
    let many = json!({"allOrNone": false, "records": [
        {"attributes": {"type": "Account"}, "Name": "Test 2"},
        {"attributes": {"type": "Account"}, "Name": "Real"},
    ]});
    let reply = client.send("POST", "/composite/sobjects", many).await;
    let results = reply.json();
    assert_eq!(results[0]["errors"][0]["statusCode"], "FIELD_CUSTOM_VALIDATION_EXCEPTION");
    assert_eq!(results[1]["success"], true);
}

#[tokio::test]
async fn a_duplicate_is_shown_and_saved_on_request() {
    let rule = DuplicateRule::new("Account", "Account_Duplicate_Rule", ["Name"]);
    let (_org, client) = start(Emulator::builder().contacts(20).duplicate_rule(rule)).await;
    client.account("Twin").await;
    let reply = client.send("POST", "/sobjects/Account", json!({"Name": "twin"})).await;
    assert_eq!(reply.status, 400);
    let error = &reply.json()[0];
    let keys: Vec<_> = error.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["message", "errorCode", "duplicateResut", "fields"]);
    assert_eq!(error["errorCode"], "DUPLICATES_DETECTED");
    assert_eq!(error["duplicateResut"]["matchResults"][0]["size"], 1);
    let request = client
        .request(Method::POST, "/sobjects/Account")
        .header("Sforce-Duplicate-Rule-Header", "allowSave=true")
        .json(&json!({"Name": "twin"}));
    assert_eq!(send(request).await.status, 201);
}

#[tokio::test]
async fn a_rule_that_does_not_fit_stops_the_start() {
    let rule = ValidationRule::new("Account", "Colour = 'red'", "No.");
    let started = Emulator::builder().contacts(20).validation_rule(rule).start().await;
    let error = started.map(|_| ()).unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("No such column 'Colour'"), "{cause}");
}

#[tokio::test]
async fn the_tables_of_other_people_s_test_suites_are_there() {
    let (_org, client) = org().await;
    assert_eq!(client.count("SELECT COUNT() FROM BigTable__c").await, 6_000);
    let path = "/sobjects/UpsertTable__c/ExtId__c/ID-1";
    let created = client.send("PATCH", path, json!({"Name": "Record #1"})).await;
    let updated = client.send("PATCH", path, json!({"Name": "Record #1"})).await;
    assert_eq!((created.status, updated.status), (201, 200));
    let again = json!({"Name": "Record #2", "ExtId__c": "ID-1"});
    assert_eq!(client.send("POST", "/sobjects/UpsertTable__c", again).await.status, 201);
    assert_eq!(client.send("PATCH", path, json!({"Name": "Record #3"})).await.status, 300);
}
