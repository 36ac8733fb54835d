//! Bulk loads that are shown first: what is sent is what was shown, once, and not without whoever has
//! to agree.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};
use sf_agent_tools::{
    Answer, AskPerson, CallContext, Org, Policy, Question, Sealer, ToolSet, WriteMode,
};
use sf_emulator::{Emulator, Operation};

use crate::audit::intents;
use crate::bulk_tools::agent_with;
use crate::prepared::Person;
use crate::support::{Agent, client};

const LOAD: &str = "salesforce_bulk_load";
const APPLY: &str = "salesforce_apply_write";

fn prepared() -> Policy {
    Policy::read_write().with_write_mode(WriteMode::Prepared)
}

fn loads(agent: &Agent) -> usize {
    let ingest = |r: &&sf_emulator::RequestRecord| r.operation == Operation::BulkIngest;
    agent.org.requests().iter().filter(ingest).count()
}

/// Ids and titles of some contacts.
async fn contacts(agent: &Agent, most: usize) -> Vec<(String, Value)> {
    let soql = format!("SELECT Id, Title FROM Contact ORDER BY Id LIMIT {most}");
    let reply = agent.ok("salesforce_query", json!({ "soql": soql, "max_rows": most })).await;
    let rows = reply["rows"].as_array().unwrap();
    rows.iter().map(|row| (row[0].as_str().unwrap().to_owned(), row[1].clone())).collect()
}

fn csv(path: &Path, ids: &[(String, Value)], title: &str) {
    let rows: String = ids.iter().map(|(id, _)| format!("{id},{title}\n")).collect();
    std::fs::write(path, format!("Id,Title\n{rows}")).unwrap();
}

#[tokio::test]
async fn a_load_is_shown_and_then_sent_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("titles.csv");
    let agent = agent_with(prepared(), |org| org.input_folder(folder.path())).await;
    let ids = contacts(&agent, 300).await;
    csv(&file, &ids, "Loaded");
    let call = |prepare: bool| json!({ "object": "contact", "operation": "update", "source": "titles.csv", "prepare": prepare });
    let error = agent.refused(LOAD, call(false)).await;
    insta::assert_snapshot!(
        error["message"].as_str().unwrap(),
        @"This connection wants updating records to be prepared. Nothing was sent. Call salesforce_prepare_write with the same records (for salesforce_save_graph and salesforce_bulk_load, the same call with prepare: true), look at what it shows, then call salesforce_apply_write with the digest it gives."
    );
    let mut plan = agent.ok(LOAD, call(true)).await;
    assert_eq!(loads(&agent), 0, "nothing is sent");
    let digest = json!({ "digest": plan["prepared"]["digest"] });
    plan["prepared"]["digest"] = json!("[digest]");
    plan["prepared"]["expires_at"] = json!("[time]");
    let records = plan["prepared"]["operations"][0]["records"].as_array_mut().unwrap();
    assert_eq!(records.len(), 20);
    records.truncate(1);
    let first = &records[0]["changes"][0];
    assert_eq!(*first, json!({ "field": "Title", "before": ids[0].1, "after": "Loaded" }));
    for name in ["id", "name", "changes"] {
        records[0][name] = json!("…");
    }
    insta::assert_snapshot!(serde_json::to_string_pretty(&plan).unwrap(), @r#"
    {
      "prepared": {
        "digest": "[digest]",
        "expires_at": "[time]",
        "counts": {
          "update": 300
        },
        "operations": [
          {
            "action": "update",
            "object": "Contact",
            "rows": 300,
            "records": [
              {
                "at": 0,
                "id": "…",
                "name": "…",
                "changes": "…"
              }
            ]
          }
        ],
        "warnings": [
          "280 more rows were checked against the schema and the rules, and not compared with the records they are about.",
          "A bulk load writes each row on its own: some may fail while others are written, and it cannot be taken back as a whole.",
          "What the org's own automation (flows, triggers, roll-ups) adds to this cannot be seen beforehand."
        ]
      },
      "completeness": {
        "complete": false,
        "returned": 20,
        "total": 300,
        "reason": "The first 20 of 300 rows are shown; the digest covers all of them, as they were read now."
      }
    }
    "#);

    // A file that was changed in between is not sent, and what it was is.
    csv(&file, &ids, "Other");
    let error = agent.refused(APPLY, digest.clone()).await;
    assert!(error["message"].as_str().unwrap().contains("is not what was prepared"), "{error}");
    std::fs::remove_file(&file).unwrap();
    let error = agent.refused(APPLY, digest.clone()).await;
    assert_eq!(error["problems"][0]["at"], "source", "{error}");
    assert_eq!(loads(&agent), 0);
    csv(&file, &ids, "Loaded");
    let applied = agent.ok(APPLY, digest.clone()).await;
    let load = &applied["load"];
    assert_eq!((&load["succeeded"], &load["file"]["id"].is_string()), (&json!(300), &true));
    assert_eq!(applied["links"].as_array().unwrap().len(), 1, "{applied}");
    let sent = loads(&agent);
    let again = agent.ok(APPLY, digest).await;
    assert_eq!((&again["already_applied"], &again["load"]["job"]), (&json!(true), &load["job"]));
    assert_eq!(loads(&agent), sent);
    let count = agent.count("SELECT COUNT() FROM Contact WHERE Title = 'Loaded'").await;
    assert_eq!(count, 300);
}

