//! Writes of one record: never twice, never silently lost.

use serde_json::json;
use sf_auth::transport::TransportErrorKind;
use sf_emulator::{Fault, Operation};
use sf_rest::{Error, ErrorCode, ErrorKind, Id};

use crate::support::Setup;

#[tokio::test]
async fn a_record_from_create_to_delete() {
    let setup = Setup::new().await;
    let id = setup.account("Grün & Söhne / \"Nord\"").await;
    assert_eq!(setup.name_of(id).await, "Grün & Söhne / \"Nord\"");
    setup
        .client
        .update("Account", id, &json!({ "Name": "New name", "Phone": null }))
        .await
        .unwrap();
    assert_eq!(setup.name_of(id).await, "New name");
    setup.client.delete("Account", id).await.unwrap();
    let error = setup.client.delete("Account", id).await.unwrap_err();
    assert!(error.has_code(&ErrorCode::ENTITY_IS_DELETED), "{error}");
    assert!(setup.client.get("Account", id, &[]).await.is_err());
    assert!(setup.client.usage().unwrap().used > 0);
}

#[tokio::test]
async fn a_create_whose_answer_was_lost_is_not_sent_again() {
    let setup = Setup::new().await;
    setup.org.faults().push(Fault::lost_answer());
    let error = setup.client.create("Account", &json!({ "Name": "Lost" })).await.unwrap_err();
    insta::assert_snapshot!(error, @"the outcome of POST sobjects/{object} is unknown, since its answer was lost after it was sent. It was not sent again. Before writing again, check whether it was executed: query for the record by the values that were sent and by CreatedDate");
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    assert!(!error.is_retryable());
    assert_eq!(setup.count(Operation::Create), 1);
    assert_eq!(setup.accounts_named("Lost").await, 1);
}

#[tokio::test]
async fn a_create_whose_answer_was_cut_is_not_sent_again() {
    let setup = Setup::new().await;
    setup.org.faults().push(Fault::cut_body().on(Operation::Create));
    let error = setup.client.create("Account", &json!({ "Name": "Cut" })).await.unwrap_err();
    let Error::OutcomeUnknown { source, .. } = &error else { panic!("{error}") };
    assert!(
        matches!(&**source, Error::Transport { source, .. } if source.kind() == TransportErrorKind::BodyCut)
    );
    assert_eq!(setup.accounts_named("Cut").await, 1);
}

#[tokio::test]
async fn a_create_answered_with_500_or_nonsense_is_not_sent_again() {
    let setup = Setup::new().await;
    for fault in [
        Fault::server_error(),
        Fault::unavailable(),
        Fault::unavailable_html(),
        Fault::reply(201, "application/json", "{\"id\":"),
        Fault::reply(201, "text/html", "<html>"),
        Fault::dropped_connection(),
    ] {
        setup.org.clear_requests();
        setup.org.faults().push(fault.on(Operation::Create));
        let error = setup.client.create("Account", &json!({ "Name": "Once" })).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
        assert_eq!(setup.count(Operation::Create), 1, "{error}");
    }
}

#[tokio::test]
async fn a_refused_create_is_a_plain_error() {
    let setup = Setup::new().await;
    let error = setup.client.create("Contact", &json!({ "FirstName": "Ann" })).await.unwrap_err();
    insta::assert_snapshot!(error, @"Salesforce refused POST sobjects/{object}: HTTP 400: REQUIRED_FIELD_MISSING: Required fields are missing: [LastName] (fields: LastName)");
    let error =
        setup.client.create("Account", &json!({ "Id": "001", "Name": "x" })).await.unwrap_err();
    insta::assert_snapshot!(error, @"invalid request: the field Id cannot be written; leave it out (the id of the record to write is a value of its own)");
    assert!(setup.client.create("Account", &json!([1])).await.is_err());
}

#[tokio::test]
async fn a_row_lock_is_waited_for() {
    let setup = Setup::new().await;
    setup.org.faults().push(Fault::row_locked().times(2));
    setup.account("Locked").await;
    assert_eq!(setup.count(Operation::Create), 3);
    assert_eq!(setup.accounts_named("Locked").await, 1);
}

