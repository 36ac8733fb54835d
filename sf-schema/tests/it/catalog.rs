//! The catalog: one fetch each, names in any case, candidates for unknown ones.

use std::time::Duration;

use futures_util::future::join_all;
use sf_emulator::{Drift, Fault, Operation};
use sf_schema::{Catalog, Error, IndexFilter};

use crate::support::{changed_describe, client, org};

#[tokio::test]
async fn one_fetch_however_many_ask() {
    let org = org().await;
    let names = ["Account", "account", "ACCOUNT", " Account "];
    let objects = join_all((0..16).map(|n| org.catalog.object(names[n % 4]))).await;
    assert!(objects.iter().all(|o| o.as_ref().unwrap().name == "Account"));
    assert_eq!(org.describes(), 1);
    join_all((0..16).map(|_| org.catalog.objects())).await;
    assert_eq!(org.describes(), 2);
    org.catalog.forget("ACCOUNT");
    org.catalog.object("Account").await.unwrap();
    assert_eq!(org.describes(), 3);
}

#[tokio::test]
async fn what_is_old_is_fetched_again() {
    let org = org().await;
    let catalog = Catalog::with_lifetime(client(&org.org), Duration::ZERO);
    let first = catalog.object("Account").await.unwrap();
    let second = catalog.object("Account").await.unwrap();
    assert_eq!(org.describe_statuses(), [200, 304]);
    assert!(std::sync::Arc::ptr_eq(&first, &second));
    catalog.objects().await.unwrap();
    catalog.objects().await.unwrap();
    assert_eq!(org.describe_statuses()[2..], [200, 304]);
}

#[tokio::test]
async fn what_changed_takes_the_place_of_what_is_old() {
    let org = org().await;
    let catalog = Catalog::with_lifetime(client(&org.org), Duration::ZERO);
    assert!(catalog.object("Invoice__c").await.unwrap().field("New__c").is_none());
    changed_describe(&org.org, "Invoice__c", |raw| {
        raw["fields"].as_array_mut().unwrap().push(serde_json::json!({ "name": "New__c" }));
    })
    .await;
    assert!(catalog.object("Invoice__c").await.unwrap().field("New__c").is_some());
}

#[tokio::test]
async fn a_failed_check_is_an_error_and_keeps_what_is_known() {
    let org = org().await;
    let catalog = Catalog::with_lifetime(client(&org.org), Duration::ZERO);
    catalog.object("Account").await.unwrap();
    org.org.faults().push(Fault::unavailable().on(Operation::Describe).always());
    assert!(catalog.object("Account").await.unwrap_err().is_retryable());
    org.org.faults().clear();
    catalog.object("Account").await.unwrap();
    assert_eq!(org.describe_statuses().last(), Some(&304));
}

#[tokio::test]
async fn a_caller_who_gives_up_takes_nobody_along() {
    let org = org().await;
    org.org.faults().push(Fault::held().on(Operation::Describe));
    tokio::select! {
        found = org.catalog.object("Account") => panic!("{:?}", found.err()),
        () = org.org.faults().spent() => {}
    }
    org.catalog.object("Account").await.unwrap();
}

#[tokio::test]
async fn a_schema_error_of_the_org_drops_what_is_cached() {
    let org = org().await;
    org.catalog.object("Account").await.unwrap();
    let client = client(&org.org);
    let other = client.query_page(&sf_rest::Query::new("SELECT Id FROM Account LIMIT")).await;
    assert!(!org.catalog.forget_after("Account", &other.unwrap_err()));
    let unknown = client.query_page(&sf_rest::Query::new("SELECT Nope__c FROM Account")).await;
    assert!(org.catalog.forget_after("ACCOUNT", &unknown.unwrap_err()));
    org.catalog.object("Account").await.unwrap();
    // In full: nothing is known any more that the org could be asked about.
    assert_eq!(org.describe_statuses(), [200, 200]);
}

/// The field that went away is the parent's, and the statement is about the children.
#[tokio::test]
async fn a_schema_error_has_the_org_asked_about_the_parents_too() {
    let org = org().await;
    for name in ["Invoice_Line__c", "Invoice__c"] {
        org.catalog.object(name).await.unwrap();
    }
    let (object, field) = ("Invoice__c".to_owned(), "Notes__c".to_owned());
    org.org.alter(Drift::RemoveField { object, field }).await.unwrap();
    let query = sf_rest::Query::new("SELECT Invoice__r.Notes__c FROM Invoice_Line__c");
    let error = client(&org.org).query_page(&query).await.unwrap_err();
    assert!(org.catalog.forget_after("Invoice_Line__c", &error), "{error}");
    let invoice = org.catalog.object("Invoice__c").await.unwrap();
    assert!(invoice.field("Notes__c").is_none());
    org.catalog.object("Invoice_Line__c").await.unwrap();
    assert_eq!(org.describe_statuses(), [200, 200, 200, 200]);
}

