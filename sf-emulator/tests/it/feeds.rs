//! What changed, how a query would run, what belongs to a record.

use std::time::Duration;

use insta::assert_snapshot;
use reqwest::Method;
use serde_json::json;

use crate::support::{Client, Reply, org, send};

/// A feed from an hour before the org's time to an hour after.
async fn feed(org: &sf_emulator::Emulator, client: &Client, name: &str) -> Reply {
    let hour = jiff::SignedDuration::from_hours(1);
    let (start, end) = (org.now() - hour, org.now() + hour);
    let request = client.request(Method::GET, &format!("/sobjects/account/{name}/"));
    send(request.query(&[("start", start.to_string()), ("end", end.to_string())])).await
}

#[tokio::test]
async fn changed_and_deleted_rows_are_listed() {
    let (org, client) = org().await;
    let before = feed(&org, &client, "updated").await.json();
    assert_eq!(before["ids"], json!([]), "generated rows are older");
    let (kept, gone) = (client.account("Kept").await, client.account("Gone").await);
    let path = format!("/sobjects/Account/{gone}");
    assert_eq!(send(client.request(Method::DELETE, &path)).await.status, 204);

    let updated = feed(&org, &client, "updated").await;
    assert_eq!(updated.keys(), "ids latestDateCovered");
    assert_eq!(updated.json()["ids"], json!([kept]));
    let covered = updated.json()["latestDateCovered"].as_str().unwrap().to_owned();
    assert!(covered.ends_with(":00.000+0000"), "{covered}");

    let deleted = feed(&org, &client, "deleted").await;
    assert_eq!(deleted.keys(), "deletedRecords earliestDateAvailable latestDateCovered");
    assert_eq!(deleted.json()["deletedRecords"][0]["id"], gone);
    assert!(deleted.json()["deletedRecords"][0]["deletedDate"].is_string());
}

#[tokio::test]
async fn feeds_refuse_spans_they_do_not_have() {
    let (org, client) = org().await;
    org.advance(Duration::from_secs(3600));
    let client = Client { token: org.issue_token(), ..client };
    let day = jiff::SignedDuration::from_hours(24);
    let mut shown = Vec::new();
    for (name, start, end) in [
        ("updated", org.now() - day * 31, org.now()),
        ("deleted", org.now() - day * 16, org.now()),
        ("updated", org.now(), org.now()),
    ] {
        let request = client.request(Method::GET, &format!("/sobjects/Account/{name}"));
        let query = [("start", start.to_string()), ("end", end.to_string())];
        shown.push(send(request.query(&query)).await.shown());
    }
    for path in [
        "/sobjects/Account/updated",
        "/sobjects/Account/updated?start=yesterday&end=now",
        "/sobjects/Nothing/updated",
    ] {
        shown.push(client.get(path).await.shown());
    }
    assert_snapshot!(shown.join("\n"), @r#"
    400 [{"message":"startDate cannot be more than 30 days ago","errorCode":"INVALID_REPLICATION_DATE"}]
    400 [{"message":"startDate cannot be more than 15 days ago","errorCode":"INVALID_REPLICATION_DATE"}]
    400 [{"message":"endDate must be at least one minute greater than startDate","errorCode":"INVALID_REPLICATION_DATE"}]
    400 [{"message":"The parameter start is required","errorCode":"MISSING_ARGUMENT"}]
    400 [{"message":"The parameter start is not a date and time: yesterday","errorCode":"INVALID_REPLICATION_DATE"}]
    404 [{"errorCode":"NOT_FOUND","message":"The requested resource does not exist"}]
    "#);
}

#[tokio::test]
async fn plans_tell_an_index_from_a_scan() {
    let (_org, client) = org().await;
    let explain = |soql: &'static str| {
        let request = client.request(Method::GET, "/query").query(&[("explain", soql)]);
        async move { send(request).await }
    };
    let scan = explain("SELECT Id FROM Contact WHERE Department = 'x'").await;
    assert_snapshot!(scan.text, @r#"{"plans":[{"cardinality":0,"fields":[],"leadingOperationType":"TableScan","notes":[{"description":"Not considering filter for optimization because unindexed","fields":["IsDeleted"],"tableEnumOrId":"Contact"}],"relativeCost":0.5,"sobjectCardinality":10000,"sobjectType":"Contact"}],"sourceQuery":"SELECT Id FROM Contact WHERE Department = 'x'"}"#);
    let index =
        explain("SELECT Id FROM Contact WHERE OwnerId = '005000000000001AAA' AND Department = 'x'")
            .await;
    assert_eq!(index.json()["plans"][0]["leadingOperationType"], "Index");
    assert_eq!(index.json()["plans"][0]["fields"], json!(["OwnerId"]));
    assert_eq!(index.json()["plans"].as_array().unwrap().len(), 2);
    assert_eq!(explain("SELECT Nmae FROM Contact").await.json()[0]["errorCode"], "INVALID_FIELD");
    assert_eq!(explain("00O000000000001AAA").await.status, 404);
}

#[tokio::test]
async fn relationships_lead_to_children_and_parents() {
    let (_org, client) = org().await;
    let account = client.account("Family").await;
    let contact = json!({ "LastName": "Child", "AccountId": account });
    let id = client.send("POST", "/sobjects/Contact", contact).await.json()["id"].clone();
    let id = id.as_str().unwrap();

    let children =
        client.get(&format!("/sobjects/Account/{account}/Contacts?fields=LastName")).await;
    assert_eq!(children.keys(), "totalSize done records");
    assert_eq!(children.json()["records"][0]["LastName"], "Child");
    let whole = client.get(&format!("/sobjects/Account/{account}/contacts")).await.json();
    assert_eq!(whole["records"][0]["Id"], id);
    let none = client.get(&format!("/sobjects/Account/{account}/Opportunities")).await;
    assert_snapshot!(none.shown(), @r#"200 {"totalSize":0,"done":true,"records":[]}"#);

    let parent = client.get(&format!("/sobjects/Contact/{id}/Account?fields=Name")).await;
    assert_eq!(parent.json()["Name"], "Family");
    let path = format!("/sobjects/Contact/{id}/Account");
    assert_eq!(client.send("PATCH", &path, json!({ "Name": "Renamed" })).await.status, 204);
    assert_eq!(client.get(&path).await.json()["Name"], "Renamed");
    assert_eq!(client.get(&format!("/sobjects/Contact/{id}/ReportsTo")).await.status, 204);

    let mut shown = Vec::new();
    for path in [
        format!("/sobjects/Account/{account}/Nothing"),
        "/sobjects/Account/001000000000000AAA/Contacts".to_owned(),
        format!("/sobjects/Account/{account}/Contacts?fields=Nmae"),
    ] {
        shown.push(client.get(&path).await.status);
    }
    assert_eq!(shown, [404, 404, 400]);
    let children = format!("/sobjects/Account/{account}/Contacts");
    assert_eq!(send(client.request(Method::DELETE, &children)).await.status, 405);
}
