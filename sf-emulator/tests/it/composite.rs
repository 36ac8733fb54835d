//! Several requests in one: composite and batch.

use insta::assert_snapshot;
use serde_json::{Value, json};
use sf_emulator::{Fault, Operation};

use crate::support::{Client, Reply, org, send};

const DATA: &str = "/services/data/v66.0";

fn sub(id: &str, method: &str, path: &str, body: Value) -> Value {
    let url = format!("{DATA}{path}");
    let mut node = json!({ "referenceId": id, "method": method, "url": url });
    node["body"] = body;
    node
}

async fn composite(client: &Client, all_or_none: bool, nodes: Vec<Value>) -> Reply {
    let body = json!({ "allOrNone": all_or_none, "compositeRequest": nodes });
    client.send("POST", "/composite", body).await
}

/// The reply with every Account's id as `001…`.
fn masked(reply: &Reply) -> String {
    let mut text = reply.shown();
    for before in ["\"001", "/001"] {
        let mut from = 0;
        while let Some(at) = text[from..].find(before).map(|at| from + at + before.len()) {
            text.replace_range(at..at + 15, "…");
            from = at;
        }
    }
    text
}

#[tokio::test]
async fn later_subrequests_refer_to_earlier_results() {
    let (_org, client) = org().await;
    let soql = "/query?q=SELECT+Id,Name+FROM+Contact+WHERE+AccountId='@{refAccount.id}'";
    let reply = composite(
        &client,
        true,
        vec![
            sub("refAccount", "POST", "/sobjects/Account", json!({ "Name": "Composite Ltd" })),
            sub(
                "refContact",
                "POST",
                "/sobjects/Contact",
                json!({ "LastName": "Of @{refAccount.id}", "AccountId": "@{refAccount.id}" }),
            ),
            sub("refQuery", "GET", soql, Value::Null),
            sub(
                "refPatch",
                "PATCH",
                "/sobjects/Contact/@{refQuery.records[0].Id}",
                json!({ "LastName": "Changed" }),
            ),
            sub("refRead", "GET", "/sobjects/Account/@{refAccount.id}?fields=Name", Value::Null),
        ],
    )
    .await;
    let items = reply.json()["compositeResponse"].clone();
    let statuses: Vec<_> =
        items.as_array().unwrap().iter().map(|item| item["httpStatusCode"].to_string()).collect();
    assert_eq!(statuses, ["201", "201", "200", "204", "200"], "{}", reply.text);
    let id = items[0]["body"]["id"].as_str().unwrap();
    assert_eq!(
        items[0].to_string(),
        format!(
            r#"{{"body":{{"id":"{id}","success":true,"errors":[]}},"httpHeaders":{{"Location":"{DATA}/sobjects/Account/{id}"}},"httpStatusCode":201,"referenceId":"refAccount"}}"#
        )
    );
    assert_eq!(items[2]["body"]["records"][0]["Name"], format!("Of {id}"));
    assert_snapshot!(items[3], @r#"{"body":null,"httpHeaders":{},"httpStatusCode":204,"referenceId":"refPatch"}"#);
    assert_eq!(items[4]["body"]["Name"], "Composite Ltd");
    assert_eq!(client.count("SELECT COUNT() FROM Contact WHERE LastName = 'Changed'").await, 1);
}

#[tokio::test]
async fn all_or_none_rolls_everything_back() {
    let (_org, client) = org().await;
    let nodes = || {
        vec![
            sub("a", "POST", "/sobjects/Account", json!({ "Name": "Rolled back" })),
            sub("b", "POST", "/sobjects/Contact", json!({ "AccountId": "@{a.id}" })),
            sub("c", "GET", "/sobjects/Account/@{a.id}", Value::Null),
            sub("d", "GET", "/limits/recordCount?sObjects=Account", Value::Null),
        ]
    };
    assert_snapshot!(composite(&client, true, nodes()).await.shown(), @r#"200 {"compositeResponse":[{"body":[{"errorCode":"PROCESSING_HALTED","message":"The transaction was rolled back since another operation in the same transaction failed."}],"httpHeaders":{},"httpStatusCode":400,"referenceId":"a"},{"body":[{"message":"Required fields are missing: [LastName]","errorCode":"REQUIRED_FIELD_MISSING","fields":["LastName"]}],"httpHeaders":{},"httpStatusCode":400,"referenceId":"b"},{"body":[{"errorCode":"PROCESSING_HALTED","message":"The transaction was rolled back since another operation in the same transaction failed."}],"httpHeaders":{},"httpStatusCode":400,"referenceId":"c"},{"body":[{"errorCode":"PROCESSING_HALTED","message":"The transaction was rolled back since another operation in the same transaction failed."}],"httpHeaders":{},"httpStatusCode":400,"referenceId":"d"}]}"#);
    assert_eq!(client.count("SELECT COUNT() FROM Account WHERE Name = 'Rolled back'").await, 0);

    let kept = composite(&client, false, nodes()).await.json();
    let codes: Vec<_> = (0..4).map(|at| &kept["compositeResponse"][at]["httpStatusCode"]).collect();
    assert_eq!(codes, [201, 400, 200, 200]);
    assert_eq!(client.count("SELECT COUNT() FROM Account WHERE Name = 'Rolled back'").await, 1);
}

#[tokio::test]
async fn a_transaction_is_alone_and_ends() {
    let (_org, client) = org().await;
    let writers = (0..8).map(|n| {
        let client = client.clone();
        tokio::spawn(async move {
            let nodes = vec![
                sub("a", "POST", "/sobjects/Account", json!({ "Name": "Crowd" })),
                sub("b", "POST", "/sobjects/Account", json!({ "Name": "Crowd" })),
                // Every second one fails and takes its two accounts along.
                sub("c", "GET", if n % 2 == 0 { "/limits" } else { "/nothing" }, Value::Null),
            ];
            composite(&client, true, nodes).await.status
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        assert_eq!(writer.await.unwrap(), 200);
    }
    assert_eq!(client.count("SELECT COUNT() FROM Account WHERE Name = 'Crowd'").await, 8);
}

#[tokio::test]
async fn a_failed_subrequest_halts_those_that_need_it() {
    let (_org, client) = org().await;
    let reply = composite(
        &client,
        false,
        vec![
            sub("a", "POST", "/sobjects/Contact", json!({})),
            sub("b", "POST", "/sobjects/Contact", json!({ "LastName": "@{a.id}" })),
            sub("c", "GET", "/query?q=SELECT Id FROM Account LIMIT 1", Value::Null),
            sub("d", "GET", "/sobjects/Account/@{c.records[1].Id}", Value::Null),
            sub("e", "GET", "/sobjects/Nothing/describe", Value::Null),
            sub("f", "GET", "/composite", Value::Null),
        ],
    )
    .await;
    assert_snapshot!(masked(&reply), @r#"200 {"compositeResponse":[{"body":[{"message":"Required fields are missing: [LastName]","errorCode":"REQUIRED_FIELD_MISSING","fields":["LastName"]}],"httpHeaders":{},"httpStatusCode":400,"referenceId":"a"},{"body":[{"errorCode":"PROCESSING_HALTED","message":"Invalid reference specified. No value for a.id found in a"}],"httpHeaders":{},"httpStatusCode":400,"referenceId":"b"},{"body":{"totalSize":1,"done":true,"records":[{"attributes":{"type":"Account","url":"/services/data/v66.0/sobjects/Account/001…"},"Id":"001…"}]},"httpHeaders":{},"httpStatusCode":200,"referenceId":"c"},{"body":[{"errorCode":"PROCESSING_HALTED","message":"Invalid reference specified. No value for c.records[1].Id found in c"}],"httpHeaders":{},"httpStatusCode":400,"referenceId":"d"},{"body":[{"errorCode":"NOT_FOUND","message":"The requested resource does not exist"}],"httpHeaders":{},"httpStatusCode":404,"referenceId":"e"},{"body":[{"errorCode":"NOT_FOUND","message":"The requested resource does not exist"}],"httpHeaders":{},"httpStatusCode":404,"referenceId":"f"}]}"#);
}

#[tokio::test]
async fn conditions_and_headers_are_those_of_each_subrequest() {
    let (_org, client) = org().await;
    let describe = client.get("/sobjects/Account/describe").await;
    let modified = describe.header("last-modified").to_owned();
    let mut fresh = sub("fresh", "GET", "/sobjects", Value::Null);
    fresh["httpHeaders"] = json!({ "If-Modified-Since": modified });
    let mut paged = sub("paged", "GET", "/query?q=SELECT+Id+FROM+Contact", Value::Null);
    paged["httpHeaders"] = json!({ "Sforce-Query-Options": "batchSize=200" });
    let reply = composite(&client, false, vec![fresh, paged]).await.json();
    let items = &reply["compositeResponse"];
    assert_eq!((&items[0]["body"], &items[0]["httpStatusCode"]), (&Value::Null, &json!(304)));
    assert_eq!(items[0]["httpHeaders"]["Last-Modified"], modified);
    assert!(!items[0]["httpHeaders"]["ETag"].as_str().unwrap().contains("gzip"));
    assert_eq!(items[1]["body"]["records"].as_array().unwrap().len(), 200);
    let next = items[1]["body"]["nextRecordsUrl"].as_str().unwrap();
    assert_eq!(client.follow(next).await.status, 200);
}

#[tokio::test]
async fn limits_and_bad_references_refuse_the_whole_request() {
    let (_org, client) = org().await;
    let limits = |count: usize| {
        (0..count).map(|n| sub(&format!("r{n}"), "GET", "/limits", Value::Null)).collect::<Vec<_>>()
    };
    let queries = (0..6)
        .map(|n| sub(&format!("q{n}"), "GET", "/query?q=SELECT+Id+FROM+User", Value::Null))
        .collect();
    let mut replies = vec![
        composite(&client, false, limits(25)).await.status.to_string(),
        composite(&client, false, limits(26)).await.shown(),
        composite(&client, false, queries).await.shown(),
        composite(&client, false, Vec::new()).await.shown(),
    ];
    let account =
        |id: &str, name: &str| sub(id, "POST", "/sobjects/Account", json!({ "Name": name }));
    for nodes in [
        vec![account("a-b", "x")],
        vec![account("a", "x"), account("a", "y")],
        vec![account("a", "@{b.id}"), account("b", "y")],
        vec![json!({ "method": "GET", "url": DATA })],
    ] {
        replies.push(composite(&client, false, nodes).await.shown());
    }
    assert_snapshot!(replies.join("\n"), @r#"
    200
    400 [{"message":"A composite request can have at most 25 subrequests; this one has 26","errorCode":"LIMIT_EXCEEDED"}]
    400 [{"message":"A composite request can have at most 5 queries and collections; this one has 6","errorCode":"LIMIT_EXCEEDED"}]
    400 [{"message":"Required fields are missing: [compositeRequest]","errorCode":"REQUIRED_FIELD_MISSING"}]
    400 [{"message":"Provided referenceId ('a-b') must start with a letter or a number, and it can contain only letters, numbers and underscores ('_').","errorCode":"INVALID_INPUT"}]
    400 [{"message":"The referenceId a is used more than once.","errorCode":"INVALID_INPUT"}]
    400 [{"message":"Invalid reference specified. No referenceId b before the subrequest a.","errorCode":"INVALID_INPUT"}]
    400 [{"message":"Required fields are missing: [referenceId]","errorCode":"REQUIRED_FIELD_MISSING"}]
    "#);
}

#[tokio::test]
async fn before_version_52_only_dependents_fail() {
    let (_org, client) = org().await;
    let nodes = json!({ "compositeRequest": [
        { "referenceId": "a", "method": "POST", "url": "/services/data/v51.0/sobjects/Account", "body": { "Name": "Old" } },
        { "referenceId": "a", "method": "GET", "url": "/services/data/v51.0/sobjects/Account/@{a.id}" },
        { "referenceId": "c", "method": "GET", "url": "/services/data/v51.0/sobjects/Account/@{b.id}" },
    ] });
    let url = format!("{}/services/data/v51.0/composite", client.base);
    let reply = send(client.http.post(url).bearer_auth(&client.token).json(&nodes)).await.json();
    let codes: Vec<_> =
        (0..3).map(|at| &reply["compositeResponse"][at]["httpStatusCode"]).collect();
    assert_eq!(codes, [201, 200, 400], "{reply}");
}

#[tokio::test]
async fn a_locked_subrequest_fails_by_itself() {
    let (org, client) = org().await;
    org.faults().push(Fault::rows_locked([1]).on(Operation::Composite));
    let account = |id: &str| sub(id, "POST", "/sobjects/Account", json!({ "Name": "Locked" }));
    let reply = composite(&client, false, vec![account("a"), account("b")]).await.json();
    let item = &reply["compositeResponse"][1];
    assert_eq!(item["body"][0]["errorCode"], "UNABLE_TO_LOCK_ROW");
    assert_eq!(client.count("SELECT COUNT() FROM Account WHERE Name = 'Locked'").await, 1);
}

#[tokio::test]
async fn a_composite_whose_answer_is_lost_was_committed() {
    let (org, client) = org().await;
    org.faults().push(Fault::lost_answer());
    let node = sub("a", "POST", "/sobjects/Account", json!({ "Name": "Lost" }));
    let body = json!({ "allOrNone": true, "compositeRequest": [node] });
    let request = client.request(reqwest::Method::POST, "/composite").json(&body);
    assert!(request.send().await.is_err());
    assert_eq!(client.count("SELECT COUNT() FROM Account WHERE Name = 'Lost'").await, 1);
}

#[tokio::test]
async fn a_batch_runs_each_by_itself() {
    let (_org, client) = org().await;
    let requests = json!([
        { "method": "POST", "url": "v66.0/sobjects/Account", "richInput": { "Name": "Batch" } },
        { "method": "GET", "url": "v66.0/sobjects/Nothing" },
        { "method": "GET", "url": "/services/data/v60.0/query?q=SELECT+COUNT()+FROM+Account+WHERE+Name='Batch'" },
        { "method": "GET", "url": "v9.0/limits" },
    ]);
    let run = |halt: bool| {
        client.send(
            "POST",
            "/composite/batch",
            json!({ "haltOnError": halt, "batchRequests": requests }),
        )
    };
    assert_snapshot!(masked(&run(false).await), @r#"200 {"hasErrors":true,"results":[{"statusCode":201,"result":{"id":"001…","success":true,"errors":[]}},{"statusCode":404,"result":[{"errorCode":"NOT_FOUND","message":"The requested resource does not exist"}]},{"statusCode":200,"result":{"totalSize":1,"done":true,"records":[]}},{"statusCode":410,"result":[{"message":"API version 9.0 is retired. Use version 31.0 or later.","errorCode":"UNSUPPORTED_API_VERSION"}]}]}"#);
    assert_snapshot!(masked(&run(true).await), @r#"200 {"hasErrors":true,"results":[{"statusCode":201,"result":{"id":"001…","success":true,"errors":[]}},{"statusCode":404,"result":[{"errorCode":"NOT_FOUND","message":"The requested resource does not exist"}]},{"statusCode":412,"result":[{"errorCode":"BATCH_PROCESSING_HALTED","message":"Batch processing was halted because an earlier subrequest failed and haltOnError is true"}]},{"statusCode":412,"result":[{"errorCode":"BATCH_PROCESSING_HALTED","message":"Batch processing was halted because an earlier subrequest failed and haltOnError is true"}]}]}"#);
    let many: Vec<_> = (0..26).map(|_| json!({ "method": "GET", "url": "v66.0/limits" })).collect();
    let refused = client.send("POST", "/composite/batch", json!({ "batchRequests": many })).await;
    let unread = json!({ "batchRequests": [requests[0], { "method": "GET" }] });
    let unread = client.send("POST", "/composite/batch", unread).await;
    assert_snapshot!(format!("{}\n{}", refused.shown(), unread.shown()), @r#"
    400 [{"message":"A batch can have at most 25 subrequests; this one has 26","errorCode":"LIMIT_EXCEEDED"}]
    400 [{"message":"Required fields are missing: [url]","errorCode":"REQUIRED_FIELD_MISSING"}]
    "#);
}

#[tokio::test]
async fn hostile_composites_are_refused_not_feared() {
    let (_org, client) = org().await;
    let get = |id: &str, url: &str| json!({ "referenceId": id, "method": "GET", "url": url });
    let urls = [
        "",
        "http://elsewhere/services/data/v66.0/limits",
        "/services/data/v66.0",
        "/services/data/v66.0/../../oauth2/token",
        "/services/data/vé.0/limits",
        "/services/data/v66.0/sobjects/Account/@{a",
        "/services/data/v66.0/query?q=\u{0}\n",
        "/services/data/v66.0/%ff%fe",
        "/services/oauth2/userinfo",
    ];
    for url in urls {
        let mut nodes = vec![get("a", url)];
        nodes[0]["httpHeaders"] =
            json!({ "a b": "x", "X": "\n", "n": 7, "Authorization": "Bearer x" });
        let reply = composite(&client, true, nodes).await;
        assert!(reply.status == 200 || reply.status == 400, "{url:?}: {}", reply.shown());
        assert!(!reply.text.contains("UNKNOWN_EXCEPTION"), "{url:?}: {}", reply.text);
    }
    let mut methods = get("a", "/services/data/v66.0/limits");
    methods["method"] = json!("G E T");
    let reply = composite(&client, true, vec![methods]).await.json();
    assert_eq!(reply["compositeResponse"][0]["httpStatusCode"], 405);
    let references =
        ["@{a[99999999999999999999].x}", "@{a[-1]}", "@{a.[0]}", "@{a..id}", "@{@{a}}"];
    for reference in references {
        let nodes = vec![
            get("a", "/services/data/v51.0/limits"),
            get("b", &format!("/services/data/v51.0/sobjects/Account/{reference}")),
        ];
        let body = json!({ "compositeRequest": nodes });
        let url = format!("{}/services/data/v51.0/composite", client.base);
        let reply = send(client.http.post(url).bearer_auth(&client.token).json(&body)).await.json();
        let failed = &reply["compositeResponse"][1];
        assert_eq!(failed["httpStatusCode"], 400, "{reference}: {reply}");
    }
    let mut deep = json!("x");
    for _ in 0..120 {
        deep = json!([deep]);
    }
    let body = sub("a", "POST", "/sobjects/Account", json!({ "Name": deep }));
    assert_eq!(
        composite(&client, false, vec![body]).await.json()["compositeResponse"][0]["httpStatusCode"],
        400
    );
}

/// Statements that are too long for an address of their own go this way.
#[tokio::test]
async fn a_long_statement_runs_in_a_composite_and_in_a_batch() {
    let (_org, client) = org().await;
    let statement = |length: usize| {
        let mut soql = "SELECT COUNT() FROM Account WHERE Name IN (''".to_owned();
        while soql.len() + 12 < length {
            soql.push_str(", '(a & b)'");
        }
        soql.push_str(&" ".repeat(length - 1 - soql.len()));
        soql.push(')');
        soql
    };
    for (length, status) in [(20_000, 200), (70_000, 200), (100_000, 200), (100_001, 400)] {
        let soql = statement(length).replace('&', "%26").replace(' ', "%20");
        let path = format!("/query?q={soql}");
        let reply =
            composite(&client, false, vec![sub("q", "GET", &path, Value::Null)]).await.json();
        let answer = &reply["compositeResponse"][0];
        assert_eq!(answer["httpStatusCode"], status, "{length}: {}", answer["body"]);
        if status == 400 {
            let message = "SOQL statements can not be longer than 100000 characters";
            assert_eq!(answer["body"][0]["message"], message);
        }
        let batch =
            json!({ "batchRequests": [{ "method": "GET", "url": format!("v66.0{path}") }] });
        let reply = client.send("POST", "/composite/batch", batch).await.json();
        assert_eq!(reply["results"][0]["statusCode"], status, "{length}");
    }
}
