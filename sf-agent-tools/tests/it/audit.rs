//! Every write is in the log before it is sent, and its outcome after.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use serde_json::{Value, json};
use sf_agent_tools::audit::{
    Audit, AuditError, AuditFile, Entry, Intent, Outcome, Stamped, entries,
};
use sf_agent_tools::{CallContext, Org, Policy, Sealer, ToolSet};
use sf_emulator::{Emulator, Fault};
use tempfile::TempDir;

use crate::support::{Agent, client};

pub(crate) struct Logged {
    pub(crate) agent: Agent,
    pub(crate) path: PathBuf,
    pub(crate) folder: TempDir,
}

pub(crate) async fn logged() -> Logged {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    let org = Emulator::builder().contacts(200).start().await.unwrap();
    let tools = tools(&org, &path, &Sealer::random().unwrap());
    Logged { agent: Agent { org, tools }, path, folder }
}

pub(crate) fn tools(org: &Emulator, path: &Path, sealer: &Sealer) -> ToolSet {
    let log = Arc::new(AuditFile::open(path).unwrap());
    let org = Org::builder(client(org), Policy::read_write())
        .audit(log)
        .portable_plans()
        .sealer(sealer.clone());
    ToolSet::salesforce(
        org.hide_values(|_, f| matches!(f, "Birthdate" | "Phone").then_some("masked")).build(),
    )
}

pub(crate) fn intents(path: &Path) -> Vec<(u64, Intent, Option<Outcome>)> {
    let all = entries(path).unwrap();
    let outcome = |seq: u64| {
        all.iter().rev().find_map(|other| match &other.entry {
            Entry::Outcome(outcome) if outcome.of == seq => Some(outcome.clone()),
            _ => None,
        })
    };
    all.iter()
        .filter_map(|stamped| match &stamped.entry {
            Entry::Intent(intent) => Some((stamped.seq, (**intent).clone(), outcome(stamped.seq))),
            _ => None,
        })
        .collect()
}

