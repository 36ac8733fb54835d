//! Trees of new records, and graphs.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::{Client, Reply, org};

fn record(kind: &str, reference: &str, mut fields: Value) -> Value {
    fields["attributes"] = json!({ "type": kind, "referenceId": reference });
    fields
}

async fn tree(client: &Client, records: Value) -> Reply {
    client.send("POST", "/composite/tree/Account", json!({ "records": records })).await
}

#[tokio::test]
async fn a_tree_is_written_level_by_level() {
    let (_org, client) = org().await;
    let records = json!([
        record(
            "Account",
            "ref1",
            json!({ "Name": "Tree 1", "Contacts": { "records": [
            record("Contact", "ref2", json!({ "LastName": "Leaf 2" })),
            record("Contact", "ref3", json!({ "LastName": "Leaf 3" })),
        ] } })
        ),
        record("Account", "ref4", json!({ "Name": "Tree 2" })),
    ]);
    let reply = tree(&client, records).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let json = reply.json();
    let order: Vec<_> =
        json["results"].as_array().unwrap().iter().map(|item| &item["referenceId"]).collect();
    assert_eq!(order, ["ref1", "ref4", "ref2", "ref3"]);
    assert_eq!(reply.keys(), "hasErrors results");
    let id = json["results"][0]["id"].as_str().unwrap();
    let soql = format!("SELECT COUNT() FROM Contact WHERE AccountId = '{id}'");
    assert_eq!(client.count(&soql).await, 2);
}

