//! What a query's answer looks like.

use serde_json::json;
use sf_agent_tools::{Limits, Policy};
use sf_emulator::Fault;

use crate::support::{agent, agent_with};

#[tokio::test]
async fn columns_once_and_parents_by_path() {
    let agent = agent().await;
    let soql = "SELECT Id, Name, Account.Name, Account.Owner.Name FROM Contact ORDER BY Id LIMIT 2";
    let reply = agent.ok("salesforce_query", json!({ "soql": soql })).await;
    assert_eq!(reply["object"], "Contact");
    assert_eq!(reply["columns"], json!(["Id", "Name", "Account.Name", "Account.Owner.Name"]));
    assert_eq!(reply["rows"].as_array().unwrap().len(), 2);
    assert_eq!(reply["rows"][0].as_array().unwrap().len(), 4);
    assert_eq!(reply["completeness"], json!({ "complete": true }));
    assert!(!reply.to_string().contains("attributes"));
}

#[tokio::test]
async fn a_missing_parent_is_null_in_every_column() {
    let agent = agent().await;
    let created = agent
        .ok(
            "salesforce_create_records",
            json!({ "object": "Contact", "records": [{ "LastName": "Alone" }] }),
        )
        .await;
    let id = created["results"][0]["id"].as_str().unwrap().to_owned();
    let soql =
        format!("SELECT LastName, Account.Name, Account.Owner.Name FROM Contact WHERE Id = '{id}'");
    let reply = agent.ok("salesforce_query", json!({ "soql": soql })).await;
    assert_eq!(reply["rows"], json!([["Alone", null, null]]));
}

#[tokio::test]
async fn counts_and_aggregates() {
    let agent = agent().await;
    let reply =
        agent.ok("salesforce_query", json!({ "soql": "SELECT COUNT() FROM Contact" })).await;
    assert_eq!(reply["columns"], json!(["COUNT()"]));
    assert_eq!(reply["rows"], json!([[3000]]));
    let reply =
        agent.ok("salesforce_query", json!({ "soql": "SELECT COUNT(Id) FROM Contact" })).await;
    assert_eq!(reply["columns"], json!(["COUNT(Id)"]));
    assert_eq!(reply["rows"], json!([[3000]]));
    let soql = "SELECT StageName, COUNT(Id) n, MAX(Amount) FROM Opportunity GROUP BY StageName ORDER BY StageName";
    let reply = agent.ok("salesforce_query", json!({ "soql": soql })).await;
    assert_eq!(reply["columns"], json!(["StageName", "n", "MAX(Amount)"]));
    let row = &reply["rows"][0];
    assert!(row[0].is_string() && row[1].is_u64() && row[2].is_number(), "{row}");
    assert_eq!(reply["completeness"]["complete"], true);
}

#[tokio::test]
async fn compounds_are_objects_and_names_may_have_an_alias() {
    let agent = agent().await;
    let soql = "SELECT c.Name, c.MailingAddress FROM Contact c WHERE c.MailingCity != null LIMIT 1";
    let reply = agent.ok("salesforce_query", json!({ "soql": soql })).await;
    assert_eq!(reply["columns"], json!(["Name", "MailingAddress"]));
    assert!(reply["rows"][0][1]["city"].is_string(), "{}", reply["rows"]);
}

#[tokio::test]
async fn the_printed_tree_is_sent() {
    let agent = agent().await;
    let soql = "select id from account where name = 'a\\'b' limit 1";
    agent.ok("salesforce_query", json!({ "soql": soql })).await;
    let sent = agent.org.requests();
    let query =
        sent.iter().rev().find_map(|r| r.query.as_deref().filter(|q| q.starts_with("q="))).unwrap();
    assert!(query.contains("SELECT"), "{query}");
    assert!(!query.contains("select"), "{query}");
}

