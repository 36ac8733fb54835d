//! Writes that are shown first and sent once.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};
use sf_agent_tools::{
    Answer, AskPerson, CallContext, Effect, Limits, Org, Policy, Question, ToolSet, WriteMode,
};
use sf_emulator::{Fault, Operation};

use crate::support::{Agent, agent, agent_with, client};

const PREPARE: &str = "salesforce_prepare_write";
const APPLY: &str = "salesforce_apply_write";

async fn create(agent: &Agent, object: &str, record: Value) -> String {
    let call = json!({ "object": object, "records": [record] });
    let reply = agent.ok("salesforce_create_records", call).await;
    reply["results"][0]["id"].as_str().unwrap().to_owned()
}

async fn stored(agent: &Agent, object: &str, id: &str, field: &str) -> Value {
    let get = json!({ "object": object, "id": id, "fields": [field] });
    agent.ok("salesforce_get_record", get).await["fields"][field].clone()
}

fn writes(agent: &Agent) -> usize {
    agent.org.requests().iter().filter(|r| r.operation.is_write()).count()
}

/// Replaces what differs from run to run.
fn masked(reply: &Value, ids: &[(&str, &str)]) -> String {
    let mut reply = reply.clone();
    reply["digest"] = json!("[digest]");
    reply["expires_at"] = json!("[time]");
    let text = serde_json::to_string_pretty(&reply).unwrap();
    ids.iter().fold(text, |text, (id, name)| text.replace(id, name))
}

