//! Records that refer to each other, saved together.

use serde_json::{Value, json};
use sf_agent_tools::{Org, Policy, ToolSet, WriteMode};
use sf_emulator::{DuplicateRule, Emulator, Fault, ValidationRule};

use crate::support::{Agent, agent, client};

const SAVE: &str = "salesforce_save_graph";

fn family() -> Value {
    json!({ "records": [
        { "object": "Contact", "values": { "LastName": "Ito", "AccountId": "@acme" } },
        { "alias": "@deal", "object": "Opportunity", "values": {
            "Name": "Big", "StageName": "Prospecting", "CloseDate": "2026-12-31", "AccountId": "@acme" } },
        { "alias": "@acme", "object": "Account", "values": { "Name": "Acme Graph" } },
    ] })
}

async fn accounts(agent: &Agent) -> u64 {
    agent.count("SELECT COUNT() FROM Account WHERE Name = 'Acme Graph'").await
}

#[tokio::test]
async fn a_family_is_saved_in_any_order() {
    let agent = agent().await;
    let saved = agent.ok(SAVE, family()).await;
    let acme = saved["ids"]["@acme"].as_str().unwrap();
    assert_eq!(saved["results"][2], json!({ "outcome": "created", "id": acme }));
    assert_eq!(saved["results"][1]["id"], saved["ids"]["@deal"]);
    for (at, object) in [(0, "Contact"), (1, "Opportunity")] {
        let get =
            json!({ "object": object, "id": saved["results"][at]["id"], "fields": ["AccountId"] });
        assert_eq!(agent.ok("salesforce_get_record", get).await["fields"]["AccountId"], acme);
    }
    // Existing records are changed, or only referred to.
    let call = json!({ "records": [
        { "alias": "@acme", "object": "Account", "id": acme },
        { "alias": "@new", "object": "Account", "values": { "Name": "Other" } },
        { "object": "Contact", "id": saved["results"][0]["id"], "values": { "AccountId": "@new" } },
        { "object": "Contact", "values": { "LastName": "Sato", "AccountId": "@acme" } },
    ] });
    let again = agent.ok(SAVE, call).await;
    let words: Vec<&Value> =
        again["results"].as_array().unwrap().iter().map(|r| &r["outcome"]).collect();
    assert_eq!(words, ["unchanged", "created", "updated", "created"]);
    let get =
        json!({ "object": "Contact", "id": saved["results"][0]["id"], "fields": ["AccountId"] });
    assert_eq!(
        agent.ok("salesforce_get_record", get).await["fields"]["AccountId"],
        again["ids"]["@new"]
    );
    let soql =
        format!("SELECT COUNT() FROM Contact WHERE AccountId = '{acme}' AND LastName = 'Sato'");
    assert_eq!(agent.count(&soql).await, 1);
}

#[tokio::test]
async fn what_is_wrong_is_found_before_anything_is_sent() {
    let agent = agent().await;
    let call = json!({ "records": [
        { "alias": "acme", "object": "Account", "values": { "Nmae": "x" } },
        { "alias": "@c", "object": "Contact", "values": { "LastName": "x", "AccountId": "@akme" } },
        { "alias": "@c", "object": "Contact", "values": { "LastName": "x", "AccountId": "@c" } },
        { "object": "Contact", "id": "001000000000001AAA", "values": { "Title": "x" } },
    ] });
    let error = agent.refused(SAVE, call).await;
    let at: Vec<&Value> = error["problems"].as_array().unwrap().iter().map(|p| &p["at"]).collect();
    assert_eq!(
        at,
        [
            "records[0].alias",
            "records[2].alias",
            "records[0].Nmae",
            "records[0].Name",
            "records[1].AccountId",
            "records[2].AccountId",
            "records[3].id",
        ],
        "{error}"
    );
    let circle = json!({ "records": [
        { "alias": "@a", "object": "Account", "values": { "Name": "a", "ParentId": "@b" } },
        { "alias": "@b", "object": "Account", "values": { "Name": "b", "ParentId": "@a" } },
        { "object": "Contact", "values": { "LastName": "free" } },
    ] });
    let error = agent.refused(SAVE, circle).await;
    assert_eq!(error["problems"].as_array().unwrap().len(), 2, "{error}");
    let chain: Vec<Value> = (0..16)
        .map(|n| match n {
            0 => json!({ "alias": "@0", "object": "Account", "values": { "Name": "top" } }),
            n => json!({ "alias": format!("@{n}"), "object": "Account", "values": { "Name": "x", "ParentId": format!("@{}", n - 1) } }),
        })
        .collect();
    let error = agent.refused(SAVE, json!({ "records": chain })).await;
    assert_eq!(error["problems"][0]["message"], "16 levels of references; at most 15.");
    assert!(!agent.org.requests().iter().any(|r| r.operation.is_write()));
}

