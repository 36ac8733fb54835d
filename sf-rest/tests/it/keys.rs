//! Creates with an idempotency key, and upserts: one record, whatever happens to the answers.

use serde_json::{Value, json};
use sf_emulator::{Fault, Operation};
use sf_rest::{Collection, CollectionRecord, Error, ErrorCode, ErrorKind, Id, Query, SaveResult};

use crate::support::Setup;
use crate::wire::{Wire, answer};

const OBJECT: &str = "Invoice__c";
const KEY: &str = "External_Id__c";

fn invoice(key: &str) -> Value {
    json!({ KEY: key, "Amount__c": 1, "Due_Date__c": "2026-12-01" })
}

fn without_key() -> Value {
    json!({ "Amount__c": 1, "Due_Date__c": "2026-12-01" })
}

/// How many invoices have a key that begins so.
async fn count(setup: &Setup, prefix: &str) -> u64 {
    let soql = format!("SELECT COUNT() FROM {OBJECT} WHERE {KEY} LIKE '{prefix}%'");
    setup.client.query_page(&Query::new(soql)).await.unwrap().total_size
}

async fn create(setup: &Setup, key: &str) -> Result<Id, Error> {
    setup.client.create_with_key(OBJECT, KEY, key, &without_key()).await
}

/// Answers the look-up as if the record were not there yet.
fn nothing_found() -> Fault {
    let body = r#"{"totalSize":0,"done":true,"records":[]}"#;
    Fault::reply(200, "application/json", body).on(Operation::Query)
}

#[tokio::test]
async fn one_record_whatever_happens_to_the_answer() {
    let setup = Setup::new().await;
    let writes = |fault: Fault| fault.on_writes();
    let lost_before = Fault::dropped_connection;
    let cases: [(&str, Vec<Fault>, usize); 8] = [
        ("plain", vec![], 1),
        ("lost-after", vec![Fault::lost_answer()], 1),
        ("cut", vec![writes(Fault::cut_body())], 1),
        ("cut-chunked", vec![writes(Fault::cut_chunked_body().keep(3))], 1),
        ("lost-before", vec![writes(lost_before())], 2),
        ("unavailable", vec![writes(Fault::unavailable_html())], 2),
        ("before-then-after", vec![writes(lost_before()), Fault::lost_answer()], 2),
        // The look-up is too early; the second create meets the value of the first.
        ("not-seen-yet", vec![Fault::lost_answer(), nothing_found()], 2),
    ];
    for (key, faults, creates) in cases {
        setup.org.clear_requests();
        for fault in faults {
            setup.org.faults().push(fault);
        }
        let id = create(&setup, key).await.unwrap_or_else(|e| panic!("{key}: {e}"));
        assert_eq!(setup.org.faults().pending(), 0, "{key}");
        assert_eq!(count(&setup, key).await, 1, "{key}");
        assert_eq!(setup.count(Operation::Create), creates, "{key}");
        let record = setup.client.get(OBJECT, id, &[KEY]).await.unwrap();
        assert_eq!(record.get(KEY).unwrap().as_str(), Some(key));
    }
}

/// A record with another value is not the one that was created, whatever the look-up gives.
#[tokio::test]
async fn a_record_with_another_key_is_not_taken() {
    let setup = Setup::new().await;
    let other = r#"{"totalSize":1,"done":true,"records":[{"Id":"001dM00003kRs59QAC","External_Id__c":"other"}]}"#;
    setup.org.faults().push(Fault::lost_answer());
    setup.org.faults().push(Fault::reply(200, "application/json", other).on(Operation::Query));
    let id = create(&setup, "mine").await.unwrap();
    let record = setup.client.get(OBJECT, id, &[KEY]).await.unwrap();
    assert_eq!(record.get(KEY).unwrap().as_str(), Some("mine"));
    assert_eq!(count(&setup, "mine").await, 1);
}

#[tokio::test]
async fn nothing_is_overwritten_or_taken_for_new() {
    let setup = Setup::new().await;
    create(&setup, "taken").await.unwrap();
    // No answer was lost: the value belongs to someone else, and the refusal stands.
    let error = create(&setup, "taken").await.unwrap_err();
    assert!(error.has_code(&ErrorCode::DUPLICATE_VALUE), "{error}");
    assert_eq!(setup.count(Operation::Upsert), 0);
}