#[tokio::test]
async fn a_plan_shows_every_value_and_is_applied_once() {
    let agent = agent().await;
    let id = create(&agent, "Contact", json!({ "LastName": "Ito", "Title": "CTO" })).await;
    let before = writes(&agent);
    let call = json!({ "operations": [
        { "action": "update", "object": "contact", "records": [{ "Id": id, "Title": " CEO ", "LastName": "Ito" }] },
        { "action": "create", "object": "Contact", "records": [{ "LastName": "Ito" }] },
    ] });
    let plan = agent.ok(PREPARE, call).await;
    assert_eq!(writes(&agent), before, "nothing is written");
    insta::assert_snapshot!(masked(&plan, &[(&id, "[ito]")]), @r#"
    {
      "digest": "[digest]",
      "expires_at": "[time]",
      "counts": {
        "create": 1,
        "update": 1
      },
      "operations": [
        {
          "action": "update",
          "object": "Contact",
          "rows": 1,
          "records": [
            {
              "at": 0,
              "id": "[ito]",
              "name": "Ito",
              "changes": [
                {
                  "field": "Title",
                  "before": "CTO",
                  "after": " CEO "
                }
              ]
            }
          ]
        },
        {
          "action": "create",
          "object": "Contact",
          "rows": 1,
          "records": [
            {
              "at": 0,
              "changes": [
                {
                  "field": "LastName",
                  "before": null,
                  "after": "Ito"
                }
              ]
            }
          ]
        }
      ],
      "warnings": [
        "Possible duplicates: 1 record of Contact with the same Name: [ito] (Ito).",
        "What the org's own automation (flows, triggers, roll-ups) adds to this cannot be seen beforehand."
      ],
      "completeness": {
        "complete": true
      }
    }
    "#);

    let digest = json!({ "digest": plan["digest"] });
    let applied = agent.ok(APPLY, digest.clone()).await;
    assert_eq!(applied["already_applied"], false);
    assert_eq!(applied["operations"][0]["results"], json!([{ "outcome": "updated", "id": id }]));
    assert_eq!(stored(&agent, "Contact", &id, "Title").await, "CEO");
    let sent = writes(&agent);

    let again = agent.ok(APPLY, digest).await;
    assert_eq!(again["already_applied"], true);
    assert_eq!(again["operations"], applied["operations"]);
    assert_eq!(writes(&agent), sent, "nothing is sent a second time");
    assert_eq!(agent.count("SELECT COUNT() FROM Contact WHERE LastName = 'Ito'").await, 2);
}

#[tokio::test]
async fn what_changed_in_between_is_not_overwritten() {
    let agent = agent().await;
    let id = create(&agent, "Contact", json!({ "LastName": "Ito", "Title": "CTO" })).await;
    let other = create(&agent, "Contact", json!({ "LastName": "Sato" })).await;
    for ids in [vec![&id], vec![&id, &other]] {
        let records: Vec<Value> =
            ids.iter().map(|id| json!({ "Id": id, "Title": "CEO" })).collect();
        let call = json!({ "operations": [{ "action": "update", "object": "Contact", "records": records }] });
        let plan = agent.ok(PREPARE, call).await;
        agent.org.advance(Duration::from_secs(5));
        let update = json!({ "object": "Contact", "records": [{ "Id": id, "Title": "CFO" }] });
        agent.ok("salesforce_update_records", update).await;
        let before = writes(&agent);
        let error = agent.refused(APPLY, json!({ "digest": plan["digest"] })).await;
        assert_eq!(error["class"], "fix_your_call");
        assert!(error["message"].as_str().unwrap().contains("changed by someone else"), "{error}");
        assert_eq!(error["problems"][0]["at"], "records[0]");
        assert_eq!(writes(&agent), before, "nothing is sent");
        assert_eq!(stored(&agent, "Contact", &id, "Title").await, "CFO");
    }
}

#[tokio::test]
async fn a_write_in_the_last_moment_is_noticed_by_the_platform() {
    let agent = agent().await;
    let id = create(&agent, "Contact", json!({ "LastName": "Ito", "Title": "CTO" })).await;
    let call = json!({ "operations": [{ "action": "update", "object": "Contact", "records": [{ "Id": id, "Title": "CEO" }] }] });
    let plan = agent.ok(PREPARE, call).await;
    // The first attempt is lost with its answer; the second meets a record that is newer.
    agent.org.advance(Duration::from_secs(5));
    agent.org.faults().push(Fault::lost_answer());
    let error = agent.refused(APPLY, json!({ "digest": plan["digest"] })).await;
    assert_eq!(error["class"], "outcome_unknown", "{error}");
    let found = agent.ok("salesforce_query", error["next"]["arguments"].clone()).await;
    assert_eq!(found["rows"][0][1], "CEO");
    // The same digest tells the same, and sends nothing.
    let before = writes(&agent);
    let error = agent.refused(APPLY, json!({ "digest": plan["digest"] })).await;
    assert_eq!(error["class"], "outcome_unknown", "{error}");
    assert!(error["message"].as_str().unwrap().contains("was applied before"), "{error}");
    assert_eq!(writes(&agent), before);
}

#[tokio::test]
async fn updates_and_deletions_can_insist_on_what_was_read() {
    let agent = agent().await;
    let id = create(&agent, "Contact", json!({ "LastName": "Ito" })).await;
    let read = stored(&agent, "Contact", &id, "SystemModstamp").await;
    let update = |title: &str| json!({ "object": "Contact", "records": [{ "Id": id, "Title": title }], "unless_changed_since": read });
    agent.org.advance(Duration::from_secs(5));
    agent.ok("salesforce_update_records", update("CTO")).await;
    let before = writes(&agent);
    let error = agent.refused("salesforce_update_records", update("CEO")).await;
    assert!(error["message"].as_str().unwrap().contains("changed by someone else"), "{error}");
    let delete = json!({ "object": "Contact", "ids": [id], "unless_changed_since": read });
    let error = agent.refused("salesforce_delete_records", delete).await;
    assert!(error["message"].as_str().unwrap().contains("changed by someone else"), "{error}");
    assert_eq!(writes(&agent), before, "nothing is sent");
    let mut wrong = update("x");
    wrong["unless_changed_since"] = json!("yesterday");
    let error = agent.refused("salesforce_update_records", wrong).await;
    assert_eq!(error["problems"][0]["at"], "unless_changed_since");
    let read = stored(&agent, "Contact", &id, "SystemModstamp").await;
    let delete = json!({ "object": "Contact", "ids": [id], "unless_changed_since": read });
    agent.ok("salesforce_delete_records", delete).await;
}

#[tokio::test]
async fn problems_of_all_operations_come_at_once() {
    let agent = agent().await;
    let id = create(&agent, "Contact", json!({ "LastName": "Ito" })).await;
    agent.ok("salesforce_delete_records", json!({ "object": "Contact", "ids": [id] })).await;
    let call = json!({ "operations": [
        { "action": "create", "object": "Contact", "records": [{ "Emial": "x" }] },
        { "action": "delete", "object": "Contact", "ids": ["x"], "records": [{}] },
        { "action": "update", "object": "Contact" },
    ] });
    let error = agent.refused(PREPARE, call).await;
    let at: Vec<&Value> = error["problems"].as_array().unwrap().iter().map(|p| &p["at"]).collect();
    assert_eq!(
        at,
        [
            "operations[0].records[0].Emial",
            "operations[0].records[0].LastName",
            "operations[1].records",
            "operations[1].ids[0]",
            "operations[2].records",
        ]
    );
    let call = json!({ "operations": [{ "action": "delete", "object": "Contact", "ids": [id] }] });
    let error = agent.refused(PREPARE, call).await;
    assert_eq!(error["problems"][0]["at"], "operations[0].ids[0]", "{error}");
}

#[tokio::test]
async fn warnings_tell_what_goes_with_it() {
    let agent = agent().await;
    let account = create(&agent, "Account", json!({ "Name": "Doomed" })).await;
    create(&agent, "Contact", json!({ "LastName": "Child", "AccountId": account })).await;
    let user = agent.ok("salesforce_query", json!({ "soql": "SELECT Id FROM User WHERE IsActive = true ORDER BY CreatedDate DESC LIMIT 1" })).await;
    let user = user["rows"][0][0].as_str().unwrap();
    let call = json!({ "operations": [
        { "action": "delete", "object": "Account", "ids": [account] },
        { "action": "create", "object": "Account", "records": [{ "Name": "Doomed" }] },
    ] });
    let plan = agent.ok(PREPARE, call).await;
    let text = plan["warnings"].to_string();
    assert!(text.contains("Deleted with them: 1 record of Contact."), "{text}");
    assert!(text.contains("recycle bin"), "{text}");
    assert!(
        text.contains(&format!(
            "Possible duplicates: 1 record of Account with the same Name: {account} (Doomed)"
        )),
        "{text}"
    );
    assert!(text.contains("automation"), "{text}");
    let call = json!({ "operations": [{ "action": "update", "object": "Account", "records": [{ "Id": account, "Name": "Doomed", "OwnerId": user }] }] });
    let text = agent.ok(PREPARE, call).await["warnings"].to_string();
    let owner = stored(&agent, "Account", &account, "OwnerId").await;
    let expected = if owner == user { "already has these values" } else { "another owner" };
    assert!(text.contains(expected), "{text}");
}

#[tokio::test]
async fn a_failure_stops_what_comes_after_it() {
    let agent = agent().await;
    let id = create(&agent, "Contact", json!({ "LastName": "Ito" })).await;
    let call = json!({ "operations": [
        { "action": "create", "object": "Contact", "records": [{ "LastName": "First" }] },
        { "action": "create", "object": "Contact", "records": [{ "LastName": "Second" }] },
        { "action": "delete", "object": "Contact", "ids": [id] },
    ] });
    let plan = agent.ok(PREPARE, call).await;
    agent.org.faults().push(Fault::lost_answer().skip(1));
    let applied = agent.ok(APPLY, json!({ "digest": plan["digest"] })).await;
    let word = |at: usize| applied["operations"][at]["results"][0]["outcome"].clone();
    assert_eq!([word(0), word(1), word(2)], ["created", "unknown", "not_sent"], "{applied}");
    assert_eq!(applied["completeness"]["complete"], false);
    assert_eq!(applied["completeness"]["next"]["tool"], "salesforce_query");
    assert_eq!(agent.count("SELECT COUNT() FROM Contact WHERE LastName = 'Second'").await, 1);
    assert_eq!(stored(&agent, "Contact", &id, "LastName").await, "Ito", "it was not deleted");
}

#[tokio::test]
async fn modes_decide_what_is_written_at_once() {
    let policy = |mode| Policy::read_write().with_write_mode(mode);
    let agent = agent_with(policy(WriteMode::PreparedAbove(1)), Limits::default()).await;
    let id = create(&agent, "Contact", json!({ "LastName": "One" })).await;
    let two = json!({ "object": "Contact", "records": [{ "LastName": "A" }, { "LastName": "B" }] });
    let error = agent.refused("salesforce_create_records", two.clone()).await;
    assert_eq!(error["class"], "fix_your_call");
    assert!(error["message"].as_str().unwrap().contains(PREPARE), "{error}");
    let delete = json!({ "object": "Contact", "ids": [id] });
    let error = agent.refused("salesforce_delete_records", delete).await;
    assert!(error["message"].as_str().unwrap().contains(APPLY), "{error}");
    let plan = json!({ "operations": [{ "action": "delete", "object": "Contact", "ids": [id] }] });
    let plan = agent.ok(PREPARE, plan).await;
    agent.ok(APPLY, json!({ "digest": plan["digest"] })).await;

    let org = Org::new(client(&agent.org), policy(WriteMode::Prepared));
    let agent = Agent { org: agent.org, tools: ToolSet::salesforce(org) };
    let before = writes(&agent);
    agent
        .refused(
            "salesforce_create_records",
            json!({ "object": "Contact", "records": [{ "LastName": "A" }] }),
        )
        .await;
    let graph = json!({ "records": [{ "object": "Contact", "values": { "LastName": "A" } }] });
    agent.refused("salesforce_save_graph", graph).await;
    assert_eq!(writes(&agent), before);
    let mut plan = two;
    plan["action"] = json!("create");
    let plan = agent.ok(PREPARE, json!({ "operations": [plan] })).await;
    agent.ok(APPLY, json!({ "digest": plan["digest"] })).await;
    assert_eq!(writes(&agent), before + 1);
}

/// Answers every question alike, and remembers them.
pub(crate) struct Person(pub(crate) Answer, pub(crate) Mutex<Vec<Question>>);

#[async_trait]
impl AskPerson for Person {
    async fn ask(&self, question: Question) -> Answer {
        self.1.lock().unwrap().push(question);
        self.0
    }
}

#[tokio::test]
async fn a_person_is_shown_what_they_agree_to() {
    let approved = Policy::read_write().with_write_mode(WriteMode::Approved);
    let asked = Policy::read_write().ask_before(Effect::Update);
    for policy in [approved, asked] {
        let agent = agent_with(policy.clone(), Limits::default()).await;
        let yes = Arc::new(Person(Answer::Approved, Mutex::default()));
        let cx = CallContext::default().with_person(yes.clone());
        let ids = agent
            .ok("salesforce_query", json!({ "soql": "SELECT Id, Title FROM Contact LIMIT 1" }))
            .await;
        let (id, title) = (ids["rows"][0][0].clone(), ids["rows"][0][1].clone());
        let operation = json!({ "action": "update", "object": "Contact", "records": [{ "Id": id, "Title": "New" }] });
        let plan =
            agent.tools.call(&cx, PREPARE, json!({ "operations": [operation] })).await.unwrap();
        assert!(yes.1.lock().unwrap().is_empty(), "preparing asks nobody");
        let digest = json!({ "digest": plan.data["digest"] });
        let error = agent.refused(APPLY, digest.clone()).await;
        assert!(error["message"].as_str().unwrap().contains("nobody could be asked"), "{error}");

        let no = Arc::new(Person(Answer::Declined, Mutex::default()));
        let declining = CallContext::default().with_person(no.clone());
        let error = agent.tools.call(&declining, APPLY, digest.clone()).await.unwrap_err();
        assert!(error.message.contains("declined"), "{error}");
        assert_eq!(writes(&agent), 0);

        agent.tools.call(&cx, APPLY, digest).await.unwrap();
        let question = yes.1.lock().unwrap().remove(0);
        assert!(yes.1.lock().unwrap().is_empty(), "one question");
        assert_eq!((question.tool.as_str(), &question.effects[..]), (APPLY, &[Effect::Update][..]));
        let change = &question.preview.unwrap()["operations"][0]["records"][0]["changes"][0];
        assert_eq!(*change, json!({ "field": "Title", "before": title, "after": "New" }));
        assert_eq!(writes(&agent), 1);
    }
}

#[tokio::test]
async fn direct_writes_are_shown_to_a_person_too() {
    let policy = Policy::read_write().with_write_mode(WriteMode::Approved);
    let agent = agent_with(policy, Limits::default()).await;
    let yes = Arc::new(Person(Answer::Approved, Mutex::default()));
    let cx = CallContext::default().with_person(yes.clone());
    let call = json!({ "object": "Contact", "records": [{ "LastName": "Ito" }] });
    agent.refused("salesforce_create_records", call.clone()).await;
    agent.tools.call(&cx, "salesforce_create_records", call).await.unwrap();
    let graph = json!({ "records": [
        { "alias": "@a", "object": "Account", "values": { "Name": "Acme" } },
        { "object": "Contact", "values": { "LastName": "Kid", "AccountId": "@a" } },
    ] });
    agent.tools.call(&cx, "salesforce_save_graph", graph).await.unwrap();
    let previews: Vec<Value> =
        yes.1.lock().unwrap().iter().map(|q| q.preview.clone().unwrap()).collect();
    assert_eq!(previews.len(), 2);
    let change = |preview: &Value, operation: usize, at: usize| {
        preview["operations"][operation]["records"][0]["changes"][at].clone()
    };
    assert_eq!(
        change(&previews[0], 0, 0),
        json!({ "field": "LastName", "before": null, "after": "Ito" })
    );
    assert_eq!(
        change(&previews[1], 1, 1),
        json!({ "field": "AccountId", "before": null, "after": "@a" })
    );
}

#[tokio::test]
async fn a_digest_is_bound_to_its_owner_and_its_time() {
    let agent = agent().await;
    let call = json!({ "operations": [{ "action": "create", "object": "Contact", "records": [{ "LastName": "Ito" }] }] });
    let one = CallContext::default().with_identity("one");
    let two = CallContext::default().with_identity("two");
    let plan = agent.tools.call(&one, PREPARE, call.clone()).await.unwrap();
    let digest = plan.data["digest"].as_str().unwrap().to_owned();
    let error = agent.tools.call(&two, APPLY, json!({ "digest": digest })).await.unwrap_err();
    assert!(error.message.contains("another user"), "{error}");
    let damaged = json!({ "digest": digest[1..].to_owned() });
    let error = agent.tools.call(&one, APPLY, damaged).await.unwrap_err();
    assert!(error.message.contains("not valid"), "{error}");

    let org = Org::builder(client(&agent.org), Policy::read_write()).plan_lifetime(Duration::ZERO);
    let brief = Agent { org: agent.org, tools: ToolSet::salesforce(org.build()) };
    let plan = brief.ok(PREPARE, call).await;
    let error = brief.refused(APPLY, json!({ "digest": plan["digest"] })).await;
    assert!(error["message"].as_str().unwrap().contains("expired"), "{error}");
    assert_eq!(writes(&brief), 0);
}

#[tokio::test]
async fn what_is_stored_otherwise_is_told_when_asked() {
    let agent = agent().await;
    let call = json!({ "object": "Contact", "records": [{ "LastName": " Ito ", "Email": "Ito@Example.com", "Title": "CEO" }], "read_back": true });
    let reply = agent.ok("salesforce_create_records", call).await;
    assert!(
        reply["results"][0].get("differs").is_none(),
        "blanks and case of mail are no news: {reply}"
    );
    assert_eq!(reply["completeness"]["complete"], true);
    let id = reply["results"][0]["id"].clone();
    // A failure to read back is no failure of the write.
    let call = json!({ "object": "Contact", "records": [{ "Id": id, "Title": "CFO" }], "read_back": true });
    agent.org.faults().push(Fault::request_limit().on(Operation::Query));
    let reply = agent.ok("salesforce_update_records", call).await;
    assert_eq!(reply["succeeded"], 1);
    assert!(reply["completeness"]["reason"].as_str().unwrap().contains("could not be read back"));
}

#[tokio::test]
async fn locks_are_waited_for_and_then_told() {
    let agent = agent().await;
    let id = create(&agent, "Contact", json!({ "LastName": "Ito" })).await;
    let other = create(&agent, "Contact", json!({ "LastName": "Sato" })).await;
    for ids in [vec![&id], vec![&id, &other]] {
        let title = format!("of {}", ids.len());
        let records: Vec<Value> =
            ids.iter().map(|id| json!({ "Id": id, "Title": title })).collect();
        let call = json!({ "operations": [{ "action": "update", "object": "Contact", "records": records }] });
        let plan = agent.ok(PREPARE, call.clone()).await;
        agent.org.faults().push(Fault::row_locked());
        agent.ok(APPLY, json!({ "digest": plan["digest"] })).await;
        assert_eq!(stored(&agent, "Contact", &id, "Title").await, title);

        let plan = agent.ok(PREPARE, call).await;
        agent.org.faults().push(Fault::row_locked().always());
        let error = agent.refused(APPLY, json!({ "digest": plan["digest"] })).await;
        agent.org.faults().clear();
        // To repeat this call would be in vain.
        assert_eq!(error["class"], "fix_your_call", "{error}");
        assert!(error["message"].as_str().unwrap().contains("The digest is used up"), "{error}");
        let before = writes(&agent);
        agent.refused(APPLY, json!({ "digest": plan["digest"] })).await;
        assert_eq!(writes(&agent), before);
    }
}

#[tokio::test]
async fn many_and_long_values_are_looked_up_in_parts() {
    let agent = agent().await;
    let long = "é".repeat(80);
    let records: Vec<Value> =
        (0..200).map(|n| json!({ "Name": format!("{long}{n:03}") })).collect();
    let call =
        json!({ "operations": [{ "action": "create", "object": "Account", "records": records }] });
    let plan = agent.ok(PREPARE, call).await;
    assert!(
        plan["warnings"].to_string().contains("Not all of the new records"),
        "{}",
        plan["warnings"]
    );
    assert_eq!(plan["completeness"]["complete"], false, "the reply is bounded");
    assert_eq!(plan["counts"]["create"], 200);
    let applied = agent.ok(APPLY, json!({ "digest": plan["digest"] })).await;
    let ids: Vec<Value> = applied["operations"][0]["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| json!({ "Id": result["id"], "Description": long }))
        .collect();
    assert_eq!(ids.len(), 200);
    let call =
        json!({ "operations": [{ "action": "update", "object": "Account", "records": ids }] });
    let plan = agent.ok(PREPARE, call).await;
    agent.ok(APPLY, json!({ "digest": plan["digest"] })).await;
    assert_eq!(
        agent.count(&format!("SELECT COUNT() FROM Account WHERE Name LIKE '{long}%'")).await,
        200
    );
}
