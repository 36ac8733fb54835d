//! Several pages at once: the same rows as one after the other, whatever the org makes of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::{StreamExt, TryStreamExt};
use sf_emulator::{Builder, Emulator, Fault, Operation};
use sf_rest::{CallOptions, Client, Error, Query, Record, RetryPolicy};

use crate::support::{CONTACTS, client};
use crate::wire::{Seen, Wire, answer};

const SOQL: &str = "SELECT Id FROM Contact ORDER BY Id";

async fn org(settings: impl FnOnce(Builder) -> Builder) -> (Emulator, Client) {
    let org = settings(Emulator::builder().contacts(CONTACTS)).start().await.unwrap();
    let client = client(&org, RetryPolicy::without_delay(3));
    (org, client.with(CallOptions::new().pages_in_flight(4)))
}

async fn ids(client: &Client, batch: u16) -> Result<Vec<String>, Error> {
    let rows: Vec<Record> =
        client.query_with(Query::new(SOQL).batch_size(batch)).try_collect().await?;
    Ok(rows.iter().map(|r| r.get("Id").unwrap().as_str().unwrap().to_owned()).collect())
}

fn count(org: &Emulator, operation: Operation) -> usize {
    org.requests().iter().filter(|r| r.operation == operation).count()
}

#[tokio::test]
async fn every_page_once_where_offsets_are_taken() {
    let (org, client) = org(|b| b.computed_offsets(true)).await;
    let whole = ids(&client, 2_000).await.unwrap();
    assert_eq!((whole.len(), count(&org, Operation::NextPage)), (CONTACTS as usize, 0));
    org.clear_requests();
    assert_eq!(ids(&client, 200).await.unwrap(), whole);
    assert_eq!(count(&org, Operation::NextPage), 5);
    // Too few pages to be worth it.
    for batch in [400, 550, 1_099] {
        assert_eq!(ids(&client, batch).await.unwrap(), whole);
    }
    let typed: Vec<serde_json::Value> =
        client.query_with(Query::new(SOQL).batch_size(200)).try_collect().await.unwrap();
    assert_eq!(typed.len(), whole.len());
}

#[tokio::test]
async fn one_after_the_other_where_they_are_refused() {
    let (org, client) = org(|b| b).await;
    let whole = ids(&client, 2_000).await.unwrap();
    org.clear_requests();
    assert_eq!(ids(&client, 200).await.unwrap(), whole);
    assert_eq!(count(&org, Operation::NextPage), 6, "one page was tried");
}

#[tokio::test]
async fn one_after_the_other_where_pages_are_short() {
    for seed in 0..8 {
        let (_org, client) = org(|b| b.computed_offsets(true).short_pages(seed)).await;
        let rows = ids(&client, 400).await.unwrap();
        assert_eq!(rows.len(), CONTACTS as usize);
        assert!(rows.is_sorted());
    }
}

#[tokio::test]
async fn an_error_ends_it_and_a_drop_ends_its_requests() {
    let (org, client) = org(|b| b.computed_offsets(true)).await;
    let whole = ids(&client, 200).await.unwrap();
    org.faults().push(Fault::unavailable().on(Operation::NextPage).path_contains("-600").always());
    let mut stream = client.query_with::<Record>(Query::new(SOQL).batch_size(200));
    let mut received = 0;
    let error = loop {
        match stream.next().await {
            Some(Ok(row)) => {
                assert_eq!(row.get("Id").unwrap().as_str(), Some(&*whole[received]));
                received += 1;
            }
            Some(Err(error)) => break error,
            None => panic!("ended well after {received}"),
        }
    };
    assert_eq!((received, error.status()), (600, Some(503)));
    assert!(stream.next().await.is_none());

    org.faults().clear();
    let mut stream = client.query_with::<Record>(Query::new(SOQL).batch_size(200));
    stream.next().await.unwrap().unwrap();
    drop(stream);
    client.limits().await.unwrap();
    let after = count(&org, Operation::NextPage);
    client.limits().await.unwrap();
    assert_eq!(count(&org, Operation::NextPage), after);
}

