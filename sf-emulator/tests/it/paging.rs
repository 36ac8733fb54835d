//! Locators: child sets, single use, computed offsets, short pages, canned pages.

use std::collections::HashSet;

use insta::assert_snapshot;
use reqwest::Method;
use serde_json::{Value, json};
use sf_emulator::{Emulator, Fault, Operation};

use crate::support::{Client, Reply, org, send, start};

const REFUSED: &str =
    r#"400 [{"message":"invalid query locator","errorCode":"INVALID_QUERY_LOCATOR"}]"#;

/// An account with this many contacts.
async fn parent(client: &Client, name: &str, children: usize) -> String {
    let id = client.account(name).await;
    for chunk in (0..children).collect::<Vec<_>>().chunks(200) {
        let records: Vec<Value> = chunk
            .iter()
            .map(|n| {
                let attributes = json!({ "type": "Contact" });
                json!({ "attributes": attributes, "LastName": format!("{n:05}"), "AccountId": id })
            })
            .collect();
        let reply = client.send("POST", "/composite/sobjects", json!({ "records": records })).await;
        assert!(!reply.text.contains("false"), "{}", reply.text);
    }
    id
}

fn next(page: &Value) -> &str {
    page["nextRecordsUrl"].as_str().unwrap()
}

fn ids(page: &Value) -> Vec<String> {
    let records = page["records"].as_array().unwrap();
    records.iter().map(|record| record["Id"].as_str().unwrap().to_owned()).collect()
}

/// All rows of a result, page by page, and how many each page had.
async fn all(client: &Client, first: Value) -> (Vec<String>, Vec<usize>) {
    let (mut page, mut found, mut sizes) = (first, Vec::new(), Vec::new());
    loop {
        let rows = ids(&page);
        sizes.push(rows.len());
        found.extend(rows);
        if page["done"] == true {
            return (found, sizes);
        }
        page = client.follow(next(&page)).await.json();
    }
}

#[tokio::test]
async fn a_child_set_goes_on_behind_its_own_locator() {
    let (_org, client) = org().await;
    parent(&client, "Many", 1_100).await;
    let soql =
        "SELECT Id, (SELECT Id FROM Contacts ORDER BY LastName) FROM Account WHERE Name = 'Many'";
    let reply = client.query(soql).await;
    let page = reply.json();
    assert_eq!(page["done"], true, "the parents are complete");
    let set = &page["records"][0]["Contacts"];
    let keys: Vec<_> = set.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["totalSize", "done", "nextRecordsUrl", "records"]);
    assert_eq!((&set["totalSize"], &set["done"]), (&json!(1_100), &json!(false)));
    assert!(next(set).ends_with("-499"), "one parent and 499 children are 500 rows: {set}");
    let (found, sizes) = all(&client, set.clone()).await;
    assert_eq!(sizes, [499, 601]);
    assert_eq!(found.iter().collect::<HashSet<_>>().len(), 1_100);
}

#[tokio::test]
async fn children_count_towards_the_page_of_their_parents() {
    let (_org, client) = org().await;
    for n in 0..4 {
        parent(&client, &format!("Family {n}"), 90).await;
    }
    let soql = "SELECT Id, (SELECT Id FROM Contacts) FROM Account WHERE Name LIKE 'Family %' ORDER BY Name";
    let request = client.request(Method::GET, "/query").query(&[("q", soql)]);
    let page = send(request.header("Sforce-Query-Options", "batchSize=200")).await.json();
    let (found, sizes) = all(&client, page.clone()).await;
    assert_eq!((found.len(), sizes), (4, vec![2, 2]), "two parents with 90 children each fit");
    for record in page["records"].as_array().unwrap() {
        assert_eq!(record["Contacts"]["done"], true, "a set that does not fit waits");
    }
}

#[tokio::test]
async fn a_page_wears_out_when_the_next_one_is_read() {
    let (org, client) = org().await;
    let first = client.query("SELECT Id FROM Contact").await.json();
    let second_url = next(&first).to_owned();

    // A reply that got lost is asked for again.
    org.faults().push(Fault::cut_body().on(Operation::NextPage));
    let request = client.http.get(format!("{}{second_url}", client.base));
    let cut = request.bearer_auth(&client.token).send().await.unwrap().text().await;
    assert!(cut.is_err());
    let second = client.follow(&second_url).await.json();
    assert_eq!(ids(&second).len(), 2_000);

    let third = client.follow(next(&second)).await;
    assert_eq!(third.status, 200);
    assert_eq!(client.follow(&second_url).await.shown(), REFUSED);
    let again = client.follow(next(&second)).await;
    assert_eq!(again.text, third.text, "nothing behind it was read yet");
}

