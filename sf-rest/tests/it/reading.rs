//! The reading resources against the embedded org.

use std::time::Duration;

use futures_util::TryStreamExt;
use serde_json::json;
use sf_emulator::{Fault, Operation as Kind};
use sf_rest::ops::describe::Describe;
use sf_rest::ops::if_changed::{Conditional, Validators};
use sf_rest::ops::parameterized_search::{ParameterizedSearch, SearchIn, SearchObject};
use sf_rest::ops::recent::RecentOf;
use sf_rest::ops::records::GetRecord;
use sf_rest::ops::related::RelatedRecords;
use sf_rest::ops::tooling::Tooling;
use sf_rest::{Error, ErrorCode, ErrorKind, Id, Query, Record};

use crate::support::{CONTACTS, Setup};
use crate::wire::{Wire, answer};

#[tokio::test]
async fn resources_of_the_version() {
    let setup = Setup::new().await;
    let resources = setup.client.resources().await.unwrap();
    assert!(resources["sobjects"].ends_with("/sobjects"), "{resources:?}");
}

#[tokio::test]
async fn by_external_id() {
    let setup = Setup::new().await;
    let fields = json!({ "Amount__c": 5, "Due_Date__c": "2026-12-01", "Order_Ref__c": "twin" });
    setup.client.upsert("Invoice__c", "External_Id__c", "k/1", &fields).await.unwrap();
    let get = |field: &'static str, value: &'static str| {
        setup.client.get_by_external_id("Invoice__c", field, value, &["Id", "Amount__c"])
    };
    let record = get("External_Id__c", "k/1").await.unwrap();
    assert_eq!(record.get("Amount__c").unwrap().as_f64(), Some(5.0));
    assert!(get("External_Id__c", "none").await.unwrap_err().has_code(&ErrorCode::NOT_FOUND));

    setup.client.create("Invoice__c", &fields).await.unwrap();
    let error = get("Order_Ref__c", "twin").await.unwrap_err();
    assert!(matches!(&error, Error::SeveralMatches { records } if records.len() == 2), "{error}");
    let delete = |field, value| setup.client.delete_by_external_id("Invoice__c", field, value);
    let error = delete("Order_Ref__c", "twin").await.unwrap_err();
    assert!(matches!(error, Error::SeveralMatches { .. }), "{error}");
    delete("External_Id__c", "k/1").await.unwrap();
    assert!(get("External_Id__c", "k/1").await.is_err());
}

#[tokio::test]
async fn a_deletion_by_external_id_whose_answer_was_lost() {
    let setup = Setup::new().await;
    let fields = json!({ "Amount__c": 5, "Due_Date__c": "2026-12-01" });
    setup.client.upsert("Invoice__c", "External_Id__c", "k", &fields).await.unwrap();
    setup.org.faults().push(Fault::lost_answer().on(Kind::Delete));
    let error =
        setup.client.delete_by_external_id("Invoice__c", "External_Id__c", "k").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
    assert_eq!(setup.count(Kind::Delete), 2);
}

#[tokio::test]
async fn reads_by_post_are_sent_again() {
    let setup = Setup::new().await;
    let id = setup.account("Zyxel").await;
    let search = ParameterizedSearch::new("Zyxel");
    for fault in [Fault::server_error, Fault::dropped_connection, Fault::cut_body] {
        setup.org.faults().push(fault().on(Kind::Retrieve));
        let records = setup.client.get_many("Account", &[id], &["Name"]).await.unwrap();
        assert_eq!(records[0].as_ref().unwrap().get("Name").unwrap().as_str(), Some("Zyxel"));
        setup.org.faults().push(fault().on(Kind::Search));
        assert_eq!(setup.client.search_by(&search).await.unwrap().records.len(), 1);
    }
    assert_eq!((setup.count(Kind::Retrieve), setup.count(Kind::Search)), (6, 6));
}

