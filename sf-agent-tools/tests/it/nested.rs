//! Child lists: whole, cut, and read on through their own cursors.

use serde_json::{Value, json};
use sf_agent_tools::{Limits, Policy};

use crate::support::{Agent, agent_with};

async fn family(children: usize, limits: Limits) -> (Agent, String) {
    let agent = agent_with(Policy::read_write(), limits).await;
    let parent = json!({ "object": "Account", "records": [{ "Name": "Parent" }] });
    let created = agent.ok("salesforce_create_records", parent).await;
    let account = created["results"][0]["id"].as_str().unwrap().to_owned();
    let names: Vec<usize> = (0..children).collect();
    for chunk in names.chunks(200) {
        let records: Vec<Value> = chunk
            .iter()
            .map(|n| json!({ "LastName": format!("Child {n:04}"), "AccountId": account }))
            .collect();
        agent
            .ok("salesforce_create_records", json!({ "object": "Contact", "records": records }))
            .await;
    }
    let soql = format!(
        "SELECT Name, (SELECT LastName, Owner.Name FROM Contacts ORDER BY LastName) FROM Account WHERE Id = '{account}'"
    );
    (agent, soql)
}

#[tokio::test]
async fn no_children_and_few_children_are_whole() {
    let (agent, soql) = family(0, Limits::default()).await;
    let reply = agent.ok("salesforce_query", json!({ "soql": soql })).await;
    assert_eq!(reply["rows"], json!([["Parent", { "rows": [], "total": 0, "complete": true }]]));

    let (agent, soql) = family(2, Limits::default()).await;
    let reply = agent.ok("salesforce_query", json!({ "soql": soql })).await;
    assert_eq!(reply["columns"], json!(["Name", "Contacts"]));
    assert_eq!(reply["child_columns"], json!({ "Contacts": ["LastName", "Owner.Name"] }));
    let list = &reply["rows"][0][1];
    assert_eq!((&list["total"], &list["complete"]), (&json!(2), &json!(true)));
    assert_eq!(list["rows"][0][0], "Child 0000");
    assert_eq!(reply["completeness"]["complete"], true);
}

#[tokio::test]
async fn a_cut_list_says_so_and_its_cursor_reads_every_child_once() {
    for (children, page_size, child_rows) in [(45, 2_000, 20), (450, 200, 7), (200, 200, 200)] {
        let mut limits = Limits::default();
        limits.page_size = Some(page_size);
        limits.child_rows = child_rows;
        let (agent, soql) = family(children, limits).await;
        let reply = agent.ok("salesforce_query", json!({ "soql": soql })).await;
        let list = &reply["rows"][0][1];
        assert_eq!(list["total"], children, "{list}");
        let mut names: Vec<Value> = list["rows"].as_array().unwrap().clone();
        if list["complete"] == json!(false) {
            assert_eq!(reply["completeness"]["complete"], false);
            let reason = reply["completeness"]["reason"].as_str().unwrap();
            assert!(reason.contains("1 child list"), "{reason}");
            let (rest, _) =
                agent.follow("salesforce_next_page", json!({ "cursor": list["cursor"] })).await;
            names.extend(rest);
        }
        let names: Vec<&str> = names.iter().map(|row| row[0].as_str().unwrap()).collect();
        let expected: Vec<String> = (0..children).map(|n| format!("Child {n:04}")).collect();
        assert_eq!(names, expected);
    }
}

/// `FIELDS()` says nothing about which columns there are.
#[tokio::test]
async fn children_have_the_columns_that_fields_stands_for() {
    let mut limits = Limits::default();
    limits.child_rows = 3;
    let (agent, _) = family(5, limits).await;
    let query = |soql: &str| json!({ "soql": soql });
    let children = "SELECT Name, (SELECT FIELDS(STANDARD) FROM Contacts ORDER BY LastName LIMIT 100) \
                    FROM Account WHERE Name = 'Parent'";
    let reply = agent.ok("salesforce_query", query(children)).await;
    let columns = reply["child_columns"]["Contacts"].as_array().unwrap();
    let at = columns.iter().position(|column| column == "LastName").unwrap();
    let list = &reply["rows"][0][1];
    let names: Vec<&Value> = list["rows"].as_array().unwrap().iter().map(|row| &row[at]).collect();
    assert_eq!(names, ["Child 0000", "Child 0001", "Child 0002"]);
    assert_eq!((&list["total"], &list["complete"]), (&json!(5), &json!(false)));

    // Beside a list of children, which stays one: bounded, and with a way to the rest.
    let beside = "SELECT FIELDS(STANDARD), (SELECT LastName FROM Contacts ORDER BY LastName), Owner.Name \
                  FROM Account WHERE Name = 'Parent' LIMIT 10";
    let reply = agent.ok("salesforce_query", query(beside)).await;
    let columns = reply["columns"].as_array().unwrap();
    assert!(columns.contains(&json!("Industry")) && columns.contains(&json!("Owner.Name")));
    assert!(!columns.contains(&json!("Owner")), "{columns:?}");
    let at = columns.iter().position(|column| column == "Contacts").unwrap();
    let list = &reply["rows"][0][at];
    assert_eq!(list["rows"], json!([["Child 0000"], ["Child 0001"], ["Child 0002"]]));
    assert!(list["cursor"].is_string() && reply["completeness"]["complete"] == json!(false));

    // Without a row the objects tell.
    let none = beside.replace("'Parent'", "'Nobody'");
    let reply = agent.ok("salesforce_query", query(&none)).await;
    assert!(reply["columns"].as_array().unwrap().contains(&json!("Industry")), "{reply}");
    let childless = children.replace("LIMIT 100", "LIMIT 0");
    let reply = agent.ok("salesforce_query", query(&childless)).await;
    assert!(reply["child_columns"]["Contacts"].as_array().unwrap().contains(&json!("LastName")));
}
