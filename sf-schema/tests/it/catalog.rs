//! The catalog: one fetch each, names in any case, candidates for unknown ones.

use std::time::Duration;

use futures_util::future::join_all;
use sf_emulator::{Fault, Operation};
use sf_schema::{Catalog, Error};

use crate::support::{client, org};

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
    catalog.object("Account").await.unwrap();
    catalog.object("Account").await.unwrap();
    assert_eq!(org.describes(), 2);
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