#[tokio::test]
async fn reusable_locators_do_not_wear_out() {
    let (_org, client) = start(Emulator::builder().reusable_locators(true)).await;
    let first = client.query("SELECT Id FROM Contact").await.json();
    let second = client.follow(next(&first)).await;
    client.follow(next(&second.json())).await;
    assert_eq!(client.follow(next(&first)).await.text, second.text);
    let computed = next(&first).replace("-2000", "-3000");
    assert_eq!(client.follow(&computed).await.shown(), REFUSED, "computed ones stay refused");
}

#[tokio::test]
async fn computed_offsets_are_taken_with_the_switch() {
    let (_org, client) = start(Emulator::builder().computed_offsets(true)).await;
    let first = client.query("SELECT Id FROM Contact ORDER BY Id").await.json();
    let at = |offset: usize| next(&first).replace("-2000", &format!("-{offset}"));
    let last = client.follow(&at(9_990)).await.json();
    assert_eq!((ids(&last).len(), &last["done"]), (10, &json!(true)));
    for offset in [8_000, 2_000, 4_000, 2_000, 0] {
        assert_eq!(ids(&client.follow(&at(offset)).await.json()).len(), 2_000, "{offset}");
    }
    assert_eq!(client.follow(&at(10_000)).await.shown(), REFUSED, "there is no such row");
}

#[tokio::test]
async fn short_pages_lose_no_row() {
    let sizes = |seed: u64| async move {
        let (_org, client) = start(Emulator::builder().short_pages(seed)).await;
        let first = client.query("SELECT Id FROM Contact").await.json();
        let (found, sizes) = all(&client, first).await;
        assert_eq!(found.iter().collect::<HashSet<_>>().len(), 10_000);
        sizes
    };
    let (one, two, other) = (sizes(7).await, sizes(7).await, sizes(8).await);
    assert!(one.len() > 5 && one.iter().all(|size| *size <= 2_000), "{one:?}");
    assert_eq!(one, two, "the seed decides");
    assert_ne!(one, other);
}

#[tokio::test]
async fn short_pages_lose_no_child() {
    let (_org, client) = start(Emulator::builder().short_pages(3)).await;
    for n in 0..3 {
        parent(&client, &format!("Short {n}"), 60).await;
    }
    let soql = "SELECT Id, (SELECT Id FROM Contacts) FROM Account WHERE Name LIKE 'Short %'";
    let request = client.request(Method::GET, "/query").query(&[("q", soql)]);
    let mut page = send(request.header("Sforce-Query-Options", "batchSize=200")).await.json();
    let (mut parents, mut children) = (HashSet::new(), HashSet::new());
    loop {
        for record in page["records"].as_array().unwrap() {
            parents.insert(record["Id"].to_string());
            children.extend(all(&client, record["Contacts"].clone()).await.0);
        }
        if page["done"] == true {
            break;
        }
        page = client.follow(next(&page)).await.json();
    }
    assert_eq!((parents.len(), children.len()), (3, 180));
}

#[tokio::test]
async fn canned_pages_are_the_pages_of_the_first_time() {
    let soql = "SELECT Id, Name FROM Contact ORDER BY Id";
    let (_org, client) = start(Emulator::builder().canned_query(soql)).await;
    let first = client.query(soql).await;
    let (found, sizes) = all(&client, first.json()).await;
    assert_eq!((found.iter().collect::<HashSet<_>>().len(), sizes), (10_000, vec![2_000; 5]));
    assert_snapshot!(
        next(&first.json()),
        @"/services/data/v66.0/query/0r8Canned000000000-2000"
    );

    // The org itself answers the same; a statement in other words is not canned.
    let fresh = client.query(&format!("{soql} ")).await.json();
    assert_eq!(fresh["records"], first.json()["records"]);
    let id = &found[0];
    let path = format!("/sobjects/Contact/{id}");
    assert_eq!(
        client.send("PATCH", &path, json!({ "LastName": "Written since" })).await.status,
        204
    );
    assert_eq!(client.query(soql).await.text, first.text);
    assert_ne!(client.query(&format!("{soql} ")).await.json()["records"], fresh["records"]);

    for coding in ["gzip", "identity"] {
        let request = client.request(Method::GET, "/query").query(&[("q", soql)]);
        assert_eq!(send(request.header("Accept-Encoding", coding)).await.text, first.text);
    }
    let pretty = client.request(Method::GET, "/query").query(&[("q", soql)]);
    let pretty: Reply = send(pretty.header("X-PrettyPrint", "1")).await;
    assert_eq!(pretty.json(), first.json());
    assert_eq!(client.follow(&next(&first.json()).replace("2000", "1")).await.shown(), REFUSED);
}