const TOTAL: u64 = 20;

/// A page of two rows from an offset on, as an honest org gives it.
fn page(offset: u64, rows: u64, next: Option<u64>) -> String {
    let rows: Vec<String> = (offset..offset + rows).map(|n| format!(r#"{{"N":{n}}}"#)).collect();
    let head = match next {
        Some(next) => {
            format!(r#""done":false,"nextRecordsUrl":"/services/data/v66.0/query/0r8-{next}""#)
        }
        None => r#""done":true"#.to_owned(),
    };
    answer(200, "", &format!(r#"{{"totalSize":{TOTAL},{head},"records":[{}]}}"#, rows.join(",")))
}

fn honest(offset: u64) -> String {
    page(offset, (TOTAL - offset).min(2), (offset + 2 < TOTAL).then_some(offset + 2))
}

fn offset(seen: &Seen) -> u64 {
    let path = seen.head.split(' ').nth(1).unwrap();
    path.split_once("0r8-").map_or(0, |(_, offset)| offset.parse().unwrap())
}

async fn numbers(client: &Client) -> Result<Vec<i64>, Error> {
    let client = client.with(CallOptions::new().pages_in_flight(4));
    let rows: Vec<Record> = client.query(SOQL).try_collect().await?;
    Ok(rows.iter().map(|row| row.get("N").unwrap().as_i64().unwrap()).collect())
}

/// Three pages are answered only when all three have been asked for.
#[tokio::test]
async fn pages_are_in_flight_at_once() {
    let gate = Arc::new(tokio::sync::Barrier::new(3));
    let asked = Arc::new(AtomicUsize::new(0));
    let wire = Wire::start(move |seen| {
        let (gate, asked) = (Arc::clone(&gate), Arc::clone(&asked));
        async move {
            let offset = offset(&seen);
            asked.fetch_add(1, Ordering::SeqCst);
            // The first page, the second, and the one that is tried (at 8) come before.
            if matches!(offset, 4 | 6 | 10) {
                gate.wait().await;
            }
            honest(offset)
        }
    })
    .await;
    assert_eq!(numbers(&wire.client()).await.unwrap(), (0..20).collect::<Vec<_>>());
    assert_eq!(wire.seen().len(), 10);
}

#[tokio::test]
async fn what_differs_is_not_believed() {
    let all: Vec<i64> = (0..20).collect();
    // The offset is ignored: every computed address gives the page behind the last one.
    let wire = Wire::start(|seen| async move {
        let given = offset(&seen);
        if seen.place == 2 && given > 2 { honest(2) } else { honest(given) }
    })
    .await;
    assert_eq!(numbers(&wire.client()).await.unwrap(), all);

    // A page in the middle is short, and the next one begins where it ends.
    let wire = Wire::start(|seen| async move {
        match offset(&seen) {
            6 => page(6, 1, Some(7)),
            offset => honest(offset),
        }
    })
    .await;
    assert_eq!(numbers(&wire.client()).await.unwrap(), all);

    // A page in the middle is long.
    let wire = Wire::start(|seen| async move {
        match offset(&seen) {
            6 => page(6, 5, Some(11)),
            offset => honest(offset),
        }
    })
    .await;
    assert_eq!(numbers(&wire.client()).await.unwrap(), all);

    // A page has a row less than its address says: another could have one more.
    let wire = Wire::start(|seen| async move {
        match offset(&seen) {
            6 => page(6, 1, Some(8)),
            8 => page(8, 3, Some(10)),
            offset => honest(offset),
        }
    })
    .await;
    let error = numbers(&wire.client()).await.unwrap_err();
    insta::assert_snapshot!(error, @"the query result is not complete: 7 of 20 rows were received, and a page has another number of rows than its address says");
}
