//! Creating, changing, upserting and deleting records.

use serde_json::{Value, json};
use sf_emulator::Operation;

use crate::support::{Agent, agent};

fn writes(agent: &Agent) -> usize {
    agent.org.requests().iter().filter(|r| r.operation.is_write()).count()
}

async fn create(agent: &Agent, object: &str, records: Value) -> Vec<String> {
    let reply = agent
        .ok("salesforce_create_records", json!({ "object": object, "records": records }))
        .await;
    let results = reply["results"].as_array().unwrap();
    results.iter().map(|r| r["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn one_answer_names_the_missing_field_and_the_wrong_value() {
    let agent = agent().await;
    let record = json!({ "Amount": 1000, "CloseDate": "2026-12-31", "StageName": "Prospecting", "ForecastCategoryName": "Pipelin" });
    let error = agent
        .refused(
            "salesforce_create_records",
            json!({ "object": "Opportunity", "records": [record] }),
        )
        .await;
    insta::assert_json_snapshot!(error, @r#"
    {
      "class": "fix_your_call",
      "message": "Nothing was sent: 2 problems to correct first. All of them are listed; correct them and call again.",
      "problems": [
        {
          "at": "records[0].ForecastCategoryName",
          "message": "\"Pipelin\" is not one of its values. Did you mean \"Pipeline\"?",
          "allowed": [
            "Omitted",
            "Pipeline",
            "Best Case",
            "Commit",
            "Closed"
          ],
          "did_you_mean": [
            "Pipeline"
          ]
        },
        {
          "at": "records[0].Name",
          "message": "Required to create Opportunity: text of at most 120 characters."
        }
      ]
    }
    "#);
    assert_eq!(writes(&agent), 0);
    let mended = json!([{ "Name": "Mended", "Amount": 1000, "CloseDate": "2026-12-31", "StageName": "Prospecting", "ForecastCategoryName": "Pipeline" }]);
    let ids = create(&agent, "Opportunity", mended).await;
    let get = json!({ "object": "Opportunity", "id": ids[0], "fields": ["Name", "Amount"] });
    let stored = agent.ok("salesforce_get_record", get).await;
    assert_eq!(stored["fields"], json!({ "Name": "Mended", "Amount": 1000.0 }));
}

#[tokio::test]
async fn problems_of_all_records_come_at_once() {
    let agent = agent().await;
    let records = json!([
        { "LastName": "Fine" },
        { "FirstName": "Only", "Emial": "x@example.com" },
        { "LastName": "Long".repeat(30), "Birthdate": "1 March 1980", "OwnerId": "003000000000001AAA" },
        { "LastName": "Calc", "CreatedDate": "2026-01-01T00:00:00Z", "Name": "Composed" },
    ]);
    let error = agent
        .refused("salesforce_create_records", json!({ "object": "Contact", "records": records }))
        .await;
    let at: Vec<&str> =
        error["problems"].as_array().unwrap().iter().map(|p| p["at"].as_str().unwrap()).collect();
    assert_eq!(
        at,
        [
            "records[1].Emial",
            "records[1].LastName",
            "records[2].LastName",
            "records[2].Birthdate",
            "records[2].OwnerId",
            "records[3].CreatedDate",
            "records[3].Name",
        ]
    );
    assert_eq!(writes(&agent), 0);
}

#[tokio::test]
async fn the_whole_life_of_records() {
    let agent = agent().await;
    let ids =
        create(&agent, "Contact", json!([{ "LastName": "Ito" }, { "LastName": "Øster" }])).await;
    // Update asks for nothing that only create needs.
    let records = json!([{ "id": ids[0], "Title": "CEO" }, { "Id": ids[1], "Email": null }]);
    let reply = agent
        .ok("salesforce_update_records", json!({ "object": "contact", "records": records }))
        .await;
    assert_eq!(reply["succeeded"], 2);
    assert_eq!(reply["results"][0], json!({ "outcome": "updated", "id": ids[0] }));
    let get = json!({ "object": "Contact", "id": ids[0], "fields": ["LastName", "Title"] });
    let stored = agent.ok("salesforce_get_record", get.clone()).await;
    assert_eq!(stored["fields"], json!({ "LastName": "Ito", "Title": "CEO" }));

    let reply =
        agent.ok("salesforce_delete_records", json!({ "object": "Contact", "ids": ids })).await;
    assert_eq!(reply["results"][1]["outcome"], "deleted");
    let error = agent.refused("salesforce_get_record", get).await;
    assert_eq!(error["class"], "fix_your_call");
}

#[tokio::test]
async fn upsert_tells_created_from_updated() {
    let agent = agent().await;
    let accounts = "SELECT Id FROM Account LIMIT 1";
    let account =
        agent.ok("salesforce_query", json!({ "soql": accounts })).await["rows"][0][0].clone();
    let call = |note: &str| {
        json!({
            "object": "Invoice__c",
            "external_id_field": "external_id__c",
            "records": [{ "External_Id__c": "X-1", "Account__c": account, "Amount__c": 10, "Due_Date__c": "2026-12-31", "Notes__c": note }]
        })
    };
    let first = agent.ok("salesforce_upsert_records", call("one")).await;
    assert_eq!(first["results"][0]["outcome"], "created", "{first}");
    let second = agent.ok("salesforce_upsert_records", call("two")).await;
    assert_eq!(second["results"][0]["outcome"], "updated");
    assert_eq!(second["results"][0]["id"], first["results"][0]["id"]);

    let mut wrong = call("three");
    wrong["external_id_field"] = json!("Notes__c");
    let error = agent.refused("salesforce_upsert_records", wrong).await;
    let allowed = error["problems"][0]["allowed"].as_array().unwrap();
    assert!(allowed.contains(&json!("External_Id__c")), "{error}");
    let missing = json!({ "object": "Invoice__c", "external_id_field": "External_Id__c", "records": [{ "Notes__c": "x" }] });
    let error = agent.refused("salesforce_upsert_records", missing).await;
    assert_eq!(error["problems"][0]["at"], "records[0].External_Id__c");
}

#[tokio::test]
async fn bad_records_stop_all_or_only_themselves() {
    let agent = agent().await;
    let ids = create(&agent, "Contact", json!([{ "LastName": "A" }, { "LastName": "B" }])).await;
    agent.ok("salesforce_delete_records", json!({ "object": "Contact", "ids": [ids[1]] })).await;
    let records = json!([{ "Id": ids[0], "Title": "X" }, { "Id": ids[1], "Title": "Y" }]);
    let mut call = json!({ "object": "Contact", "records": records });

    let error = agent.refused("salesforce_update_records", call.clone()).await;
    assert_eq!(error["class"], "fix_your_call", "{error}");
    let problems = error["problems"].as_array().unwrap();
    assert_eq!(problems.len(), 1, "the one that was only rolled back is not a problem: {error}");
    assert_eq!(problems[0]["at"], "records[1]");
    assert_eq!(problems[0]["code"], "ENTITY_IS_DELETED");

    call["all_or_none"] = json!(false);
    let reply = agent.ok("salesforce_update_records", call).await;
    assert_eq!((&reply["succeeded"], &reply["failed"]), (&json!(1), &json!(1)));
    assert_eq!(reply["results"][1]["outcome"], "failed");
    assert_eq!(reply["completeness"]["complete"], false);
}

#[tokio::test]
async fn ids_are_checked_before_sending() {
    let agent = agent().await;
    let ids = create(&agent, "Contact", json!([{ "LastName": "A" }])).await;
    let call = json!({ "object": "Contact", "ids": [ids[0], "001000000000001AAA", "x", ids[0]] });
    let error = agent.refused("salesforce_delete_records", call).await;
    let at: Vec<&Value> = error["problems"].as_array().unwrap().iter().map(|p| &p["at"]).collect();
    assert_eq!(at, ["ids[1]", "ids[2]", "ids[3]"]);
    let records = json!([{ "Title": "no id" }, { "Id": ids[0] }, { "Id": 7, "Title": "x" }]);
    let call = json!({ "object": "Contact", "records": records });
    let error = agent.refused("salesforce_update_records", call).await;
    let at: Vec<&Value> = error["problems"].as_array().unwrap().iter().map(|p| &p["at"]).collect();
    assert_eq!(at, ["records[0].Id", "records[1]", "records[2].Id"]);
    let sent = agent.org.requests();
    assert!(!sent.iter().any(|r| matches!(r.operation, Operation::Delete | Operation::Update)));
}

#[tokio::test]
async fn what_is_wrong_alike_is_listed_once() {
    let agent = agent().await;
    let records: Vec<Value> =
        (0..200).map(|_| json!({ "Name": "x", "CleanStatus": "Cleen" })).collect();
    let call = json!({ "object": "Account", "records": records });
    let error = agent.refused("salesforce_create_records", call).await;
    let problems = error["problems"].as_array().unwrap();
    assert_eq!(problems.len(), 51);
    assert!(problems[0]["allowed"].is_array() && problems[1].get("allowed").is_none());
    assert_eq!(problems[50]["message"], "150 problems more, of the same kinds.");

    let ids = create(
        &agent,
        "Contact",
        json!([{ "LastName": "A" }, { "LastName": "B" }, { "LastName": "C" }]),
    )
    .await;
    agent.ok("salesforce_delete_records", json!({ "object": "Contact", "ids": &ids[1..] })).await;
    let call = json!({ "object": "Contact", "ids": ids, "all_or_none": false });
    let reply = agent.ok("salesforce_delete_records", call).await;
    assert_eq!(reply["results"][2]["problems"], json!(["As results[1]."]));
}

#[tokio::test]
async fn an_unknown_field_stops_a_write_before_any_request() {
    let agent = agent().await;
    let ids = create(&agent, "Contact", json!([{ "LastName": "A" }])).await;
    let before = agent.org.requests().len();
    let records = json!([{ "LastName": "B", "Nickname": "Bee" }]);
    let call = json!({ "object": "Contact", "records": records, "all_or_none": false });
    let error = agent.refused("salesforce_create_records", call).await;
    assert_eq!(error["problems"][0]["at"], "records[0].Nickname");
    let records = json!([{ "Id": ids[0], "Nickname": "Bee" }]);
    let call = json!({ "object": "contact", "records": records });
    let error = agent.refused("salesforce_update_records", call).await;
    // Where the names of the fields are to be found.
    assert_eq!(
        error["next"],
        json!({ "tool": "salesforce_describe_object", "arguments": { "object": "Contact" } })
    );
    assert_eq!(agent.org.requests().len(), before, "nothing is sent");
}
