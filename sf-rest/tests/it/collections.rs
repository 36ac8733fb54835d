//! Writes of many records: requests of 200, one outcome per record.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use sf_emulator::{Fault, Operation};
use sf_rest::{CallOptions, ErrorCode, ErrorKind, Id, SaveResult};

use crate::support::Setup;
use crate::wire::{Wire, answer};

fn accounts(count: usize, prefix: &str) -> Vec<Value> {
    (0..count).map(|i| json!({ "Name": format!("{prefix} {i}") })).collect()
}

fn tell(result: &SaveResult) -> &'static str {
    match result {
        SaveResult::Saved { .. } => "saved",
        SaveResult::Unknown { .. } => "unknown",
        SaveResult::NotSent { .. } => "not sent",
        _ => "failed",
    }
}

async fn count(setup: &Setup, prefix: &str) -> u64 {
    let soql = format!("SELECT COUNT() FROM Account WHERE Name LIKE '{prefix} %'");
    setup.client.query_page(&sf_rest::Query::new(soql)).await.unwrap().total_size
}

#[tokio::test]
async fn requests_of_two_hundred_in_order() {
    let setup = Setup::new().await;
    let results = setup.client.create_many("Account", &accounts(450, "Bulk"), false).await.unwrap();
    assert_eq!(results.len(), 450);
    assert_eq!(setup.count(Operation::Create), 3);
    let ids: Vec<Id> = results.iter().map(|r| r.id().unwrap()).collect();
    assert_eq!(setup.name_of(ids[449]).await, "Bulk 449");

    let updates: Vec<(Id, Value)> =
        ids.iter().map(|id| (*id, json!({ "Name": "Renamed x" }))).collect();
    let results = setup.client.update_many("Account", &updates, false).await.unwrap();
    assert!(results.iter().all(SaveResult::is_saved));
    assert_eq!(count(&setup, "Renamed").await, 450);

    let results = setup.client.delete_many(&ids, false).await.unwrap();
    assert_eq!(results.iter().filter(|r| r.is_saved()).count(), 450);
    assert_eq!(count(&setup, "Renamed").await, 0);
}

#[tokio::test]
async fn each_record_has_its_own_outcome() {
    let setup = Setup::new().await;
    let records =
        [json!({ "LastName": "A" }), json!({ "FirstName": "B" }), json!({ "LastName": "C" })];
    let results = setup.client.create_many("Contact", &records, false).await.unwrap();
    assert!(results[0].is_saved() && results[2].is_saved());
    assert_eq!(results[1].errors()[0].fields, ["LastName"]);

    let results = setup.client.create_many("Contact", &records, true).await.unwrap();
    assert!(results.iter().all(|r| !r.is_saved()));

    let error = setup.client.create_many("Account", &accounts(201, "No"), true).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(setup.client.create_many::<Value>("Account", &[], false).await.unwrap().is_empty());
}

#[tokio::test]
async fn locked_records_alone_are_sent_again() {
    let setup = Setup::new().await;
    setup.org.faults().push(Fault::rows_locked([3, 77]));
    let results = setup.client.create_many("Account", &accounts(100, "Lock"), false).await.unwrap();
    assert!(results.iter().all(SaveResult::is_saved));
    assert_eq!(setup.count(Operation::Create), 2);
    assert_eq!(count(&setup, "Lock").await, 100, "none twice");
    assert_eq!(setup.name_of(results[77].id().unwrap()).await, "Lock 77");
}

#[tokio::test]
async fn all_or_none_stays_so_when_a_record_is_locked() {
    let setup = Setup::new().await;
    setup.org.faults().push(Fault::rows_locked([1]));
    let results = setup.client.create_many("Account", &accounts(3, "Whole"), true).await.unwrap();
    assert!(results.iter().all(SaveResult::is_saved), "{results:?}");
    assert_eq!(setup.count(Operation::Create), 2);
    assert_eq!(count(&setup, "Whole").await, 3);
    for (place, result) in results.iter().enumerate() {
        assert_eq!(setup.name_of(result.id().unwrap()).await, format!("Whole {place}"));
    }
}

#[tokio::test]
async fn what_follows_a_lock_is_told_for_the_locked_records() {
    let setup = Setup::new().await;
    for (all_or_none, expected) in
        [(false, ["saved", "unknown", "saved"]), (true, ["unknown", "unknown", "unknown"])]
    {
        setup.org.clear_requests();
        setup.org.faults().push(Fault::rows_locked([1]));
        setup.org.faults().push(Fault::lost_answer());
        let records = accounts(3, "Lost");
        let results = setup.client.create_many("Account", &records, all_or_none).await.unwrap();
        assert_eq!(results.iter().map(tell).collect::<Vec<_>>(), expected);
        assert_eq!(setup.count(Operation::Create), 2, "a create is never sent a third time");
    }
    assert_eq!(count(&setup, "Lost").await, 6);

    // Nothing of the second request was written: the lock is what stands.
    setup.org.faults().push(Fault::rows_locked([1]));
    setup.org.faults().push(Fault::request_limit().on_writes());
    let results = setup.client.create_many("Account", &accounts(3, "Some"), false).await.unwrap();
    assert_eq!(results.iter().map(tell).collect::<Vec<_>>(), ["saved", "failed", "saved"]);
    assert_eq!(results[1].errors()[0].code, ErrorCode::UNABLE_TO_LOCK_ROW);
    assert_eq!(count(&setup, "Some").await, 2);
}

