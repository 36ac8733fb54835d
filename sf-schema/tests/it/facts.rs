//! What a catalog learns beside describes, and what that costs.

use std::time::Duration;

use sf_emulator::{Fault, Operation};
use sf_schema::{Catalog, Known, QueryProblemKind, Resolution, resolve_field, review_with};

use crate::support::{Org, changed_describe, client, org};

impl Org {
    fn counts(&self) -> usize {
        self.org.requests().iter().filter(|r| r.path.ends_with("/limits/recordCount")).count()
    }
}

/// The next answer for the numbers of records.
fn counts(org: &Org, body: &str) {
    let reply = Fault::reply(200, "application/json", body);
    org.org.faults().push(reply.path_contains("recordCount"));
}

#[tokio::test]
async fn numbers_of_records_are_asked_for_once() {
    let org = org().await;
    counts(&org, r#"{"sObjects":[{"count":2500000,"name":"Contact"}]}"#);
    for _ in 0..3 {
        let query = sf_soql::parse("SELECT Id FROM Contact WHERE Title = 'CEO'").unwrap();
        let mut known = Known::new();
        org.catalog.learn_rows(&mut known).await.unwrap();
        let problems = review_with(&org.catalog, &query, &mut known).await.unwrap();
        let kinds: Vec<QueryProblemKind> = problems.iter().map(|p| p.kind).collect();
        assert_eq!(kinds, [QueryProblemKind::NoLimit, QueryProblemKind::Unselective]);
    }
    assert_eq!(org.counts(), 1);
    org.catalog.forget_all();
    org.catalog.learn_rows(&mut Known::new()).await.unwrap();
    assert_eq!(org.counts(), 2);
}

#[tokio::test]
async fn an_org_that_does_not_tell_them_is_not_asked_again() {
    let org = org().await;
    let refused = r#"[{"errorCode":"INSUFFICIENT_ACCESS","message":"no"}]"#;
    let refused = Fault::reply(403, "application/json", refused).path_contains("recordCount");
    org.org.faults().push(refused.always());
    let mut known = Known::new();
    assert!(org.catalog.learn_rows(&mut known).await.is_err());
    assert!(org.catalog.learn_rows(&mut known).await.is_ok());
    assert_eq!(org.counts(), 1);
    // Who has to know is told.
    assert!(org.catalog.row_counts().await.is_err());
    let catalog = Catalog::with_lifetime(client(&org.org), Duration::ZERO);
    assert!(catalog.learn_rows(&mut known).await.is_err());
    assert!(catalog.learn_rows(&mut known).await.is_err());
}

#[tokio::test]
async fn the_more_used_of_equals_comes_first() {
    let org = org().await;
    changed_describe(&org.org, "Invoice__c", |raw| {
        for name in ["Code_A__c", "Code_B__c"] {
            raw["fields"].as_array_mut().unwrap().push(serde_json::json!({ "name": name }));
        }
    })
    .await;
    let invoice = org.catalog.object("Invoice__c").await.unwrap();
    let near = |known: &Known| match resolve_field("Code_X", &invoice, known) {
        Resolution::None(near) => near.into_iter().map(|c| c.name).collect::<Vec<_>>(),
        found => panic!("{found:?}"),
    };
    let mut known = Known::new();
    assert_eq!(near(&known), ["Code_A__c", "Code_B__c"]);
    let sample = r#"{"totalSize":1,"done":true,"records":[{"Code_A__c":null,"Code_B__c":"7"}]}"#;
    org.org.faults().push(Fault::reply(200, "application/json", sample).on(Operation::Query));
    org.org.clear_requests();
    org.catalog.learn_usage("invoice__c", &mut known).await.unwrap();
    org.catalog.learn_usage("Invoice__c", &mut known).await.unwrap();
    assert_eq!(near(&known), ["Code_B__c", "Code_A__c"]);
    assert_eq!(org.org.requests().len(), 1);
}

#[tokio::test]
async fn a_cold_and_a_warm_catalog() {
    const OBJECTS: [&str; 6] = ["Account", "Contact", "Opportunity", "Case", "Lead", "Event"];
    let org = org().await;
    let identity = format!("{}/{}", org.org.org_id(), org.org.user_id());
    let catalog = |lifetime| {
        let builder = Catalog::builder(client(&org.org)).identity(identity.clone());
        builder.lifetime(lifetime).build()
    };
    let read = async |title: &str, catalog: &Catalog| {
        org.org.clear_requests();
        catalog.objects().await.unwrap();
        for name in OBJECTS {
            catalog.object(name).await.unwrap();
        }
        let requests = org.org.requests();
        let unchanged = requests.iter().filter(|r| r.status == Some(304)).count();
        format!("{title}: {} requests, {unchanged} of them 304\n", requests.len())
    };
    let (hour, none) = (Duration::from_secs(3_600), Duration::ZERO);
    let kept = catalog(hour);
    let mut told = read("cold", &kept).await;
    told += &read("warm", &kept).await;
    let snapshot = kept.snapshot().await.unwrap();
    let restarted = catalog(hour);
    restarted.restore(snapshot.clone()).await.unwrap();
    told += &read("started from a snapshot", &restarted).await;
    let old = catalog(none);
    old.restore(snapshot).await.unwrap();
    told += &read("the same, past the time to live", &old).await;
    insta::assert_snapshot!(told, @"
    cold: 7 requests, 0 of them 304
    warm: 0 requests, 0 of them 304
    started from a snapshot: 0 requests, 0 of them 304
    the same, past the time to live: 7 requests, 7 of them 304
    ");
}
