//! Creates under any faults: no record twice, and every outcome is the truth about its record.

use std::collections::HashMap;

use futures_util::TryStreamExt;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use sf_emulator::{Fault, Operation};
use sf_rest::{CallOptions, Client, Id, Record, RetryPolicy, SaveResult};

use crate::support::{Setup, client};

#[derive(Debug, Clone)]
struct Case {
    keyed: bool,
    all_or_none: bool,
    records: usize,
    at_once: usize,
    attempts: u32,
    faults: Vec<(usize, usize)>,
}

fn fault(kind: usize) -> Fault {
    let refused = r#"[{"message":"no","errorCode":"INVALID_FIELD"}]"#;
    match kind {
        0 => Fault::expired_session().on_writes(),
        1 => Fault::server_error().on_writes(),
        2 => Fault::unavailable_html().on_writes(),
        3 => Fault::cut_body().on_writes(),
        4 => Fault::cut_chunked_body().on_writes().keep(40),
        5 => Fault::dropped_connection().on_writes(),
        6 => Fault::request_limit().on_writes(),
        7 => Fault::concurrent_request_limit().on_writes(),
        8 => Fault::reply(400, "application/json", refused).on_writes(),
        9 => Fault::rows_locked([0, 3]),
        10 => Fault::row_locked(),
        11 => Fault::server_error().on(Operation::Query),
        // The most telling one, most often.
        _ => Fault::lost_answer(),
    }
}

fn cases() -> impl Strategy<Value = Case> {
    let faults = prop::collection::vec((0..16_usize, 0..3_usize), 0..5);
    let at_once = prop::sample::select(vec![1, 5]);
    (any::<bool>(), any::<bool>(), 1..420_usize, at_once, 1..4_u32, faults).prop_map(
        |(keyed, all_or_none, records, at_once, attempts, faults)| {
            let records = if all_or_none { records.min(200) } else { records };
            Case { keyed, all_or_none, records, at_once, attempts, faults }
        },
    )
}

/// The records that are there, by the value that tells them apart.
async fn written(client: &Client, field: &str, prefix: &str) -> HashMap<String, Vec<Id>> {
    let soql = format!("SELECT Id, {field} FROM Invoice__c WHERE {field} LIKE '{prefix}%'");
    let rows: Vec<Record> = client.query(soql).try_collect().await.unwrap();
    let mut written: HashMap<String, Vec<Id>> = HashMap::new();
    for row in rows {
        let text = |name| row.get(name).unwrap().as_str().unwrap().to_owned();
        written.entry(text(field)).or_default().push(Id::parse(&text("Id")).unwrap());
    }
    written
}

#[test]
fn every_outcome_is_true() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let setup = runtime.block_on(Setup::new());
    let round = std::cell::Cell::new(0);
    let config = Config { cases: 60, failure_persistence: None, ..Config::default() };
    let result = TestRunner::new(config).run(&cases(), |case| {
        round.set(round.get() + 1);
        // The field of the others is not unique, so the org would take a record twice.
        let field = if case.keyed { "External_Id__c" } else { "Order_Ref__c" };
        let prefix = format!("p{}-", round.get());
        let records: Vec<Value> = (0..case.records)
            .map(|i| json!({ field: format!("{prefix}{i}"), "Amount__c": 1, "Due_Date__c": "2026-12-01" }))
            .collect();
        runtime.block_on(async {
            let options = CallOptions::new().chunks_in_flight(case.at_once);
            let policy = RetryPolicy::without_delay(case.attempts);
            let client = client(&setup.org, policy).with(options);
            client.limits().await.unwrap();
            for (kind, skip) in &case.faults {
                setup.org.faults().push(fault(*kind).skip(*skip));
            }
            let result = if case.keyed {
                client.create_many_with_key("Invoice__c", field, &records, case.all_or_none).await
            } else {
                client.create_many("Invoice__c", &records, case.all_or_none).await
            };
            setup.org.faults().clear();
            let written = written(&setup.client, field, &prefix).await;
            prop_assert!(written.values().all(|ids| ids.len() == 1), "a record twice");
            let Ok(results) = result else {
                prop_assert!(written.is_empty(), "told as if nothing had been written");
                return Ok(());
            };
            prop_assert_eq!(results.len(), case.records);
            for (place, result) in results.iter().enumerate() {
                let id = written.get(&format!("{prefix}{place}")).map(|ids| ids[0]);
                match result {
                    SaveResult::Saved { id: told, .. } => prop_assert_eq!(id, Some(*told)),
                    SaveResult::Unknown { .. } => {}
                    told => prop_assert_eq!(id, None, "{:?}", told),
                }
            }
            if case.faults.is_empty() {
                prop_assert!(results.iter().all(SaveResult::is_saved));
            }
            Ok(())
        })
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}