#[tokio::test]
async fn rows_that_are_given_are_shown_like_any_write() {
    let agent = agent_with(prepared(), |org| org).await;
    let ids = contacts(&agent, 3).await;
    // Of a record that is shown and was changed since, nothing is sent.
    let rows: Vec<Value> =
        ids.iter().map(|(id, _)| json!({ "Id": id, "Title": "Given" })).collect();
    let call = json!({ "object": "Contact", "operation": "update", "rows": rows, "prepare": true });
    let plan = agent.ok(LOAD, call.clone()).await;
    let id = sf_rest::Id::parse(&ids[1].0).unwrap();
    agent.org.advance(Duration::from_secs(60));
    client(&agent.org).update("Contact", id, &json!({ "Title": "Between" })).await.unwrap();
    let error = agent.refused(APPLY, json!({ "digest": plan["prepared"]["digest"] })).await;
    assert!(error["message"].as_str().unwrap().contains("were changed by someone else"), "{error}");
    assert_eq!(loads(&agent), 0);
    let plan = agent.ok(LOAD, call).await;
    let applied = agent.ok(APPLY, json!({ "digest": plan["prepared"]["digest"] })).await;
    assert_eq!(applied["load"]["succeeded"], 3, "{applied}");

    // Records that are not there are told before, and so is what a deletion takes with it.
    let gone = ids[0].0.clone();
    client(&agent.org).delete("Contact", sf_rest::Id::parse(&gone).unwrap()).await.unwrap();
    let rows = json!([{ "Id": ids[1].0 }, { "Id": gone }]);
    let call = json!({ "object": "Contact", "operation": "delete", "rows": rows, "prepare": true });
    let plan = agent.ok(LOAD, call).await["prepared"].clone();
    assert_eq!(plan["counts"], json!({ "delete": 2 }));
    let warnings = plan["warnings"].to_string();
    assert!(warnings.contains("1 row will fail") && warnings.contains("recycle bin"), "{plan}");
    // What cannot be written is told as for a load that is sent.
    let rows = json!([{ "LastName": "A", "Emial": "x" }]);
    let call = json!({ "object": "Contact", "operation": "insert", "rows": rows, "prepare": true });
    let error = agent.refused(LOAD, call).await;
    assert_eq!(error["problems"][0]["at"], "column Emial", "{error}");
}