#[tokio::test]
async fn long_texts_are_cut_between_characters_and_say_so() {
    let mut limits = Limits::default();
    limits.tokens = 40_000;
    let agent = agent_with(Policy::read_write(), limits).await;
    let text = "ä日👩‍👩‍👧".repeat(1_000);
    let record = json!({ "LastName": "Long", "Description": text });
    let created = agent
        .ok("salesforce_create_records", json!({ "object": "Contact", "records": [record] }))
        .await;
    let id = created["results"][0]["id"].as_str().unwrap().to_owned();
    let soql = format!("SELECT Description FROM Contact WHERE Id = '{id}'");
    let reply = agent.ok("salesforce_query", json!({ "soql": soql })).await;
    let cell = reply["rows"][0][0].as_str().unwrap();
    assert!(cell.starts_with("ä日👩") && cell.ends_with("… (7000 characters)"), "{cell}");
    assert_eq!(reply["completeness"]["complete"], false);
    let reason = reply["completeness"]["reason"].as_str().unwrap();
    assert!(reason.contains("1 text") && reason.contains("salesforce_get_record"), "{reason}");
    // One field alone is read in full.
    let whole = json!({ "object": "Contact", "id": id, "fields": ["Description"] });
    let record = agent.ok("salesforce_get_record", whole).await;
    assert_eq!(record["fields"]["Description"], text);
    assert_eq!(record["completeness"]["complete"], true);
}

#[tokio::test]
async fn what_was_cut_from_a_row_that_did_not_fit_is_told_with_that_row() {
    let mut limits = Limits::default();
    (limits.cell, limits.tokens, limits.child_rows) = (10, 320, 1);
    let agent = agent_with(Policy::read_write(), limits).await;
    let long = "Described at length. ".repeat(20);
    let records = json!([
        { "Name": "Cut A", "Site": "s" }, { "Name": "Cut B", "Site": "s", "Description": long },
    ]);
    let created = json!({ "object": "Account", "records": records });
    let created = agent.ok("salesforce_create_records", created).await;
    let parent = &created["results"][1]["id"];
    let children = json!([{ "LastName": "One", "AccountId": parent }, { "LastName": "Two", "AccountId": parent }]);
    agent
        .ok("salesforce_create_records", json!({ "object": "Contact", "records": children }))
        .await;

    let soql = "SELECT Name, Description, (SELECT LastName FROM Contacts) FROM Account WHERE Name LIKE 'Cut %' ORDER BY Name";
    let first = agent.ok("salesforce_query", json!({ "soql": soql })).await;
    assert_eq!(first["rows"][0][0], "Cut A", "{first}");
    assert_eq!(first["rows"].as_array().unwrap().len(), 1, "the second does not fit: {first}");
    let reason = first["completeness"]["reason"].as_str().unwrap();
    assert!(reason.contains("too long"), "{reason}");
    assert!(!reason.contains("child list") && !reason.contains("text is cut"), "{reason}");
    let next = first["completeness"]["next"]["arguments"].clone();
    let second = agent.ok("salesforce_next_page", next).await;
    let reason = second["completeness"]["reason"].as_str().unwrap();
    assert!(reason.contains("1 child list is cut") && reason.contains("1 text is cut"), "{reason}");
}

#[tokio::test]
async fn what_runs_and_is_hardly_meant_is_said() {
    let agent = agent().await;
    let large = r#"{"sObjects":[{"count":2500000,"name":"Case"}]}"#;
    let large = Fault::reply(200, "application/json", large).path_contains("recordCount");
    agent.org.faults().push(large);
    let soql = "SELECT Id FROM Case WHERE Status = 'Opn'";
    for _ in 0..2 {
        let reply = agent.ok("salesforce_query", json!({ "soql": soql })).await;
        let told: Vec<&str> =
            reply["notes"].as_array().unwrap().iter().map(|w| w.as_str().unwrap()).collect();
        assert!(told[0].contains("no LIMIT") && told[2].contains("has no value 'Opn'"), "{told:?}");
    }
    let counts = agent.org.requests();
    let counts = counts.iter().filter(|r| r.path.ends_with("/limits/recordCount")).count();
    assert_eq!(counts, 1, "once for all queries");
    // Without a doubt there is nothing to say.
    let reply = agent.ok("salesforce_query", json!({ "soql": "SELECT COUNT() FROM Case" })).await;
    assert!(reply.get("notes").is_none(), "{reply}");
}