#[tokio::test]
async fn one_bad_record_fells_the_tree() {
    let (_org, client) = org().await;
    let records = json!([
        record("Account", "ref1", json!({ "Name": "Felled", "Contacts": { "records": [
            record("Contact", "ref2", json!({ "FirstName": "no last name" })),
            record("Contact", "ref1", json!({ "LastName": "same reference" })),
        ] } })),
        record("Contact", "ref4", json!({ "LastName": "not an account" })),
        { "Name": "no attributes" },
    ]);
    assert_snapshot!(tree(&client, records).await.shown(), @r#"400 {"hasErrors":true,"results":[{"referenceId":"ref4","errors":[{"statusCode":"INVALID_INPUT","message":"The record must be of type Account, not 'Contact'","fields":[]}]},{"referenceId":"","errors":[{"statusCode":"INVALID_INPUT","message":"Include a reference ID for each record in the request.","fields":[]}]},{"referenceId":"ref2","errors":[{"statusCode":"REQUIRED_FIELD_MISSING","message":"Required fields are missing: [LastName]","fields":["LastName"]}]},{"referenceId":"ref1","errors":[{"statusCode":"INVALID_INPUT","message":"Duplicate ReferenceId provided in the request.","fields":[]}]}]}"#);
    assert_eq!(client.count("SELECT COUNT() FROM Account WHERE Name = 'Felled'").await, 0);
}

#[tokio::test]
async fn trees_are_bounded() {
    let (_org, client) = org().await;
    let many: Vec<_> =
        (0..201).map(|n| record("Account", &format!("r{n}"), json!({ "Name": "x" }))).collect();
    let mut deep = record("Account", "l5", json!({ "Name": "5" }));
    for level in (0..5).rev() {
        let children = json!({ "records": [deep] });
        deep = record(
            "Account",
            &format!("l{level}"),
            json!({ "Name": "x", "ChildAccounts": children }),
        );
    }
    let replies = [
        tree(&client, json!(many)).await,
        tree(&client, json!([deep])).await,
        tree(&client, json!([])).await,
        tree(&client, json!([7])).await,
        client.send("POST", "/composite/tree/Nothing", json!({ "records": [] })).await,
    ];
    let shown: Vec<_> = replies.iter().map(Reply::shown).collect();
    assert_snapshot!(shown.join("\n"), @r#"
    400 [{"message":"A tree can have at most 200 records","errorCode":"LIMIT_EXCEEDED"}]
    400 [{"message":"A tree can have at most 5 levels of records","errorCode":"LIMIT_EXCEEDED"}]
    400 [{"message":"Required fields are missing: [records]","errorCode":"REQUIRED_FIELD_MISSING"}]
    400 [{"message":"Cannot deserialize instance of record from VALUE_NUMBER_INT value 7 or request may be missing a required field","errorCode":"JSON_PARSER_ERROR"}]
    404 [{"errorCode":"NOT_FOUND","message":"The requested resource does not exist"}]
    "#);
}

fn node(id: &str, method: &str, path: &str, body: Value) -> Value {
    let url = format!("/services/data/v66.0/sobjects/{path}");
    let mut node = json!({ "referenceId": id, "method": method, "url": url });
    node["body"] = body;
    node
}

#[tokio::test]
async fn each_graph_is_a_transaction() {
    let (_org, client) = org().await;
    let graphs = json!({ "graphs": [
        { "graphId": "1", "compositeRequest": [
            node("a", "POST", "Account", json!({ "Name": "Graph" })),
            node("b", "POST", "Contact", json!({ "LastName": "Graph", "AccountId": "@{a.id}" })),
        ] },
        { "graphId": "2", "compositeRequest": [
            node("a", "POST", "Account", json!({ "Name": "Graph" })),
            node("b", "POST", "Contact", json!({ "AccountId": "@{a.id}" })),
        ] },
    ] });
    let reply = client.send("POST", "/composite/graph", graphs).await;
    let json = reply.json();
    assert_eq!(json["graphs"][0]["isSuccessful"], true, "{}", reply.text);
    assert_eq!(json["graphs"][0]["graphResponse"]["compositeResponse"][1]["httpStatusCode"], 201);
    assert_snapshot!(json["graphs"][1], @r#"{"graphId":"2","graphResponse":{"compositeResponse":[{"body":[{"errorCode":"PROCESSING_HALTED","message":"The transaction was rolled back since another operation in the same transaction failed."}],"httpHeaders":{},"httpStatusCode":400,"referenceId":"a"},{"body":[{"message":"Required fields are missing: [LastName]","errorCode":"REQUIRED_FIELD_MISSING","fields":["LastName"]}],"httpHeaders":{},"httpStatusCode":400,"referenceId":"b"}]},"isSuccessful":false}"#);
    assert_eq!(client.count("SELECT COUNT() FROM Account WHERE Name = 'Graph'").await, 1);
}

#[tokio::test]
async fn graphs_are_bounded_and_hold_rows_alone() {
    let (_org, client) = org().await;
    let graph = |id: &str, nodes: Vec<Value>| json!({ "graphId": id, "compositeRequest": nodes });
    let account = |n: usize| node(&format!("n{n}"), "POST", "Account", json!({ "Name": "x" }));
    let graphs = |count: usize, nodes: usize| -> Vec<Value> {
        (0..count).map(|n| graph(&format!("g{n}"), (0..nodes).map(account).collect())).collect()
    };
    let query =
        json!({ "referenceId": "q", "method": "GET", "url": "/services/data/v66.0/query?q=x" });
    let mut shown = Vec::new();
    for graphs in [
        graphs(76, 1),
        graphs(2, 251),
        vec![graph("1", vec![query])],
        vec![graph("-", vec![account(0)])],
        vec![graph("1", vec![account(0)]), graph("1", vec![account(0)])],
    ] {
        let body = json!({ "graphs": graphs });
        shown.push(client.send("POST", "/composite/graph", body).await.shown());
    }
    assert_snapshot!(shown.join("\n"), @r#"
    400 [{"message":"A request can have at most 75 graphs; this one has 76","errorCode":"LIMIT_EXCEEDED"}]
    400 [{"message":"The graphs of a request can have at most 500 nodes; this one has 502","errorCode":"LIMIT_EXCEEDED"}]
    400 [{"message":"A graph can hold rows of sObjects alone: GET /services/data/v66.0/query?q=x is not allowed","errorCode":"INVALID_INPUT"}]
    400 [{"message":"The graphId ('-') must start with a letter or a number.","errorCode":"INVALID_INPUT"}]
    400 [{"message":"The graphId 1 is used more than once.","errorCode":"INVALID_INPUT"}]
    "#);

    // After 14 failures the others are not tried.
    let failing = |n: usize| graph(&format!("g{n}"), vec![node("n", "POST", "Contact", json!({}))]);
    let body = json!({ "graphs": (0..16).map(failing).collect::<Vec<_>>() });
    let reply = client.send("POST", "/composite/graph", body).await.json();
    let code = |n: usize| {
        let items = &reply["graphs"][n]["graphResponse"]["compositeResponse"];
        items[0]["body"][0]["errorCode"].clone()
    };
    assert_eq!((code(13), code(14)), ("REQUIRED_FIELD_MISSING".into(), "PROCESSING_HALTED".into()));
}
