//! Cursors: all rows, in order, once; no locator read twice.

use std::time::Duration;

use serde_json::{Value, json};
use sf_agent_tools::{CallContext, Limits, Org, Policy, ToolSet};
use sf_emulator::Operation;

use crate::support::{Agent, agent, agent_with, client};

const ALL: &str = "SELECT Id, Name, Email, Account.Name FROM Contact ORDER BY Id";

fn limits(page_size: u16, characters: usize) -> Limits {
    let mut limits = Limits::default();
    limits.page_size = Some(page_size);
    limits.characters = characters;
    limits
}

async fn ids(agent: &Agent, max_rows: Option<u32>) -> (Vec<String>, usize) {
    let arguments = json!({ "soql": ALL, "max_rows": max_rows });
    let (rows, calls) = agent.follow("salesforce_query", arguments).await;
    (rows.iter().map(|row| row[0].as_str().unwrap().to_owned()).collect(), calls)
}

fn pages_read(agent: &Agent) -> usize {
    agent.org.requests().iter().filter(|r| r.operation == Operation::NextPage).count()
}

#[tokio::test]
async fn any_budget_and_page_size_gives_every_row_once_in_order() {
    // Page sizes that divide the rows or not, row limits above and below a page, sizes that cut.
    let cases = [
        (200, 30_000, None, 14),
        (200, 30_000, Some(200), 14),
        (250, 30_000, Some(199), 11),
        (1_000, 1_000_000, Some(777), 2),
        (1_999, 1_000_000, Some(2_000), 1),
        (2_000, 1_000_000, Some(2_000), 1),
        (2_000, 5_000, Some(2_000), 1),
        (300, 700, Some(50), 9),
    ];
    for (page_size, characters, max_rows, pages) in cases {
        let case = format!("pages of {page_size}, {characters} characters, {max_rows:?} rows");
        let agent = agent_with(Policy::read_only(), limits(page_size, characters)).await;
        let (found, calls) = ids(&agent, max_rows).await;
        assert_eq!(found.len(), 3_000, "{case}");
        assert!(found.is_sorted_by(|a, b| a < b), "{case}: in order, each once");
        assert!(calls > 1, "{case}");
        assert_eq!(pages_read(&agent), pages, "{case}: each locator once");
    }
}

