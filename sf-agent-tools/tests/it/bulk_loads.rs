//! Bulk loads as tools: checked before they are sent, every row accounted for, nothing doubled.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use sf_agent_tools::audit::Reversal;
use sf_agent_tools::{Answer, CallContext, Effect, Org, Policy, WriteMode};
use sf_emulator::{Fault, Operation};

use crate::audit::{Logged, intents, logged};
use crate::bulk_tools::{agent, agent_with, rows_of, steady};
use crate::prepared::Person;
use crate::support::client;

#[tokio::test]
async fn a_load_says_what_became_of_each_row() {
    let agent = agent(|org| org).await;
    let rows: Vec<Value> = (0..300)
        .map(|n| json!({ "LastName": format!("Load {n}"), "Email": format!("l{n}@example.com") }))
        .collect();
    agent.org.faults().push(Fault::lost_answer().on(Operation::BulkIngest));
    let call = json!({ "object": "Contact", "operation": "insert", "rows": rows });
    let reply = agent.ok("salesforce_bulk_load", call).await;
    insta::assert_snapshot!(steady(reply.clone()), @r#"
    {
      "state": "JobComplete",
      "rows": 300,
      "succeeded": 300,
      "failed": 0,
      "not_processed": 0,
      "file": {
        "id": "…",
        "file_name": "Contact_created.csv",
        "media_type": "text/csv",
        "title": "What became of 300 rows of Contact",
        "bytes": 9515,
        "created": "…"
      },
      "job": "…",
      "completeness": {
        "complete": true
      },
      "links": [
        {
          "uri": "…",
          "title": "What became of 300 rows of Contact"
        }
      ]
    }
    "#);
    assert_eq!(agent.count("SELECT COUNT() FROM Contact WHERE LastName LIKE 'Load %'").await, 300);
    let outcomes = rows_of(&agent, &reply["file"]).await;
    assert_eq!(outcomes.len(), 300);
    let ids: Vec<&str> = outcomes.iter().filter_map(|line| line.split(',').nth(2)).collect();

    // An update of which some rows are refused by the org.
    agent
        .ok("salesforce_delete_records", json!({ "object": "Contact", "ids": [ids[7], ids[9]] }))
        .await;
    let rows: Vec<Value> =
        ids.iter().take(20).map(|id| json!({ "Id": id, "Title": "Loaded" })).collect();
    let call = json!({ "object": "Contact", "operation": "update", "rows": rows });
    let reply = agent.ok("salesforce_bulk_load", call).await;
    insta::assert_snapshot!(steady(reply.clone()), @r#"
    {
      "state": "JobComplete",
      "rows": 20,
      "succeeded": 18,
      "failed": 2,
      "not_processed": 0,
      "failures": [
        {
          "row": 8,
          "id": "…",
          "class": "fix_your_call",
          "code": "ENTITY_IS_DELETED",
          "problem": "entity is deleted. The record has been deleted.",
          "values": {
            "Title": "Loaded"
          }
        },
        {
          "row": 10,
          "id": "…",
          "class": "fix_your_call",
          "code": "ENTITY_IS_DELETED",
          "problem": "entity is deleted. The record has been deleted.",
          "values": {
            "Title": "Loaded"
          }
        }
      ],
      "reasons": [
        {
          "problem": "entity is deleted. The record has been deleted.",
          "rows": 2
        }
      ],
      "file": {
        "id": "…",
        "file_name": "Contact_updated.csv",
        "media_type": "text/csv",
        "title": "What became of 20 rows of Contact",
        "bytes": 726,
        "created": "…"
      },
      "job": "…",
      "completeness": {
        "complete": false,
        "returned": 18,
        "total": 20,
        "reason": "2 of 20 rows were not written; failures and the file say which and why. Correct and load those alone."
      },
      "links": [
        {
          "uri": "…",
          "title": "What became of 20 rows of Contact"
        }
      ]
    }
    "#);
    let count = agent.count("SELECT COUNT() FROM Contact WHERE Title = 'Loaded'").await;
    assert_eq!(count, reply["succeeded"].as_u64().unwrap());
    let status = agent.ok("salesforce_job_status", json!({ "job": reply["job"] })).await;
    insta::assert_snapshot!(steady(status), @r#"
    {
      "id": "…",
      "operation": "update",
      "object": "Contact",
      "state": "JobComplete",
      "over": true,
      "processed": 20,
      "failed": 2,
      "created": "…",
      "failures": [
        {
          "id": "…",
          "class": "fix_your_call",
          "code": "ENTITY_IS_DELETED",
          "problem": "entity is deleted. The record has been deleted.",
          "values": {
            "Title": "Loaded"
          }
        },
        {
          "id": "…",
          "class": "fix_your_call",
          "code": "ENTITY_IS_DELETED",
          "problem": "entity is deleted. The record has been deleted.",
          "values": {
            "Title": "Loaded"
          }
        }
      ],
      "reasons": [
        {
          "problem": "entity is deleted. The record has been deleted.",
          "rows": 2
        }
      ],
      "completeness": {
        "complete": true
      }
    }
    "#);
}

#[tokio::test]
async fn a_result_is_loaded_again() {
    let agent = agent(|org| org).await;
    let soql = "SELECT Id, Title FROM Contact ORDER BY Id LIMIT 1200";
    let query = agent.ok("salesforce_bulk_query", json!({ "soql": soql })).await;
    let before = agent.count("SELECT COUNT() FROM Contact").await;
    let call = json!({ "object": "Contact", "operation": "delete", "source": query["file"]["id"] });
    let reply = agent.ok("salesforce_bulk_load", call).await;
    // The org keeps contacts that cases refer to.
    let (gone, kept) = (reply["succeeded"].as_u64().unwrap(), reply["failed"].as_u64().unwrap());
    assert!(gone > 500 && gone + kept == 1_200, "{reply}");
    assert_eq!(reply["notes"], json!(["Of the columns only Id is used, not Title."]));
    assert_eq!(agent.count("SELECT COUNT() FROM Contact").await, before - gone);
    let told: u64 =
        reply["reasons"].as_array().unwrap().iter().map(|r| r["rows"].as_u64().unwrap()).sum();
    assert_eq!((told, reply["failures"].as_array().unwrap().len() as u64), (kept, kept.min(20)));
}

#[tokio::test]
async fn files_come_from_the_folder_alone() {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("in");
    std::fs::create_dir(&inside).unwrap();
    std::fs::write(folder.path().join("secret.csv"), "LastName\nSecret\n").unwrap();
    std::fs::write(
        inside.join("new.csv"),
        "\u{feff}LastName,Birthdate,DoNotCall\r\n\"A, B\",1990-02-03,1\r\nC,,false\r\n",
    )
    .unwrap();
    std::os::unix::fs::symlink(folder.path().join("secret.csv"), inside.join("link.csv")).unwrap();
    let agent = agent(|org| org.input_folder(&inside)).await;
    let load =
        |source: &str| json!({ "object": "Contact", "operation": "insert", "source": source });
    for name in
        ["../secret.csv", "link.csv", "/etc/passwd", "missing.csv", ".", "in/../../secret.csv"]
    {
        let error = agent.refused("salesforce_bulk_load", load(name)).await;
        assert_eq!(error["problems"][0]["at"], "source", "{name}: {error}");
    }
    let reply = agent.ok("salesforce_bulk_load", load("new.csv")).await;
    assert_eq!(reply["succeeded"], 2, "{reply}");
    let found =
        json!({ "soql": "SELECT Birthdate, DoNotCall FROM Contact WHERE LastName = 'A, B'" });
    assert_eq!(agent.ok("salesforce_query", found).await["rows"], json!([["1990-02-03", true]]));
}

#[tokio::test]
async fn everything_wrong_is_told_at_once_and_nothing_is_sent() {
    let agent = agent(|org| org).await;
    let rows = json!([
        { "LastName": "A", "Emial": "x", "CreatedDate": "2026-01-01", "Birthdate": "soon" },
        { "Title": "No name", "Id": "003000000000001AAA" },
        { "LastName": "C", "Birthdate": "2000-01-01", "AccountId": "nonsense" },
    ]);
    let call = json!({ "object": "Contact", "operation": "insert", "rows": rows });
    let error = agent.refused("salesforce_bulk_load", call).await;
    insta::assert_snapshot!(serde_json::to_string_pretty(&error).unwrap(), @r#"
    {
      "class": "fix_your_call",
      "message": "Nothing was sent: 6 problems to correct first.",
      "problems": [
        {
          "at": "column Emial",
          "message": "Contact has no such field.",
          "did_you_mean": [
            "Email"
          ]
        },
        {
          "at": "column CreatedDate",
          "message": "This field cannot be given to a new record; leave it out."
        },
        {
          "at": "column Id",
          "message": "A new record has no id yet; leave it out."
        },
        {
          "at": "row 1.Birthdate",
          "message": "\"soon\" is not a date; write it like \"2026-03-31\"."
        },
        {
          "at": "row 2.LastName",
          "message": "Required to create Contact: text of at most 80 characters."
        },
        {
          "at": "row 3.AccountId",
          "message": "\"nonsense\" is not a Salesforce id (15 or 18 letters and digits)."
        }
      ],
      "next": {
        "tool": "salesforce_describe_object",
        "arguments": {
          "object": "Contact"
        }
      }
    }
    "#);
    let missing =
        json!({ "object": "Contact", "operation": "delete", "rows": [{ "LastName": "A" }] });
    let error = agent.refused("salesforce_bulk_load", missing).await;
    assert_eq!(error["problems"][0]["at"], "column Id", "{error}");
    let twice = json!({ "object": "Contact", "operation": "delete", "rows": [
        { "Id": "003000000000001AAA" }, { "Id": "003000000000001" }, { "Id": "001000000000001AAA" },
    ]});
    let error = agent.refused("salesforce_bulk_load", twice).await;
    assert_eq!(error["problems"].as_array().unwrap().len(), 2, "{error}");
    let hard = json!({ "object": "Contact", "operation": "hard_delete", "rows": [{ "Id": "x" }] });
    let error = agent.refused("salesforce_bulk_load", hard).await;
    assert_eq!(error["problems"][0]["allowed"].as_array().unwrap().len(), 4, "{error}");
    assert!(!agent.org.requests().iter().any(|r| r.operation == Operation::BulkIngest));
}

#[tokio::test]
async fn lost_answers_double_nothing() {
    let faults: [(Fault, &str); 6] = [
        (Fault::lost_answer().on(Operation::BulkIngest), "make"),
        (Fault::lost_answer().on(Operation::BulkIngest).method("PUT"), "upload"),
        (Fault::lost_answer().on(Operation::BulkIngest).method("PATCH"), "close"),
        (Fault::dropped_connection().on(Operation::BulkIngest).method("PUT"), "upload dropped"),
        (Fault::expired_session().on(Operation::BulkIngest).method("PUT"), "401 at the upload"),
        (Fault::cut_body().on(Operation::BulkResults), "outcomes cut"),
    ];
    let agent = agent(|org| org).await;
    for (at, (fault, what)) in faults.into_iter().enumerate() {
        agent.org.faults().push(fault);
        let rows: Vec<Value> =
            (0..30).map(|n| json!({ "LastName": format!("Once {at} {n}") })).collect();
        let call = json!({ "object": "Contact", "operation": "insert", "rows": rows });
        let reply = agent.ok("salesforce_bulk_load", call).await;
        assert_eq!((&reply["succeeded"], reply["file"].is_object()), (&json!(30), true), "{what}");
        let soql = format!("SELECT COUNT() FROM Contact WHERE LastName LIKE 'Once {at} %'");
        assert_eq!(agent.count(&soql).await, 30, "{what}");
        assert_eq!(agent.org.faults().pending(), 0, "{what}");
    }
}

#[tokio::test]
async fn a_closing_without_an_answer_is_unknown_and_can_be_looked_up() {
    let agent = agent(|org| org).await;
    // From the closing on nothing is answered.
    agent.org.faults().push(Fault::lost_answer().on(Operation::BulkIngest).skip(2).always());
    let call =
        json!({ "object": "Contact", "operation": "insert", "rows": [{ "LastName": "Maybe" }] });
    let error = agent.refused("salesforce_bulk_load", call).await;
    agent.org.faults().clear();
    insta::assert_snapshot!(steady(error.clone()), @r#"
    {
      "class": "outcome_unknown",
      "message": "The rows were sent, and the answer to the closing of their job was lost: it may be processed or stand open, in which case nothing is written. It was not sent again. Make the call in next first, and load the rows again only if the job is Open or Aborted.",
      "next": {
        "tool": "salesforce_job_status",
        "arguments": {
          "job": "…"
        }
      }
    }
    "#);
    agent.org.bulk_jobs().idle().await;
    let status = agent.ok("salesforce_job_status", error["next"]["arguments"].clone()).await;
    assert_eq!((&status["state"], &status["processed"]), (&json!("JobComplete"), &json!(1)));
    assert_eq!(agent.count("SELECT COUNT() FROM Contact WHERE LastName = 'Maybe'").await, 1);
    // Where the job cannot even be made, nothing is written, and it says so.
    agent.org.faults().push(Fault::lost_answer().on(Operation::BulkIngest).always());
    let call =
        json!({ "object": "Contact", "operation": "insert", "rows": [{ "LastName": "Never" }] });
    let error = agent.refused("salesforce_bulk_load", call).await;
    agent.org.faults().clear();
    assert_eq!(error["class"], "try_later", "{error}");
    assert_eq!(agent.count("SELECT COUNT() FROM Contact WHERE LastName = 'Never'").await, 0);
}

#[tokio::test]
async fn writes_that_have_to_be_prepared_or_shown_are_refused_with_the_way_on() {
    let load = |operation: &str, rows: usize| {
        let row = |n| json!({ "Id": format!("00300000000{n:04}"), "Title": "X" });
        let rows: Vec<Value> = (0..rows).map(row).collect();
        json!({ "object": "Contact", "operation": operation, "rows": rows })
    };
    let modes = [
        (WriteMode::Prepared, load("update", 1), "fix_your_call"),
        (WriteMode::Approved, load("update", 1), "ask_a_person"),
        (WriteMode::PreparedAbove(2), load("update", 3), "fix_your_call"),
        (WriteMode::PreparedAbove(2), load("delete", 1), "fix_your_call"),
    ];
    for (mode, call, class) in modes {
        let agent = agent_with(Policy::read_write().with_write_mode(mode), |org| org).await;
        let error = agent.refused("salesforce_bulk_load", call).await;
        assert_eq!(error["class"], class, "{mode:?}: {error}");
        let text = error["message"].as_str().unwrap();
        let way = if class == "ask_a_person" { "nobody could be asked" } else { "prepare: true" };
        assert!(text.contains(way), "{mode:?}: {text}");
        assert!(!agent.org.requests().iter().any(|r| r.operation == Operation::BulkIngest));
    }
    let agent = agent_with(Policy::read_only(), |org| org).await;
    assert!(agent.tools.definition("salesforce_bulk_load").is_none());
    assert_eq!(
        agent.refused("salesforce_bulk_load", load("update", 1)).await["class"],
        "ask_a_person"
    );
}

#[tokio::test]
async fn a_load_is_in_the_log_before_and_after() {
    let Logged { agent, path, .. } = &logged().await;
    let call =
        json!({ "object": "Contact", "operation": "insert", "rows": [{ "LastName": "Logged" }] });
    let reply = agent.ok("salesforce_bulk_load", call).await;
    agent.org.faults().push(Fault::lost_answer().on(Operation::BulkIngest).skip(2).always());
    let call =
        json!({ "object": "Contact", "operation": "insert", "rows": [{ "LastName": "Unsure" }] });
    agent.refused("salesforce_bulk_load", call).await;
    agent.org.faults().clear();
    let logged = intents(path);
    let [(seq, first, Some(written)), (_, _, Some(unknown))] = logged.as_slice() else {
        panic!("{logged:?}");
    };
    let record = &first.records[0];
    assert_eq!((record.action.as_str(), record.after["rows"].as_u64()), ("bulk_create", Some(1)));
    assert_eq!(written.outcome, "written");
    assert_eq!(written.records[0].note.as_deref(), Some("1 written, 0 failed, 0 not processed"));
    assert_eq!((unknown.outcome.as_str(), unknown.records[0].id.is_some()), ("unknown", true));
    assert!(!std::fs::read_to_string(path).unwrap().contains("Logged"), "rows are not in the log");
    let org = Org::new(client(&agent.org), Policy::read_write());
    let undo = Reversal::prepare(&org, &CallContext::default(), path, *seq, false).await.unwrap();
    assert!(
        undo.is_empty() && undo.refused[0].contains("bulk_create cannot be undone"),
        "{undo:?}"
    );
    // Without a log there is no write.
    std::fs::remove_file(path).unwrap();
    std::fs::create_dir(path).unwrap();
    let before = agent.org.requests().len();
    let call = json!({ "object": "Contact", "operation": "insert", "rows": [{ "LastName": "X" }] });
    let error = agent.refused("salesforce_bulk_load", call).await;
    assert!(reply["file"].is_object() && error["class"] == "ask_a_person", "{error}");
    let sent = agent.org.requests();
    assert!(!sent[before..].iter().any(|r| r.operation == Operation::BulkIngest));
}

#[tokio::test]
async fn no_value_of_a_row_is_lost_on_its_way_into_a_column() {
    let agent = agent(|org| org).await;
    let rows = [
        (json!({ "LastName": "Ito", "lastname": "Sato" }), "row 2.lastname"),
        (json!({ "LastName": "Ito", "Account": {} }), "row 2.Account"),
    ];
    for (row, place) in rows {
        let rows = json!([{ "LastName": "First" }, row]);
        let call = json!({ "object": "Contact", "operation": "insert", "rows": rows });
        let error = agent.refused("salesforce_bulk_load", call).await;
        assert_eq!(
            (&error["class"], &error["problems"][0]["at"]),
            (&json!("fix_your_call"), &json!(place))
        );
    }
    assert!(!agent.org.requests().iter().any(|r| r.operation == Operation::BulkIngest));
}

#[tokio::test]
async fn the_log_has_the_end_of_a_load_that_outlived_its_call_once_somebody_looks() {
    let Logged { agent, path, .. } = &logged().await;
    agent.org.faults().push(Fault::lost_answer().on(Operation::BulkIngest).skip(2).always());
    let rows = json!([{ "LastName": "Late" }, { "LastName": "Astray", "AccountId": "001dE0000009999QAA" }]);
    let call = json!({ "object": "Contact", "operation": "insert", "rows": rows });
    let error = agent.refused("salesforce_bulk_load", call).await;
    agent.org.faults().clear();
    let last = || intents(path).remove(0).2.unwrap();
    assert_eq!(last().outcome, "unknown");
    agent.org.bulk_jobs().idle().await;
    let look = &error["next"]["arguments"];
    agent.ok("salesforce_job_status", look.clone()).await;
    let (found, lines) = (last(), std::fs::read_to_string(path).unwrap());
    assert_eq!(found.outcome, "partly");
    assert_eq!(found.records[0].note.as_deref(), Some("1 written, 1 failed, 0 not processed"));
    // It is told once, however often somebody looks.
    agent.ok("salesforce_job_status", look.clone()).await;
    assert_eq!(std::fs::read_to_string(path).unwrap(), lines);
}

#[tokio::test]
async fn a_person_is_asked_with_the_first_rows_in_view() {
    let policy = Policy::read_write().ask_before(Effect::Create);
    for (answer, sent) in [(Answer::Approved, true), (Answer::Declined, false)] {
        let agent = agent_with(policy.clone(), |org| org).await;
        let person = Arc::new(Person(answer, Mutex::default()));
        let cx = CallContext::default().with_person(person.clone());
        let rows: Vec<Value> = (0..12).map(|n| json!({ "LastName": format!("Ask {n}") })).collect();
        let call = json!({ "object": "Contact", "operation": "insert", "rows": rows });
        let told = agent.tools.call(&cx, "salesforce_bulk_load", call).await;
        assert_eq!(told.is_ok(), sent, "{told:?}");
        let asked = person.1.lock().unwrap().clone();
        let shown = &asked[0].preview.as_ref().unwrap()["operations"][0];
        assert_eq!((asked.len(), &shown["rows"]), (1, &json!(12)));
        assert_eq!(shown["records"].as_array().unwrap().len(), 12);
        let ingest = |r: &sf_emulator::RequestRecord| r.operation == Operation::BulkIngest;
        assert_eq!(agent.org.requests().iter().any(ingest), sent);
    }
}