#[tokio::test]
async fn idempotent_writes_are_sent_again() {
    let setup = Setup::new().await;
    let id = setup.account("Before").await;
    for fault in [
        Fault::lost_answer(),
        Fault::server_error().on_writes(),
        Fault::dropped_connection().on_writes(),
    ] {
        setup.org.faults().push(fault);
        setup.client.update("Account", id, &json!({ "Name": "After" })).await.unwrap();
    }
    assert_eq!(setup.name_of(id).await, "After");
    // The first attempt deletes, and its answer is lost: the second finds the work done.
    setup.org.faults().push(Fault::lost_answer());
    setup.client.delete("Account", id).await.unwrap();
}

#[tokio::test]
async fn upsert_creates_then_updates_whatever_the_key_contains() {
    let setup = Setup::new().await;
    let fields = |amount| json!({ "Amount__c": amount, "Due_Date__c": "2026-12-01" });
    for key in ["plain", "with/slash", "q?a=1&b#c", "schön 漢字", "100%", "a+b c", "..x", "'quote'"]
    {
        let created =
            setup.client.upsert("Invoice__c", "External_Id__c", key, &fields(1)).await.unwrap();
        assert_eq!(created.created, Some(true), "{key}");
        let updated =
            setup.client.upsert("Invoice__c", "External_Id__c", key, &fields(2)).await.unwrap();
        assert_eq!((updated.created, updated.id), (Some(false), created.id), "{key}");
        let record =
            setup.client.get("Invoice__c", created.id.unwrap(), &["External_Id__c"]).await.unwrap();
        assert_eq!(record.get("External_Id__c").unwrap().as_str(), Some(key));
    }
    for key in ["", ".", ".."] {
        let error =
            setup.client.upsert("Invoice__c", "External_Id__c", key, &fields(1)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{key}");
    }
}

#[tokio::test]
async fn upsert_answers_of_every_version() {
    let setup = Setup::new().await;
    let none = json!({});
    let upsert = || setup.client.upsert("Invoice__c", "External_Id__c", "k", &none);
    let id = Id::parse("a00dM00003kRs59QAC").unwrap();

    setup.org.faults().push(Fault::reply(204, "application/json", "").on(Operation::Upsert));
    let upserted = upsert().await.unwrap();
    assert_eq!((upserted.created, upserted.id), (Some(false), None));

    let old = format!(r#"{{"id":"{id}","success":true,"errors":[],"new_key":7}}"#);
    setup.org.faults().push(Fault::reply(201, "application/json", old).on(Operation::Upsert));
    let upserted = upsert().await.unwrap();
    assert_eq!((upserted.created, upserted.id), (Some(true), Some(id)));

    let several = r#"["/services/data/v66.0/sobjects/Invoice__c/a001","/services/data/v66.0/sobjects/Invoice__c/a002"]"#;
    setup.org.faults().push(Fault::reply(300, "application/json", several).on(Operation::Upsert));
    insta::assert_snapshot!(upsert().await.unwrap_err(), @"2 records have this external id, and none was changed: /services/data/v66.0/sobjects/Invoice__c/a001, /services/data/v66.0/sobjects/Invoice__c/a002; use a record id, or an external id that is unique");
}

#[tokio::test]
async fn several_records_with_one_external_id() {
    let setup = Setup::new().await;
    let fields = json!({ "Amount__c": 5, "Due_Date__c": "2026-12-01", "Order_Ref__c": "twin" });
    for _ in 0..2 {
        setup.client.create("Invoice__c", &fields).await.unwrap();
    }
    let error = setup
        .client
        .upsert("Invoice__c", "Order_Ref__c", "twin", &json!({ "Amount__c": 6 }))
        .await
        .unwrap_err();
    assert!(matches!(&error, Error::SeveralMatches { records } if records.len() == 2), "{error}");
}
