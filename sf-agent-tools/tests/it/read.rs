//! Finding objects, reading cards and records.

use serde_json::{Value, json};

use sf_agent_tools::{Limits, Policy};

use crate::support::{agent, agent_with};

#[tokio::test]
async fn objects_by_filter_and_by_page() {
    let agent = agent().await;
    let reply = agent.ok("salesforce_list_objects", json!({ "filter": "INVOICE" })).await;
    let names: Vec<&Value> = reply["objects"].as_array().unwrap().iter().map(|o| &o[0]).collect();
    assert!(names.contains(&&json!("Invoice__c")), "{names:?}");

    let all = agent.ok("salesforce_list_objects", json!({})).await;
    let total = all["total"].as_u64().unwrap();
    let (mut found, mut arguments) = (Vec::new(), json!({ "max_rows": 3 }));
    loop {
        let reply = agent.ok("salesforce_list_objects", arguments).await;
        found.extend(reply["objects"].as_array().unwrap().iter().map(|o| o[0].clone()));
        match reply["completeness"].get("next") {
            Some(next) => arguments = next["arguments"].clone(),
            None => break,
        }
    }
    assert_eq!(found.len() as u64, total);
    let expected: Vec<Value> =
        all["objects"].as_array().unwrap().iter().map(|o| o[0].clone()).collect();
    assert_eq!(found, expected);

    let custom = agent.ok("salesforce_list_objects", json!({ "custom_only": true })).await;
    let custom = custom["objects"].as_array().unwrap();
    assert!(!custom.is_empty() && custom.iter().all(|o| o[0].as_str().unwrap().ends_with("__c")));

    let none = agent.ok("salesforce_list_objects", json!({ "filter": "acount" })).await;
    assert_eq!(none["total"], 0);
    assert_eq!(none["did_you_mean"][0], "Account");
    // Meant by name and by label: told once.
    let none = agent.ok("salesforce_list_objects", json!({ "filter": "opprtunity" })).await;
    let mut near: Vec<_> = none["did_you_mean"].as_array().unwrap().iter().collect();
    let told = near.len();
    near.sort_by_key(ToString::to_string);
    near.dedup();
    assert_eq!(near.len(), told, "{none}");
}

#[tokio::test]
async fn describe_by_label_and_in_full() {
    let agent = agent().await;
    let reply = agent.ok("salesforce_describe_object", json!({ "object": "invoices" })).await;
    assert_eq!(reply["object"], "Invoice__c");
    assert!(reply["card"].as_str().unwrap().starts_with("Invoice__c (label"));
    let field = json!({ "object": "invoices", "fields": ["status"] });
    let reply = agent.ok("salesforce_describe_field", field).await;
    assert_eq!(reply["fields"][0]["name"], "Status__c");
    assert!(!reply["fields"][0]["values"].as_array().unwrap().is_empty());
    assert_eq!(reply["notes"], json!(["\"status\" was taken for Status__c."]));

    let account = agent.ok("salesforce_describe_object", json!({ "object": "account" })).await;
    assert_eq!(account["required_on_create"], json!(["Name"]));
}

#[tokio::test]
async fn a_record_whole_or_by_fields() {
    let agent = agent().await;
    let soql = "SELECT Id, Name, Owner.Name FROM Account ORDER BY Id LIMIT 1";
    let row = agent.ok("salesforce_query", json!({ "soql": soql })).await["rows"][0].clone();
    let id = row[0].as_str().unwrap();
    let whole =
        agent.ok("salesforce_get_record", json!({ "object": "account", "id": &id[..15] })).await;
    assert_eq!(whole["object"], "Account");
    assert_eq!(whole["id"], id);
    assert_eq!(whole["fields"]["Name"], row[1]);
    let empty = whole["empty"].as_array().unwrap();
    assert!(empty.contains(&json!("MasterRecordId")), "{empty:?}");

    let some = json!({ "object": "Account", "id": id, "fields": ["Name", "Owner.Name", "MasterRecordId"] });
    let some = agent.ok("salesforce_get_record", some).await;
    assert_eq!(some["fields"], json!({ "Name": row[1], "Owner.Name": row[2] }));
    assert_eq!(some["empty"], json!(["MasterRecordId"]));
}

#[tokio::test]
async fn a_describe_is_fetched_once() {
    let agent = agent().await;
    for _ in 0..3 {
        agent.ok("salesforce_describe_object", json!({ "object": "Account" })).await;
    }
    let calls =
        (0..6).map(|_| agent.ok("salesforce_describe_object", json!({ "object": "CONTACT" })));
    futures_util::future::join_all(calls).await;
    let describes = agent
        .org
        .requests()
        .iter()
        .filter(|r| r.operation == sf_emulator::Operation::Describe)
        .count();
    assert_eq!(describes, 2);
}

#[tokio::test]
async fn a_record_that_does_not_fit_names_what_is_left_out() {
    let mut limits = Limits::default();
    limits.tokens = 150;
    let agent = agent_with(Policy::read_only(), limits).await;
    let soql = "SELECT Id FROM Account ORDER BY Id LIMIT 1";
    let id = agent.ok("salesforce_query", json!({ "soql": soql })).await["rows"][0][0].clone();
    let whole = agent_with(Policy::read_only(), Limits::default()).await;
    let call = json!({ "object": "Account", "id": id });
    let expected = whole.ok("salesforce_get_record", call.clone()).await["fields"].clone();

    let (mut found, mut arguments) = (serde_json::Map::new(), call);
    loop {
        let reply = agent.ok("salesforce_get_record", arguments).await;
        assert!(reply["fields"].to_string().len() < 900, "{reply}");
        found.extend(reply["fields"].as_object().unwrap().clone());
        match reply["completeness"].get("next") {
            Some(next) => arguments = next["arguments"].clone(),
            None => break,
        }
    }
    assert_eq!(Value::Object(found), expected);
}
