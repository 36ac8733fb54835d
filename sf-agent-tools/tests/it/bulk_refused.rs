//! Rows of loads that were refused, and loads whose process ended: what an agent can go on with.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use sf_agent_tools::audit::verify;
use sf_agent_tools::{CallContext, Org, Policy, Sealer, ToolSet};
use sf_emulator::{Emulator, Fault, Operation};
use tokio_util::sync::CancellationToken;

use crate::audit::{Logged, intents, logged, tools};
use crate::bulk_tools::{agent, rows_of, steady};
use crate::support::{Agent, client};

const LOAD: &str = "salesforce_bulk_load";
const STATUS: &str = "salesforce_job_status";

#[tokio::test]
async fn refused_rows_can_be_told_apart_by_their_values() {
    let agent = agent(|org| org).await;
    let row = |n: usize| {
        let mut row = json!({ "LastName": format!("Row {n}"), "Title": format!("No. {n}") });
        if n.is_multiple_of(3) {
            // Of the kind that only the org can refuse.
            row["OwnerId"] = json!("005000000000009AAA");
        }
        row
    };
    let rows: Vec<Value> = (0..90).map(row).collect();
    let call = json!({ "object": "Contact", "operation": "insert", "rows": rows });
    let reply = agent.ok(LOAD, call).await;
    assert_eq!((&reply["succeeded"], &reply["failed"]), (&json!(60), &json!(30)), "{reply}");
    let mut one = reply["failures"].clone();
    one.as_array_mut().unwrap().truncate(1);
    insta::assert_snapshot!(serde_json::to_string_pretty(&one).unwrap(), @r#"
    [
      {
        "row": 1,
        "class": "fix_your_call",
        "code": "INVALID_CROSS_REFERENCE_KEY",
        "problem": "invalid cross reference id. An id does not exist, is not visible to this user, or is of another object.",
        "values": {
          "LastName": "Row 0",
          "Title": "No. 0",
          "OwnerId": "005000000000009AAA"
        }
      }
    ]
    "#);
    let status = agent.ok(STATUS, json!({ "job": reply["job"] })).await;
    // The same but for the numbers, which the platform does not give.
    let by_name = |of: &Value| -> BTreeMap<String, Value> {
        let rows = of["failures"].as_array().unwrap().iter().cloned();
        rows.map(|mut row| {
            row.as_object_mut().unwrap().shift_remove("row");
            (row["values"]["LastName"].as_str().unwrap().to_owned(), row)
        })
        .collect()
    };
    assert_eq!(by_name(&reply).len(), 20);
    assert_eq!(by_name(&status), by_name(&reply));
    assert_eq!(status["reasons"], reply["reasons"]);
    assert_eq!(status["reasons"][0]["rows"], 30);
    let reason = status["completeness"]["reason"].as_str().unwrap();
    assert_eq!(reason, "The first 20 of 30 failed rows; reasons counts all.");
    // With them just these rows are corrected and sent again.
    let numbers: Vec<usize> = rows_of(&agent, &reply["file"])
        .await
        .iter()
        .filter(|line| line.contains(",failed,"))
        .map(|line| line.split(',').next().unwrap().parse().unwrap())
        .collect();
    let rows: Vec<Value> =
        numbers.iter().map(|n| json!({ "LastName": format!("Row {}", n - 1) })).collect();
    let call = json!({ "object": "Contact", "operation": "insert", "rows": rows });
    assert_eq!(agent.ok(LOAD, call).await["succeeded"], 30);
    for n in 0..90 {
        let soql = format!("SELECT COUNT() FROM Contact WHERE LastName = 'Row {n}'");
        assert_eq!(agent.count(&soql).await, 1, "{n}");
    }
}

#[tokio::test]
async fn values_that_are_long_or_hidden_are_not_told() {
    let agent =
        agent(|org| org.hide_values(|_, field| (field == "Birthdate").then_some("private"))).await;
    let rows = json!([{ "LastName": "Long", "Description": "d".repeat(9_000), "OwnerId": "005000000000009AAA",
                        "Birthdate": "1990-01-02" }]);
    let call = json!({ "object": "Contact", "operation": "insert", "rows": rows });
    let reply = agent.ok(LOAD, call).await;
    let status = agent.ok(STATUS, json!({ "job": reply["job"] })).await;
    for of in [&reply, &status] {
        let values = &of["failures"][0]["values"];
        assert_eq!(values["Birthdate"], "(private)", "{of}");
        assert!(values["Description"].as_str().unwrap().chars().count() < 400, "{of}");
        assert!(!of.to_string().contains("1990"), "{of}");
    }
    // Many columns of many rows: the first rows have their values, and all their reasons.
    let wide = |n: usize| {
        let long = "é".repeat(250);
        json!({ "LastName": format!("W{n}"), "Description": long, "MailingStreet": long,
                "OtherStreet": long, "OwnerId": "005000000000009AAA" })
    };
    let rows: Vec<Value> = (0..20).map(wide).collect();
    let call = json!({ "object": "Contact", "operation": "insert", "rows": rows });
    let reply = agent.ok(LOAD, call).await;
    let failures = reply["failures"].as_array().unwrap();
    let told = failures.iter().filter(|row| row.get("values").is_some()).count();
    assert!(failures.len() == 20 && (1..20).contains(&told), "{told}");
}

/// A process with the log of `path` that ends in the middle of a load, as soon as `when` says so.
async fn ends(org: &Emulator, path: &Path, call: Value, when: impl Fn() -> bool) {
    let dying = tokio::runtime::Runtime::new().unwrap();
    let tools = tools(org, path, &Sealer::random().unwrap());
    dying.spawn(async move {
        let cx = CallContext::default();
        let _ = tools.call(&cx, LOAD, call).await;
    });
    while !when() {
        tokio::task::yield_now().await;
    }
    dying.shutdown_background();
}

/// The same connection in a later process.
fn later(org: Emulator) -> Agent {
    let tools = ToolSet::salesforce(Org::new(client(&org), Policy::read_only()));
    Agent { org, tools }
}

#[tokio::test]
async fn after_a_process_that_ended_the_log_names_the_job() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    let org = Emulator::builder().contacts(10).start().await.unwrap();
    org.bulk_jobs().hold();
    let rows = json!([{ "LastName": "Outlives" }, { "LastName": "Its process" }]);
    let call = json!({ "object": "Contact", "operation": "insert", "rows": rows });
    ends(&org, &path, call, || {
        path.exists() && intents(&path).iter().any(|(_, _, outcome)| outcome.is_some())
    })
    .await;
    org.bulk_jobs().release();
    org.bulk_jobs().idle().await;
    assert!(verify(&path, None).unwrap().open.is_empty());
    let logged = intents(&path);
    let [(_, intent, Some(outcome))] = logged.as_slice() else { panic!("{logged:?}") };
    assert_eq!(
        (outcome.outcome.as_str(), intent.records[0].after["rows"].as_u64()),
        ("unknown", Some(2))
    );
    let record = &outcome.records[0];
    assert_eq!(
        record.note.as_deref(),
        Some("the job has the rows; what becomes of them is not known yet")
    );
    let later = later(org);
    let status = later.ok(STATUS, json!({ "job": record.id })).await;
    assert_eq!(
        (&status["state"], &status["processed"], &status["failed"]),
        (&json!("JobComplete"), &json!(2), &json!(0))
    );
    assert_eq!(later.count("SELECT COUNT() FROM Contact WHERE LastName = 'Outlives'").await, 1);
}