#[tokio::test]
async fn replies_stay_within_their_size() {
    let agent = agent_with(Policy::read_only(), limits(2_000, 4_000)).await;
    let reply = agent.ok("salesforce_query", json!({ "soql": ALL, "max_rows": 2000 })).await;
    let rows = reply["rows"].to_string();
    assert!(rows.len() <= 4_100, "{}", rows.len());
    assert_eq!(reply["completeness"]["complete"], false);
    assert_eq!(reply["completeness"]["total"], 3_000);
    assert!(reply["completeness"]["reason"].as_str().unwrap().contains("too long"));
    // A row that alone is too long is still given, alone.
    let agent = agent_with(Policy::read_only(), limits(2_000, 10)).await;
    let reply = agent.ok("salesforce_query", json!({ "soql": ALL })).await;
    assert_eq!(reply["rows"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_reply_in_full() {
    let agent = agent().await;
    let arguments =
        json!({ "soql": "SELECT Id FROM Contact ORDER BY Id LIMIT 30", "max_rows": 20 });
    let mut reply = agent.ok("salesforce_query", arguments).await;
    reply["completeness"]["next"]["arguments"]["cursor"] = json!("<sealed>");
    reply["rows"] = json!([]);
    insta::assert_json_snapshot!(reply, @r#"
    {
      "object": "Contact",
      "columns": [
        "Id"
      ],
      "rows": [],
      "total": 30,
      "completeness": {
        "complete": false,
        "returned": 20,
        "total": 30,
        "reason": "Rows up to 20 of 30 so far (the row limit of this call). A cursor lives as long as the connection that made it.",
        "next": {
          "tool": "salesforce_query",
          "arguments": {
            "cursor": "<sealed>",
            "max_rows": 20
          }
        }
      }
    }
    "#);
}

#[tokio::test]
async fn the_same_cursor_twice_gives_the_same_rows_and_reads_nothing_twice() {
    let agent = agent_with(Policy::read_only(), limits(200, 30_000)).await;
    let first = agent.ok("salesforce_query", json!({ "soql": ALL, "max_rows": 200 })).await;
    let next = &first["completeness"]["next"]["arguments"];
    let again: Vec<Value> =
        futures_util::future::join_all((0..8).map(|_| agent.ok("salesforce_query", next.clone())))
            .await;
    assert!(again.iter().all(|reply| reply["rows"] == again[0]["rows"]));
    assert_ne!(again[0]["rows"], first["rows"]);
    assert_eq!(pages_read(&agent), 1, "eight calls, one read");
}

#[tokio::test]
async fn cursors_of_others_and_changed_ones_are_refused() {
    let agent = agent().await;
    let first = agent.ok("salesforce_query", json!({ "soql": ALL })).await;
    let arguments = first["completeness"]["next"]["arguments"].clone();
    let cursor = arguments["cursor"].as_str().unwrap().to_owned();
    // Nothing can be read in it.
    assert!(!cursor.contains("Contact") && !cursor.contains("query"));

    let mut changed = cursor.clone().into_bytes();
    changed[20] = if changed[20] == b'A' { b'B' } else { b'A' };
    let changed = String::from_utf8(changed).unwrap();
    for bad in [changed.as_str(), &cursor[..40], "x", "0r8xx5R2sM3DgWhASK-2000"] {
        let error = agent.refused("salesforce_query", json!({ "cursor": bad })).await;
        assert_eq!(error["class"], "fix_your_call", "{bad}");
        assert!(error["message"].as_str().unwrap().contains("not valid"), "{bad}: {error}");
    }

    // The same connection, another of the host's callers.
    let cx = CallContext::default().with_identity("someone else");
    let error = agent.tools.call(&cx, "salesforce_query", arguments.clone()).await.unwrap_err();
    assert!(error.message.contains("another user"), "{error}");

    // Another connection of the same user does not have the page.
    let other = ToolSet::salesforce(Org::new(client(&agent.org), Policy::read_only()));
    let error = other
        .call(&CallContext::default(), "salesforce_query", arguments.clone())
        .await
        .unwrap_err();
    assert!(error.message.contains("expired"), "{error}");

    // It still works where it belongs.
    agent.ok("salesforce_query", arguments).await;
}

#[tokio::test]
async fn old_pages_make_room_and_their_cursors_say_so() {
    let mut limits = limits(2_000, 30_000);
    limits.kept_rows = 2_500;
    let agent = agent_with(Policy::read_only(), limits).await;
    let first = agent.ok("salesforce_query", json!({ "soql": ALL })).await;
    let second = agent.ok("salesforce_query", json!({ "soql": ALL })).await;
    let old = first["completeness"]["next"]["arguments"].clone();
    let error = agent.refused("salesforce_query", old).await;
    assert!(error["message"].as_str().unwrap().contains("expired"), "{error}");
    let new = second["completeness"]["next"]["arguments"].clone();
    agent.ok("salesforce_query", new).await;

    limits.cursor_lifetime = Duration::ZERO;
    limits.kept_rows = 50_000;
    let agent = agent_with(Policy::read_only(), limits).await;
    let first = agent.ok("salesforce_query", json!({ "soql": ALL })).await;
    let old = first["completeness"]["next"]["arguments"].clone();
    let error = agent.refused("salesforce_query", old).await;
    assert!(error["message"].as_str().unwrap().contains("expired"), "{error}");
}

#[tokio::test]
async fn a_locator_that_salesforce_dropped() {
    let agent = agent_with(Policy::read_only(), limits(200, 30_000)).await;
    let first = agent.ok("salesforce_query", json!({ "soql": ALL, "max_rows": 200 })).await;
    let gone = r#"[{"message":"invalid query locator","errorCode":"INVALID_QUERY_LOCATOR"}]"#;
    agent.org.faults().push(sf_emulator::Fault::reply(400, "application/json", gone));
    let next = first["completeness"]["next"]["arguments"].clone();
    let error = agent.refused("salesforce_query", next).await;
    assert_eq!(error["class"], "fix_your_call");
    assert!(error.to_string().contains("run the query again"), "{error}");
}

#[tokio::test]
async fn an_answer_that_lacks_rows_or_columns_is_not_passed_off_as_whole() {
    let agent = agent().await;
    agent.ok("salesforce_query", json!({ "soql": "SELECT Id FROM Account LIMIT 1" })).await;
    let row = r#"{"attributes":{"type":"Account"},"Id":"001000000000001AAA"}"#;
    let short = format!(r#"{{"totalSize":5,"done":true,"records":[{row},{row}]}}"#);
    let page =
        |body: &str| sf_emulator::Fault::reply(200, "application/json", body).on(Operation::Query);

    agent.org.faults().push(page(&short));
    let reply = agent.ok("salesforce_query", json!({ "soql": "SELECT Id FROM Account" })).await;
    assert_eq!(reply["completeness"]["complete"], false);
    let reason = reply["completeness"]["reason"].as_str().unwrap();
    assert!(reason.contains("announced 5 rows and delivered 2"), "{reason}");

    agent.org.faults().push(page(&short));
    let error = agent
        .refused("salesforce_query", json!({ "soql": "SELECT Id, Owner.Name FROM Account" }))
        .await;
    assert!(error["message"].as_str().unwrap().contains("no column Owner.Name"), "{error}");
}