#[tokio::test]
async fn a_lost_answer_concerns_its_records_alone() {
    let setup = Setup::new().await;
    // One request after the other: what comes after the lost answer is not begun.
    let one = setup.client.with(CallOptions::new().chunks_in_flight(1));
    setup.org.faults().push(Fault::lost_answer().skip(1));
    let results = one.create_many("Account", &accounts(600, "Half"), false).await.unwrap();
    for (place, result) in results.iter().enumerate() {
        assert_eq!(tell(result), ["saved", "unknown", "not sent"][place / 200], "{place}");
    }
    assert_eq!(setup.count(Operation::Create), 2);
    assert_eq!(count(&setup, "Half").await, 400);

    // All at once: the others are answered, and in their places.
    setup.org.faults().push(Fault::lost_answer());
    let results = setup.client.create_many("Account", &accounts(900, "All"), false).await.unwrap();
    assert_eq!(count(&setup, "All").await, 900);
    let unknown: Vec<usize> = (0..900).filter(|&i| tell(&results[i]) == "unknown").collect();
    assert!((1..=200).contains(&unknown.len()));
    assert_eq!(unknown[0] / 200, unknown[unknown.len() - 1] / 200, "of one request");
    for place in [0, 199, 200, 399, 599, 800, 899] {
        if let Some(id) = results[place].id() {
            assert_eq!(setup.name_of(id).await, format!("All {place}"));
        }
    }
}

#[tokio::test]
async fn a_refusal_of_everything_is_an_error_and_of_a_part_an_outcome() {
    let setup = Setup::new().await;
    setup.org.faults().push(Fault::request_limit().on_writes().always());
    let records = accounts(900, "None");
    let error = setup.client.create_many("Account", &records, false).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RequestLimitExceeded);
    setup.org.faults().clear();
    setup.org.faults().push(Fault::request_limit().on_writes().skip(2).always());
    let results = setup.client.create_many("Account", &records, false).await.unwrap();
    assert_eq!(results.iter().filter(|r| tell(r) == "saved").count(), 400);
    assert_eq!(results.iter().filter(|r| tell(r) == "not sent").count(), 500);
}

/// Five requests are in flight, no more: none is answered before five have come.
#[tokio::test]
async fn five_requests_at_once() {
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    let now = Arc::new(AtomicUsize::new(0));
    let (open, running) = (Arc::clone(&gate), Arc::clone(&now));
    let wire = Wire::start(move |seen| {
        let (gate, now) = (Arc::clone(&open), Arc::clone(&running));
        async move {
            let running = now.fetch_add(1, Ordering::SeqCst) + 1;
            assert!(running <= 5);
            if running == 5 {
                gate.add_permits(100);
            }
            gate.acquire().await.unwrap().forget();
            now.fetch_sub(1, Ordering::SeqCst);
            let records = seen.body.windows(6).filter(|six| six == b"\"type\"").count();
            let saved = r#"{"id":"001000000000001AAA","success":true,"errors":[]}"#;
            answer(200, "", &format!("[{}]", vec![saved; records].join(",")))
        }
    })
    .await;
    let results = wire.client().create_many("Account", &accounts(1_150, "x"), false).await.unwrap();
    assert_eq!(results.len(), 1_150);
    assert_eq!(wire.seen().len(), 6);
}

#[tokio::test]
async fn a_deletion_whose_answer_was_lost_is_found_done() {
    let setup = Setup::new().await;
    let results = setup.client.create_many("Account", &accounts(5, "Gone"), false).await.unwrap();
    let ids: Vec<Id> = results.iter().filter_map(SaveResult::id).collect();
    setup.org.faults().push(Fault::lost_answer());
    let results = setup.client.delete_many(&ids, false).await.unwrap();
    assert!(results.iter().all(SaveResult::is_saved), "{results:?}");
}

#[tokio::test]
async fn upserts_by_external_id() {
    let setup = Setup::new().await;
    let records: Vec<Value> = (0..3)
        .map(|i| json!({ "External_Id__c": format!("m/{i}"), "Amount__c": 10, "Due_Date__c": "2026-12-01" }))
        .collect();
    for created in [true, false] {
        let results = setup
            .client
            .upsert_many("Invoice__c", "External_Id__c", &records, false)
            .await
            .unwrap();
        for result in results {
            assert!(
                matches!(result, SaveResult::Saved { created: Some(c), .. } if c == created),
                "{result:?}"
            );
        }
    }
    let error = setup
        .client
        .upsert_many("Invoice__c", "External_Id__c", &[json!({ "Amount__c": 1 })], false)
        .await
        .unwrap_err();
    insta::assert_snapshot!(error, @"invalid request: record 0 of the upsert has no value for External_Id__c");
}
