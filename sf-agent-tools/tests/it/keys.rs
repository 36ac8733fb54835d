//! Creates that carry a key: one record, whatever happens to the answer.

use serde_json::{Value, json};
use sf_agent_tools::{Org, Policy, ToolSet};
use sf_emulator::{Emulator, Fault};

use crate::support::{Agent, client};

async fn keyed(field: &str) -> Agent {
    let org = Emulator::builder().contacts(200).start().await.unwrap();
    let guarded = Org::builder(client(&org), Policy::read_write());
    let guarded = guarded.idempotency_key("invoice__c", field).build();
    let tools = ToolSet::salesforce(guarded);
    Agent { org, tools }
}

fn invoices(notes: &str, n: usize) -> Value {
    let one = json!({ "Amount__c": 10, "Due_Date__c": "2026-12-31", "Order_Ref__c": notes });
    json!({ "object": "Invoice__c", "records": vec![one; n] })
}

async fn count(agent: &Agent, notes: &str) -> u64 {
    agent.count(&format!("SELECT COUNT() FROM Invoice__c WHERE Order_Ref__c = '{notes}'")).await
}

#[tokio::test]
async fn a_create_survives_lost_answers() {
    let agent = keyed("External_Id__c").await;
    let cases = [
        ("plain", vec![]),
        ("after", vec![Fault::lost_answer()]),
        ("before", vec![Fault::dropped_connection().on_writes()]),
        ("unavailable", vec![Fault::unavailable_html().on_writes()]),
        ("both", vec![Fault::dropped_connection().on_writes(), Fault::lost_answer()]),
    ];
    for (name, faults) in cases {
        for fault in faults {
            agent.org.faults().push(fault);
        }
        let reply = agent.ok("salesforce_create_records", invoices(name, 3)).await;
        assert_eq!(reply["succeeded"], 3, "{name}: {reply}");
        assert_eq!(count(&agent, name).await, 3, "{name}");
    }
}

#[tokio::test]
async fn what_stays_unknown_is_checked_by_the_key() {
    let agent = keyed("External_Id__c").await;
    agent.ok("salesforce_describe_object", json!({ "object": "Invoice__c" })).await;
    agent.org.faults().push(Fault::lost_answer().always());
    agent.org.faults().push(Fault::unavailable().on(sf_emulator::Operation::Query).always());
    let error = agent.refused("salesforce_create_records", invoices("unknown", 1)).await;
    agent.org.faults().clear();
    assert_eq!(error["class"], "outcome_unknown", "{error}");
    let soql = error["next"]["arguments"]["soql"].as_str().unwrap();
    assert!(soql.contains("WHERE External_Id__c = 'sfa-"), "{soql}");
    let found = agent.ok("salesforce_query", error["next"]["arguments"].clone()).await;
    assert_eq!(found["total"], 1);
    assert_eq!(count(&agent, "unknown").await, 1);
}

#[tokio::test]
async fn a_key_of_another_record_is_refused_before_sending() {
    let agent = keyed("External_Id__c").await;
    let mut call = invoices("declared", 1);
    call["records"][0]["External_Id__c"] = json!("MINE-1");
    agent.ok("salesforce_create_records", call.clone()).await;
    agent.org.clear_requests();
    let error = agent.refused("salesforce_create_records", call).await;
    assert!(error["problems"][0]["message"].as_str().unwrap().contains("already"), "{error}");
    assert!(!agent.org.requests().iter().any(|r| r.operation.is_write()));
}

#[tokio::test]
async fn a_field_that_cannot_be_a_key_stops_creates() {
    for field in ["Order_Ref__c", "Nothing__c"] {
        let agent = keyed(field).await;
        let error = agent.refused("salesforce_create_records", invoices("x", 1)).await;
        assert_eq!(error["class"], "ask_a_person", "{error}");
        assert!(error["message"].as_str().unwrap().contains(field), "{error}");
        assert!(!agent.org.requests().iter().any(|r| r.operation.is_write()));
    }
}

#[tokio::test]
async fn a_key_that_was_made_up_is_not_shown() {
    let agent = keyed("External_Id__c").await;
    let mut operation = invoices("shown", 1);
    operation["action"] = json!("create");
    let plan = agent.ok("salesforce_prepare_write", json!({ "operations": [operation] })).await;
    assert!(!plan["operations"].to_string().contains("External_Id__c"), "{plan}");
    agent.org.faults().push(Fault::lost_answer());
    let applied = agent.ok("salesforce_apply_write", json!({ "digest": plan["digest"] })).await;
    assert_eq!(applied["operations"][0]["results"][0]["outcome"], "created");
    assert_eq!(count(&agent, "shown").await, 1);
}