#[tokio::test]
async fn a_load_that_ended_before_its_job_was_closed_is_found_among_the_latest() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    let org = Emulator::builder().contacts(10).start().await.unwrap();
    // The rows are never taken, and nobody is left to close the job.
    let call =
        json!({ "object": "Contact", "operation": "insert", "rows": [{ "LastName": "Never" }] });
    let never = Fault::latency(Duration::from_secs(3_600));
    org.faults().push(never.on(Operation::BulkIngest).method("PUT"));
    ends(&org, &path, call, || org.faults().pending() == 0).await;
    let open = verify(&path, None).unwrap().open;
    assert_eq!(open.len(), 1, "an intent without an outcome");
    let later = later(org);
    let latest = later.ok(STATUS, json!({})).await;
    insta::assert_snapshot!(steady(latest["loads"][0].clone()), @r#"
    {
      "job": "…",
      "operation": "insert",
      "object": "Contact",
      "state": "Open",
      "created": "…"
    }
    "#);
    assert_eq!(later.count("SELECT COUNT() FROM Contact WHERE LastName = 'Never'").await, 0);
}

#[tokio::test]
async fn an_aborted_load_whose_rows_cannot_be_read_is_not_told_as_unwritten() {
    let Logged { agent, path, .. } = &logged().await;
    agent.org.bulk_jobs().hold();
    let away = Fault::reply(
        400,
        "application/json",
        r#"[{"errorCode":"INVALIDJOB","message":"no results"}]"#,
    );
    agent.org.faults().push(away.on(Operation::BulkResults).always());
    let rows: Vec<Value> = (0..500).map(|n| json!({ "LastName": format!("Half {n}") })).collect();
    let call = json!({ "object": "Contact", "operation": "insert", "rows": rows });
    let token = CancellationToken::new();
    let cx = CallContext::default().with_cancellation(token.clone());
    let (told, ()) = tokio::join!(agent.tools.call(&cx, LOAD, call), async {
        agent.org.bulk_jobs().step().await;
        agent.org.bulk_jobs().step().await;
        token.cancel();
    });
    agent.org.faults().clear();
    agent.org.bulk_jobs().release();
    let told = told.unwrap().to_model();
    assert_eq!((&told["state"], &told["file"]), (&json!("Aborted"), &Value::Null), "{told}");
    let reason = told["completeness"]["reason"].as_str().unwrap();
    assert!(reason.contains("some may be written and not told"), "{reason}");
    assert!(agent.count("SELECT COUNT() FROM Contact WHERE LastName LIKE 'Half %'").await > 0);
    let logged = intents(path);
    let [(_, _, Some(outcome))] = logged.as_slice() else { panic!("{logged:?}") };
    assert_eq!(outcome.outcome, "unknown", "{outcome:?}");
}
