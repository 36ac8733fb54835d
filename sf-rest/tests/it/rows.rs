//! All rows of a query, once each, or an error.

use std::collections::BTreeSet;

use futures_util::{StreamExt, TryStreamExt};
use serde::Deserialize;
use sf_emulator::{Emulator, Fault, Operation};
use sf_rest::{Error, Query, Record, RetryPolicy};

use crate::support::{CONTACTS, Setup, client};

const CONTACT_IDS: &str = "SELECT Id FROM Contact ORDER BY Id";

fn ids(rows: &[Record]) -> Vec<String> {
    rows.iter().map(|r| r.get("Id").unwrap().as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_union_of_the_pages_is_all_rows() {
    let setup = Setup::new().await;
    let whole = ids(&setup.rows(Query::new(CONTACT_IDS)).await.unwrap());
    assert_eq!(whole.len(), CONTACTS as usize);
    assert_eq!(whole.iter().collect::<BTreeSet<_>>().len(), whole.len());
    for size in [200, 201, 333, 549, 550, 1_099, 1_100, 1_101, 2_000] {
        let rows = setup.rows(Query::new(CONTACT_IDS).batch_size(size)).await.unwrap();
        assert_eq!(ids(&rows), whole, "pages of {size}");
    }
}

#[tokio::test]
async fn a_page_that_is_cut_is_read_again_or_an_error() {
    let setup = Setup::new().await;
    let query = || Query::<Record>::new(CONTACT_IDS).batch_size(200);
    let whole = ids(&setup.rows(query()).await.unwrap());
    for cut in [Fault::cut_body(), Fault::cut_chunked_body(), Fault::cut_body().keep(1)] {
        setup.org.faults().push(cut.on(Operation::NextPage).skip(1));
        assert_eq!(ids(&setup.rows(query()).await.unwrap()), whole);
    }
    // Without retries: the rows before the cut, then an error, and no end that looks complete.
    let once = client(&setup.org, RetryPolicy::none());
    setup.org.faults().push(Fault::cut_body().on(Operation::NextPage).skip(1));
    let mut stream = once.query_with::<Record>(query());
    let mut received = Vec::new();
    let error = loop {
        match stream.next().await {
            Some(Ok(row)) => received.push(row),
            Some(Err(error)) => break error,
            None => panic!("ended after {} rows without an error", received.len()),
        }
    };
    assert!(matches!(error, Error::Transport { .. }), "{error}");
    assert_eq!(ids(&received), whole[..400]);
    assert!(stream.next().await.is_none());
}

#[tokio::test]
async fn a_result_that_announces_more_than_it_gives_is_an_error() {
    let setup = Setup::new().await;
    let cases = [
        (
            r#"{"totalSize":2,"done":true,"records":[{"Id":"1"}]}"#,
            "1 of 2 rows were received, and the last page was reached",
        ),
        (r#"{"totalSize":1,"done":true,"records":[{"Id":"1"},{"Id":"2"}]}"#, "2 of 1 rows"),
        (r#"{"totalSize":2,"done":false,"records":[{"Id":"1"}]}"#, "has no address of the next"),
        (
            r#"{"totalSize":500,"done":true,"records":[]}"#,
            "0 of 500 rows were received, and the last page was reached",
        ),
        (
            r#"{"totalSize":1,"done":false,"nextRecordsUrl":"/services/data/v66.0/query/x-2","records":[{"Id":"1"},{"Id":"2"}]}"#,
            "2 of 1 rows were received, more than were announced",
        ),
        (
            r#"{"totalSize":2,"done":false,"nextRecordsUrl":"/services/data/v66.0/query/x-1","records":[]}"#,
            "had no rows",
        ),
    ];
    for (body, expected) in cases {
        setup.org.faults().push(Fault::reply(200, "application/json", body).on(Operation::Query));
        let error = setup.rows(Query::new("SELECT Id FROM Account")).await.unwrap_err();
        assert!(matches!(error, Error::Incomplete { .. }), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[tokio::test]
async fn pages_that_go_in_a_circle_are_an_error() {
    let setup = Setup::new().await;
    let page = |next: &str| {
        let body = format!(
            r#"{{"totalSize":9,"done":false,"nextRecordsUrl":"/services/data/v66.0/query/{next}","records":[{{"Id":"1"}}]}}"#
        );
        Fault::reply(200, "application/json", body)
    };
    setup.org.faults().push(page("x-1").on(Operation::Query));
    for next in ["x-2", "x-3", "x-1"] {
        setup.org.faults().push(page(next).on(Operation::NextPage));
    }
    let mut stream = setup.client.query::<Record>("SELECT Id FROM Account");
    assert_eq!(stream.total(), None);
    for _ in 0..3 {
        stream.next().await.unwrap().unwrap();
        assert_eq!(stream.total(), Some(9));
    }
    let error = stream.next().await.unwrap().unwrap_err();
    insta::assert_snapshot!(error, @"the query result is not complete: 4 of 9 rows were received, and a page gives the address of one that was read before");
    assert!(stream.next().await.is_none());
}

#[tokio::test]
async fn the_token_goes_to_no_other_origin() {
    let setup = Setup::new().await;
    let stranger = Emulator::builder().contacts(1).start().await.unwrap();
    let url = stranger.url().join("services/data/v66.0/query/0r8-1").unwrap();
    let body = format!(
        r#"{{"totalSize":2,"done":false,"nextRecordsUrl":"{url}","records":[{{"Id":"1"}}]}}"#
    );
    setup.org.faults().push(Fault::reply(200, "application/json", body).on(Operation::Query));
    let error = setup.rows(Query::new("SELECT Id FROM Account")).await.unwrap_err();
    assert!(matches!(error, Error::ForeignOrigin { .. }), "{error}");
    assert!(setup.client.next_page(url.as_str()).await.is_err());
    assert!(stranger.requests().is_empty());
}

#[tokio::test]
async fn one_page_is_read_ahead_and_no_more() {
    let setup = Setup::new().await;
    let mut stream = setup.client.query_with::<Record>(Query::new(CONTACT_IDS).batch_size(200));
    stream.next().await.unwrap().unwrap();
    // The second page arrives while the first is consumed; the third must not be asked for.
    while setup.count(Operation::NextPage) < 1 {
        tokio::task::yield_now().await;
    }
    setup.client.limits().await.unwrap();
    assert_eq!(setup.count(Operation::NextPage), 1);
    drop(stream);
    setup.client.limits().await.unwrap();
    assert_eq!(setup.count(Operation::NextPage), 1);
}

#[tokio::test]
async fn typed_rows() {
    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Contact {
        id: sf_rest::Id,
        last_name: String,
        account: Option<Parent>,
    }
    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Parent {
        name: String,
    }
    let setup = Setup::new().await;
    let soql = "SELECT Id, LastName, Account.Name FROM Contact ORDER BY Id";
    let typed: Vec<Contact> = setup.client.query(soql).try_collect().await.unwrap();
    let rows = setup.rows(Query::new(soql)).await.unwrap();
    assert_eq!(typed.len(), rows.len());
    for (typed, row) in typed.iter().zip(&rows) {
        assert_eq!(row.get("Id").unwrap().as_str(), Some(typed.id.as_str()));
        assert_eq!(row.get("LastName").unwrap().as_str(), Some(&*typed.last_name));
        let parent = typed.account.as_ref().map(|a| a.name.as_str());
        assert_eq!(row.get_path("Account.Name").unwrap().as_str(), parent);
    }
}

#[tokio::test]
async fn counts_groups_and_children() {
    let setup = Setup::new().await;
    let count = setup.client.query_page(&Query::new("SELECT COUNT() FROM Contact")).await.unwrap();
    assert_eq!((count.total_size, count.records.len()), (u64::from(CONTACTS), 0));
    let sent = setup.count(Operation::Query);
    let mut told = Vec::new();
    for soql in ["SELECT COUNT() FROM Contact", " select\ncount ( ) from Contact"] {
        let error = setup.rows(Query::new(soql)).await.unwrap_err();
        assert!(!error.is_retryable());
        told.push(error.to_string());
    }
    told.dedup();
    insta::assert_snapshot!(told.join("\n"), @"invalid request: SELECT COUNT() answers a number and has no rows to stream; Client::query_page has it as total_size, and SELECT COUNT(Id) answers it as a row");
    assert_eq!(setup.count(Operation::Query), sent, "nothing is sent");

    let rows = setup.rows(Query::new("SELECT COUNT(Id) FROM Contact")).await.unwrap();
    assert_eq!(rows[0].get("expr0").unwrap().as_i64(), Some(i64::from(CONTACTS)));
    assert_eq!(rows[0].object_type(), Some("AggregateResult"));

    let soql = "SELECT Name, (SELECT LastName FROM Contacts) FROM Account ORDER BY Id LIMIT 50";
    let accounts = setup.rows(Query::new(soql)).await.unwrap();
    let children: u64 = accounts
        .iter()
        .filter_map(|a| match a.get("Contacts") {
            Some(sf_rest::ValueRef::Records(children)) => {
                assert_eq!(children.records().len() as u64, children.total_size());
                Some(children.total_size())
            }
            _ => None,
        })
        .sum();
    assert!(children > 0);
}

#[tokio::test]
async fn a_statement_that_cannot_be_sent_is_told() {
    let setup = Setup::new().await;
    let error = setup.rows(Query::new("  ")).await.unwrap_err();
    insta::assert_snapshot!(error, @"invalid request: the SOQL statement is empty");
    // A search has no other form than its address.
    let error = setup.client.search(&format!("FIND {{{}}}", "x".repeat(17_000))).await.unwrap_err();
    let told = "and the platform accepts 16384; shorten the statement or the list";
    assert!(error.to_string().ends_with(told), "{error}");
    assert_eq!(setup.count(Operation::Query), 0);
}
