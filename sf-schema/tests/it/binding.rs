//! What every name of a statement means, and what has to be known before.

use std::fmt::Write as _;

use serde_json::json;
use sf_emulator::Operation;
use sf_schema::{Bound, Known, bind, bind_search, check_query, gather, needed};

use crate::checks::shown;
use crate::support::org;

fn reads(bound: &Bound) -> String {
    let mut out = String::new();
    for (object, field, place) in bound.reads() {
        let select = &bound.selects()[place.select].object.name;
        let text = &bound.query().to_string()[place.span.range()];
        let _ = writeln!(out, "{object}.{field} for {text} in {:?} of {select}", place.clause);
    }
    out
}

#[tokio::test]
async fn every_place_is_bound() {
    let org = org().await;
    let soql = "SELECT Id, a.Owner.Name, FORMAT(AnnualRevenue), BillingAddress, \
                (SELECT Email, ReportsTo.Name FROM Contacts WHERE Title LIKE 'C%' ORDER BY LastName), \
                (SELECT TYPEOF What WHEN Opportunity THEN Amount, Owner.Email ELSE Name END FROM Tasks) \
                FROM Account a WHERE Id IN (SELECT AccountId FROM Contact WHERE Account.Industry = 'Energy') \
                AND CALENDAR_YEAR(CreatedDate) = 2026 ORDER BY Parent.Name LIMIT 5";
    let query = sf_soql::parse(soql).unwrap();
    let mut known = Known::new();
    gather(&org.catalog, &query, &mut known).await.unwrap();
    let bound = bind(&query, &known).unwrap();
    assert_eq!(check_query(&bound), []);
    insta::assert_snapshot!("reads", reads(&bound));

    let polymorphic = "SELECT Owner.Type, Owner.IsActive, Owner.Profile.Name FROM Case";
    let query = sf_soql::parse(polymorphic).unwrap();
    gather(&org.catalog, &query, &mut known).await.unwrap();
    insta::assert_snapshot!("reads_of_owners", reads(&bind(&query, &known).unwrap()));

    let groups = "SELECT Account.Industry, COUNT(Id) FROM Contact GROUP BY Account.Industry \
                  HAVING COUNT(Email) > 1 ORDER BY MAX(Birthdate)";
    let query = sf_soql::parse(groups).unwrap();
    gather(&org.catalog, &query, &mut known).await.unwrap();
    insta::assert_snapshot!("reads_of_groups", reads(&bind(&query, &known).unwrap()));
}

#[tokio::test]
async fn needed_is_told_round_by_round() {
    let org = org().await;
    let soql = "SELECT Account.Owner.Profile.Name, Owner.Name, (SELECT Id FROM Cases) FROM Contact \
                WHERE AccountId IN (SELECT AccountId FROM Opportunity)";
    let query = sf_soql::parse(soql).unwrap();
    let mut known = Known::new();
    let mut rounds = Vec::new();
    loop {
        let names = needed(&query, &known);
        if names.is_empty() {
            break;
        }
        for name in &names {
            known.insert(org.catalog.object(name).await.unwrap());
        }
        rounds.push(names.join(" "));
    }
    assert_eq!(rounds, ["Contact Opportunity", "Account Case User", "Profile"]);
    let before = org.org.requests().len();
    bind(&query, &known).unwrap();
    assert_eq!(org.org.requests().len(), before, "the walk is pure");
    assert!(org.org.requests().iter().all(|r| r.operation != Operation::Query));
    // What nobody fetched is not passed over.
    let error = bind(&query, &Known::new()).unwrap_err();
    assert!(error.to_string().contains("Contact"), "{error}");
}

#[tokio::test]
async fn fields_and_parents_of_compounds() {
    let org = org().await;
    let query = sf_soql::parse("SELECT FIELDS(CUSTOM), Name FROM Contact LIMIT 5").unwrap();
    let mut known = Known::new();
    gather(&org.catalog, &query, &mut known).await.unwrap();
    insta::assert_snapshot!("reads_of_sets", reads(&bind(&query, &known).unwrap()));
}

#[tokio::test]
async fn searches() {
    let org = org().await;
    let mut out = String::new();
    for sosl in [
        "FIND {acme} RETURNING Account(Name, Owner.Email WHERE Industry = 'Energy' ORDER BY Name), Lead",
        "FIND {acme} RETURNING Account(Nmae WHERE AnnualRevenue = 'x'), Leed, Profile(Id)",
        "FIND {acme}",
    ] {
        let search = sf_soql::parse_search(sosl).unwrap();
        let mut known = Known::new();
        gather(&org.catalog, &search, &mut known).await.unwrap();
        match bind_search(&search, &known) {
            Ok(bound) => {
                let _ = writeln!(out, "{sosl}\n  every object: {}", bound.every_object);
                for (object, field, _) in bound.entries.iter().flat_map(Bound::reads) {
                    let _ = writeln!(out, "  {object}.{field}");
                }
            }
            Err(unbound) => shown(&mut out, sosl, &unbound.check()),
        }
    }
    insta::assert_snapshot!("searches", out);
}

#[test]
fn odd_objects_have_clear_answers() {
    let object = |raw: serde_json::Value| sf_schema::Object::from_describe(&raw).unwrap();
    let reference = |name: &str, relationship: &str, to: &[&str]| json!({ "name": name, "type": "reference", "relationshipName": relationship, "referenceTo": to });
    let mut known: Known = [
        object(json!({ "name": "Empty__c", "queryable": true })),
        object(json!({ "name": "Secret__c", "fields": [{ "name": "Id", "type": "id" }] })),
        object(json!({ "name": "Loop__c", "queryable": true, "fields": [
            { "name": "Id", "type": "id" },
            reference("Up__c", "Up__r", &["Loop__c"]),
            reference("Gone__c", "Gone__r", &["Gone__c"]),
            reference("None__c", "None__r", &[]),
            reference("Loop2__c", "Loop__c", &["Loop__c"]),
        ], "childRelationships": [{ "relationshipName": "Gones__r", "childSObject": "Gone__c", "field": "Up__c" }] })),
    ]
    .into_iter()
    .collect();
    known.insert_absent("Gone__c", Vec::new());
    let mut out = String::new();
    for soql in [
        "SELECT Id FROM Empty__c",
        "SELECT Id FROM Secret__c",
        "SELECT Id FROM Gone__c",
        "SELECT Gone__r.Name, None__r.Name, (SELECT Id FROM Gones__r) FROM Loop__c",
        "SELECT Up__r.Up__r.Up__r.Up__r.Up__r.Id FROM Loop__c",
        "SELECT Up__r.Up__r.Up__r.Up__r.Up__r.Up__r.Id FROM Loop__c",
        "SELECT Loop__c.Id FROM Loop__c",
        "SELECT a.Id FROM Loop__c a, a.Up__r a",
        "SELECT Up__r . Ip FROM Loop__c",
        "SELECT Unasked__r.Id FROM Unasked__c",
    ] {
        let query = sf_soql::parse(soql).unwrap();
        match bind(&query, &known) {
            Ok(_) => {
                let _ = writeln!(out, "{soql}\n  bound");
            }
            Err(unbound) => shown(&mut out, soql, unbound.problems()),
        }
    }
    insta::assert_snapshot!("odd", out);
}