#[tokio::test]
async fn modes_ask_for_a_plan_where_they_ask_it_of_other_writes() {
    let row = |n: usize| json!({ "LastName": format!("Mode {n}") });
    let insert = |rows: usize| {
        let rows: Vec<Value> = (0..rows).map(row).collect();
        json!({ "object": "Contact", "operation": "insert", "rows": rows })
    };
    let policy = Policy::read_write().with_write_mode(WriteMode::PreparedAbove(2));
    let agent = agent_with(policy, |org| org).await;
    assert_eq!(agent.ok(LOAD, insert(2)).await["succeeded"], 2);
    let before = loads(&agent);
    let error = agent.refused(LOAD, insert(3)).await;
    assert!(error["message"].as_str().unwrap().contains("prepare: true"), "{error}");
    let delete = json!({ "object": "Contact", "operation": "delete", "rows": [{ "Id": "003000000000001AAA" }] });
    agent.refused(LOAD, delete).await;
    assert_eq!(loads(&agent), before);
    // A plan may be made in any mode, but not of what is not allowed at all.
    let agent =
        agent_with(Policy::read_only().allow(sf_agent_tools::Effect::Create), |org| org).await;
    let update = json!({ "object": "Contact", "operation": "update", "prepare": true,
                         "rows": [{ "Id": "003000000000001AAA", "Title": "X" }] });
    assert_eq!(agent.refused(LOAD, update).await["class"], "ask_a_person");
}

#[tokio::test]
async fn a_person_sees_the_values_before_and_after() {
    let policy = Policy::read_write().with_write_mode(WriteMode::Approved);
    let agent = agent_with(policy, |org| org).await;
    let ids = contacts(&agent, 30).await;
    let rows: Vec<Value> =
        ids.iter().map(|(id, _)| json!({ "Id": id, "Title": "Agreed" })).collect();
    let call = json!({ "object": "Contact", "operation": "update", "rows": rows });
    let error = agent.refused(LOAD, call.clone()).await;
    assert!(error["message"].as_str().unwrap().contains("nobody could be asked"), "{error}");
    let mut plan = call.clone();
    plan["prepare"] = json!(true);
    let plan = agent.ok(LOAD, plan).await;
    let digest = json!({ "digest": plan["prepared"]["digest"] });
    for (answer, tool, arguments) in [
        (Answer::Declined, LOAD, call),
        (Answer::Declined, APPLY, digest.clone()),
        (Answer::Approved, APPLY, digest),
    ] {
        let person = Arc::new(Person(answer, Mutex::default()));
        let cx = CallContext::default().with_person(person.clone());
        let told = agent.tools.call(&cx, tool, arguments).await;
        assert_eq!(told.is_ok(), answer == Answer::Approved, "{told:?}");
        let [question] = &person.1.lock().unwrap()[..] else { panic!("one question") };
        let preview = question.preview.as_ref().unwrap();
        let change = &preview["operations"][0]["records"][0]["changes"][0];
        assert_eq!(*change, json!({ "field": "Title", "before": ids[0].1, "after": "Agreed" }));
        assert_eq!(preview["completeness"]["complete"], false, "20 of 30 rows");
        let text = question.to_text();
        assert!(text.contains("update 30 records of Contact"), "{text}");
        assert!(text.contains("... and 25 more records"), "{text}");
        assert_eq!(loads(&agent) > 0, answer == Answer::Approved);
    }
}

/// Agrees, after somebody else has changed a record.
struct Late(sf_rest::Client, sf_rest::Id);

#[async_trait]
impl AskPerson for Late {
    async fn ask(&self, _: Question) -> Answer {
        self.0.update("Contact", self.1, &json!({ "Title": "Between" })).await.unwrap();
        Answer::Approved
    }
}

#[tokio::test]
async fn what_changed_while_a_person_was_asked_is_not_written_over() {
    let policy = Policy::read_write().with_write_mode(WriteMode::Approved);
    let agent = agent_with(policy, |org| org).await;
    let ids = contacts(&agent, 3).await;
    agent.org.advance(Duration::from_secs(60));
    let person = Late(client(&agent.org), sf_rest::Id::parse(&ids[1].0).unwrap());
    let cx = CallContext::default().with_person(Arc::new(person));
    let rows: Vec<Value> =
        ids.iter().map(|(id, _)| json!({ "Id": id, "Title": "Agreed" })).collect();
    let call = json!({ "object": "Contact", "operation": "update", "rows": rows });
    let error = agent.tools.call(&cx, LOAD, call).await.unwrap_err();
    assert!(error.message.contains("were changed by someone else"), "{error}");
    assert_eq!(loads(&agent), 0);
}

