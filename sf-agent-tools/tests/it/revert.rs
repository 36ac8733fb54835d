//! Undoing what the log holds.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};
use sf_agent_tools::audit::{
    Audit, AuditError, AuditFile, Entry, Reversal, RevertError, Stamped, entries,
};
use sf_agent_tools::{CallContext, Org, Policy, Reply, ToolSet};
use sf_emulator::{Emulator, Fault};

use crate::audit::{Logged, create, intents, logged};
use crate::support::{Agent, client};

/// An org for the undoing, which is logged to the same file.
fn org(agent: &Agent, path: &Path) -> Org {
    let log = Arc::new(AuditFile::open(path).unwrap());
    Org::builder(client(&agent.org), Policy::read_write()).audit(log).build()
}

async fn prepare(
    agent: &Agent,
    path: &Path,
    seq: u64,
    force: bool,
) -> Result<(Org, Reversal), RevertError> {
    let org = org(agent, path);
    let reversal = Reversal::prepare(&org, &CallContext::default(), path, seq, force).await?;
    Ok((org, reversal))
}

async fn undo(agent: &Agent, path: &Path, seq: u64, force: bool) -> Reply<Value> {
    let (org, reversal) = prepare(agent, path, seq, force).await.unwrap();
    reversal.apply(&org, &CallContext::default()).await.unwrap()
}

async fn fields(agent: &Agent, id: &str, names: &[&str]) -> Value {
    let get = json!({ "object": "Contact", "id": id, "fields": names });
    agent.ok("salesforce_get_record", get).await["fields"].clone()
}

fn last_intent(path: &Path) -> u64 {
    intents(path).last().unwrap().0
}