pub(crate) async fn create(agent: &Agent, record: Value) -> String {
    let call = json!({ "object": "Contact", "records": [record] });
    let reply = agent.ok("salesforce_create_records", call).await;
    reply["results"][0]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_entry_says_who_did_what_and_what_came_of_it() {
    let Logged { agent, path, folder: _folder } = logged().await;
    let record = json!({ "LastName": "Ito", "Title": "CTO", "Birthdate": "1980-03-01", "Phone": "198-1980" });
    let id = create(&agent, record).await;
    let cx = CallContext::default().with_identity("tenant-7/anna");
    let update = json!({ "object": "Contact", "records": [{ "Id": id, "title": "CEO", "Birthdate": "1981-03-01" }] });
    agent.tools.call(&cx, "salesforce_update_records", update).await.unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    // With the hyphen, which no hash and no fraction of a second has behind a digit.
    for masked in ["1980-", "1981-", "198-"] {
        assert!(!text.contains(masked), "masked values are absent: {text}");
    }
    assert!(text.contains("FROM Contact WHERE"), "and not in the query that tells: {text}");
    let (_, intent, outcome) = intents(&path).remove(1);
    let shown = json!({ "intent": intent, "outcome": outcome }).to_string();
    let shown = shown
        .replace(&id, "[ito]")
        .replace(agent.org.org_id(), "[org]")
        .replace(agent.org.user_id(), "[user]");
    let mut shown: Value = serde_json::from_str(&shown).unwrap();
    let before = shown["intent"]["records"][0]["before"].as_object_mut().unwrap();
    assert!(before.remove("SystemModstamp").is_some());
    insta::assert_json_snapshot!(shown, @r#"
    {
      "intent": {
        "who": {
          "org": "[org]",
          "user": "[user]",
          "identity": "tenant-7/anna"
        },
        "tool": "salesforce_update_records",
        "decision": {
          "effects": [
            "update"
          ],
          "mode": "free"
        },
        "step": 0,
        "all_or_none": true,
        "records": [
          {
            "action": "update",
            "object": "Contact",
            "id": "[ito]",
            "before": {
              "Name": "Ito",
              "Title": "CTO"
            },
            "after": {
              "title": "CEO"
            },
            "left_out": {
              "Birthdate": "masked"
            }
          }
        ],
        "check": "SELECT Id, Title, LastModifiedDate FROM Contact WHERE Id = '[ito]' ORDER BY LastModifiedDate DESC LIMIT 200"
      },
      "outcome": {
        "of": 3,
        "outcome": "written",
        "records": [
          {
            "outcome": "updated",
            "id": "[ito]"
          }
        ]
      }
    }
    "#);

    agent.ok("salesforce_delete_records", json!({ "object": "Contact", "ids": [id] })).await;
    let (_, intent, outcome) = intents(&path).remove(2);
    let before = intent.records[0].before.as_ref().unwrap();
    assert_eq!((&before["LastName"], &before["Title"]), (&json!("Ito"), &json!("CEO")));
    assert_eq!(outcome.unwrap().records[0].outcome, "deleted");
}

#[tokio::test]
async fn what_fails_is_logged_as_what_it_is() {
    let Logged { agent, path, folder: _folder } = logged().await;
    let id = create(&agent, json!({ "LastName": "Ito" })).await;
    agent.ok("salesforce_delete_records", json!({ "object": "Contact", "ids": [id] })).await;
    let update = json!({ "object": "Contact", "records": [{ "Id": id, "Title": "CEO" }] });
    agent.refused("salesforce_update_records", update).await;
    agent.org.faults().push(Fault::lost_answer());
    let call = json!({ "object": "Contact", "records": [{ "LastName": "Lost" }] });
    agent.refused("salesforce_create_records", call.clone()).await;
    agent.org.faults().push(Fault::request_limit().on_writes());
    agent.refused("salesforce_create_records", call).await;
    let graph = json!({ "records": [{ "alias": "@a", "object": "Account", "values": { "Name": "A" } },
        { "object": "Contact", "values": { "LastName": "B", "AccountId": "@a" } }] });
    agent.ok("salesforce_save_graph", graph.clone()).await;
    agent.org.faults().push(Fault::lost_answer());
    agent.refused("salesforce_save_graph", graph).await;
    let outcomes: Vec<String> =
        intents(&path).into_iter().map(|(_, _, outcome)| outcome.unwrap().outcome).collect();
    assert_eq!(
        outcomes,
        ["written", "written", "refused", "unknown", "refused", "written", "unknown"]
    );
    let (_, lost, _) = intents(&path).remove(3);
    let check = json!({ "soql": lost.check.unwrap() });
    assert_eq!(agent.ok("salesforce_query", check).await["total"], 1);
}

/// Fails when it is told to.
struct Failing {
    inner: AuditFile,
    /// The call from which on it fails, and up to which.
    from: AtomicUsize,
    to: AtomicUsize,
    calls: AtomicUsize,
}

#[async_trait]
impl Audit for Failing {
    async fn append(&self, entry: Entry) -> Result<u64, AuditError> {
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        if (self.from.load(Ordering::SeqCst)..self.to.load(Ordering::SeqCst)).contains(&call) {
            return Err(AuditError::Failed { problem: "the disk is full".to_owned() });
        }
        self.inner.append(entry).await
    }

    async fn of_plan(&self, plan: &str) -> Result<Vec<Stamped>, AuditError> {
        self.inner.of_plan(plan).await
    }
}

#[tokio::test]
async fn a_log_that_fails_stops_writes_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    let (from, to) = (AtomicUsize::new(0), AtomicUsize::new(1));
    let inner = AuditFile::open(&path).unwrap();
    let sink = Arc::new(Failing { inner, from, to, calls: AtomicUsize::new(0) });
    let org = Emulator::builder().contacts(200).start().await.unwrap();
    let guarded = Org::builder(client(&org), Policy::read_write()).audit(sink.clone()).build();
    let agent = Agent { org, tools: ToolSet::salesforce(guarded) };
    let writes = || agent.org.requests().iter().filter(|r| r.operation.is_write()).count();
    let call = json!({ "object": "Contact", "records": [{ "LastName": "Ito" }] });

    let error = agent.refused("salesforce_create_records", call.clone()).await;
    assert_eq!(error["class"], "ask_a_person");
    assert!(error["message"].as_str().unwrap().contains("was not sent"), "{error}");
    assert!(!error.to_string().contains("disk"), "the cause is for the log: {error}");
    assert_eq!(writes(), 0);
    agent.count("SELECT COUNT() FROM Contact").await;

    // The outcome cannot be written: the write is told as it is, and the next has to wait.
    sink.from.store(2, Ordering::SeqCst);
    sink.to.store(4, Ordering::SeqCst);
    agent.ok("salesforce_create_records", call.clone()).await;
    assert_eq!(writes(), 1);
    let error = agent.refused("salesforce_create_records", call.clone()).await;
    assert_eq!(error["class"], "ask_a_person");
    assert_eq!(writes(), 1);
    // The disk has room again: what is owed comes first.
    agent.ok("salesforce_create_records", call).await;
    assert_eq!(writes(), 2);
    let all = intents(&path);
    assert_eq!(all.len(), 2);
    assert!(all.iter().all(|(_, _, outcome)| outcome.is_some()));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_stops_writes() {
    let org = Emulator::builder().contacts(200).start().await.unwrap();
    let log = Arc::new(AuditFile::open("/dev/full").unwrap());
    let guarded = Org::builder(client(&org), Policy::read_write()).audit(log).build();
    let agent = Agent { org, tools: ToolSet::salesforce(guarded) };
    let call = json!({ "object": "Contact", "records": [{ "LastName": "Ito" }] });
    let error = agent.refused("salesforce_create_records", call).await;
    assert_eq!(error["class"], "ask_a_person", "{error}");
    assert!(!agent.org.requests().iter().any(|r| r.operation.is_write()));
    agent.count("SELECT COUNT() FROM Contact").await;
}

#[tokio::test]
async fn a_digest_works_once_across_processes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    let org = Emulator::builder().contacts(200).start().await.unwrap();
    let sealer = Sealer::random().unwrap();
    let one = tools(&org, &path, &sealer);
    let two = tools(&org, &path, &sealer);
    let cx = CallContext::default();
    let call = json!({ "operations": [{ "action": "create", "object": "Contact", "records": [{ "LastName": "Twice" }] }] });
    let plan = one.call(&cx, "salesforce_prepare_write", call).await.unwrap();
    let digest = json!({ "digest": plan.data["digest"] });
    let applied = two.call(&cx, "salesforce_apply_write", digest.clone()).await.unwrap();
    assert_eq!(applied.data["already_applied"], false);
    let again = one.call(&cx, "salesforce_apply_write", digest.clone()).await.unwrap();
    assert_eq!(again.data["already_applied"], true);
    assert_eq!(again.data["operations"], applied.data["operations"]);

    // At the same time, and with an answer that is lost.
    let call = json!({ "operations": [{ "action": "create", "object": "Contact", "records": [{ "LastName": "Race" }] }] });
    let plan = one.call(&cx, "salesforce_prepare_write", call).await.unwrap();
    let digest = json!({ "digest": plan.data["digest"] });
    org.faults().push(Fault::lost_answer());
    let (a, b) = tokio::join!(
        one.call(&cx, "salesforce_apply_write", digest.clone()),
        two.call(&cx, "salesforce_apply_write", digest.clone())
    );
    for told in [a, b] {
        assert_eq!(told.unwrap_err().class.as_str(), "outcome_unknown");
    }
    let agent = Agent { org, tools: one };
    for name in ["Twice", "Race"] {
        let soql = format!("SELECT COUNT() FROM Contact WHERE LastName = '{name}'");
        assert_eq!(agent.count(&soql).await, 1, "{name}");
    }
}

#[tokio::test]
async fn what_another_process_did_not_begin_is_not_told_as_done() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    let org = Emulator::builder().contacts(200).start().await.unwrap();
    let sealer = Sealer::random().unwrap();
    // Its disk is full before the second change is announced.
    let (inner, calls) = (AuditFile::open(&path).unwrap(), AtomicUsize::new(0));
    let (from, to) = (AtomicUsize::new(2), AtomicUsize::new(usize::MAX));
    let guarded = Org::builder(client(&org), Policy::read_write())
        .audit(Arc::new(Failing { inner, from, to, calls }))
        .portable_plans()
        .sealer(sealer.clone());
    let one = ToolSet::salesforce(guarded.build());
    let two = tools(&org, &path, &sealer);
    let cx = CallContext::default();
    let create = |name: &str| json!({ "action": "create", "object": "Contact", "records": [{ "LastName": name }] });
    let call = json!({ "operations": [create("First"), create("Second")] });
    let plan = one.call(&cx, "salesforce_prepare_write", call).await.unwrap();
    let digest = json!({ "digest": plan.data["digest"] });
    let told = one.call(&cx, "salesforce_apply_write", digest.clone()).await.unwrap().to_model();
    assert_eq!(told["completeness"]["complete"], false, "{told}");

    let told = two.call(&cx, "salesforce_apply_write", digest).await.unwrap().to_model();
    assert_eq!(told["already_applied"], true);
    let outcomes = |at: usize| told["operations"][at]["results"][0]["outcome"].clone();
    assert_eq!([outcomes(0), outcomes(1)], ["created", "not_sent"], "{told}");
    assert_eq!(told["completeness"]["complete"], false, "{told}");
    let agent = Agent { org, tools: two };
    assert_eq!(agent.count("SELECT COUNT() FROM Contact WHERE LastName = 'Second'").await, 0);
}