#[tokio::test]
async fn the_index_is_narrowed() {
    let org = org().await;
    let names = async |filter: IndexFilter| {
        let index = org.catalog.index(&filter).await.unwrap();
        index.iter().map(|e| e.object.name.clone()).collect::<Vec<_>>().join(" ")
    };
    insta::assert_snapshot!(names(IndexFilter::default().search("invoice")).await, @"Invoice__c Invoice__Share Invoice_Line__c");
    insta::assert_snapshot!(names(IndexFilter::default().search("deals")).await, @"AIM__Deal__c AIM__Deal__Share");
    insta::assert_snapshot!(names(IndexFilter::default().custom(true).queryable()).await, @"AIM__Deal__c BigTable__c Invoice__c Invoice_Line__c UpsertTable__c");
    assert_eq!(names(IndexFilter::default().search("zzyzx")).await, "");
    let filled =
        org.catalog.index(&IndexFilter::default().has_rows().search("contact")).await.unwrap();
    assert_eq!((filled[0].object.name.as_str(), filled[0].rows), ("Contact", Some(100)));
    let all = org.catalog.index(&IndexFilter::default()).await.unwrap().len();
    assert!(org.catalog.index(&IndexFilter::default().has_rows()).await.unwrap().len() < all);
    assert_eq!(org.describes(), 1);
}

#[tokio::test]
async fn usage_comes_from_a_sample() {
    let org = org().await;
    let usage = org.catalog.usage("contact").await.unwrap();
    assert_eq!(usage.sampled, 100);
    assert_eq!(usage.share("lastname"), Some(1.0));
    assert_eq!(usage.share("IsDeleted"), Some(0.0));
    assert_eq!(usage.share("Nope"), None);
    org.catalog.usage("Contact").await.unwrap();
    assert_eq!(org.org.requests().iter().filter(|r| r.operation == Operation::Query).count(), 1);
}

#[tokio::test]
async fn a_failed_fetch_is_not_kept() {
    let org = org().await;
    org.org.faults().push(Fault::unavailable().on(Operation::Describe).always());
    let error = org.catalog.object("Account").await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    org.org.faults().clear();
    org.catalog.object("Account").await.unwrap();
}

#[tokio::test]
async fn unknown_names_have_candidates() {
    let org = org().await;
    let cases = [
        ("Accout", "Account"),
        ("Accounts", "Account"),
        ("Invoice", "Invoice__c"),
        ("Invoices", "Invoice__c"),
        ("AIM__Deel__c", "AIM__Deal__c"),
        ("Deal__c", "AIM__Deal__c"),
        ("opportunitys", "Opportunity"),
    ];
    for (name, wanted) in cases {
        let Err(Error::UnknownObject { candidates, .. }) = org.catalog.object(name).await else {
            panic!("{name} was found");
        };
        assert_eq!(candidates.first().map(String::as_str), Some(wanted), "{name}: {candidates:?}");
    }
    let Err(Error::UnknownObject { candidates, .. }) = org.catalog.object("Zzyzx").await else {
        panic!("found");
    };
    assert!(candidates.is_empty(), "{candidates:?}");
}

#[tokio::test]
async fn names_that_are_no_names_go_nowhere() {
    let org = org().await;
    for name in ["", "  ", "../limits", "Account/describe?x=", "Account%2f", "é", "1Account"] {
        let error = org.catalog.object(name).await.unwrap_err();
        assert!(matches!(error, Error::UnknownObject { .. }), "{name:?}: {error}");
    }
    assert!(org.org.requests().iter().all(|r| r.path.ends_with("/sobjects")));
}

#[tokio::test]
async fn labels_resolve_to_one_object() {
    let org = org().await;
    for (name, wanted, by_api_name) in [
        ("invoice", "Invoice__c", false),
        ("Invoices", "Invoice__c", false),
        ("Opportunities", "Opportunity", false),
        ("deal", "AIM__Deal__c", false),
        ("contact", "Contact", true),
    ] {
        let resolved = org.catalog.resolve(name).await.unwrap();
        assert_eq!(
            (resolved.object.name.as_str(), resolved.by_api_name),
            (wanted, by_api_name),
            "{name}"
        );
    }
}