/// Another process of the same connection.
fn process(org: &Emulator, folder: &Path, sealer: &Sealer) -> ToolSet {
    let log = sf_agent_tools::audit::AuditFile::open(folder.join("audit.jsonl")).unwrap();
    let org = Org::builder(client(org), prepared())
        .audit(Arc::new(log))
        .portable_plans()
        .sealer(sealer.clone())
        .input_folder(folder);
    ToolSet::salesforce(org.build())
}

#[tokio::test]
async fn another_process_may_send_it_but_not_again() {
    let (folder, sealer) = (tempfile::tempdir().unwrap(), Sealer::random().unwrap());
    let org = Emulator::builder().contacts(300).start().await.unwrap();
    let tools = [(); 3].map(|()| process(&org, folder.path(), &sealer));
    let [first, second, third] = tools;
    let agent = Agent { org, tools: first };
    let ids = contacts(&agent, 250).await;
    csv(&folder.path().join("titles.csv"), &ids, "Elsewhere");
    let call = json!({ "object": "Contact", "operation": "update", "source": "titles.csv", "prepare": true });
    let plan = agent.ok(LOAD, call).await;
    let digest = json!({ "digest": plan["prepared"]["digest"] });
    let cx = CallContext::default();
    let applied = second.call(&cx, APPLY, digest.clone()).await.unwrap().to_model();
    assert_eq!(applied["load"]["succeeded"], 250, "{applied}");
    let sent = loads(&agent);
    let again = third.call(&cx, APPLY, digest).await.unwrap().to_model();
    assert_eq!(again["already_applied"], true, "{again}");
    let result = &again["operations"][0]["results"][0];
    assert_eq!(result["outcome"], "updated", "{again}");
    assert_eq!(result["problems"][0], "250 written, 0 failed, 0 not processed");
    assert_eq!(loads(&agent), sent);
    let logged = intents(&folder.path().join("audit.jsonl"));
    let [(_, intent, Some(outcome))] = logged.as_slice() else { panic!("{logged:?}") };
    assert!(intent.plan.is_some() && intent.decision.mode == WriteMode::Prepared);
    assert_eq!(
        (outcome.outcome.as_str(), intent.records[0].after["rows"].as_u64()),
        ("written", Some(250))
    );
}

#[tokio::test]
async fn another_process_does_not_tell_a_load_as_complete_that_was_written_in_part() {
    let (folder, sealer) = (tempfile::tempdir().unwrap(), Sealer::random().unwrap());
    let org = Emulator::builder().contacts(10).start().await.unwrap();
    let [first, second] = [(); 2].map(|()| process(&org, folder.path(), &sealer));
    let agent = Agent { org, tools: first };
    let rows = json!([{ "LastName": "Written" },
                      { "LastName": "Refused", "OwnerId": "005000000000009AAA" }]);
    let call = json!({ "object": "Contact", "operation": "insert", "rows": rows, "prepare": true });
    let plan = agent.ok(LOAD, call).await;
    let digest = json!({ "digest": plan["prepared"]["digest"] });
    let applied = agent.ok(APPLY, digest.clone()).await;
    let load = &applied["load"];
    assert_eq!((&load["succeeded"], &load["failed"]), (&json!(1), &json!(1)), "{applied}");
    let sent = loads(&agent);
    let again = second.call(&CallContext::default(), APPLY, digest).await.unwrap().to_model();
    assert_eq!(again["operations"][0]["results"][0]["outcome"], "partly", "{again}");
    let completeness = &again["completeness"];
    assert_eq!(completeness["complete"], false, "{again}");
    assert_eq!(completeness["next"]["tool"], "salesforce_job_status", "{again}");
    assert_eq!(loads(&agent), sent);
}