#[tokio::test]
async fn without_a_log_a_digest_is_good_for_its_process_alone() {
    let org = Emulator::builder().contacts(200).start().await.unwrap();
    let sealer = Sealer::random().unwrap();
    let tools = || {
        let org = Org::builder(client(&org), Policy::read_write()).sealer(sealer.clone());
        ToolSet::salesforce(org.build())
    };
    let (one, two) = (tools(), tools());
    let cx = CallContext::default();
    let call = json!({ "operations": [{ "action": "create", "object": "Contact", "records": [{ "LastName": "Ito" }] }] });
    let plan = one.call(&cx, "salesforce_prepare_write", call).await.unwrap();
    let digest = json!({ "digest": plan.data["digest"] });
    let error = two.call(&cx, "salesforce_apply_write", digest).await.unwrap_err();
    assert!(error.message.contains("the process that made it has ended"), "{error}");
    assert!(!org.requests().iter().any(|r| r.operation.is_write()));
}

#[tokio::test]
async fn reads_are_logged_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    let org = Emulator::builder().contacts(200).start().await.unwrap();
    let log = Arc::new(AuditFile::open(&path).unwrap());
    let guarded = Org::builder(client(&org), Policy::read_only()).audit(log).audit_reads().build();
    let agent = Agent { org, tools: ToolSet::salesforce(guarded) };
    agent.count("SELECT COUNT() FROM Contact").await;
    agent.refused("salesforce_query", json!({ "soql": "SELECT Nmae FROM Contact" })).await;
    let told: Vec<(String, String)> = entries(&path)
        .unwrap()
        .into_iter()
        .filter_map(|stamped| match stamped.entry {
            Entry::Read { arguments, outcome, .. } => Some((arguments.to_string(), outcome)),
            _ => None,
        })
        .collect();
    assert_eq!(told[0], (r#"{"soql":"SELECT COUNT() FROM Contact"}"#.to_owned(), "ok".to_owned()));
    assert_eq!(told[1].1, "fix_your_call");
}

/// Tells when an intent and when an outcome is in the log.
struct Telling(AuditFile, tokio::sync::Notify, tokio::sync::Notify);

#[async_trait]
impl Audit for Telling {
    async fn append(&self, entry: Entry) -> Result<u64, AuditError> {
        let told = if matches!(entry, Entry::Intent(_)) { &self.1 } else { &self.2 };
        let appended = self.0.append(entry).await;
        told.notify_one();
        appended
    }

    async fn of_plan(&self, plan: &str) -> Result<Vec<Stamped>, AuditError> {
        self.0.of_plan(plan).await
    }
}

#[tokio::test]
async fn a_caller_that_goes_away_takes_no_outcome_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    let (intent, outcome) = Default::default();
    let sink = Arc::new(Telling(AuditFile::open(&path).unwrap(), intent, outcome));
    let org = Emulator::builder().contacts(200).start().await.unwrap();
    let guarded = Org::builder(client(&org), Policy::read_write()).audit(sink.clone()).build();
    let agent = Agent { org, tools: ToolSet::salesforce(guarded) };
    let call = json!({ "object": "Contact", "records": [{ "LastName": "Orphan" }] });
    tokio::select! {
        biased;
        () = sink.1.notified() => {}
        told = agent.call("salesforce_create_records", call) => panic!("{told:?}"),
    }
    sink.2.notified().await;
    let (_, _, outcome) = intents(&path).remove(0);
    assert_eq!(outcome.unwrap().outcome, "written");
    assert_eq!(agent.count("SELECT COUNT() FROM Contact WHERE LastName = 'Orphan'").await, 1);
}