async fn with_rules() -> Agent {
    let rule = ValidationRule::new("Contact", "Title = 'Bad'", "No bad titles").on_field("Title");
    let same = DuplicateRule::new("Account", "Same name", ["Name"]);
    let org = Emulator::builder()
        .contacts(200)
        .validation_rule(rule)
        .duplicate_rule(same)
        .start()
        .await
        .unwrap();
    let tools = ToolSet::salesforce(Org::new(client(&org), Policy::read_write()));
    Agent { org, tools }
}

#[tokio::test]
async fn a_refusal_names_the_alias_and_undoes_all() {
    let agent = with_rules().await;
    let mut call = family();
    call["records"][0]["values"]["Title"] = json!("Bad");
    call["records"][0]["alias"] = json!("@ito");
    let error = agent.refused(SAVE, call).await;
    insta::assert_json_snapshot!(error, @r#"
    {
      "class": "fix_your_call",
      "message": "Salesforce refused to save the records; nothing was written. Correct what is listed and call again.",
      "problems": [
        {
          "at": "records[0] (@ito).Title",
          "message": "No bad titles. That is a validation rule of the org; correct the values to satisfy it.",
          "code": "FIELD_CUSTOM_VALIDATION_EXCEPTION"
        }
      ]
    }
    "#);
    assert_eq!(accounts(&agent).await, 0);
}

#[tokio::test]
async fn the_records_that_a_duplicate_rule_found_are_named() {
    let agent = with_rules().await;
    let saved = agent.ok(SAVE, family()).await;
    let acme = saved["ids"]["@acme"].as_str().unwrap().to_owned();
    let error = agent.refused(SAVE, family()).await;
    let problem = &error["problems"][0];
    assert_eq!(problem["at"], "records[2] (@acme)");
    let records = format!("Records like it: {acme}.");
    assert!(problem["message"].as_str().unwrap().contains(&records), "{error}");
    let call = json!({ "object": "Account", "records": [{ "Name": "Acme Graph" }] });
    let error = agent.refused("salesforce_create_records", call).await;
    assert!(error["problems"][0]["message"].as_str().unwrap().contains(&records), "{error}");
}

#[tokio::test]
async fn a_lost_answer_is_unknown_and_one_record_tells() {
    for (fault, there) in [(Fault::lost_answer(), 1), (Fault::server_error().on_writes(), 0)] {
        let agent = agent().await;
        agent.org.faults().push(fault);
        let error = agent.refused(SAVE, family()).await;
        assert_eq!(error["class"], "outcome_unknown", "{error}");
        let found = agent.ok("salesforce_query", error["next"]["arguments"].clone()).await;
        assert_eq!(found["total"], there, "{error}");
        assert_eq!(accounts(&agent).await, there, "all or none, and never twice");
    }
}

#[tokio::test]
async fn a_graph_can_be_prepared_and_applied_once() {
    let first = agent().await;
    let id = first.ok(SAVE, family()).await["results"][0]["id"].as_str().unwrap().to_owned();
    let policy = Policy::read_write().with_write_mode(WriteMode::Prepared);
    let tools = ToolSet::salesforce(Org::new(client(&first.org), policy));
    let agent = Agent { org: first.org, tools };
    let mut call = json!({ "records": [
        { "alias": "@new", "object": "Account", "values": { "Name": "Prepared" } },
        { "object": "Contact", "id": id, "values": { "AccountId": "@new", "Title": "CEO" } },
    ] });
    let error = agent.refused(SAVE, call.clone()).await;
    assert!(error["message"].as_str().unwrap().contains("prepare: true"), "{error}");
    call["prepare"] = json!(true);
    let plan = agent.ok(SAVE, call.clone()).await;
    let shown = &plan["prepared"]["operations"][1]["records"][0];
    assert_eq!((&shown["at"], &shown["name"]), (&json!(1), &json!("Ito")));
    assert_eq!(agent.count("SELECT COUNT() FROM Account WHERE Name = 'Prepared'").await, 0);

    // Changed in between: nothing is sent.
    agent.org.advance(std::time::Duration::from_secs(5));
    let digest = |plan: &Value| json!({ "digest": plan["prepared"]["digest"] });
    let change = json!({ "operations": [{ "action": "update", "object": "Contact", "records": [{ "Id": id, "Title": "CFO" }] }] });
    let change = agent.ok("salesforce_prepare_write", change).await;
    agent.ok("salesforce_apply_write", json!({ "digest": change["digest"] })).await;
    let error = agent.refused("salesforce_apply_write", digest(&plan)).await;
    assert!(error["message"].as_str().unwrap().contains("changed by someone else"), "{error}");

    let plan = agent.ok(SAVE, call).await;
    let applied = agent.ok("salesforce_apply_write", digest(&plan)).await;
    let again = agent.ok("salesforce_apply_write", digest(&plan)).await;
    assert_eq!((&again["already_applied"], &again["graph"]), (&json!(true), &applied["graph"]));
    assert_eq!(agent.count("SELECT COUNT() FROM Account WHERE Name = 'Prepared'").await, 1);
}
