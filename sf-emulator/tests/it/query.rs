//! Queries and their pages.

use std::collections::HashSet;

use insta::assert_snapshot;
use reqwest::Method;
use sf_emulator::Emulator;

use crate::support::{Client, Reply, org, send, start};

async fn with_batch(client: &Client, soql: &str, size: &str) -> Reply {
    let request = client.request(Method::GET, "/query").query(&[("q", soql)]);
    send(request.header("Sforce-Query-Options", format!("batchSize={size}"))).await
}

#[tokio::test]
async fn pages_lead_to_the_end_without_loss() {
    let (_org, client) = org().await;
    let mut page = client.query("SELECT Id FROM Contact").await.json();
    let total = page["totalSize"].as_u64().unwrap();
    assert_eq!(total, 10_000);
    let mut ids = HashSet::new();
    let mut sizes = Vec::new();
    loop {
        let records = page["records"].as_array().unwrap();
        sizes.push(records.len());
        ids.extend(records.iter().map(|record| record["Id"].as_str().unwrap().to_owned()));
        assert_eq!(page["totalSize"], total, "repeated on each page");
        if page["done"] == true {
            assert!(page.get("nextRecordsUrl").is_none());
            break;
        }
        page = client.follow(page["nextRecordsUrl"].as_str().unwrap()).await.json();
    }
    assert_eq!(sizes, [2_000; 5]);
    assert_eq!(ids.len(), 10_000);
}

#[tokio::test]
async fn the_shape_of_a_page_and_of_its_locator() {
    let (_org, client) = org().await;
    let page = client.query("SELECT Id FROM Contact").await;
    assert_snapshot!(page.keys(), @"totalSize done nextRecordsUrl records");
    let json = page.json();
    let next = json["nextRecordsUrl"].as_str().unwrap();
    let locator = next.strip_prefix("/services/data/v66.0/query/").unwrap();
    let (name, offset) = locator.split_once('-').unwrap();
    assert_eq!((name.len(), &name[..3], offset), (18, "0r8", "2000"));
    assert!(
        page.text.starts_with(r#"{"totalSize":10000,"done":false,"nextRecordsUrl":""#),
        "compact layout"
    );
}

#[tokio::test]
async fn the_batch_size_is_taken_and_clamped() {
    let (_org, client) = org().await;
    let mut sizes = Vec::new();
    for size in ["500", "1", "100000", "many"] {
        let page = with_batch(&client, "SELECT Id FROM Contact", size).await.json();
        sizes.push(page["records"].as_array().unwrap().len());
    }
    assert_eq!(sizes, [500, 200, 2_000, 2_000]);

    let first = with_batch(&client, "SELECT Id FROM Contact", "300").await.json();
    let second = client.follow(first["nextRecordsUrl"].as_str().unwrap()).await.json();
    assert_eq!(second["records"].as_array().unwrap().len(), 300, "the size holds for later pages");
}

#[tokio::test]
async fn a_page_may_be_read_again_but_not_computed() {
    let (org, client) = org().await;
    let first = client.query("SELECT Id FROM Contact").await.json();
    let next = first["nextRecordsUrl"].as_str().unwrap();
    let (once, again) = (client.follow(next).await, client.follow(next).await);
    assert_eq!(once.text, again.text);

    let computed = client.follow(&next.replace("-2000", "-8000")).await;
    let unknown = client.follow("/services/data/v66.0/query/0r8AAAAAAAAAAAAAAA-2000").await;
    let malformed = client.follow("/services/data/v66.0/query/nonsense").await;
    assert_snapshot!(
        computed.shown(),
        @r#"400 [{"message":"invalid query locator","errorCode":"INVALID_QUERY_LOCATOR"}]"#
    );
    assert_eq!((unknown.shown(), malformed.shown()), (computed.shown(), computed.shown()));
    let renewed = Client::new(&org);
    assert_eq!(
        renewed.follow(next).await.text,
        once.text,
        "a new session of the same user goes on"
    );

    let soql = format!("SELECT Id FROM User WHERE Id != '{}' LIMIT 1", org.user_id());
    let users = client.query(&soql).await.json();
    let mut other = client.clone();
    other.token = org.issue_token_for(users["records"][0]["Id"].as_str().unwrap());
    assert_eq!(other.follow(next).await.shown(), computed.shown(), "a locator belongs to its user");

    org.advance(std::time::Duration::from_secs(49 * 60 * 60));
    let late = Client::new(&org);
    assert_eq!(late.follow(next).await.status, 400, "pages are kept for two days");
}

#[tokio::test]
async fn counts_have_a_size_and_no_records() {
    let (_org, client) = org().await;
    assert_snapshot!(
        client.query("SELECT COUNT() FROM Contact").await.shown(),
        @r#"200 {"totalSize":10000,"done":true,"records":[]}"#
    );
    assert_snapshot!(
        client.query("SELECT COUNT(Id) FROM Contact").await.shown(),
        @r#"200 {"totalSize":1,"done":true,"records":[{"attributes":{"type":"AggregateResult"},"expr0":10000}]}"#
    );
}

#[tokio::test]
async fn deleted_rows_are_in_query_all_only() {
    let (_org, client) = org().await;
    let id = client.account("Gone Ltd").await;
    assert_eq!(
        send(client.request(Method::DELETE, &format!("/sobjects/Account/{id}"))).await.status,
        204
    );
    let soql = "SELECT COUNT() FROM Account WHERE Name = 'Gone Ltd'";
    assert_eq!(client.count(soql).await, 0);
    let all = send(client.request(Method::GET, "/queryAll").query(&[("q", soql)])).await;
    assert_eq!(all.json()["totalSize"], 1);
}

#[tokio::test]
async fn refused_queries_say_why() {
    let (_org, client) = org().await;
    let replies = [
        client.get("/query").await,
        client.query("SELECT Id FROM Accout").await,
        client.query("SELECT Nmae FROM Account").await,
    ];
    let codes: Vec<_> = replies
        .iter()
        .map(|reply| format!("{} {}", reply.status, reply.json()[0]["errorCode"]))
        .collect();
    assert_eq!(codes, ["400 \"MALFORMED_QUERY\"", "400 \"INVALID_TYPE\"", "400 \"INVALID_FIELD\""]);
    assert_snapshot!(
        replies[0].text,
        @r#"[{"message":"A query string has to be specified","errorCode":"MALFORMED_QUERY"}]"#
    );
}

#[tokio::test]
async fn compressed_and_pretty_pages_say_the_same() {
    let (_org, client) = start(Emulator::builder()).await;
    let soql = "/query?q=SELECT+Id,Name+FROM+Contact+ORDER+BY+Id+LIMIT+50";
    let packed = client
        .http
        .get(format!("{}/services/data/v66.0{soql}", client.base))
        .bearer_auth(&client.token);
    let plain = send(client.request(Method::GET, soql).header("accept-encoding", "identity")).await;
    let unpacked = send(packed).await;
    assert_eq!(plain.text, unpacked.text);
    let pretty = send(client.request(Method::GET, soql).header("X-PrettyPrint", "1")).await;
    assert!(pretty.text.starts_with(
        "{\n  \"totalSize\" : 50,\n  \"done\" : true,\n  \"records\" : [ {\n    \"attributes\" : {"
    ));
    assert_eq!(pretty.json(), plain.json());
}