#[tokio::test]
async fn what_a_key_cannot_settle_stays_unknown() {
    let setup = Setup::new().await;
    // The look-ups fail.
    setup.org.faults().push(Fault::lost_answer());
    setup.org.faults().push(Fault::server_error().on(Operation::Query).times(4));
    let error = create(&setup, "k1").await.unwrap_err();
    insta::assert_snapshot!(error, @"the outcome of POST sobjects/{object} is unknown, since its answer was lost after it was sent. Query Invoice__c for the record whose External_Id__c has the value of this create: if there is none, it can be called again");
    assert_eq!(setup.count(Operation::Create), 1);

    // The field is no key: several records can have the same value.
    setup.org.clear_requests();
    setup.org.faults().push(Fault::lost_answer());
    let error = setup
        .client
        .create_with_key(OBJECT, "Order_Ref__c", "o1", &without_key())
        .await
        .unwrap_err();
    insta::assert_snapshot!(error, @r#"the outcome of POST sobjects/{object} is unknown, since its answer was lost after it was sent. It was not sent again, since Invoice__c.Order_Ref__c does not have the attribute "unique" and two attempts could leave two records. Query for the record by Order_Ref__c before writing again"#);
    assert!(!error.is_retryable());
    assert_eq!(setup.count(Operation::Create), 1);

    // Never executed, and no attempt is left.
    setup.org.faults().push(Fault::dropped_connection().on_writes().times(4));
    let error = create(&setup, "k2").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
    assert_eq!(count(&setup, "k2").await, 0);

    // Refused after a lost answer: the refusal is that of the second attempt.
    setup.org.faults().push(Fault::dropped_connection().on_writes());
    setup.org.faults().push(Fault::request_limit().on_writes());
    let error = create(&setup, "k3").await.unwrap_err();
    let Error::OutcomeUnknown { source, .. } = &error else { panic!("{error}") };
    assert_eq!(source.kind(), ErrorKind::RequestLimitExceeded);

    let other = json!({ KEY: "other", "Amount__c": 1 });
    let error = setup.client.create_with_key(OBJECT, KEY, "k4", &other).await.unwrap_err();
    insta::assert_snapshot!(error, @"invalid request: the fields have another value for External_Id__c");
    for (field, value) in [("Name = 'x' OR Id", "v"), (KEY, ""), (KEY, " ")] {
        let error = setup.client.create_with_key(OBJECT, field, value, &json!({})).await;
        assert_eq!(error.unwrap_err().kind(), ErrorKind::InvalidRequest);
    }
}

#[tokio::test]
async fn a_value_stays_inside_its_literal() {
    let setup = Setup::new().await;
    for key in ["it's", r"back\slash", "' OR Id != '", "tab\tand é"] {
        setup.org.faults().push(Fault::lost_answer());
        let id = create(&setup, key).await.unwrap_or_else(|e| panic!("{key}: {e}"));
        let record = setup.client.get(OBJECT, id, &[KEY]).await.unwrap();
        assert_eq!(record.get(KEY).unwrap().as_str(), Some(key));
    }
}

fn saved(results: &[SaveResult]) -> usize {
    results.iter().filter(|result| result.is_saved()).count()
}

async fn keys_in_order(setup: &Setup, keys: &[Value], results: &[SaveResult]) {
    for place in [0, keys.len() / 2, keys.len() - 1] {
        let id = results[place].id().unwrap();
        let record = setup.client.get(OBJECT, id, &[KEY]).await.unwrap();
        assert_eq!(record.get(KEY).unwrap().as_str(), keys[place][KEY].as_str());
    }
}

#[tokio::test]
async fn many_records_once_each() {
    let setup = Setup::new().await;
    let locked = || Fault::rows_locked([1, 150]);
    let cases: [(&str, Vec<Fault>); 6] = [
        ("after", vec![Fault::lost_answer()]),
        ("before", vec![Fault::dropped_connection().on_writes()]),
        ("cut", vec![Fault::cut_body().on_writes().keep(500)]),
        ("twice", vec![Fault::lost_answer().times(2), Fault::unavailable().on_writes()]),
        ("early", vec![Fault::lost_answer(), nothing_found()]),
        // The chunk whose answer is lost has locked rows, or another one has.
        ("locked", vec![locked(), Fault::lost_answer(), locked()]),
    ];
    for (prefix, faults) in cases {
        for all_or_none in [false, true] {
            let prefix = format!("{prefix}-{all_or_none}-");
            let size = if all_or_none { 200 } else { 450 };
            let records: Vec<Value> = (0..size).map(|i| invoice(&format!("{prefix}{i}"))).collect();
            for fault in &faults {
                setup.org.faults().push(fault.clone());
            }
            let results = setup
                .client
                .create_many_with_key(OBJECT, KEY, &records, all_or_none)
                .await
                .unwrap_or_else(|e| panic!("{prefix}: {e}"));
            setup.org.faults().clear();
            assert_eq!(saved(&results), size, "{prefix}");
            assert_eq!(count(&setup, &prefix).await, size as u64, "{prefix}");
            keys_in_order(&setup, &records, &results).await;
        }
    }
}

#[tokio::test]
async fn records_that_are_refused_stay_refused() {
    let setup = Setup::new().await;
    let mut records: Vec<Value> = (0..10).map(|i| invoice(&format!("mix{i}"))).collect();
    records[3]["Nope__c"] = json!(1);
    setup.org.faults().push(Fault::lost_answer());
    let results = setup.client.create_many_with_key(OBJECT, KEY, &records, false).await.unwrap();
    assert_eq!(saved(&results), 9, "{results:?}");
    // Its neighbours are there, so the first attempt has ended, and refused it as the second did.
    assert!(results[3].errors().iter().any(|e| e.code == ErrorCode::INVALID_FIELD), "{results:?}");
    assert_eq!(count(&setup, "mix").await, 9);

    let same = [invoice("same"), invoice("same")];
    let error = setup.client.create_many_with_key(OBJECT, KEY, &same, false).await.unwrap_err();
    insta::assert_snapshot!(error, @"invalid request: record 1 has the same External_Id__c as one before it, so it is not its key");
}

/// Two attempts of an upsert by a field that is not unique could leave two records.
#[tokio::test]
async fn an_upsert_is_sent_again_only_by_a_unique_field() {
    let setup = Setup::new().await;
    for (field, sent) in [(KEY, 2), ("Order_Ref__c", 1)] {
        for fault in [Fault::lost_answer(), Fault::unavailable().on_writes()] {
            setup.org.clear_requests();
            setup.org.faults().push(fault);
            let result = setup.client.upsert(OBJECT, field, "u1", &without_key()).await;
            assert_eq!(setup.count(Operation::Upsert), sent, "{field}");
            assert_eq!(result.is_ok(), sent == 2, "{result:?}");
            if let Err(error) = result {
                assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
                assert!(error.to_string().contains("unique"), "{error}");
            }
        }
    }
    setup.org.clear_requests();
    setup.org.faults().push(Fault::lost_answer());
    let records = [json!({ "Order_Ref__c": "u2", "Amount__c": 1, "Due_Date__c": "2026-12-01" })];
    let results = setup.client.upsert_many(OBJECT, "Order_Ref__c", &records, false).await.unwrap();
    assert!(matches!(&results[0], SaveResult::Unknown { .. }), "{results:?}");
    assert_eq!(setup.count(Operation::Upsert), 1);
}

/// Objects are written one after the other: that the first account is there says nothing of the
/// account behind the contact, which the lost attempt may still come to.
#[tokio::test]
async fn what_a_lost_attempt_may_still_come_to_is_unknown() {
    let wire = Wire::start(|seen| async move {
        let path = seen.head.split(' ').nth(1).unwrap();
        let rows = |rows: &str| {
            answer(200, "", &format!(r#"{{"totalSize":1,"done":true,"records":[{rows}]}}"#))
        };
        if path.ends_with("/describe") {
            answer(200, "", r#"{"fields":[{"name":"Ext__c","unique":true,"caseSensitive":false}]}"#)
        } else if path.contains("query") && path.contains("Account") {
            rows(r#"{"Id":"001dM00003kRs59QAC","Ext__c":"first"}"#)
        } else if path.contains("query") {
            rows(r#"{"Id":"003dM00003kRs59QAC","Ext__c":"second"}"#)
        } else if seen.place == 0 {
            String::new()
        } else {
            let refused =
                r#"[{"success":false,"errors":[{"statusCode":"LIMIT_EXCEEDED","message":"no"}]}]"#;
            answer(200, "", refused)
        }
    })
    .await;
    let record =
        |object: &str, key: &str| CollectionRecord::new(object, &json!({ "Ext__c": key })).unwrap();
    let records =
        vec![record("Account", "first"), record("Contact", "second"), record("Account", "third")];
    let write = Collection::create(records, false).with_key("Ext__c").unwrap();
    let results = wire.client().save(&write).await.unwrap();
    assert!(results[0].is_saved() && results[1].is_saved());
    assert!(matches!(results[2], SaveResult::Unknown { .. }), "{:?}", results[2]);
}