#[tokio::test]
async fn an_update_is_taken_back_field_by_field() {
    let Logged { agent, path, folder: _folder } = logged().await;
    let id = create(&agent, json!({ "LastName": "Ito", "Title": "CTO", "Email": "a@example.com" }))
        .await;
    let update = json!({ "object": "Contact", "records": [{ "Id": id, "Title": "CEO", "Email": "B@Example.com", "Birthdate": "1980-01-02" }] });
    agent.ok("salesforce_update_records", update).await;
    let seq = last_intent(&path);
    // Somebody else has changed one of them since.
    let other = json!({ "object": "Contact", "records": [{ "Id": id, "Title": "CFO" }] });
    agent.ok("salesforce_update_records", other).await;

    let (_, reversal) = prepare(&agent, &path, seq, false).await.unwrap();
    insta::assert_snapshot!(reversal.refused.join("\n").replace(&id, "[ito]"), @r#"
    record 0 (Contact [ito]): Birthdate is not in the log (masked).
    record 0 (Contact [ito]): Title was changed since: it is "CFO" and not "CEO"; --force restores "CTO" all the same.
    "#);
    let changes = &reversal.preview()["operations"][0]["records"][0]["changes"];
    assert_eq!(
        *changes,
        json!([{ "field": "Email", "before": "b@example.com", "after": "a@example.com" }])
    );

    undo(&agent, &path, seq, false).await;
    let now = fields(&agent, &id, &["Title", "Email"]).await;
    assert_eq!(now, json!({ "Title": "CFO", "Email": "a@example.com" }));
    undo(&agent, &path, seq, true).await;
    assert_eq!(fields(&agent, &id, &["Title"]).await, json!({ "Title": "CTO" }));

    // The undoing is logged, and says of what it is one.
    let (_, undoing, outcome) = intents(&path).pop().unwrap();
    assert_eq!(undoing.reverts, Some(seq));
    assert_eq!(outcome.unwrap().outcome, "written");
    let (_, again) = prepare(&agent, &path, seq, false).await.unwrap();
    assert!(
        again.is_empty() && again.notes.len() == 1 && again.notes[0].contains("undone it before"),
        "{:?}",
        again.notes
    );
}

#[tokio::test]
async fn what_was_created_is_deleted_children_first() {
    let Logged { agent, path, folder: _folder } = logged().await;
    let graph = json!({ "records": [{ "alias": "@a", "object": "Account", "values": { "Name": "Gone" } },
        { "object": "Contact", "values": { "LastName": "Gone", "AccountId": "@a" } }] });
    let saved = agent.ok("salesforce_save_graph", graph).await;
    let seq = last_intent(&path);
    let reply = undo(&agent, &path, seq, false).await;
    let objects: Vec<&Value> =
        reply.data["operations"].as_array().unwrap().iter().map(|o| &o["object"]).collect();
    assert_eq!(objects, ["Contact", "Account"]);
    for object in ["Account", "Contact"] {
        let soql = format!("SELECT COUNT() FROM {object} WHERE Name = 'Gone'");
        assert_eq!(agent.count(&soql).await, 0, "{saved}");
    }
    // A record that was changed since is kept, unless forced.
    let id = create(&agent, json!({ "LastName": "Kept" })).await;
    let seq = last_intent(&path);
    let other = json!({ "object": "Contact", "records": [{ "Id": id, "LastName": "Dear" }] });
    agent.ok("salesforce_update_records", other).await;
    let (_, reversal) = prepare(&agent, &path, seq, false).await.unwrap();
    assert!(reversal.is_empty() && reversal.refused[0].contains("changed since"), "{reversal:?}");
    undo(&agent, &path, seq, true).await;
    assert_eq!(agent.count("SELECT COUNT() FROM Contact WHERE LastName = 'Dear'").await, 0);
}

#[tokio::test]
async fn an_upsert_is_undone_by_what_it_did() {
    let Logged { agent, path, folder: _folder } = logged().await;
    let call = |amount: u32| {
        let records =
            json!([{ "External_Id__c": "R-1", "Amount__c": amount, "Due_Date__c": "2026-12-31" }]);
        json!({ "object": "Invoice__c", "external_id_field": "External_Id__c", "records": records })
    };
    agent.ok("salesforce_upsert_records", call(1)).await;
    let created = last_intent(&path);
    agent.ok("salesforce_upsert_records", call(2)).await;
    undo(&agent, &path, last_intent(&path), false).await;
    let soql = "SELECT COUNT() FROM Invoice__c WHERE External_Id__c = 'R-1' AND Amount__c = 1";
    assert_eq!(agent.count(soql).await, 1);
    undo(&agent, &path, created, false).await;
    assert_eq!(agent.count("SELECT COUNT() FROM Invoice__c WHERE External_Id__c = 'R-1'").await, 0);
}

#[tokio::test]
async fn what_cannot_be_undone_is_said() {
    let Logged { agent, path, folder } = logged().await;
    let id = create(&agent, json!({ "LastName": "Ito" })).await;
    agent.ok("salesforce_delete_records", json!({ "object": "Contact", "ids": [id] })).await;
    let (_, reversal) = prepare(&agent, &path, last_intent(&path), true).await.unwrap();
    assert!(reversal.is_empty() && reversal.refused[0].contains("recycle bin"), "{reversal:?}");
    let error = prepare(&agent, &path, 0, false).await.unwrap_err();
    assert_eq!(error.to_string(), "entry 0 is no write");
    let error = prepare(&agent, &path, 99, false).await.unwrap_err();
    assert_eq!(error.to_string(), "entry 99 is not in the log");
    drop(folder);
}

/// A log of a process that ends before it can note an outcome.
struct Dying(AuditFile);

#[async_trait]
impl Audit for Dying {
    async fn append(&self, entry: Entry) -> Result<u64, AuditError> {
        match entry {
            Entry::Outcome(_) => Ok(0),
            entry => self.0.append(entry).await,
        }
    }

    async fn of_plan(&self, plan: &str) -> Result<Vec<Stamped>, AuditError> {
        self.0.of_plan(plan).await
    }
}

#[tokio::test]
async fn an_entry_without_outcome_is_compared_with_the_org() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    let emulator = Emulator::builder().contacts(200).start().await.unwrap();
    let log = Arc::new(Dying(AuditFile::open(&path).unwrap()));
    let guarded = Org::builder(client(&emulator), Policy::read_write()).audit(log).build();
    let agent = Agent { org: emulator, tools: ToolSet::salesforce(guarded) };
    let id = create(&agent, json!({ "LastName": "Ito", "Title": "CTO" })).await;
    let create_seq = last_intent(&path);
    let update =
        |title: &str| json!({ "object": "Contact", "records": [{ "Id": id, "Title": title }] });
    agent.ok("salesforce_update_records", update("CEO")).await;
    let written = last_intent(&path);
    // This one never came to the org.
    agent.org.faults().push(Fault::unavailable().on_writes().always());
    agent.refused("salesforce_update_records", update("CFO")).await;
    agent.org.faults().clear();
    let lost = last_intent(&path);
    assert!(intents(&path).iter().all(|(_, _, outcome)| outcome.is_none()));

    let (_, reversal) = prepare(&agent, &path, create_seq, true).await.unwrap();
    assert!(reversal.is_empty() && reversal.refused[0].contains("not known"), "{reversal:?}");
    let (_, reversal) = prepare(&agent, &path, lost, false).await.unwrap();
    assert!(reversal.is_empty() && reversal.refused.is_empty(), "{reversal:?}");
    assert!(reversal.notes[0].contains("no outcome"), "{:?}", reversal.notes);
    undo(&agent, &path, written, false).await;
    assert_eq!(fields(&agent, &id, &["Title"]).await, json!({ "Title": "CTO" }));
    assert_eq!(entries(&path).unwrap().len() as u64, last_intent(&path) + 2);
}

#[tokio::test]
async fn an_entry_of_another_org_is_refused() {
    let Logged { agent, path, folder: _folder } = logged().await;
    create(&agent, json!({ "LastName": "Ito" })).await;
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(agent.org.org_id()));
    // The same log under another org's id: written anew, as only a new log can be.
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("audit.jsonl");
    let log = AuditFile::open(&other).unwrap();
    let (_, mut intent, _) = intents(&path).remove(0);
    intent.who.org = Some("00D000000000000AAA".to_owned());
    let seq = log.append(Entry::Intent(Box::new(intent))).await.unwrap();
    let error = prepare(&agent, &other, seq, false).await.unwrap_err();
    assert!(matches!(error, RevertError::OtherOrg { .. }), "{error}");
}