#[tokio::test]
async fn related_records() {
    let setup = Setup::new().await;
    let account = setup.account("Parent").await;
    let (contact, orphan) = {
        let create = async |fields| setup.client.create("Contact", &fields).await.unwrap();
        (
            create(json!({ "LastName": "Ann", "AccountId": account })).await,
            create(json!({ "LastName": "Bo" })).await,
        )
    };
    let parent = |id| setup.client.related_record("Contact", id, "Account", &["Name"]);
    let record = parent(contact).await.unwrap().unwrap();
    assert_eq!(record.get("Name").unwrap().as_str(), Some("Parent"));
    assert!(parent(orphan).await.unwrap().is_none());

    let fields = ["Id", "LastName"];
    let page = setup.client.related_records("Account", account, "Contacts", &fields).await.unwrap();
    assert_eq!((page.total_size, page.done), (1, true));
    assert_eq!(page.records[0].get("LastName").unwrap().as_str(), Some("Ann"));
    // Typed, and with the names that a struct has.
    #[derive(serde::Deserialize)]
    struct Row {
        #[serde(rename = "Id")]
        id: Id,
    }
    let typed = RelatedRecords::<Row>::new("Account", account, "Contacts").fields(["Id"]);
    assert_eq!(setup.client.send(&typed).await.unwrap().records[0].id, contact);
    let error =
        setup.client.related_records("Account", account, "Nothings", &[]).await.unwrap_err();
    assert!(error.has_code(&ErrorCode::NOT_FOUND), "{error}");
}

#[tokio::test]
async fn many_children_come_in_pages() {
    let setup = Setup::new().await;
    let account = setup.account("Large").await;
    let contacts: Vec<_> =
        (0..2_100).map(|n| json!({ "LastName": format!("L{n}"), "AccountId": account })).collect();
    let saved = setup.client.create_many("Contact", &contacts, false).await.unwrap();
    assert!(saved.iter().all(sf_rest::SaveResult::is_saved));
    let mut page =
        setup.client.related_records("Account", account, "Contacts", &["Id"]).await.unwrap();
    let mut rows = page.records.len();
    while let Some(next) = page.next {
        page = setup.client.next_page(&next).await.unwrap();
        rows += page.records.len();
    }
    assert!(page.done);
    assert_eq!(rows, 2_100);
}

#[tokio::test]
async fn many_records_by_id() {
    let setup = Setup::new().await;
    let soql = Query::new("SELECT Id FROM Contact ORDER BY Id");
    let mut ids: Vec<Id> = setup.rows(soql).await.unwrap().iter().map(id_of).collect();
    assert!(ids.len() >= CONTACTS as usize);
    ids.insert(1, Id::parse("003000000000001").unwrap());
    // More than one request takes.
    let twice: Vec<Id> = ids.iter().chain(&ids).copied().collect();
    let records = setup.client.get_many("Contact", &twice, &["Id"]).await.unwrap();
    assert_eq!(records.len(), twice.len());
    assert!(records[1].is_none());
    for (id, record) in twice.iter().zip(&records) {
        if let Some(record) = record {
            assert_eq!(id_of(record), *id);
        }
    }
    assert_eq!(records.iter().filter(|record| record.is_none()).count(), 2);
    assert!(setup.client.get_many("Contact", &[], &["Id"]).await.unwrap().is_empty());
}

