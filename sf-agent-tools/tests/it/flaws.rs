//! Answers of Salesforce that contradict themselves: a part or an error, and never a loop.

use serde_json::{Value, json};
use sf_emulator::{Fault, Operation};

use crate::support::{Agent, agent};

const SOQL: &str = "SELECT Id FROM Account";

/// A page of `rows` rows; `next` is the number of its locator.
fn page(total: u64, rows: usize, next: Option<u32>) -> String {
    let row = json!({ "attributes": { "type": "Account" }, "Id": "001000000000001AAA" });
    let mut page =
        json!({ "totalSize": total, "done": next.is_none(), "records": vec![row; rows] });
    if let Some(next) = next {
        page["nextRecordsUrl"] = json!(format!("/services/data/v67.0/query/01g00000000000{next}"));
    }
    page.to_string()
}

/// An org that answers the query with the first of `pages`, and locators with the others.
async fn answering(pages: &[String]) -> Agent {
    let agent = agent().await;
    // The describe, so that what follows are pages only.
    agent.ok("salesforce_query", json!({ "soql": SOQL })).await;
    let reply = |body: &String| Fault::reply(200, "application/json", body.clone());
    agent.org.faults().push(reply(&pages[0]).on(Operation::Query));
    for body in &pages[1..] {
        agent.org.faults().push(reply(body).on(Operation::NextPage));
    }
    agent
}

fn pages_read(agent: &Agent) -> usize {
    agent.org.requests().iter().filter(|r| r.operation == Operation::NextPage).count()
}

#[tokio::test]
async fn rows_before_the_contradiction_are_a_part() {
    let cases = [
        (vec![page(9, 3, Some(1)), page(9, 0, Some(2))], "not the last has no rows"),
        (vec![page(9, 3, Some(1)), page(9, 3, Some(1))], "names itself as the next"),
        (vec![page(4, 3, Some(1)), page(4, 3, None)], "more rows than it announced"),
    ];
    for (pages, says) in cases {
        let agent = answering(&pages).await;
        let reply = agent.ok("salesforce_query", json!({ "soql": SOQL })).await;
        assert_eq!(reply["rows"].as_array().unwrap().len(), 3, "{says}");
        let completeness = &reply["completeness"];
        assert_eq!(completeness["complete"], false, "{says}");
        let reason = completeness["reason"].as_str().unwrap();
        assert!(reason.contains(says) && reason.contains("Rows up to 3 of"), "{reason}");
        assert!(completeness.get("next").is_none(), "no call gets on from here: {completeness}");
        assert_eq!(pages_read(&agent), 1, "{says}");
    }
}

#[tokio::test]
async fn a_contradiction_in_the_first_rows_is_an_error() {
    let mut open = page(9, 3, None).replace("\"done\":true", "\"done\":false");
    assert!(open.contains("false"));
    open.push(' ');
    let cases = [
        (page(9, 0, Some(1)), "not the last has no rows"),
        (page(2, 3, None), "more rows than it announced"),
        (open, "does not say where the next"),
    ];
    for (first, says) in cases {
        let agent = answering(&[first]).await;
        let error = agent.refused("salesforce_query", json!({ "soql": SOQL })).await;
        assert_eq!(error["class"], "try_later", "{error}");
        assert!(error["message"].as_str().unwrap().contains(says), "{error}");
        assert_eq!(pages_read(&agent), 0, "{says}");
    }
}

#[tokio::test]
async fn a_cursor_into_a_contradiction_is_an_error_and_works_when_it_is_over() {
    let pages = [page(5, 3, Some(1)), page(5, 0, Some(2)), page(5, 2, None)];
    let agent = answering(&pages).await;
    let arguments = json!({ "soql": SOQL, "max_rows": 3 });
    let first = agent.ok("salesforce_query", arguments).await;
    let next = first["completeness"]["next"]["arguments"].clone();
    let error = agent.refused("salesforce_next_page", next.clone()).await;
    assert_eq!(error["class"], "try_later", "{error}");
    let rest = agent.ok("salesforce_next_page", next).await;
    assert_eq!(rest["rows"].as_array().unwrap().len(), 2);
    assert_eq!(rest["completeness"], json!({ "complete": true }));
}

#[tokio::test]
async fn a_child_list_with_fewer_rows_than_it_announced_is_not_whole() {
    let child = json!({ "attributes": { "type": "Contact" }, "Id": "003000000000001AAA" });
    let children = json!({ "totalSize": 2, "done": true, "records": [child] });
    let row = json!({ "attributes": { "type": "Account" }, "Contacts": children });
    let body = json!({ "totalSize": 1, "done": true, "records": [row] }).to_string();
    let agent = agent().await;
    let soql = "SELECT (SELECT Id FROM Contacts) FROM Account LIMIT 1";
    agent.ok("salesforce_query", json!({ "soql": soql })).await;
    let reply = Fault::reply(200, "application/json", body).on(Operation::Query);
    agent.org.faults().push(reply);
    let reply = agent.ok("salesforce_query", json!({ "soql": soql })).await;
    let list: &Value = &reply["rows"][0][0];
    assert_eq!(list["complete"], false, "{list}");
    let rest = agent.ok("salesforce_next_page", json!({ "cursor": list["cursor"] })).await;
    let reason = rest["completeness"]["reason"].as_str().unwrap();
    assert!(reason.contains("announced 2 rows and delivered 1"), "{reason}");
}
