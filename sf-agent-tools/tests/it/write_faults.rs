//! Writes when things go wrong on the way: nothing is doubled, nothing is pretended.

use serde_json::json;
use sf_emulator::{Fault, Operation};

use crate::support::agent;

#[tokio::test]
async fn a_lost_answer_is_unknown_and_the_record_exists_once() {
    let agent = agent().await;
    let record = json!({ "LastName": "O'Lost", "Email": "lost@example.com", "Title": "CTO" });
    agent.org.faults().push(Fault::lost_answer());
    let call = json!({ "object": "Contact", "records": [record] });
    let error = agent.refused("salesforce_create_records", call).await;
    insta::assert_json_snapshot!(error, @r#"
    {
      "class": "outcome_unknown",
      "message": "The create was sent and its answer was lost: it may or may not have happened. It was not sent again. Make the call in next first: what it returns tells whether it happened (rows created just now, by CreatedDate, are yours). Repeat the create only if it did not.",
      "next": {
        "tool": "salesforce_query",
        "arguments": {
          "soql": "SELECT Id, Email, LastName, Title, CreatedDate FROM Contact WHERE Email = 'lost@example.com' AND LastName = 'O\\'Lost' AND Title = 'CTO' ORDER BY CreatedDate DESC LIMIT 200"
        }
      }
    }
    "#);
    let creates = agent.org.requests().iter().filter(|r| r.operation == Operation::Create).count();
    assert_eq!(creates, 1, "never sent again");
    let tool = error["next"]["tool"].as_str().unwrap();
    let found = agent.ok(tool, error["next"]["arguments"].clone()).await;
    assert_eq!(found["total"], 1, "{found}");
    assert_eq!(agent.count("SELECT COUNT() FROM Contact WHERE LastName = 'O\\'Lost'").await, 1);
}

#[tokio::test]
async fn a_server_error_on_create_is_unknown_too() {
    let agent = agent().await;
    agent.org.faults().push(Fault::server_error().on_writes());
    let call = json!({ "object": "Contact", "records": [{ "LastName": "Nowhere" }] });
    let error = agent.refused("salesforce_create_records", call).await;
    assert_eq!(error["class"], "outcome_unknown");
    // Here it did not happen, and the suggested call says so.
    let found = agent.ok("salesforce_query", error["next"]["arguments"].clone()).await;
    assert_eq!(found["total"], 0);
}

#[tokio::test]
async fn updates_and_deletes_survive_a_lost_answer() {
    let agent = agent().await;
    let created = json!({ "object": "Contact", "records": [{ "LastName": "Again" }] });
    let created = agent.ok("salesforce_create_records", created).await;
    let id = created["results"][0]["id"].clone();
    agent.org.faults().push(Fault::lost_answer());
    let update = json!({ "object": "Contact", "records": [{ "Id": id, "Title": "CEO" }] });
    let reply = agent.ok("salesforce_update_records", update).await;
    assert_eq!(reply["succeeded"], 1);
    agent.org.faults().push(Fault::lost_answer());
    let reply =
        agent.ok("salesforce_delete_records", json!({ "object": "Contact", "ids": [id] })).await;
    assert_eq!(reply["results"][0]["outcome"], "deleted");
}

#[tokio::test]
async fn an_update_that_stays_unanswered_is_checked_by_id() {
    let agent = agent().await;
    let created = json!({ "object": "Contact", "records": [{ "LastName": "Silent" }] });
    let created = agent.ok("salesforce_create_records", created).await;
    let id = created["results"][0]["id"].as_str().unwrap().to_owned();
    agent.org.faults().push(Fault::lost_answer().always());
    let update = json!({ "object": "Contact", "records": [{ "Id": id, "title": "CEO" }] });
    let error = agent.refused("salesforce_update_records", update).await;
    agent.org.faults().clear();
    assert_eq!(error["class"], "outcome_unknown", "{error}");
    assert_eq!(
        error["next"]["arguments"]["soql"],
        format!(
            "SELECT Id, Title, LastModifiedDate FROM Contact WHERE Id = '{id}' ORDER BY LastModifiedDate DESC LIMIT 200"
        )
    );
    let found = agent.ok("salesforce_query", error["next"]["arguments"].clone()).await;
    assert_eq!(found["rows"][0][1], "CEO");
}

#[tokio::test]
async fn a_locked_row_is_retried_and_then_try_later() {
    let agent = agent().await;
    let created = json!({ "object": "Contact", "records": [{ "LastName": "Locked" }] });
    let created = agent.ok("salesforce_create_records", created).await;
    let id = created["results"][0]["id"].clone();
    let update = json!({ "object": "Contact", "records": [{ "Id": id, "Title": "CEO" }] });
    agent.org.faults().push(Fault::row_locked());
    agent.ok("salesforce_update_records", update.clone()).await;
    agent.org.faults().push(Fault::row_locked().always());
    let error = agent.refused("salesforce_update_records", update).await;
    assert_eq!(error["class"], "try_later", "{error}");
    assert!(error["message"].as_str().unwrap().contains("nothing was written"), "{error}");
}

#[tokio::test]
async fn a_write_after_the_session_ended_happens_once() {
    let agent = agent().await;
    agent.ok("salesforce_describe_object", json!({ "object": "Contact" })).await;
    agent.org.expire_sessions();
    let call = json!({ "object": "Contact", "records": [{ "LastName": "Once" }] });
    agent.ok("salesforce_create_records", call).await;
    assert_eq!(agent.count("SELECT COUNT() FROM Contact WHERE LastName = 'Once'").await, 1);
}

#[tokio::test]
async fn an_upsert_sent_twice_does_not_claim_to_know_which_it_was() {
    let agent = agent().await;
    let soql = "SELECT Id FROM Account LIMIT 1";
    let account = agent.ok("salesforce_query", json!({ "soql": soql })).await["rows"][0][0].clone();
    let call = json!({
        "object": "Invoice__c",
        "external_id_field": "External_Id__c",
        "records": [{ "External_Id__c": "T-1", "Account__c": account, "Amount__c": 10, "Due_Date__c": "2026-12-31" }]
    });
    agent.org.faults().push(Fault::lost_answer());
    let reply = agent.ok("salesforce_upsert_records", call).await;
    assert_eq!(reply["results"][0]["outcome"], "created_or_updated", "{reply}");
}