fn id_of(record: &Record) -> Id {
    Id::parse(record.get("Id").unwrap().as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn only_what_has_changed() {
    let setup = Setup::new().await;
    let id = setup.account("Before").await;
    let get = || GetRecord::new("Account", id).fields(["Name"]);
    let read = setup.client.if_changed(get(), Validators::default()).await.unwrap();
    let Conditional::Changed { validators, .. } = read else { panic!("it was never read") };
    assert!(validators.etag().is_some() && validators.last_modified().is_some());
    let again = setup.client.if_changed(get(), validators.clone()).await.unwrap();
    assert!(matches!(again, Conditional::NotModified));
    // Stored as text and read back.
    let stored = Validators::from_texts(validators.etag(), validators.last_modified()).unwrap();
    setup.org.advance(Duration::from_secs(5));
    setup.client.update("Account", id, &json!({ "Name": "After" })).await.unwrap();
    let changed = setup.client.if_changed(get(), stored).await.unwrap().changed().unwrap();
    assert_eq!(changed.get("Name").unwrap().as_str(), Some("After"));

    let describe = || Describe::new("Account");
    let read = setup.client.if_changed(describe(), Validators::default()).await.unwrap();
    let Conditional::Changed { validators, value } = read else { panic!("it was never read") };
    assert_eq!(value["name"], "Account");
    let again = setup.client.if_changed(describe(), validators).await.unwrap();
    assert!(again.changed().is_none());
}

#[tokio::test]
async fn searching() {
    let setup = Setup::new().await;
    let id = setup.account("Zyxel Werke").await;
    let found = setup.client.search("FIND {Zyxel} RETURNING Account(Id, Name)").await.unwrap();
    assert_eq!(found.records.iter().map(id_of).collect::<Vec<_>>(), [id]);
    let search = ParameterizedSearch::new("Zyxel").scope(SearchIn::Name).object(
        SearchObject::new("Account")
            .fields(["Id", "Name"])
            .filter("Name != 'x'")
            .order_by("Name ASC")
            .limit(5),
    );
    let found = setup.client.search_by(&search).await.unwrap();
    assert_eq!(found.records[0].get("Name").unwrap().as_str(), Some("Zyxel Werke"));
    let suggested = setup.client.suggestions("Zyxe", &["Account"]).await.unwrap();
    assert_eq!(id_of(&suggested.records[0]), id);
    assert!(!suggested.has_more);
    let error = setup.client.search("FIND Zyxel").await.unwrap_err();
    assert!(error.has_code(&ErrorCode::new("MALFORMED_SEARCH")), "{error}");
}

#[tokio::test]
async fn feeds() {
    let setup = Setup::new().await;
    let start = setup.org.now();
    setup.org.advance(Duration::from_secs(120));
    let (kept, gone) = (setup.account("Kept").await, setup.account("Gone").await);
    setup.client.delete("Account", gone).await.unwrap();
    setup.org.advance(Duration::from_secs(120));
    let end = setup.org.now();
    let updated = setup.client.updated("Account", start, end).await.unwrap();
    assert_eq!(updated.ids, [kept]);
    assert!(updated.latest_date_covered <= end && updated.latest_date_covered > start);
    let deleted = setup.client.deleted("Account", start, end).await.unwrap();
    assert_eq!(deleted.deleted_records[0].id, gone);
    assert!(deleted.earliest_date_available < start);
    let early = start - jiff::SignedDuration::from_hours(24 * 40);
    let error = setup.client.updated("Account", early, end).await.unwrap_err();
    assert!(error.has_code(&ErrorCode::new("INVALID_REPLICATION_DATE")), "{error}");
}

#[tokio::test]
async fn counts_and_recent_records() {
    let setup = Setup::new().await;
    let counts = setup.client.record_counts(&["Contact"]).await.unwrap();
    assert_eq!(counts["Contact"], u64::from(CONTACTS));
    let id = setup.account("Latest").await;
    setup.client.get("Account", id, &["Name"]).await.unwrap();
    let recent = setup.client.recent().await.unwrap();
    let of = setup.client.send(&RecentOf::new("Account")).await.unwrap();
    assert_eq!(of.object["name"], "Account");
    assert!(recent.iter().chain(&of.recent).all(|record| record.get("Id").is_some()));
}

#[tokio::test]
async fn layouts_and_list_views() {
    let setup = Setup::new().await;
    let layouts = setup.client.layouts("Account").await.unwrap();
    let layout = layouts.of_record_type(None).unwrap();
    assert!(layout.fields().any(|field| field == "Name"));
    assert!(layout.required_fields().any(|field| field == "Name"));
    let compact = setup.client.compact_layouts("Account").await.unwrap();
    assert_eq!(compact.record_type_compact_layout_mappings.len(), 1);
    let views = setup.client.list_views("Account").await.unwrap();
    assert!(views.done && views.listviews.iter().any(|view| !view.label.is_empty()));
}

#[tokio::test]
async fn plans() {
    let setup = Setup::new().await;
    let plans = setup.client.explain("SELECT Id FROM Account WHERE Name = 'x'").await.unwrap();
    assert_eq!(plans[0].sobject_type, "Account");
    assert!(setup.client.explain("SELECT Nothing FROM Account").await.is_err());
}

#[tokio::test]
async fn a_statement_that_is_too_long_for_an_address_goes_through_a_composite() {
    let setup = Setup::new().await;
    let ids: Vec<Id> =
        setup.rows(Query::new("SELECT Id FROM Contact")).await.unwrap().iter().map(id_of).collect();
    let list: Vec<String> = ids.iter().map(|id| format!("'{id}'")).collect();
    let long = format!("SELECT Id FROM Contact WHERE Id IN ({})", list.join(","));
    assert!(long.len() > 20_000);
    setup.org.clear_requests();
    let rows: Vec<Record> =
        setup.client.query_with(Query::new(&*long).batch_size(500)).try_collect().await.unwrap();
    assert_eq!(rows.len(), ids.len());
    // The first page alone needs it.
    assert_eq!((setup.count(Kind::Composite), setup.count(Kind::Query)), (1, 0));
    assert_eq!(setup.count(Kind::NextPage), ids.len().div_ceil(500) - 1);

    // What happens to it happens as to a query: errors, retries, and no word of the composite.
    let wrong = long.replacen("SELECT Id", "SELECT Nothing", 1);
    let error = setup.client.query_page(&Query::new(wrong)).await.unwrap_err();
    assert!(error.has_code(&ErrorCode::INVALID_FIELD), "{error}");
    assert!(error.to_string().starts_with("Salesforce refused GET query: HTTP 400"), "{error}");
    for fault in [Fault::unavailable(), Fault::dropped_connection(), Fault::cut_body()] {
        setup.org.faults().push(fault.on(Kind::Composite));
        assert_eq!(
            setup.client.query_page(&Query::new(&*long)).await.unwrap().total_size,
            ids.len() as u64
        );
    }
    setup.org.faults().push(Fault::expired_session().on(Kind::Composite));
    setup.client.query_page(&Query::new(&*long)).await.unwrap();
    let nonsense = Fault::reply(200, "application/json", r#"{"compositeResponse":[]}"#);
    setup.org.faults().push(nonsense.on(Kind::Composite));
    let error = setup.client.query_page(&Query::new(long)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
}

#[tokio::test]
async fn a_long_statement_for_the_tooling_api_goes_through_its_own_composite() {
    let page = json!({ "totalSize": 1, "done": true, "records": [{ "Name": "A" }] });
    let part =
        json!({ "body": page, "httpHeaders": {}, "httpStatusCode": 200, "referenceId": "query" });
    let body = json!({ "compositeResponse": [part] }).to_string();
    let wire = Wire::always(answer(200, "", &body)).await;
    let soql = format!("SELECT Name FROM ApexClass WHERE Name = '{}'", "x".repeat(17_000));
    let client = wire.client();
    let rows: Vec<Record> =
        client.query_with(Query::new(&*soql).tooling()).try_collect().await.unwrap();
    assert_eq!(rows.len(), 1);
    client.send(&Tooling(Query::<Record>::new(&*soql))).await.unwrap();
    for seen in wire.seen() {
        assert!(
            seen.head.starts_with("POST /services/data/v66.0/tooling/composite "),
            "{}",
            seen.head
        );
        let sent: serde_json::Value = serde_json::from_slice(&seen.body).unwrap();
        let url = sent["compositeRequest"][0]["url"].as_str().unwrap();
        assert!(url.starts_with("/services/data/v66.0/tooling/query?q=SELECT%20Name"), "{url}");
    }
}
